"""benchmarks.serving.servers and its helpers: wrk's output, request bodies, process memory."""

from __future__ import annotations

import json
import os
import sys
import time
from email import message_from_bytes
from pathlib import Path

import pytest

from benchmarks.common import DRAWING
from benchmarks.serving import baseline_servers, processes, servers, wrk

WRK = """Running 4s test @ http://127.0.0.1:8201/read
  1 threads and 8 connections
Requests/sec:   2001.01
{"right": 900, "wrong": 60, "refused": 40, "broken": 2, "duration_us": 2000000, "bytes": 200000, "p50_us": 4650, \
"p90_us": 9000, "p99_us": 38680, "max_us": 50000}
"""


def test_wrk_is_understood() -> None:
    assert wrk.parsed(WRK) == wrk.Figures(per_s=450.0, p50_ms=4.65, p99_ms=38.68, errors=102, answer_bytes=200)


def test_wrk_without_figures_is_said() -> None:
    with pytest.raises(SystemExit, match="printed no results"):
        wrk.parsed("Requests/sec: 12\n")


@pytest.mark.parametrize("kind", ["raw", "json", "gradio", "form file", "form images"])
def test_every_body_carries_the_image(kind: str) -> None:
    image = DRAWING.read_bytes()
    body, content_type = baseline_servers.body_of(kind, image)
    if kind == "raw":
        assert body == image
    elif kind.startswith("form"):
        part = message_from_bytes(f"Content-Type: {content_type}\r\n\r\n".encode() + body).get_payload()[0]
        assert part.get_payload(decode=True) == image
        assert part.get_param("name", header="content-disposition") == kind.removeprefix("form ")
    else:
        assert "iVBORw0KGgo" in json.dumps(json.loads(body))


@pytest.mark.parametrize("server", baseline_servers.ALL, ids=lambda each: each.name)
def test_every_server_can_be_started(server: baseline_servers.BaselineServer) -> None:
    command = server.command_for(8123)
    assert command[0].startswith(str(baseline_servers.ENVIRONMENTS / server.environment))
    assert not any("{" in part for part in command)
    if server.environment != "inkling":
        assert (baseline_servers.PROGRAMS / "requirements" / f"{server.environment}.txt").is_file()
        programs = [part.partition(":")[0].removesuffix(".py") for part in command]
        assert any((baseline_servers.PROGRAMS / f"{name}.py").is_file() for name in programs)


def test_summary_takes_medians_and_adds_errors() -> None:
    rounds = [
        {"start_s": s, "memory_mb": 100.0, "per_s": 10 * s, "p50_ms": s, "p99_ms": s, "errors": 1, "answer_bytes": 9}
        for s in (1.0, 9.0, 2.0)
    ]
    found = servers.summary(rounds)
    assert (found["per_s"], found["errors"], found["per_s_rounds"]) == (20, 3, [10, 90, 20])


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_server_is_measured_and_stopped_with_its_children(tmp_path: Path) -> None:
    child = "import time; held = b'x' * 30_000_000; open('child', 'w').close(); time.sleep(60)"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    with processes.started([sys.executable, "-c", parent], cwd=tmp_path, cores={0}) as server:
        processes.wait_for((tmp_path / "child").is_file, timeout_s=20)
        family = processes.family(server.pid)
        assert len(family) == 2
        assert processes.children(server.pid) == family[1:]
        assert processes.pss_mb(family) > 30 > processes.pss_mb(family[:1])
        assert os.sched_getaffinity(family[1]) == {0}
    time.sleep(0.05)
    assert not any(Path(f"/proc/{pid}/cmdline").is_file() and _lives(pid) for pid in family)


def _lives(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"


def test_a_folder_is_measured_once_a_file(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(os.urandom(2_000_000))
    os.link(tmp_path / "a", tmp_path / "b")
    (tmp_path / "c").symlink_to(tmp_path / "a")
    assert processes.folder_mb(tmp_path) == pytest.approx(2.0, abs=0.2)
