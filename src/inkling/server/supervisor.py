"""Granian with three rules of our own: who listens, what follows a worker's death, and how the server stops.

- One listening socket, which this process holds and all workers accept from. Granian on Linux gives each worker its
  own (SO_REUSEPORT), whose waiting connections the kernel resets when that worker dies or stops.
- A worker that dies is replaced at once, however often. Granian gives up the whole server at the second death within
  5.5 s. Only workers that die before they were up, one after another, end it: then it is the server that is broken.
- SIGTERM: /readyz says 503 and answers close their connections; after `drain_s` the workers stop accepting and finish
  what they have, in at most `stop_s`; who still waits at the door is told to go elsewhere. SIGINT skips the wait.

Granian's inner methods that are replaced here have no promise of staying; the version is pinned in constraints.txt,
and tests/web/test_serve.py and test_workers.py hold real servers to these rules.
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
from typing import TYPE_CHECKING, Any

from granian.constants import Interfaces
from granian.log import LogLevels, logger
from granian.net import SocketSpec  # type: ignore[attr-defined]
from granian.server.mp import MPServer

from inkling.server.middleware import admission

if TYPE_CHECKING:
    from inkling.server.metrics.shared_memory import Memory
    from inkling.server.settings import Settings

MOST_CONNECTIONS = 2048  # per worker, idle ones included; beyond them a newcomer waits unanswered
BACKLOG = 1024  # connections that wait to be accepted
MOST_YOUNG = 5  # deaths in a row, for each worker, of such as were never up, after which the server gives up
PAUSE_S = 0.5  # before such a one is replaced again
LAST_ANSWERS_S = 0.25  # at least so long do answers say that their connection closes, before it does
LAST_COMERS_S = 0.1  # that those who were just let in have to send their request, before the workers stop
AGAIN_S = 1.0  # between two times of telling a worker to stop: one that was just starting may have missed it
DOOR_S = 0.5  # most time spent on those who wait at the door at the end
ENDS = (signal.SIGINT, signal.SIGTERM)
_SO_ATTACH_FILTER, _RETURN = 26, 0x06  # of Linux: the option, and the instruction that ends a filter
_GO_ELSEWHERE = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nRetry-After: 1\r\nConnection: close\r\n"
    b"Content-Length: %d\r\n\r\n%s"
)
_STOPPED = b'{"ok": false, "kind": "Overloaded", "error": "the service is stopping; expected no more. Try again."}'


def raise_open_files() -> None:
    """Lets this process and its workers have as many connections as the system allows, up to what is needed."""
    if sys.platform == "win32":
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_CONNECTIONS + 512
    if soft != resource.RLIM_INFINITY and soft < wanted:
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


class Supervisor(MPServer):
    """Serves until SIGTERM or SIGINT, whose coming the workers see in the memory that they share."""

    def __init__(self, settings: Settings, memory: Memory) -> None:
        self._drain_s = float(settings.drain_s)
        self._memory = memory
        self._young_deaths = 0
        super().__init__(
            "inkling.server.app:create_app",
            factory=True,
            interface=Interfaces.WSGI,
            address=settings.host,
            port=settings.port,
            workers=settings.workers,
            blocking_threads=admission.threads(settings),
            backpressure=MOST_CONNECTIONS,
            backlog=BACKLOG,
            websockets=False,
            log_level=LogLevels.error,
            respawn_failed_workers=True,
            workers_kill_timeout=settings.stop_s,
        )
        if sys.platform != "win32":
            # Until a worker has its own handlers it would run this process's, and not stop.
            os.register_at_fork(before=_hold_signals, after_in_parent=_let_signals, after_in_child=_forget_signals)

    def _init_shared_socket(self) -> None:
        holder = SocketSpec(self.bind_addr, self.bind_port, self.backlog).build()
        number = holder.get_fd()
        self._shd, self._sfd, self._ssp = holder, number, None  # type: ignore[assignment]
        self._sso = self._listener = socket.socket(fileno=number)
        self._listener.set_inheritable(True)
        self._listener.listen(self.backlog)

    def _drop_shared_socket(self) -> None:
        pass  # kept to the end of `shutdown`

    def signal_handler_interrupt(self, *args: Any, **kwargs: Any) -> None:
        self._memory.stop()
        self._drain_s = 0.0 if args[0] == signal.SIGINT else max(self._drain_s, LAST_ANSWERS_S)
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
        until = time.monotonic() + self._drain_s
        while self._drain_s and time.monotonic() < until:
            self.main_loop_interrupt.wait(max(0.0, min(0.2, until - time.monotonic())))
            self.main_loop_interrupt.clear()
        if self._drain_s:  # a worker that stops closes connections on which no request has come yet
            _let_nobody_in(self._listener)
            time.sleep(LAST_COMERS_S)

    def _replace(self, dead: list[int], spawn_target: Any, target_loader: Any) -> bool:
        """Starts a new worker for each dead one; whether the server can go on."""
        up = {slot.pid for slot in self._memory.slots() if slot.up}
        young = [idx for idx in dead if self.wrks[idx].inner.pid not in up]
        self._young_deaths = self._young_deaths + len(young) if len(young) == len(dead) else 0
        if self._young_deaths >= MOST_YOUNG * self.workers:
            logger.error("Workers die as soon as they start; giving up")
            return False
        if self._young_deaths > 1:
            time.sleep(PAUSE_S)
        self._respawn_workers(dead, spawn_target, target_loader)
        return True

    def _stop_workers(self) -> None:
        until = time.monotonic() + (self.workers_kill_timeout or 0)
        alive = self.wrks
        while alive and time.monotonic() < until:
            again = min(until, time.monotonic() + AGAIN_S)
            for worker in alive:
                worker.terminate()  # type: ignore[no-untyped-call]
            for worker in alive:
                worker.join(max(0.001, again - time.monotonic()))  # type: ignore[no-untyped-call]
            alive = [worker for worker in alive if worker.is_alive()]  # type: ignore[no-untyped-call]
        for worker in alive:
            logger.error(f"Worker {worker.inner.pid} had requests in hand for more than {self.workers_kill_timeout} s")
            worker.kill()  # type: ignore[no-untyped-call]
            worker.join()  # type: ignore[no-untyped-call]
        self.wrks.clear()

    def shutdown(self, exit_code: int = 0) -> None:
        try:
            super().shutdown(exit_code)  # type: ignore[no-untyped-call]
        finally:
            _turn_away(self._listener)


def _hold_signals() -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, ENDS)


def _let_signals() -> None:
    signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDS)


def _forget_signals() -> None:
    for end in ENDS:
        signal.signal(end, signal.SIG_DFL)
    _let_signals()


def _turn_away(listener: socket.socket) -> None:
    """Answers those whose connections no worker has accepted, and closes."""
    until = time.monotonic() + DOOR_S
    waiting = []
    listener.setblocking(False)
    try:
        while time.monotonic() < until:
            connection, _ = listener.accept()
            connection.settimeout(0.05)
            waiting.append(connection)
    except OSError:
        pass  # nobody left
    listener.close()
    for connection in waiting:
        try:
            connection.recv(65_536)
            connection.sendall(_GO_ELSEWHERE % (len(_STOPPED), _STOPPED))
            connection.shutdown(socket.SHUT_WR)
            connection.recv(65_536)
        except OSError:
            pass  # gone already, or too slow
        connection.close()


def _let_nobody_in(listener: socket.socket) -> None:
    """From now on the kernel drops what newcomers send; who is connected already goes on.

    A filter (socket(7), SO_ATTACH_FILTER) of one instruction, "keep nothing"; elsewhere than on Linux nothing is done.
    """
    if sys.platform != "linux":
        return
    instruction = ctypes.create_string_buffer(struct.pack("HBBI", _RETURN, 0, 0, 0))
    with contextlib.suppress(OSError):
        listener.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, struct.pack("HP", 1, ctypes.addressof(instruction)))
