"""Send thousands of malformed images: expect no status 500, no lost worker, and each answer within two seconds."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import Iterator
from typing import Any

from benchmarks.common import ms, percentile
from benchmarks.serving.soak.http_connections import Outcome, encode_request
from benchmarks.serving.soak.image_mutators import mutate
from benchmarks.serving.soak.load_generator import Request, closed_loop
from benchmarks.serving.soak.service import running

CONNECTIONS = 2  # one per worker, so that times do not include queueing
WITHIN_S = 2.0
TIMEOUT_S = 30.0  # longer than WITHIN_S, to distinguish a slow answer from none


def images(count: int, seed: int) -> Iterator[Request]:
    """`count` malformed images by seed, each named after its mutator and number."""
    for number in range(count):
        each = mutate(seed, number)
        yield Request(
            encode_request(each.body, each.content_type, path=each.path, method=each.method), f"{each.what} {number}"
        )


def run(*, count: int, seed: int) -> dict[str, Any]:
    """Send `count` malformed images and return the results."""
    with running(cores=os.sched_getaffinity(0)) as service:
        before = set(service.workers())
        outcomes: list[Outcome] = []
        asyncio.run(
            closed_loop(
                service.port,
                images(count, seed),
                outcomes.append,
                connections=CONNECTIONS,
                until=lambda: False,
                timeout_s=TIMEOUT_S,
            )
        )
        lost, ready = len(before - set(service.workers())), service.ready()
    return figures(outcomes) | {"seed": seed, "workers_lost": lost, "ready_after": ready}


def figures(outcomes: list[Outcome]) -> dict[str, Any]:
    """Counts, and the names of the worst cases, which reproduce them."""
    failed = [each for each in outcomes if each.status in (0, 500)]
    slow = [each for each in outcomes if each.took_s > WITHIN_S]
    worst = sorted(outcomes, key=lambda each: -each.took_s)[:5]
    by_kind: dict[str, Counter[str]] = {}
    for each in outcomes:
        kind = each.name.rpartition(" ")[0]
        by_kind.setdefault(kind, Counter())[str(each.status) if each.status else each.how] += 1
    return {
        "pictures": len(outcomes),
        "statuses": dict(sorted(Counter(str(each.status) for each in outcomes).items())),
        "kinds": {kind: dict(sorted(found.items())) for kind, found in sorted(by_kind.items())},
        "failed": [f"{each.name}: {each.status or each.how}" for each in failed[:50]],
        "failed_count": len(failed),
        "slow": [f"{each.name}: {each.took_s:.2f} s" for each in slow[:50]],
        "slow_count": len(slow),
        "p99_ms": ms(percentile([each.took_s for each in outcomes], 0.99)),
        "slowest": [f"{each.name}: {ms(each.took_s)} ms" for each in worst],
        "slowest_s": round(max((each.took_s for each in outcomes), default=0.0), 2),
    }


def checks(part: dict[str, Any]) -> list[tuple[str, str, str, bool]]:
    """(requirement, limit, result, whether it is met), for each requirement."""
    return [
        (f"{part['pictures']:,} malformed images: status 500, or no answer", "0", str(part["failed_count"]),
         part["failed_count"] == 0),
        ("slowest answer", "2 s", f"{part['slowest_s']:g} s", part["slow_count"] == 0),
        ("workers lost", "0", str(part["workers_lost"]), part["workers_lost"] == 0 and part["ready_after"]),
    ]  # fmt: skip
