"""HTTP connections on asyncio that send requests one after the other and record their outcomes.

The parser supports only this server's responses, because a load generator must use less CPU than the server.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import dataclass

HOST = "127.0.0.1"


@dataclass(frozen=True)
class Outcome:
    """The outcome of one request.

    `how` is "answered"; "refused": no connection; "closed": the connection ended before the first byte of the response;
    "cut": it ended within the response; "late": timeout; "unsent": the generator had no connection left.
    """

    at_s: float  # when it was due, as given by time.perf_counter
    took_s: float  # from then to the last byte of the response
    status: int  # 0 without a response
    how: str = "answered"
    port: int = 0  # local port of the connection
    name: str = ""  # of the request

    @property
    def end_s(self) -> float:
        return self.at_s + self.took_s


def encode_request(
    body: bytes, content_type: str = "image/png", *, path: str = "/api/v1/read", method: str = "POST"
) -> bytes:
    """The bytes of a whole HTTP/1.1 request."""
    head = f"{method} {path} HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: {len(body)}\r\n"
    kind = f"Content-Type: {content_type}\r\n" if content_type else ""
    return (head + kind).encode("latin-1", "replace") + b"\r\n" + body


class Broken(Exception):
    """The connection ended before the response was complete; args: "closed" or "cut"."""


class Connection(asyncio.Protocol):
    """One connection. `ask` sends a request and waits for the status of the response."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[int] | None = None
        self._got = bytearray()
        self.port = 0
        self.requests = 0  # sent so far
        self.open = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport, self.open = transport, True
        self.port = transport.get_extra_info("sockname")[1]

    def connection_lost(self, exc: Exception | None) -> None:
        self.open = False
        if self._answer and not self._answer.done():
            self._answer.set_exception(Broken("cut" if self._got else "closed"))

    def data_received(self, data: bytes) -> None:
        self._got += data
        end = self._got.find(b"\r\n\r\n")
        if end < 0 or self._answer is None or self._answer.done():
            return
        head = bytes(self._got[:end]).lower()
        at = head.find(b"content-length:")
        length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
        if len(self._got) >= end + 4 + length:
            status = int(head[9:12])
            if b"connection: close" in head:
                self.close()
            self._got.clear()
            self._answer.set_result(status)

    async def ask(self, whole: bytes) -> int:
        """Send a request. Returns the status of the response. Raises Broken."""
        if not self.open or self._transport is None:
            raise Broken("closed")
        self._answer = asyncio.get_running_loop().create_future()
        self.requests += 1
        self._transport.write(whole)
        return await self._answer

    def close(self) -> None:
        self.open = False
        if self._transport:
            self._transport.abort() if self._got else self._transport.close()


async def connect(port: int, source: str = HOST) -> Connection:
    """A new connection from `source`, an address on this machine. Raises OSError."""
    _, connection = await asyncio.get_running_loop().create_connection(Connection, HOST, port, local_addr=(source, 0))
    return connection


async def send(
    connection: Connection | None,
    port: int,
    whole: bytes,
    *,
    at_s: float,
    timeout_s: float,
    name: str = "",
    source: str = HOST,
) -> tuple[Connection | None, Outcome]:
    """Send one request, over a new connection if `connection` is None or closed.

    Returns the connection, or None if it cannot be reused, and the outcome.
    """
    status, how = 0, "answered"
    try:
        if connection is None or not connection.open:
            connection = None
            connection = await connect(port, source)
        async with asyncio.timeout(timeout_s):
            status = await connection.ask(whole)
    except TimeoutError:
        how = "late"
    except Broken as error:
        how = str(error)
    except OSError:
        how = "refused"
    outcome = Outcome(at_s, time.perf_counter() - at_s, status, how, connection.port if connection else 0, name)
    if connection and (not connection.open or how != "answered"):
        with contextlib.suppress(OSError):
            connection.close()
        connection = None
    return connection, outcome
