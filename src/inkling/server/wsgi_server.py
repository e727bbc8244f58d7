"""gunicorn with worker processes and threads, HTTP/1.1 only.

gunicorn replaces workers that die, and workers end when the supervisor is gone. This module adds two things to its
threaded worker.

Limits on the resources that one client can occupy:

- A connection that has sent no data waits in the worker's poller, not in a thread.
- One address may use only a share of the threads.
- Each wait for a client in a thread has a deadline (`middleware/slow_clients.py`).
- A rejected body is discarded in the thread, in bounded time, so that its client reads the response (like nginx's
  `lingering_close`).

A graceful shutdown without lost requests: after SIGTERM, /readyz answers 503 while the worker accepts requests for
another `drain_s`. Then it accepts the pending connections, stops listening, and finishes its requests within `stop_s`.
gunicorn closes a keep-alive connection after its next response, or after two seconds without a request.

Windows has no `fork`, so Werkzeug's own server runs there, in one process.
"""

from __future__ import annotations

import contextlib
import socket
import sys
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
from inkling.server.middleware.slow_clients import HEAD_S, ClientSocket
from inkling.server.request_context import client_name
from inkling.server.settings import Settings
from inkling.server.stopping import stopping

MAX_CONNECTIONS = 4096  # per worker, including idle ones; further connections wait
KEEP_ALIVE_S = 10  # for an idle connection, and for one that has not sent anything yet
PEER_SHARE = 2  # without a proxy, one address may use at most 1 in PEER_SHARE threads
SPARE_THREADS = 16  # for rejections, pages, health checks and the lab's streams while all others are busy
LINGER_S = 2.0  # time limit for discarding the rest of a rejected body
MALFORMED = (
    b"HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"
    b'{"ok":false,"kind":"BadRequest","error":"the request or one of its headers is malformed or too long; expected '
    b'HTTP/1.1 with headers of at most 8 KB. Correct it."}\n'
)


class Worker(ThreadWorker):  # type: ignore[misc]
    """gunicorn's threaded worker, with the additions above."""

    def init_process(self) -> None:
        self._threads_of: Counter[str] = Counter()  # by peer
        self._held: defaultdict[str, deque[Any]] = defaultdict(deque)  # waiting connections of peers at their limit
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
        if not keep:  # otherwise gunicorn would wait for the client in its main thread
            with contextlib.suppress(OSError):
                client = conn.sock.dup()
                client.wait_at_most(LINGER_S)
                close_graceful(client, LINGER_S, sys.maxsize)
                conn.sock.shutdown(socket.SHUT_RD)
        return keep

    def handle_request(self, req: Any, conn: Any) -> Any:
        conn.sock.close_after_answer = req.force_close
        req._expected_100_continue = False  # `middleware/slow_clients.py` sends 100 Continue, after the checks
        return super().handle_request(req, conn)

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        """Answer a malformed request head with a JSON error instead of gunicorn's page."""
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
        """Stop on SIGINT, without draining. Streams end, because their threads would keep the process alive."""
        stopping.set()
        # Deferred: the signal may have interrupted the pool while it holds the lock that a shutdown waits for.
        self.method_queue.defer(super().handle_quit, sig, frame)

    def set_accept_enabled(self, enabled: bool) -> None:
        """On shutdown, accept the pending connections, then close the listening sockets."""
        ends = self._accepting and not self.alive
        super().set_accept_enabled(enabled)
        for listener in self.sockets if ends else ():
            for _ in range(self.cfg.backlog):
                self.accept(listener)
            listener.close()


class Server(BaseApplication):  # type: ignore[misc]
    """The server, which runs until SIGTERM or SIGINT."""

    def __init__(self, settings: Settings, folder: Folder) -> None:
        self.settings = settings
        self._folder = folder
        super().__init__()

    def load_config(self) -> None:
        """Set gunicorn's settings."""
        from prometheus_client import multiprocess

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
            "sendfile": False,  # it would bypass the deadline
            "limit_request_line": 8190,  # bytes, for long values of `among`
            "forwarded_allow_ips": "",  # the app evaluates X-Forwarded-For, according to `trusted_proxies`
            "control_socket_disable": True,
            "loglevel": "error",
            "worker_tmp_dir": self._folder.path,  # in memory: a slow disk would delay heartbeats
            "child_exit": lambda server, worker: multiprocess.mark_process_dead(worker.pid),  # type: ignore[no-untyped-call]
            "on_exit": lambda server: self._folder.remove(),
        }.items():
            self.cfg.set(name, value)

    def peer(self, conn: Any) -> str:
        """The client whose share of threads a connection uses; "" behind a proxy, where one peer has many clients."""
        return "" if self.settings.trusted_proxies or isinstance(conn.client, str) else client_name(conn.client[0])

    def load(self) -> Any:
        """Create the app of one worker."""
        from inkling.server.app import create_app

        return create_app(self.settings)
