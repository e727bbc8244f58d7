"""Hold connections that send next to nothing: other clients are served, and the slow ones are disconnected."""

from __future__ import annotations

import http.client
import itertools
import socket
import time
from contextlib import ExitStack
from typing import Any

from benchmarks.common import DRAWING, ms, percentile
from benchmarks.serving.soak.service import running

CLIENTS = ("127.0.0.1", "127.0.0.3")  # addresses of this machine, each a client to the service
EACH = 40  # connections
HEADS = ("POST /api/v1/read", "POST /", "GET /healthz", "PUT /nothing")
LENGTHS = (1000, 1000, 1000, 21_000_000)  # bytes that are announced
DRIP_S = 2.0  # every other one sends a byte so often
SECONDS = 60.0
GONE_S = 90.0  # how long it may take until all are disconnected


def run(*, seconds: float = SECONDS) -> dict[str, Any]:
    """Send requests for readings and health, one after the other, while the slow ones hold their connections."""
    with running() as service, ExitStack() as stack:
        workers = set(service.workers())
        held = [stack.enter_context(_hold(service.port, client, n)) for client in CLIENTS for n in range(EACH)]
        fast_client = http.client.HTTPConnection("127.0.0.1", service.port, timeout=10, source_address=("127.0.0.2", 0))
        start_s = drip_s = time.monotonic()
        took_s: list[float] = []
        refused, ended_s = 0, None
        for number in itertools.count():
            now_s = time.monotonic() - start_s
            if now_s > seconds and (ended_s is not None or now_s > max(seconds, GONE_S)):
                break
            at_s = time.perf_counter()
            good = _ask(fast_client, number)
            if now_s <= seconds:
                took_s.append(time.perf_counter() - at_s)
                refused += not good
            if time.monotonic() - drip_s > DRIP_S:
                drip_s = time.monotonic()
                held = [connection for n, connection in enumerate(held) if not _answered(connection, drips=n % 2 == 0)]
                if not held and ended_s is None:
                    ended_s = round(drip_s - start_s, 1)
            time.sleep(0.02)
        lost = len(workers - set(service.workers()))
    return {
        "connections": len(CLIENTS) * EACH,
        "requests": len(took_s),
        "refused": refused,
        "p99_ms": ms(percentile(took_s, 0.99)),
        "slowest_ms": ms(max(took_s)),
        "ended_s": ended_s,
        "workers_lost": lost,
    }


def _hold(port: int, client: str, number: int) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), source_address=(client, 0))
    head = f"{HEADS[number % len(HEADS)]} HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\n"
    connection.sendall(f"{head}Content-Length: {LENGTHS[number // len(HEADS) % len(LENGTHS)]}\r\n\r\n".encode())
    connection.setblocking(False)
    return connection


def _ask(fast_client: http.client.HTTPConnection, number: int) -> bool:
    """A reading, or health; whether it was answered as it should."""
    try:
        if number % 2:
            fast_client.request("GET", "/healthz")
        else:
            fast_client.request("POST", "/api/v1/read", DRAWING.read_bytes(), {"Content-Type": "image/png"})
        answer = fast_client.getresponse()
        answer.read()
        return answer.status == 200
    except (OSError, http.client.HTTPException):
        fast_client.close()
        return False


def _answered(connection: socket.socket, *, drips: bool) -> bool:
    """Whether the service has answered, or left."""
    try:
        if drips:
            connection.send(b"x")
        connection.recv(65_536)
    except BlockingIOError:
        return False
    except OSError:
        pass
    return True


def checks(part: dict[str, Any]) -> list[tuple[str, str, str, bool]]:
    """(what, bound, found, whether it holds), for each thing that must hold."""
    ended = part["ended_s"]
    return [
        (
            f"{part['connections']} connections that announce bodies and send next to nothing: of {part['requests']:,} "
            "other requests, refused",
            "0", str(part["refused"]), part["refused"] == 0,
        ),
        ("their p99", "50 ms", f"{part['p99_ms']:g} ms", part["p99_ms"] <= 50),
        ("all are disconnected within", "60 s", "never" if ended is None else f"{ended:g} s",
         ended is not None and ended <= 60),
        ("workers lost", "0", str(part["workers_lost"]), part["workers_lost"] == 0),
    ]  # fmt: skip
