"""Two kinds of load: so many connections that always ask, or so many requests a second whatever becomes of them."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from benchmarks.serving.soak.http_connections import Line, Outcome, send

TIMEOUT_S = 10.0


@dataclass(frozen=True)
class Asked:
    """A request to send."""

    whole: bytes
    name: str = ""


Take = Callable[[Outcome], None]


async def closed_loop(
    port: int,
    requests: Iterator[Asked],
    take: Take,
    *,
    lines: int,
    until: Callable[[], bool],
    renew: int = 0,
    timeout_s: float = TIMEOUT_S,
) -> None:
    """`lines` connections ask one request after the other until there are no more or `until` is true.

    `renew` closes each connection after so many requests, so that new workers get some; 0 never does.
    """

    async def one() -> None:
        line: Line | None = None
        while not until():
            asked = next(requests, None)
            if asked is None:
                break
            now = time.perf_counter()
            line, outcome = await send(line, port, asked.whole, at_s=now, timeout_s=timeout_s, name=asked.name)
            take(outcome)
            if outcome.how == "refused":
                await asyncio.sleep(0.01)
            elif line and renew and line.asked >= renew:
                line.close()
                line = None
        if line:
            line.close()

    await asyncio.gather(*(one() for _ in range(lines)))


async def open_loop(
    port: int,
    requests: Iterator[Asked],
    take: Take,
    *,
    per_s: float,
    seconds: float,
    most_lines: int = 1000,
    rng: random.Random | None = None,
    timeout_s: float = TIMEOUT_S,
) -> float:
    """`per_s` requests a second, at random moments where `rng` is given, evenly otherwise; waits for the last answer.

    Latency counts from the moment at which a request was due, so that a server that is slow cannot slow the
    generator and look better. Returns how late the generator itself was at most, seconds.
    """
    idle: list[Line] = []
    busy: set[asyncio.Task[None]] = set()
    start = time.perf_counter()
    due, latest = start, 0.0

    async def one(asked: Asked, at_s: float) -> None:
        line = idle.pop() if idle else None
        line, outcome = await send(line, port, asked.whole, at_s=at_s, timeout_s=timeout_s, name=asked.name)
        if line:
            idle.append(line)
        take(outcome)

    while True:
        due += rng.expovariate(per_s) if rng else 1 / per_s
        if due > start + seconds:
            break
        now = time.perf_counter()
        if now < due:
            await asyncio.sleep(due - now)
        elif len(busy) % 16 == 0:
            await asyncio.sleep(0)  # behind: let answers come in all the same
        latest = max(latest, time.perf_counter() - due)
        asked = next(requests)
        if len(busy) >= most_lines:
            take(Outcome(due, 0.0, 0, "unsent", name=asked.name))
            continue
        task = asyncio.ensure_future(one(asked, due))
        busy.add(task)
        task.add_done_callback(busy.discard)
    if busy:
        await asyncio.wait(busy)
    for line in idle:
        line.close()
    return latest


def measure_capacity(port: int, requests: Iterator[Asked], *, seconds: float, lines: int = 8) -> float:
    """Answers with status 200 or a client error a second, with so many connections that always ask."""
    outcomes: list[Outcome] = []
    end = time.perf_counter() + seconds
    asyncio.run(closed_loop(port, requests, outcomes.append, lines=lines, until=lambda: time.perf_counter() > end))
    start = end - seconds / 2  # the first half warms it
    good = [each for each in outcomes if start <= each.end_s <= end and 200 <= each.status < 500]
    return len(good) / (seconds / 2)
