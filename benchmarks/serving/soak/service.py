"""The service under test: `inkling serve` in a separate process, by default on its own core."""

from __future__ import annotations

import contextlib
import http.client
import os
import socket
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen

from benchmarks.common import ROOT
from benchmarks.serving.processes import children, family, free_port, pss_mb, started, wait_for

READY_S = 60
WORKERS = 2


@dataclass(frozen=True)
class Service:
    """A running server."""

    process: Popen[bytes]
    port: int

    def workers(self) -> list[int]:
        """Process ids of the workers."""
        return children(self.process.pid)

    def memory_mb(self) -> float:
        """Memory of all processes together, in MB (1e6 bytes)."""
        return pss_mb(family(self.process.pid))

    def answers(self) -> bool:
        """Whether anything listens on the port."""
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=5):
            return True
        return False

    def ready(self) -> bool:
        """Whether `/readyz` answers 200."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


@contextlib.contextmanager
def running(
    *,
    workers: int = WORKERS,
    model: str = "",
    cores: set[int] | None = None,
    environ: Mapping[str, str] | None = None,
) -> Iterator[Service]:
    """Start a server and wait until it is ready. It runs on the first core, and this process on the others.

    With `cores`, the server runs on these, and this process on all cores.
    """
    every = sorted(os.sched_getaffinity(0))
    mine = set(every[1:] or every) if cores is None else set(every)
    port = free_port()
    command = [sys.executable, "-m", "inkling", "serve", "--port", str(port), "--workers", str(workers)]
    command += ["--model", model] if model else []
    settings = {"PYTHONPATH": str(ROOT / "src"), **(environ or {})}
    with started(command, cwd=ROOT, environ=settings, cores=cores or {every[0]}) as process:
        service = Service(process, port)
        os.sched_setaffinity(0, mine)
        try:
            wait_for(service.ready, timeout_s=READY_S, pause_s=0.05)
            wait_for(lambda: len(service.workers()) >= workers, timeout_s=READY_S)
            yield service
        finally:
            os.sched_setaffinity(0, set(every))


def client_ports(pid: int, server_port: int) -> set[int]:
    """The client ports of a process's open connections on `server_port`. Linux, IPv4."""
    inodes = set()
    with contextlib.suppress(OSError):
        for entry in Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(OSError):
                link = os.readlink(entry)
                if link.startswith("socket:["):
                    inodes.add(link[8:-1])
    found = set()
    for row in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = row.split()
        here, there = (int(address.rpartition(":")[2], 16) for address in fields[1:3])
        if here == server_port and fields[9] in inodes and there:
            found.add(there)
    return found
