"""Start, measure and stop a server's processes. Linux only, because it uses /proc."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

STOP_S = 15  # time for a server to stop before it is killed


def free_port() -> int:
    """A free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def started(
    command: Sequence[str],
    *,
    cwd: Path,
    environ: Mapping[str, str] | None = None,
    cores: set[int] | None = None,
    log: Path | None = None,
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command in a new session, on the given cores; at the end stop it and all its children."""
    with open(log or os.devnull, "wb") as out:
        process = subprocess.Popen(
            list(command), cwd=cwd, env={**os.environ, **(environ or {})}, stdout=out, stderr=out,
            start_new_session=True,
        )  # fmt: skip
        if cores:
            os.sched_setaffinity(process.pid, cores)  # before it starts threads or children, which inherit this
        try:
            yield process
        finally:
            stop(process)


def stop(process: subprocess.Popen[bytes]) -> None:
    """Send SIGTERM to the process group; after `STOP_S`, or when the process has ended, send SIGKILL to the rest."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(STOP_S)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def family(root: int) -> list[int]:
    """Process ids of a process and all its live descendants, the root first."""
    started_by: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                started_by.setdefault(_parent(int(entry.name)), []).append(int(entry.name))
    found = [root] if Path(f"/proc/{root}").is_dir() else []
    for pid in found:  # grows during the loop
        found += started_by.get(pid, [])
    return found


def children(root: int) -> list[int]:
    """Process ids of the live direct children of a process, such as a server's workers."""
    found = []
    for pid in family(root)[1:]:
        with contextlib.suppress(OSError):
            found += [pid] if _parent(pid) == root else []
    return found


def _parent(pid: int) -> int:
    # The name in parentheses may itself contain parentheses; the parent is the second field after it.
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def pss_mb(pids: Sequence[int]) -> float:
    """Total proportional set size of the processes, in MB (1e6 bytes): shared pages count once."""
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            total += _pss_kib(Path(f"/proc/{pid}/smaps_rollup").read_text())
    return total * 1024 / 1e6


def _pss_kib(rollup: str) -> int:
    for line in rollup.splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1])
    return 0


def folder_mb(*folders: Path) -> float:
    """The disk space of folders, in MB (1e6 bytes). Links are not followed, and hard-linked files count once."""
    counted, total = set(), 0
    for folder in folders:
        for path in folder.rglob("*"):
            facts = path.lstat()
            if path.is_symlink() or not path.is_file() or (facts.st_dev, facts.st_ino) in counted:
                continue
            counted.add((facts.st_dev, facts.st_ino))
            total += facts.st_blocks * 512
    return total / 1e6


def wait_for(ready: Callable[[], bool], *, timeout_s: float, pause_s: float = 0.005) -> float:
    """Call `ready` until it returns True. Returns the elapsed seconds. Raises TimeoutError after `timeout_s`."""
    start = time.perf_counter()
    while time.perf_counter() - start < timeout_s:
        if ready():
            return time.perf_counter() - start
        time.sleep(pause_s)
    raise TimeoutError(f"not ready after {timeout_s} s")
