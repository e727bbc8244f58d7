"""Granian with three changes: who listens, what follows a worker's death, and how the server stops.

- One listening socket, which this process holds and all workers accept from. On Linux, Granian gives each worker its
  own (SO_REUSEPORT), and the kernel resets the waiting connections of a worker that dies or stops.
- A worker that dies is replaced at once, however often. Granian ends the whole server at the second death within
  5.5 s. Here only workers that die one after another before they are ready end it: then the server itself is broken.
- SIGTERM: /readyz answers 503 and answers close their connections. After `drain_s` the workers stop accepting and
  finish what they have, in at most `stop_s`. Connections that no worker has accepted get a 503. SIGINT skips `drain_s`.

This replaces inner methods of Granian, which may change; constraints.txt pins its version, and
tests/cli/test_serve.py and tests/server/test_workers.py run real servers.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import socket
import struct
import sys
import time
from functools import partial
from typing import Any

from granian.constants import Interfaces
from granian.log import LogLevels, logger
from granian.net import SocketSpec  # type: ignore[attr-defined]
from granian.server.mp import MPServer

from inkling.server.metrics.shared_memory import SharedMemory
from inkling.server.middleware import admission
from inkling.server.settings import Settings

MAX_CONNECTIONS = 2048  # per worker, idle ones included; further ones wait unanswered
BACKLOG = 1024  # connections that wait to be accepted
MAX_EARLY_DEATHS = 5  # deaths in a row, per worker, of workers that were never ready; then the server gives up
RESPAWN_PAUSE_S = 0.5  # before such a worker is replaced again
MIN_DRAIN_S = 0.25  # in which answers announce that their connection closes
LAST_REQUESTS_S = 0.1  # for connections just accepted to send their request, before the workers stop
TERMINATE_AGAIN_S = 1.0  # until a worker is told to stop again: one that was starting may have missed it
TURN_AWAY_S = 0.5  # most time spent on connections that were never accepted
END_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_SO_ATTACH_FILTER, _RETURN = 26, 0x06  # of Linux: the socket option, and the instruction that ends a filter
_STOPPED = b'{"ok": false, "kind": "Overloaded", "error": "the service is stopping; expected no more. Try again."}'
_UNAVAILABLE = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nRetry-After: 1\r\nConnection: close\r\n"
    b"Content-Length: %d\r\n\r\n%s" % (len(_STOPPED), _STOPPED)
)


def raise_open_files() -> None:
    """Raise this process's limit of open files to what its workers' connections need, where the system allows it."""
    if sys.platform == "win32":
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MAX_CONNECTIONS + 512
    if soft != resource.RLIM_INFINITY and soft < wanted:
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


class Supervisor(MPServer):
    """Serves until SIGTERM or SIGINT. The workers see a stop in the memory that they share."""

    def __init__(self, settings: Settings, memory: SharedMemory) -> None:
        self._drain_s = float(settings.drain_s)
        self._memory = memory
        self._early_deaths = 0
        super().__init__(
            "inkling.server.app:create_app",
            factory=True,
            interface=Interfaces.WSGI,
            address=settings.host,
            port=settings.port,
            workers=settings.workers,
            blocking_threads=admission.threads(settings),
            backpressure=MAX_CONNECTIONS,
            backlog=BACKLOG,
            websockets=False,
            log_level=LogLevels.error,
            respawn_failed_workers=True,
            workers_kill_timeout=settings.stop_s,
        )
        if sys.platform != "win32":
            # A worker that has no handlers of its own yet would run this process's, and not stop.
            mask = signal.pthread_sigmask
            os.register_at_fork(
                before=partial(mask, signal.SIG_BLOCK, END_SIGNALS),
                after_in_parent=partial(mask, signal.SIG_UNBLOCK, END_SIGNALS),
                after_in_child=_reset_signals,
            )

    def _init_shared_socket(self) -> None:
        holder = SocketSpec(self.bind_addr, self.bind_port, self.backlog).build()
        fd = holder.get_fd()
        self._shd, self._sfd, self._ssp = holder, fd, None  # type: ignore[assignment]
        self._sso = self._listener = socket.socket(fileno=fd)
        self._listener.set_inheritable(True)
        self._listener.listen(self.backlog)

    def _drop_shared_socket(self) -> None:
        pass  # kept to the end of `shutdown`

    def signal_handler_interrupt(self, *args: Any, **kwargs: Any) -> None:
        self._memory.stop()
        self._drain_s = 0.0 if args[0] == signal.SIGINT else max(self._drain_s, MIN_DRAIN_S)
        super().signal_handler_interrupt(*args, **kwargs)  # type: ignore[no-untyped-call]

    def _serve_loop(self, spawn_target: Any, target_loader: Any) -> None:
        while not self.interrupt_signal:
            self.main_loop_interrupt.wait()
            self.main_loop_interrupt.clear()
            dead, self.interrupt_children = self.interrupt_children, []
            if dead and not self._replace(dead, spawn_target, target_loader):
                self.interrupt_children = dead  # makes the exit status 1
                return
            if self.reload_signal and not self.interrupt_signal:
                self._reload(spawn_target, target_loader)  # type: ignore[no-untyped-call]
        until_s = time.monotonic() + self._drain_s
        while self._drain_s and time.monotonic() < until_s:
            self.main_loop_interrupt.wait(max(0.0, min(0.2, until_s - time.monotonic())))
            self.main_loop_interrupt.clear()
        if self._drain_s:  # a worker that stops closes connections on which no request has come yet
            _drop_new_connections(self._listener)
            time.sleep(LAST_REQUESTS_S)

    def _replace(self, dead: list[int], spawn_target: Any, target_loader: Any) -> bool:
        """Start a new worker for each dead one. Returns whether the server can go on."""
        ready = {worker.pid for worker in self._memory.workers() if worker.ready}
        early = [index for index in dead if self.wrks[index].inner.pid not in ready]
        self._early_deaths = self._early_deaths + len(early) if len(early) == len(dead) else 0
        if self._early_deaths >= MAX_EARLY_DEATHS * self.workers:
            logger.error("Workers die as soon as they start; giving up")
            return False
        if self._early_deaths > 1:
            time.sleep(RESPAWN_PAUSE_S)
        self._respawn_workers(dead, spawn_target, target_loader)
        return True

    def _stop_workers(self) -> None:
        until_s = time.monotonic() + (self.workers_kill_timeout or 0)
        alive = self.wrks
        while alive and time.monotonic() < until_s:
            again_s = min(until_s, time.monotonic() + TERMINATE_AGAIN_S)
            for worker in alive:
                worker.terminate()  # type: ignore[no-untyped-call]
            for worker in alive:
                worker.join(max(0.001, again_s - time.monotonic()))  # type: ignore[no-untyped-call]
            alive = [worker for worker in alive if worker.is_alive()]  # type: ignore[no-untyped-call]
        for worker in alive:
            logger.error(f"Worker {worker.inner.pid} had requests for more than {self.workers_kill_timeout} s")
            worker.kill()  # type: ignore[no-untyped-call]
            worker.join()  # type: ignore[no-untyped-call]
        self.wrks.clear()

    def shutdown(self, exit_code: int = 0) -> None:
        try:
            super().shutdown(exit_code)  # type: ignore[no-untyped-call]
        finally:
            _turn_away(self._listener)


def _reset_signals() -> None:
    for number in END_SIGNALS:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, END_SIGNALS)


def _turn_away(listener: socket.socket) -> None:
    """Answer the connections that no worker has accepted with 503, and close the listener."""
    until_s = time.monotonic() + TURN_AWAY_S
    waiting = []
    listener.setblocking(False)
    with contextlib.suppress(OSError):  # none is left
        while time.monotonic() < until_s:
            connection, _ = listener.accept()
            connection.settimeout(0.05)
            waiting.append(connection)
    listener.close()
    for connection in waiting:
        with connection, contextlib.suppress(OSError):  # gone already, or too slow
            connection.recv(65_536)
            connection.sendall(_UNAVAILABLE)
            connection.shutdown(socket.SHUT_WR)
            connection.recv(65_536)


def _drop_new_connections(listener: socket.socket) -> None:
    """Let the kernel drop what new clients send from now on. Present connections go on.

    It attaches a filter (socket(7), SO_ATTACH_FILTER) of one instruction, "keep nothing". Only Linux has that.
    """
    if sys.platform != "linux":
        return
    instruction = ctypes.create_string_buffer(struct.pack("HBBI", _RETURN, 0, 0, 0))
    with contextlib.suppress(OSError):
        listener.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, struct.pack("HP", 1, ctypes.addressof(instruction)))
