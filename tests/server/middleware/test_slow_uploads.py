"""The slow-upload guard: which connections are closed while a body is awaited, and which are kept."""

from __future__ import annotations

import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from inkling.server.middleware.slow_uploads import SlowUploadGuard

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux counts the bytes of a connection")


@contextmanager
def connected() -> Iterator[tuple[socket.socket, socket.socket]]:
    """The two ends of a TCP connection: the client's and the server's."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = socket.create_connection(listener.getsockname())
        server, _ = listener.accept()
    with client, server:
        server.settimeout(20)
        client.settimeout(20)
        yield client, server


@contextmanager
def uploading(bytes_per_s: int) -> Iterator[threading.Event]:
    """A client that sends at this rate to a server that reads. The event is set once the server reads the end."""
    over, closed = threading.Event(), threading.Event()

    def send(client: socket.socket) -> None:
        start_s, sent = time.monotonic(), 0
        while not over.wait(0.01):
            due = int((time.monotonic() - start_s) * bytes_per_s) - sent  # catches up after a late wake-up
            client.sendall(bytes(due))
            sent += due

    def receive(server: socket.socket) -> None:
        while server.recv(100_000):
            pass
        closed.set()

    with connected() as (client, server):
        threads = [threading.Thread(target=send, args=(client,)), threading.Thread(target=receive, args=(server,))]
        for thread in threads:
            thread.start()
        try:
            yield closed
        finally:
            over.set()
            threads[0].join(20)
            client.close()
            threads[1].join(20)


@pytest.mark.slow
def test_only_a_connection_below_the_least_rate_is_closed() -> None:
    """1000 bytes/s are asked for: 700 are too few, 1400 are enough."""
    with uploading(700) as slow, uploading(1400) as fast:
        guard = SlowUploadGuard(timeout_s=0.6)
        with guard.watch():
            assert slow.wait(5)
            time.sleep(0.6)
        assert not fast.is_set()


def test_a_stalled_upload_is_closed_and_can_still_be_answered() -> None:
    with connected() as (client, server):
        client.sendall(b"POST and half of a body")
        assert server.recv(100)
        start_s = time.monotonic()
        with SlowUploadGuard(timeout_s=0.3).watch():
            assert server.recv(100) == b"", "the wait ends"
        assert 0.3 <= time.monotonic() - start_s < 10
        server.sendall(b"an answer")
        assert client.recv(100) == b"an answer"


def test_an_answered_connection_is_kept() -> None:
    with connected() as (client, server), connected() as (other, idle):
        other.sendall(b"GET")
        assert idle.recv(100)
        time.sleep(0.02)
        idle.sendall(b"an answer")
        assert other.recv(100)
        client.sendall(b"POST and half of a body")
        assert server.recv(100)
        with SlowUploadGuard(timeout_s=0.3).watch():
            assert server.recv(100) == b""
        other.sendall(b"GET again")
        assert idle.recv(100) == b"GET again"


def test_nothing_is_closed_while_no_body_is_awaited() -> None:
    with connected() as (client, server):
        client.sendall(b"POST and half of a body")
        assert server.recv(100)
        guard = SlowUploadGuard(timeout_s=0.1)
        time.sleep(0.5)
        with guard.watch():
            client.sendall(b"the rest")
            assert server.recv(100) == b"the rest"
