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
import socket
import struct
import sys
import threading
from collections import Counter, deque
from functools import partial
from pathlib import Path
from selectors import EVENT_READ
from typing import Any

from gunicorn.app.base import BaseApplication
from gunicorn.http.errors import ParseException
from gunicorn.util import close_graceful
from gunicorn.workers.gthread import ThreadWorker

from inkling.server.middleware.deadlines import HEAD_S, ClientSocket
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
LINGER_BYTES = 1 << 30  # .. however much it is
_ERROR = (
    '{"ok":false,"kind":"BadRequest","error":"the request or one of its headers is malformed or too long; expected '
    'HTTP/1.1 with headers of at most 8 KB. Correct it."}\n'
)
MALFORMED = (
    "HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nConnection: close\r\n"
    f"Content-Length: {len(_ERROR)}\r\n\r\n{_ERROR}"
).encode()
_SO_ATTACH_FILTER, _RETURN = 26, 0x06  # of Linux: the socket option, and the instruction that ends a filter


class Worker(ThreadWorker):  # type: ignore[misc]
    """gunicorn's threaded worker, with the additions above."""

    def init_process(self) -> None:
        self._peer_limit = self.cfg.threads // PEER_SHARE
        self._threads_of: Counter[str] = Counter()  # by peer
        self._held: dict[str, deque[Any]] = {}  # connections of peers that have their share of threads
        super().init_process()

    def enqueue_req(self, conn: Any) -> None:
        if not (conn.initialized or conn.data_ready):
            conn.sock = ClientSocket(fileno=conn.sock.detach())
            conn.sock.setblocking(False)
            conn.set_timeout()
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
        conn.sock.wait_at_most(HEAD_S)
        keep = super().handle(conn)
        if not keep:  # else gunicorn would wait for the client in its main thread
            with contextlib.suppress(OSError):
                client = conn.sock.dup()
                client.wait_at_most(LINGER_S)
                close_graceful(client, LINGER_S, LINGER_BYTES)
                conn.sock.shutdown(socket.SHUT_RD)
        return keep

    def handle_request(self, req: Any, conn: Any) -> Any:
        if stopping.is_set():
            req.force_close()
        conn.sock.close_after_answer = req.force_close
        req._expected_100_continue = False  # `middleware/bodies.py` asks for the body, after the endpoint's rule
        return super().handle_request(req, conn)

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        """Of a head that is no HTTP/1.1: our error instead of gunicorn's page."""
        if not isinstance(exc, ParseException):
            super().handle_error(req, client, addr, exc)
            return
        with contextlib.suppress(OSError):
            client.sendall(MALFORMED)

    def handle_exit(self, sig: int, frame: Any) -> None:
        if not stopping.is_set():
            stopping.set()
            drain = threading.Timer(self.app.drain_s, super().handle_exit, [sig, frame])
            drain.daemon = True
            drain.start()

    def handle_quit(self, sig: int, frame: Any) -> None:
        """Of SIGINT: without a drain. Endless answers end, or their threads would keep the process."""
        stopping.set()
        # Not here: the signal may have interrupted the pool while it holds the lock that a shutdown waits for.
        self.method_queue.defer(super().handle_quit, sig, frame)

    def set_accept_enabled(self, enabled: bool) -> None:
        """At the end, first take the connections that wait, and let the kernel take no more."""
        ends = not (enabled or self.alive)
        for listener in self.sockets if ends else ():
            _drop_new_connections(listener.sock)
            taken = -1
            while taken != self.nr_conns:
                taken = self.nr_conns
                self.accept(listener)
        super().set_accept_enabled(enabled)
        for listener in self.sockets if ends else ():
            listener.close()


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
            "sendfile": False,  # it would pass by the deadline
            "limit_request_line": 8190,  # bytes: a long list of `among`
            "http_protocols": "h1",
            "forwarded_allow_ips": "",  # X-Forwarded-For is the app's to judge, by `trusted_proxies`
            "forwarder_headers": "",
            "header_map": "drop",  # names with an underscore, which WSGI could not tell from a hyphen's
            "control_socket_disable": True,
            "loglevel": "error",
            "worker_tmp_dir": shared_folder(),
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


def _forget_gauges(server: Any, worker: Any) -> None:
    from prometheus_client import multiprocess

    multiprocess.mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]


def _drop_new_connections(listener: socket.socket) -> None:
    """Let the kernel drop what new clients send from now on, so that they ask again elsewhere. Present ones go on.

    It attaches a filter (socket(7), SO_ATTACH_FILTER) of one instruction, "keep nothing". Only Linux has that.
    """
    if sys.platform == "linux":
        instruction = ctypes.create_string_buffer(struct.pack("HBBI", _RETURN, 0, 0, 0))
        with contextlib.suppress(OSError):
            program = struct.pack("HP", 1, ctypes.addressof(instruction))
            listener.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, program)
