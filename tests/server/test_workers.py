"""Real servers under load: a shutdown loses no accepted requests, and a killed worker is replaced."""

from __future__ import annotations

import http.client
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.test_serve import free_port, serving

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")

CLIENTS = 6
READ, PNG = "/api/v1/read", {"Content-Type": "image/png"}


class Load:
    """Clients that send requests continuously, half of them on keep-alive connections."""

    def __init__(self, address: str, body: bytes) -> None:
        self._address = address.removeprefix("http://")
        self._body = body
        self.seen: Counter[str] = Counter()
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._ask, args=(bool(n % 2),)) for n in range(CLIENTS)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(30)

    def _ask(self, keeps: bool) -> None:
        line: http.client.HTTPConnection | None = None
        while not self._over.is_set():
            if line is None:
                line = http.client.HTTPConnection(self._address, timeout=20)
                try:
                    line.connect()
                except ConnectionError:
                    self.seen["not let in"] += 1
                    line = None
                    time.sleep(0.01)
                    continue
            try:
                line.request("POST", READ, self._body, PNG)
                answer = line.getresponse()
                assert b'"text":"7"' in answer.read() or answer.status == 503
                self.seen[str(answer.status)] += 1
                if keeps and not answer.will_close:
                    continue
            except (OSError, http.client.HTTPException):
                self.seen["lost"] += 1
            line.close()
            line = None
        if line is not None:
            line.close()


@contextmanager
def under_load(address: str, body: bytes) -> Iterator[Load]:
    load = Load(address, body)
    load.start()
    try:
        yield load
    finally:
        load.end()


def until(condition: object, seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < end
        time.sleep(0.01)


def metrics(address: str) -> str:
    line = http.client.HTTPConnection(address.removeprefix("http://"), timeout=20)
    try:
        line.request("GET", "/metrics")
        return line.getresponse().read().decode()
    finally:
        line.close()


def counted(address: str, pattern: str) -> int:
    """A metric of the whole service, from any worker."""
    return sum(int(float(n)) for n in re.findall(rf"^{pattern} (\S+)$", metrics(address), re.MULTILINE))


def children(pid: int) -> list[int]:
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return [int(word) for word in file.read().split()]


@pytest.mark.slow
def test_a_stop_loses_no_accepted_request(seven: bytes) -> None:
    with serving("--workers", "2", "--model", "ann") as (process, address), under_load(address, seven) as load:
        until(lambda: load.seen["200"] > 30)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0
        until(lambda: load.seen["not let in"] > 0)
    assert load.seen["lost"] == 0, load.seen


@pytest.mark.skipif(sys.platform != "linux", reason="looks for the workers in /proc")
@pytest.mark.slow
def test_a_killed_worker_is_replaced_and_the_others_go_on(seven: bytes) -> None:
    with serving("--workers", "2", "--model", "ann") as (process, address):
        until(lambda: len(children(process.pid)) == 2)
        with under_load(address, seven) as load:
            for turn in range(3):  # in quick succession
                before = load.seen["200"]
                os.kill(children(process.pid)[0], signal.SIGKILL)
                until(lambda before=before: load.seen["200"] > before + 10)  # type: ignore[misc]
                until(lambda turn=turn: counted(address, "inkling_workers_started_total") == turn + 3)  # type: ignore[misc]
                until(lambda: counted(address, "inkling_workers") == 2)
            lost = load.seen["lost"]
        assert lost <= 3 * CLIENTS, "only the worker's requests in progress"
        answered = rf'inkling_requests_total{{method="POST",route="{READ}",status="200"}}'
        assert counted(address, re.escape(answered)) >= load.seen["200"], "dead workers are counted"


@pytest.mark.slow
def test_a_server_whose_workers_cannot_start_gives_up(tmp_path: Path) -> None:
    (tmp_path / "flask.py").write_text("import os; os._exit(3)")  # a library that exits on import
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-m", "inkling", "serve", "--port", str(free_port())],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert done.returncode == 3
    assert "failed to boot" in done.stderr + done.stdout
