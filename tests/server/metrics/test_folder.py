"""The folder of a server's metrics: no other server removes it while a process of its server is alive."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from inkling.server.metrics.folder import PREFIX, Folder
from tests.cli.test_serve import serving
from tests.server.test_workers import children, until

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has one process, and no folder")

KILLED = """
import os, signal, sys, time
from pathlib import Path
from inkling.server.metrics.folder import Folder

folder = Folder(Path(sys.argv[1]))
worker = os.fork()
if not worker:
    time.sleep(60)
print(worker, folder.path, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def killed(parent: Path) -> tuple[Path, int]:
    """The folder of a killed process, and the id of its live child."""
    command = [sys.executable, "-c", KILLED, str(parent)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        worker, path = process.stdout.readline().split()
    assert process.returncode == -signal.SIGKILL
    return Path(path), int(worker)


def end(pid: int) -> None:
    """Kill a process that is not a child of this one."""
    os.kill(pid, signal.SIGKILL)
    until(lambda: not Path(f"/proc/{pid}").exists() or "\nState:\tZ" in Path(f"/proc/{pid}/status").read_text())


def next_server(parent: Path) -> None:
    """Start and end another server."""
    folder = Folder(parent)
    assert [path.name for path in Path(folder.path).iterdir()] == ["lock"]
    folder.remove()
    assert not Path(folder.path).exists()


@pytest.mark.skipif(sys.platform != "linux", reason="looks for a process in /proc")
def test_the_next_server_removes_what_a_killed_one_left_when_its_last_process_is_gone(tmp_path: Path) -> None:
    folder, worker = killed(tmp_path)
    (folder / "counter_7.db").write_bytes(b"counts")
    next_server(tmp_path)
    assert folder.is_dir(), "its worker still uses it"
    end(worker)
    next_server(tmp_path)
    assert not any(tmp_path.iterdir())


def test_a_living_servers_folder_stays(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    next_server(tmp_path)
    assert Path(folder.path).is_dir()
    folder.remove()


def test_what_is_no_servers_folder_stays(tmp_path: Path) -> None:
    unlocked, others = tmp_path / f"{PREFIX}being-made", tmp_path / "others"
    for path in (unlocked, others):
        path.mkdir()
    (others / "lock").touch()
    (tmp_path / f"{PREFIX}link").symlink_to(others)
    next_server(tmp_path)
    assert unlocked.is_dir()
    assert (others / "lock").is_file()


@pytest.mark.skipif(sys.platform != "linux", reason="looks for the workers' files in /proc")
@pytest.mark.slow
def test_a_server_removes_what_a_killed_one_left() -> None:
    with serving("--model", "ann") as (process, _):
        folder = folder_of(children(process.pid)[0])
        with serving("--model", "ann"):
            assert folder.is_dir(), "its server is alive"
        workers = children(process.pid)
        os.kill(process.pid, signal.SIGKILL)
        process.wait(20)
        until(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in workers))
    with serving("--model", "ann") as (process, _):
        assert not folder.exists()
        folder = folder_of(children(process.pid)[0])
    assert not folder.exists(), "a server removes its own folder when it ends"


def folder_of(worker: int) -> Path:
    """A worker's metrics folder, from its mapped files."""
    lines = Path(f"/proc/{worker}/maps").read_text().splitlines()
    return next(Path(line.split()[-1]).parent for line in lines if line.endswith(".db"))
