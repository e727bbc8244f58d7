"""Connections that send one HTTP request after the other, and what became of each.

asyncio and a parser for what this server sends: a generator must not be heavier than the server that it loads.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import dataclass

HOST = "127.0.0.1"


@dataclass(frozen=True)
class Outcome:
    """One request. `how` is "answered", or else "refused": no connection; "closed": without a byte of an answer;
    "cut": within the answer; "late": no answer in time; "unsent": the generator had no connection left for it."""

    at_s: float  # when it was to be sent, on time.perf_counter's clock
    took_s: float  # from then to the last byte of the answer
    status: int  # 0 without an answer
    how: str = "answered"
    port: int = 0  # of this end of the connection
    name: str = ""  # what was sent

    @property
    def end_s(self) -> float:
        return self.at_s + self.took_s


def request(body: bytes, content_type: str = "image/png", *, path: str = "/api/v1/read", method: str = "POST") -> bytes:
    """A whole HTTP/1.1 request."""
    head = f"{method} {path} HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: {len(body)}\r\n"
    kind = f"Content-Type: {content_type}\r\n" if content_type else ""
    return (head + kind).encode("latin-1", "replace") + b"\r\n" + body


class Broken(Exception):
    """The connection ended before the answer did; args: "closed" or "cut"."""


class Line(asyncio.Protocol):
    """One connection; `ask` sends a request and waits for the status of its answer."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[int] | None = None
        self._got = bytearray()
        self.port = 0
        self.asked = 0
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
        """The answer's status. Raises Broken."""
        if not self.open or self._transport is None:
            raise Broken("closed")
        self._answer = asyncio.get_running_loop().create_future()
        self.asked += 1
        self._transport.write(whole)
        return await self._answer

    def close(self) -> None:
        self.open = False
        if self._transport:
            self._transport.abort() if self._got else self._transport.close()


async def connect(port: int) -> Line:
    """A new connection. Raises OSError."""
    _, line = await asyncio.get_running_loop().create_connection(Line, HOST, port)
    return line


async def send(
    line: Line | None, port: int, whole: bytes, *, at_s: float, timeout_s: float, name: str = ""
) -> tuple[Line | None, Outcome]:
    """Sends one request, over a new connection where `line` is None or closed; the connection, if it still serves."""
    status, how = 0, "answered"
    try:
        if line is None or not line.open:
            line = None
            line = await connect(port)
        async with asyncio.timeout(timeout_s):
            status = await line.ask(whole)
    except TimeoutError:
        how = "late"
    except Broken as error:
        how = str(error)
    except OSError:
        how = "refused"
    outcome = Outcome(at_s, time.perf_counter() - at_s, status, how, line.port if line else 0, name)
    if line and (not line.open or how != "answered"):
        with contextlib.suppress(OSError):
            line.close()
        line = None
    return line, outcome
