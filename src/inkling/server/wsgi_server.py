"""gunicorn with one process for each worker, and threads in it: HTTP/1.1 alone.

It replaces workers that die, and workers end when this process is gone. Two things are added to its threaded worker.

A client cannot hold what others need:

- A connection on which nothing has come waits in the worker's poller, and in no thread.
- One address has at most its share of the threads.
- Each wait for a client in a thread has a deadline (`middleware/deadlines.py`).
- A refused body is discarded in the thread, in bounded time, so that its client reads the answer (as nginx's
  `lingering_close`).

A stop loses nothing. SIGTERM: /readyz answers 503 while the worker accepts for another `drain_s`. Then it takes the
connections that wait, stops listening, and finishes what it has in at most `stop_s`. gunicorn closes a kept connection
after its next answer, or after two seconds without a request.

Windows has no `fork`. There Werkzeug's own server runs, in one process.
"""

from __future__ import annotations

import contextlib
import resource
import socket
import threading
from collections import Counter, defaultdict, deque
from functools import partial
from selectors import EVENT_READ
from typing import Any

from gunicorn.app.base import BaseApplication
from gunicorn.http.errors import ParseException
from gunicorn.util import close_graceful
from gunicorn.workers.gthread import ThreadWorker

from inkling.server.metrics.folder import Folder
from inkling.server.middleware.deadlines import HEAD_S, ClientSocket
from inkling.server.request_context import client_name
from inkling.server.settings import Settings
from inkling.server.stopping import stopping

MAX_CONNECTIONS = 4096  # per worker, idle ones included; further ones wait unanswered
KEEP_ALIVE_S = 10  # of an idle connection, and of one that has not sent anything yet
PEER_SHARE = 2  # one address has at most a half of the threads, where no proxy is in front
SPARE_THREADS = 16  # for refusals, pages, health and the lab's streams while all others are busy
LINGER_S = 2.0  # most time in which the rest of a refused body is discarded ..
LINGER_BYTES = 1 << 30  # .. however much it is
MALFORMED = (
    b"HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"
    b'{"ok":false,"kind":"BadRequest","error":"the request or one of its headers is malformed or too long; expected '
    b'HTTP/1.1 with headers of at most 8 KB. Correct it."}\n'
)


class Worker(ThreadWorker):  # type: ignore[misc]
    """gunicorn's threaded worker, with the additions above."""

    def init_process(self) -> None:
        self._threads_of: Counter[str] = Counter()  # by peer
        self._held: defaultdict[str, deque[Any]] = defaultdict(deque)  # connections of peers that have their share
        super().init_process()

    def enqueue_req(self, conn: Any) -> None:
        if not (conn.initialized or conn.data_ready):
            conn.sock = ClientSocket(fileno=conn.sock.detach())
            conn.set_timeout()
            self.pending_conns.append(conn)
            self.poller.register(conn.sock, EVENT_READ, partial(self.on_pending_socket_readable, conn))
            return
        peer = self.app.peer(conn)
        if peer and self._threads_of[peer] >= self.cfg.threads // PEER_SHARE:
            self._held[peer].append(conn)
            return
        self._threads_of[peer] += 1
        super().enqueue_req(conn)

    def finish_request(self, conn: Any, fs: Any) -> None:
        peer = self.app.peer(conn)
        self._threads_of[peer] -= 1
        super().finish_request(conn, fs)
        if self._held[peer]:
            self.enqueue_req(self._held[peer].popleft())
        elif not self._threads_of[peer]:
            del self._threads_of[peer], self._held[peer]

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
        stopping.set()
        drain = threading.Timer(self.app.settings.drain_s, super().handle_exit, [sig, frame])
        drain.daemon = True
        drain.start()

    def handle_quit(self, sig: int, frame: Any) -> None:
        """Of SIGINT: without a drain. Endless answers end, or their threads would keep the process."""
        stopping.set()
        # Not here: the signal may have interrupted the pool while it holds the lock that a shutdown waits for.
        self.method_queue.defer(super().handle_quit, sig, frame)

    def set_accept_enabled(self, enabled: bool) -> None:
        """At the end, take the connections that wait, and let the kernel take no more."""
        ends = self._accepting and not self.alive
        super().set_accept_enabled(enabled)
        for listener in self.sockets if ends else ():
            for _ in range(self.cfg.backlog):
                self.accept(listener)
            listener.close()


class Server(BaseApplication):  # type: ignore[misc]
    """Serves until SIGTERM or SIGINT."""

    def __init__(self, settings: Settings, folder: Folder) -> None:
        self.settings = settings
        self._folder = folder
        super().__init__()

    def load_config(self) -> None:
        """gunicorn's settings."""
        settings = self.settings
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        for name, value in {
            "bind": f"{host}:{settings.port}",
            "workers": settings.workers,
            "worker_class": Worker,
            "threads": max(settings.threads, settings.max_concurrent_readings + settings.max_waiting + SPARE_THREADS),
            "worker_connections": MAX_CONNECTIONS,
            "keepalive": KEEP_ALIVE_S,
            "graceful_timeout": settings.drain_s + settings.stop_s,
            "sendfile": False,  # it would pass by the deadline
            "limit_request_line": 8190,  # bytes: a long list of `among`
            "forwarded_allow_ips": "",  # X-Forwarded-For is the app's to judge, by `trusted_proxies`
            "control_socket_disable": True,
            "loglevel": "error",
            "worker_tmp_dir": self._folder.path,  # in memory: a slow disk would delay heartbeats
            "child_exit": _forget_gauges,
            "on_exit": lambda server: self._folder.remove(),
        }.items():
            self.cfg.set(name, value)

    def peer(self, conn: Any) -> str:
        """Whose threads a connection takes; "" behind a proxy, whose connections are those of many clients."""
        return "" if self.settings.trusted_proxies or isinstance(conn.client, str) else client_name(conn.client[0])

    def load(self) -> Any:
        """The app of one worker."""
        from inkling.server.app import create_app

        return create_app(self.settings)


def raise_open_files() -> None:
    """Raise the limit of open files to what a worker's connections and libraries need, where the system allows it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(MAX_CONNECTIONS + 512, hard)), hard))


def _forget_gauges(server: Any, worker: Any) -> None:
    from prometheus_client import multiprocess

    multiprocess.mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]
