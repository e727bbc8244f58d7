"""Repeatedly kill a worker with SIGKILL under load: only its requests may fail, and a new worker must replace it.

If the whole server ends, this is counted, and a new one is started for the next kills.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import random
import signal
import time
from collections.abc import Iterator
from typing import Any

from benchmarks.common import DRAWING
from benchmarks.serving.processes import wait_for
from benchmarks.serving.soak.http_connections import Outcome, encode_request
from benchmarks.serving.soak.load_generator import Request, closed_loop
from benchmarks.serving.soak.service import READY_S, WORKERS, Service, client_ports, running

CONNECTIONS = 12
RENEW = 20  # requests per connection, so that a new worker gets connections
BEFORE_S, AFTER_S = 1.0, 4.0
TICK_S = 0.02


def run(*, times: int, seed: int) -> dict[str, Any]:
    """Kill workers `times` times and return the results."""
    rng = random.Random(seed)
    requests = itertools.repeat(Request(encode_request(DRAWING.read_bytes())))
    kills: list[dict[str, Any]] = []
    ended = 0
    while len(kills) < times:
        with running() as service:
            while len(kills) < times and service.process.poll() is None:
                kills.append(asyncio.run(_one(service, requests, rng)))
            ended += service.process.poll() is not None
    back = [each["back_s"] for each in kills]
    return {
        "times": times,
        "server_ended": ended,
        "failed": sum(each["failed"] for each in kills),
        "held": sum(each["held"] for each in kills),
        "failed_elsewhere": sum(each["failed_elsewhere"] for each in kills),
        "back_s_most": None if None in back else max(back),
        "kills": kills,
    }


async def _one(service: Service, requests: Iterator[Request], rng: random.Random) -> dict[str, Any]:
    outcomes: list[Outcome] = []
    over = False
    load = asyncio.ensure_future(
        closed_loop(service.port, requests, outcomes.append, connections=CONNECTIONS, until=lambda: over, renew=RENEW)
    )
    await asyncio.sleep(BEFORE_S)
    wait_for(lambda: len(service.workers()) >= WORKERS, timeout_s=READY_S)
    before = service.workers()
    victim = rng.choice(before)
    os.kill(victim, signal.SIGSTOP)  # so that its connections do not change while they are listed
    await asyncio.sleep(0.005)
    held = client_ports(victim, service.port)
    at_s = time.perf_counter()
    os.kill(victim, signal.SIGKILL)
    new_ports: set[int] = set()  # client ports of a new worker's connections
    whole_s: float | None = None
    while time.perf_counter() < at_s + AFTER_S and service.process.poll() is None:
        await asyncio.sleep(TICK_S)
        new = [pid for pid in service.workers() if pid not in before]
        if new and whole_s is None:
            whole_s = time.perf_counter() - at_s
        for pid in new:
            new_ports |= client_ports(pid, service.port)
    over = True
    await load
    return figures(outcomes, held, new_ports, at_s) | {"replaced_s": whole_s and round(whole_s, 2)}


def figures(outcomes: list[Outcome], held: set[int], new_ports: set[int], at_s: float) -> dict[str, Any]:
    """The results of a kill at `at_s`. `held`, `new_ports`: client ports of the killed worker and the new one."""
    failed = [each for each in outcomes if each.status != 200]
    back = [each.end_s for each in outcomes if each.port in new_ports and each.status == 200 and each.end_s > at_s]
    return {
        "failed": len(failed),
        "held": len(held),
        "failed_elsewhere": sum(each.port not in held for each in failed),
        "how": sorted({each.how if each.status == 0 else str(each.status) for each in failed}),
        "back_s": round(min(back) - at_s, 2) if back else None,
    }


def checks(part: dict[str, Any]) -> list[tuple[str, str, str, bool]]:
    """(requirement, limit, result, whether it is met), for each requirement."""
    back = part["back_s_most"]
    return [
        (
            f"worker killed with SIGKILL, {part['times']} times: failed requests of other workers "
            f"({part['failed']} of its own failed)",
            "0", str(part["failed_elsewhere"]), part["failed_elsewhere"] == 0,
        ),
        ("the whole server ended", "0", str(part["server_ended"]), part["server_ended"] == 0),
        ("longest time until a new worker answered", "2 s", "never" if back is None else f"{back:g} s",
         back is not None and back <= 2),
    ]  # fmt: skip
