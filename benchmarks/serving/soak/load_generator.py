"""Two kinds of load: a closed loop with a number of connections, and an open loop with a request rate."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from benchmarks.serving.soak.http_connections import HOST, Connection, Outcome, send

TIMEOUT_S = 10.0


@dataclass(frozen=True)
class Request:
    """A request to send."""

    whole: bytes
    name: str = ""


Take = Callable[[Outcome], None]


async def closed_loop(
    port: int,
    requests: Iterator[Request],
    take: Take,
    *,
    connections: int,
    until: Callable[[], bool],
    renew: int = 0,
    timeout_s: float = TIMEOUT_S,
    source: str = HOST,
) -> None:
    """Send requests sequentially over each connection, until no request is left or `until` returns True.

    `renew`: number of requests after which a connection is closed, so that new workers get connections; 0 for never.
    """

    async def one() -> None:
        connection: Connection | None = None
        while not until():
            request = next(requests, None)
            if request is None:
                break
            now = time.perf_counter()
            connection, outcome = await send(
                connection, port, request.whole, at_s=now, timeout_s=timeout_s, name=request.name, source=source
            )
            take(outcome)
            if outcome.how == "refused":
                await asyncio.sleep(0.01)
            elif connection and renew and connection.requests >= renew:
                connection.close()
                connection = None
        if connection:
            connection.close()

    await asyncio.gather(*(one() for _ in range(connections)))


async def open_loop(
    port: int,
    requests: Iterator[Request],
    take: Take,
    *,
    per_s: float,
    seconds: float,
    most_connections: int = 1000,
    rng: random.Random | None = None,
    timeout_s: float = TIMEOUT_S,
    source: str = HOST,
) -> float:
    """Send `per_s` requests per second, as a Poisson process if `rng` is given, otherwise evenly; await all responses.

    Latency is measured from the time at which a request was due, so that a slow server cannot hide latency by slowing
    down the generator. Returns the generator's maximum delay, in seconds.
    """
    idle: list[Connection] = []
    busy: set[asyncio.Task[None]] = set()
    start = time.perf_counter()
    due, latest = start, 0.0

    async def one(request: Request, at_s: float) -> None:
        connection = idle.pop() if idle else None
        connection, outcome = await send(
            connection, port, request.whole, at_s=at_s, timeout_s=timeout_s, name=request.name, source=source
        )
        if connection:
            idle.append(connection)
        take(outcome)

    while True:
        due += rng.expovariate(per_s) if rng else 1 / per_s
        if due > start + seconds:
            break
        now = time.perf_counter()
        if now < due:
            await asyncio.sleep(due - now)
        elif len(busy) % 16 == 0:
            await asyncio.sleep(0)  # the generator is late: still let responses arrive
        latest = max(latest, time.perf_counter() - due)
        request = next(requests)
        if len(busy) >= most_connections:
            take(Outcome(due, 0.0, 0, "unsent", name=request.name))
            continue
        task = asyncio.ensure_future(one(request, due))
        busy.add(task)
        task.add_done_callback(busy.discard)
    if busy:
        await asyncio.wait(busy)
    for connection in idle:
        connection.close()
    return latest


def measure_capacity(port: int, requests: Iterator[Request], *, seconds: float) -> float:
    """The rate of responses with status 200 or a client error in a closed loop, per second."""
    outcomes: list[Outcome] = []
    end = time.perf_counter() + seconds
    asyncio.run(closed_loop(port, requests, outcomes.append, connections=8, until=lambda: time.perf_counter() > end))
    start = end - seconds / 2  # the first half is the warm-up
    good = [each for each in outcomes if start <= each.end_s <= end and 200 <= each.status < 500]
    return len(good) / (seconds / 2)
