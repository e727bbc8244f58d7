"""gunicorn with one process for each worker, and threads in it: HTTP/1.1 alone.

It replaces workers that die, and workers end when this process is gone. Two things are added to its threaded worker.

A client cannot hold what others need:

- A connection on which nothing has come waits in the worker's poller, and in no thread.
- One address has at most its share of the threads.
- Each wait for a client in a thread has a deadline (`middleware/deadlines.py`).
- A refused body is discarded in the thread, in bounded time, so that its client reads the answer (as nginx's
  `lingering_close`).

A stop loses nothing. SIGTERM: /readyz answers 503 and connections close after their answers, while the worker accepts
for another `drain_s`. Then it takes the connections that wait, stops listening, and finishes what it has in at most
`stop_s`.

Windows has no `fork`. There Werkzeug's own server runs, in one process.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import shutil
import signal
import socket
import struct
import sys
import threading
import time
from collections import Counter, deque
from functools import partial
from pathlib import Path
from selectors import EVENT_READ
from typing import Any

from gunicorn.app.base import BaseApplication
from gunicorn.workers.gthread import ThreadWorker

from inkling.server.middleware.deadlines import connection, head_received, set_deadline
from inkling.server.request_context import client_name
from inkling.server.settings import Settings
from inkling.server.stopping import stopping

MAX_CONNECTIONS = 4096  # per worker, idle ones included; further ones wait unanswered
MAX_FILES = MAX_CONNECTIONS + 512
BACKLOG = 1024  # connections that wait to be accepted
KEEP_ALIVE_S = 10  # of an idle connection, and of one that has not sent anything yet
PEER_SHARE = 2  # one address has at most a half of the threads, where no proxy is in front
SPARE_THREADS = 16  # for refusals, pages, health and the lab's streams while all others are busy
HEARTBEAT_S = 60  # a worker whose main thread does not run for so long is replaced
MIN_DRAIN_S = 0.25  # in which connections close after their answers
LINGER_S = 2.0  # most time in which the rest of a refused body is discarded ..
LINGERING = 32  # .. in so many threads at once
_SO_ATTACH_FILTER, _RETURN = 26, 0x06  # of Linux: the socket option, and the instruction that ends a filter


class Worker(ThreadWorker):  # type: ignore[misc]
    """gunicorn's threaded worker, with the additions above."""

    def init_process(self) -> None:
        self._lingering = threading.BoundedSemaphore(LINGERING)
        self._peer_limit = self.cfg.threads // PEER_SHARE
        self._threads_of: Counter[str] = Counter()  # by peer
        self._held: dict[str, deque[Any]] = {}  # connections of peers that have their share of threads
        super().init_process()

    def accept(self, listener: Any) -> None:
        if self._accepting:  # else its event came together with the order to stop, and it is closed
            super().accept(listener)

    def enqueue_req(self, conn: Any) -> None:
        if not (conn.initialized or conn.data_ready):
            conn.sock.setblocking(False)
            conn.timeout = time.monotonic() + KEEP_ALIVE_S
            self.pending_conns.append(conn)
            self.poller.register(conn.sock, EVENT_READ, partial(self.on_pending_socket_readable, conn))
            return
        peer = self.app.peer(conn)
        if self._threads_of[peer] >= self._peer_limit and peer:
            self._held.setdefault(peer, deque()).append(conn)
            return
        self._threads_of[peer] += 1
        super().enqueue_req(conn)

    def finish_request(self, conn: Any, fs: Any) -> None:
        peer = self.app.peer(conn)
        self._threads_of[peer] -= 1
        if not self._threads_of[peer]:
            del self._threads_of[peer]
        super().finish_request(conn, fs)
        if held := self._held.get(peer):
            self.enqueue_req(held.popleft())
        else:
            self._held.pop(peer, None)

    def handle(self, conn: Any) -> Any:
        with connection(conn.sock):
            keep = super().handle(conn)
            set_deadline(LINGER_S, sending=True)
            if not keep:  # else gunicorn would wait for the client in its main thread
                patient = self._lingering.acquire(blocking=False)
                _finish(conn.sock, LINGER_S if patient else 0.0)
                if patient:
                    self._lingering.release()
            return keep

    def handle_exit(self, sig: int, frame: Any) -> None:
        if not stopping.is_set():
            stopping.set()
            drain = threading.Timer(self.app.drain_s, self.method_queue.defer, [self._stop_listening])
            drain.daemon = True
            drain.start()

    def handle_quit(self, sig: int, frame: Any) -> None:
        """Of SIGINT: without a drain. Endless answers end, or their threads would keep the process."""
        stopping.set()
        super().handle_quit(sig, frame)

    def _stop_listening(self) -> None:
        """Take the connections that wait, and no more. Runs in the main thread."""
        for listener in self.sockets:
            _drop_new_connections(listener.sock)
            taken = -1
            while taken != self.nr_conns:
                taken = self.nr_conns
                self.accept(listener)
        self.set_accept_enabled(False)
        for listener in self.sockets:
            listener.close()
        super().handle_exit(signal.SIGTERM, None)


class Server(BaseApplication):  # type: ignore[misc]
    """Serves until SIGTERM or SIGINT."""

    def __init__(self, settings: Settings, metrics_folder: str) -> None:
        self._settings = settings
        self._metrics_folder = metrics_folder
        self.drain_s = max(float(settings.drain_s), MIN_DRAIN_S)
        super().__init__()

    def load_config(self) -> None:
        """gunicorn's settings."""
        settings = self._settings
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        for name, value in {
            "bind": f"{host}:{settings.port}",
            "workers": settings.workers,
            "worker_class": Worker,
            "threads": threads(settings),
            "worker_connections": MAX_CONNECTIONS,
            "backlog": BACKLOG,
            "keepalive": KEEP_ALIVE_S,
            "timeout": HEARTBEAT_S,
            "graceful_timeout": round(self.drain_s) + settings.stop_s,
            "limit_request_line": 8190,  # bytes: a long list of `among`
            "http_protocols": "h1",
            "forwarded_allow_ips": "",  # X-Forwarded-For is the app's to judge, by `trusted_proxies`
            "forwarder_headers": "",
            "header_map": "drop",  # names with an underscore, which WSGI could not tell from a hyphen's
            "control_socket_disable": True,
            "loglevel": "error",
            "worker_tmp_dir": shared_folder(),
            "pre_request": _head_received,
            "child_exit": _forget_gauges,
            "on_exit": lambda server: shutil.rmtree(self._metrics_folder, ignore_errors=True),
        }.items():
            self.cfg.set(name, value)

    def peer(self, conn: Any) -> str:
        """Whose threads a connection takes; "" behind a proxy, whose connections are those of many clients."""
        return "" if self._settings.trusted_proxies or isinstance(conn.client, str) else client_name(conn.client[0])

    def load(self) -> Any:
        """The app of one worker."""
        from inkling.server.app import create_app

        return create_app(self._settings)


def threads(settings: Settings) -> int:
    """Threads of a worker: a refusal waits for no reading."""
    return max(settings.threads, settings.max_concurrent_readings + settings.max_waiting + SPARE_THREADS)


def shared_folder() -> str | None:
    """A folder in memory that processes share; None for the system's temporary folder."""
    folder = Path("/dev/shm")  # noqa: S108 - files in it are made by mkstemp and mkdtemp
    return str(folder) if os.access(folder, os.W_OK) else None


def raise_open_files() -> None:
    """Raise the limit of open files to what a worker's connections need, where the system allows it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    unlimited = resource.RLIM_INFINITY in (soft, hard)
    if not unlimited and soft < MAX_FILES:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(MAX_FILES, hard), hard))


def _head_received(worker: Any, request: Any) -> None:
    head_received(request.force_close)
    if stopping.is_set():
        request.force_close()


def _forget_gauges(server: Any, worker: Any) -> None:
    from prometheus_client import multiprocess

    multiprocess.mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]


def _finish(client: socket.socket, linger_s: float) -> None:
    """Say that no more is sent, and discard what comes until the client closes or that time has passed."""
    until_s = time.monotonic() + linger_s
    with contextlib.suppress(OSError):
        client.shutdown(socket.SHUT_WR)
        while (left_s := until_s - time.monotonic()) > 0:
            client.settimeout(left_s)
            if not client.recv(65_536):
                break
    with contextlib.suppress(OSError):
        client.shutdown(socket.SHUT_RDWR)  # so that nothing is waited for when gunicorn closes it


def _drop_new_connections(listener: socket.socket) -> None:
    """Let the kernel drop what new clients send from now on, so that they ask again elsewhere. Present ones go on.

    It attaches a filter (socket(7), SO_ATTACH_FILTER) of one instruction, "keep nothing". Only Linux has that.
    """
    if sys.platform == "linux":
        instruction = ctypes.create_string_buffer(struct.pack("HBBI", _RETURN, 0, 0, 0))
        with contextlib.suppress(OSError):
            program = struct.pack("HP", 1, ctypes.addressof(instruction))
            listener.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, program)
