"""Send valid and malformed images at 80 % of the capacity for minutes: little memory growth and no status 500."""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from benchmarks.common import ms, percentile
from benchmarks.serving.soak.http_connections import Outcome, encode_request
from benchmarks.serving.soak.image_mutators import mutate, seeds
from benchmarks.serving.soak.load_generator import Request, measure_capacity, open_loop
from benchmarks.serving.soak.service import running

LOAD = 0.8  # share of the capacity
WARM = 0.2  # share of the time for warm-up, until arenas and caches are full
SAMPLE_S = 2.0
BAD = 0.3  # share of malformed requests
VARIETY = 400  # maximum number of different malformed requests, sent repeatedly in random order


def mixed(seed: int) -> Iterator[Request]:
    """An endless sequence of valid and malformed images, by seed."""
    rng = random.Random(seed)
    good = [Request(encode_request(body, kind), "good") for _, body, kind in seeds()]
    bad = []
    for number in range(VARIETY):
        each = mutate(seed, number)
        if len(each.body) < 200_000:  # bodies of many megabytes would measure the loopback interface
            bad.append(Request(encode_request(each.body, each.content_type, path=each.path), "bad"))
    while True:
        yield rng.choice(bad if rng.random() < BAD else good)


def run(*, minutes: float, seed: int) -> dict[str, Any]:
    """Load a server for `minutes` and return the results."""
    with running() as service:
        requests = mixed(seed)
        capacity = measure_capacity(service.port, requests, seconds=10)
        outcomes: list[Outcome] = []
        samples: list[tuple[float, float]] = []
        before = set(service.workers())
        start = time.perf_counter()

        async def sample_memory() -> None:
            while True:
                samples.append((time.perf_counter() - start, service.memory_mb()))
                await asyncio.sleep(SAMPLE_S)

        async def both() -> None:
            sampling = asyncio.ensure_future(sample_memory())
            await open_loop(
                service.port, requests, outcomes.append, per_s=LOAD * capacity, seconds=60 * minutes,
                rng=random.Random(seed),
            )  # fmt: skip
            sampling.cancel()

        asyncio.run(both())
        lost = len(before - set(service.workers()))
    warm_mb, end_mb = growth(samples, warm_s=60 * minutes * WARM)
    statuses = Counter(str(each.status) if each.status else each.how for each in outcomes)
    return {
        "minutes": minutes,
        "capacity_per_s": round(capacity, 1),
        "requests": len(outcomes),
        "statuses": dict(sorted(statuses.items())),
        "p50_ms": ms(percentile([each.took_s for each in outcomes], 0.5)),
        "p99_ms": ms(percentile([each.took_s for each in outcomes], 0.99)),
        "warm_mb": round(warm_mb, 1),
        "end_mb": round(end_mb, 1),
        "growth": round(end_mb / warm_mb - 1, 4) if warm_mb else None,
        "workers_lost": lost,
        "memory_mb": [(round(at_s), round(mb, 1)) for at_s, mb in itertools.islice(samples, 0, None, 10)],
    }


def growth(samples: Sequence[tuple[float, float]], *, warm_s: float) -> tuple[float, float]:
    """Medians of the first and the last fifth of (time_s, value) samples after `warm_s`.

    These are medians, because a single sample depends on the image being read. Returns (0.0, 0.0) for fewer than five
    samples.
    """
    late = [value for at_s, value in samples if at_s >= warm_s]
    part = len(late) // 5
    if not part:
        return 0.0, 0.0
    return percentile(late[:part], 0.5), percentile(late[-part:], 0.5)


def checks(part: dict[str, Any]) -> list[tuple[str, str, str, bool]]:
    """(requirement, limit, result, whether it is met), for each requirement."""
    bad = sum(n for name, n in part["statuses"].items() if not name.isdigit() or name == "500")
    grown = part["growth"]
    return [
        (
            f"{part['minutes']:g} minutes at 80% load, {part['requests']:,} valid and malformed images: memory "
            "growth",
            "5%", "?" if grown is None else f"{grown:.1%} ({part['warm_mb']:.0f} to {part['end_mb']:.0f} MB)",
            grown is not None and grown <= 0.05,
        ),
        ("status 500, or no answer", "0", str(bad), bad == 0),
        ("workers lost", "0", str(part["workers_lost"]), part["workers_lost"] == 0),
    ]  # fmt: skip
