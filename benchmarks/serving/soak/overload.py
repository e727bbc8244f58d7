"""Send three times the capacity: expect fast answers to accepted requests, quick refusals, and no lost worker."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from typing import Any

from benchmarks.common import DRAWING, ms, percentile
from benchmarks.serving.soak.http_connections import Outcome, encode_request
from benchmarks.serving.soak.load_generator import Request, measure_capacity, open_loop
from benchmarks.serving.soak.service import running

TIMES = 3
AFTER_S = 10  # duration of normal load afterwards
NORMAL = 0.5  # normal load, as a share of the capacity
SLICE_S = 0.5  # resolution of the recovery time
BOUND_S = 0.25  # maximum latency of a normal answer


def run(*, seconds: float, capacity_s: float) -> dict[str, Any]:
    """Overload a server for `seconds` and return the results."""
    with running() as service:
        requests = itertools.repeat(Request(encode_request(DRAWING.read_bytes())))
        capacity = measure_capacity(service.port, requests, seconds=capacity_s)
        before = set(service.workers())
        during: list[Outcome] = []
        late_s = asyncio.run(open_loop(service.port, requests, during.append, per_s=TIMES * capacity, seconds=seconds))
        end_s = max(each.at_s for each in during)
        after: list[Outcome] = []
        asyncio.run(open_loop(service.port, requests, after.append, per_s=NORMAL * capacity, seconds=AFTER_S))
        lost = len(before - set(service.workers()))
    return {
        "seconds": seconds,
        "capacity_per_s": round(capacity, 1),
        "offered_per_s": round(TIMES * capacity, 1),
        **figures(during),
        "workers_lost": lost,
        "normal_after_s": normal_after(after, end_s),
        "generator_late_ms": ms(late_s),  # above about 10 ms, the generator itself was too slow
    }


def figures(during: list[Outcome]) -> dict[str, Any]:
    """The outcomes of the requests during an overload."""
    accepted = [each.took_s for each in during if each.status == 200]
    refused = [each.took_s for each in during if each.status == 503]
    other = Counter(str(each.status or each.how) for each in during if each.status not in (200, 503))
    return {
        "sent": len(during),
        "accepted": len(accepted),
        "accepted_p50_ms": ms(percentile(accepted, 0.5)),
        "accepted_p99_ms": ms(percentile(accepted, 0.99)),
        "refused": len(refused),
        "refused_p99_ms": ms(percentile(refused, 0.99)),
        "other": dict(sorted(other.items())),
    }


def normal_after(after: list[Outcome], end_s: float) -> float | None:
    """Seconds from the end of the overload until all answers are normal (200, within BOUND_S); None if never."""
    bad = [each.at_s - end_s for each in after if each.status != 200 or each.took_s > BOUND_S]
    if not bad:
        return 0.0
    well = round((int(max(bad) / SLICE_S) + 1) * SLICE_S, 1)
    return well if well < AFTER_S else None


def checks(part: dict[str, Any]) -> list[tuple[str, str, str, bool]]:
    """(requirement, limit, result, whether it is met), for each requirement."""
    after = part["normal_after_s"]
    cut = sum(part["other"].values())
    return [
        (
            f"overload: {part['offered_per_s']:,.0f} requests/s for {part['seconds']:.0f} s with a capacity of "
            f"{part['capacity_per_s']:,.0f}; p99 of the {part['accepted']:,} accepted",
            "250 ms", f"{part['accepted_p99_ms']:,.0f} ms", part["accepted_p99_ms"] <= 250,
        ),
        (
            f"p99 of the {part['refused']:,} refusals (503)", "50 ms", f"{part['refused_p99_ms']:,.0f} ms",
            part["refused_p99_ms"] <= 50 and part["refused"] > 0,
        ),
        ("neither accepted nor 503", "0", f"{cut:,}", cut == 0),
        ("workers lost", "0", str(part["workers_lost"]), part["workers_lost"] == 0),
        ("recovery time", "2 s", "never" if after is None else f"{after:g} s", after is not None and after <= 2),
    ]  # fmt: skip
