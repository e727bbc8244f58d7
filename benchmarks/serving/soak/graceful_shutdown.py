"""Send SIGTERM under load: every request sent before the signal must be answered."""

from __future__ import annotations

import asyncio
import itertools
import signal
import time
from collections import Counter
from typing import Any

from benchmarks.common import DRAWING
from benchmarks.serving.soak.http_connections import Outcome, encode_request
from benchmarks.serving.soak.load_generator import Request, closed_loop
from benchmarks.serving.soak.service import Service, running

CONNECTIONS = 10  # below one worker's limit per client, so that a 503 is a failure
BEFORE_S, AFTER_S = 1.5, 1.0
GONE_S = 20  # timeout for the shutdown


def run(*, times: int) -> dict[str, Any]:
    """Run `times` shutdowns, each with a new server, and return the results."""
    stops = []
    for _ in range(times):
        with running() as service:
            stops.append(asyncio.run(_one(service)))
    return {
        "times": times,
        "in_hand": sum(each["in_hand"] for each in stops),
        "lost": sum(each["lost"] for each in stops),
        "cut": sum(each["cut"] for each in stops),
        "gone_s_most": None if any(each["gone_s"] is None for each in stops) else max(e["gone_s"] for e in stops),
        "stops": stops,
    }


async def _one(service: Service) -> dict[str, Any]:
    outcomes: list[Outcome] = []
    requests = itertools.repeat(Request(encode_request(DRAWING.read_bytes())))
    over = False
    load = asyncio.ensure_future(
        closed_loop(service.port, requests, outcomes.append, connections=CONNECTIONS, until=lambda: over)
    )
    await asyncio.sleep(BEFORE_S)
    at_s = time.perf_counter()
    service.process.send_signal(signal.SIGTERM)
    gone_s = None
    while time.perf_counter() < at_s + GONE_S:
        await asyncio.sleep(0.02)
        if service.process.poll() is not None:
            gone_s = round(time.perf_counter() - at_s, 2)
            break
    await asyncio.sleep(AFTER_S)
    over = True
    await load
    return figures(outcomes, at_s) | {"gone_s": gone_s, "exit": service.process.returncode}


def figures(outcomes: list[Outcome], at_s: float) -> dict[str, Any]:
    """The results of a shutdown at `at_s`.

    Requests sent before then must be answered. Later requests may find the connection closed; a client can retry them
    elsewhere if no byte of the response has arrived.
    """
    in_hand = [each for each in outcomes if each.at_s < at_s < each.end_s]
    later = Counter(each.how if each.status == 0 else str(each.status) for each in outcomes if each.at_s >= at_s)
    return {
        "in_hand": len(in_hand),
        "lost": sum(each.status != 200 for each in in_hand),
        "cut": sum(each.how == "cut" for each in outcomes),
        "before": sum(each.at_s < at_s for each in outcomes),
        "later": {name: n for name, n in sorted(later.items()) if name != "refused"},
    }


def checks(part: dict[str, Any]) -> list[tuple[str, str, str, bool]]:
    """(requirement, limit, result, whether it is met), for each requirement."""
    gone = part["gone_s_most"]
    return [
        (
            f"shutdown under load, {part['times']} times: of {part['in_hand']} requests in progress at SIGTERM, lost",
            "0", str(part["lost"]), part["lost"] == 0 and part["in_hand"] > 0,
        ),
        ("truncated answers, at any time", "0", str(part["cut"]), part["cut"] == 0),
        ("longest time until the server ended", "15 s", "never" if gone is None else f"{gone:g} s",
         gone is not None and gone <= 15),
    ]  # fmt: skip
