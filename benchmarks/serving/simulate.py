"""Simulate many cores behind a load balancer, for sizes beyond this machine.

Each core shares its time equally among its requests (processor sharing, like threads under a fair scheduler). Requests
arrive as a Poisson process and have the measured service times (`utilisation.json`). The balancer chooses a random
core, or the less busy of two random cores, like the least-request balancing of Envoy and nginx. A core with
`most_in_hand` requests refuses further ones with 503. An autoscaler follows the cores' utilization, like Kubernetes'
HPA; the cores that it adds start to serve after a lag.

The random generator is seeded, so the same arguments give the same results.
"""

from __future__ import annotations

import heapq
import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from benchmarks.common import percentile

MOST_IN_HAND = 14  # requests per core, reading or waiting: `max_reading` + `max_waiting` of a worker
SYNC_S = 15.0  # between decisions of the autoscaler; the HPA's default
GROW = 2.0  # maximum growth factor per decision; the HPA's default


@dataclass
class Core:
    """One core and its requests.

    `spent` is a virtual clock that slows down with the number of requests: the seconds of work that a request would
    have received if it had been present from the start.
    """

    spent: float = 0.0
    at_s: float = 0.0
    busy_s: float = 0.0
    version: int = 0  # identifies outdated planned ends
    jobs: list[tuple[float, float]] = field(default_factory=list)  # (end on the clock `spent`, arrival time)

    def advance(self, now_s: float) -> None:
        if self.jobs:
            self.spent += (now_s - self.at_s) / len(self.jobs)
            self.busy_s += now_s - self.at_s
        self.at_s = now_s

    def next_end_s(self) -> float:
        return self.at_s + max(self.jobs[0][0] - self.spent, 0.0) * len(self.jobs)


@dataclass(frozen=True)
class Answered:
    """A completed or refused request."""

    came_s: float
    took_s: float  # 0 if it was refused
    refused: bool = False


@dataclass(frozen=True)
class Scaler:
    """An autoscaler that keeps the cores at `target` utilization; added cores serve `lag_s` later."""

    target: float  # 0..1
    lag_s: float

    def wanted(self, cores: int, busy: float) -> int:
        """The desired number of cores, as in the HPA: no change within 10 % of the target; without scale-down."""
        if abs(busy / self.target - 1) <= 0.1:
            return cores
        return max(cores, min(math.ceil(cores * busy / self.target), math.ceil(GROW * cores)))


def services(percentiles_ms: Sequence[float], mean_s: float) -> list[float]:
    """A hundred latency percentiles -> service times with the same shape and the given mean, in seconds."""
    scale = mean_s / (sum(percentiles_ms) / len(percentiles_ms))
    return [scale * each for each in percentiles_ms]


def run(
    times_s: Sequence[float],
    *,
    cores: int,
    per_s: Callable[[float], float],
    seconds: float,
    seed: int,
    least: bool = True,
    scaler: Scaler | None = None,
    most_in_hand: int = MOST_IN_HAND,
) -> tuple[list[Answered], list[tuple[float, int]]]:
    """Simulate `seconds` of load. Returns the requests in order of completion, and (time, number of cores)."""
    rng = random.Random(seed)
    pool = [Core() for _ in range(cores)]
    ends: list[tuple[float, int, int]] = []  # (when, which core, its version)
    joining: list[tuple[float, int]] = []  # (time, number of cores)
    found, sizes = [], [(0.0, cores)]
    now, sync_s, before_s = 0.0, SYNC_S, 0.0
    came = rng.expovariate(per_s(0.0))
    while came < seconds or ends:
        if scaler and joining and joining[0][0] <= min(came, ends[0][0] if ends else math.inf):
            now, many = joining.pop(0)
            pool += [Core(at_s=now) for _ in range(many)]
            sizes.append((now, len(pool)))
        elif scaler and sync_s < seconds and sync_s <= min(came, ends[0][0] if ends else math.inf):
            for core in pool:
                core.advance(sync_s)
            busy_s = sum(core.busy_s for core in pool)
            planned = len(pool) + sum(many for _, many in joining)
            more = scaler.wanted(len(pool), (busy_s - before_s) / (SYNC_S * len(pool))) - planned
            if more > 0:
                joining.append((sync_s + scaler.lag_s, more))
            before_s, sync_s = busy_s, sync_s + SYNC_S
            ends = _planned(pool)
        elif ends and ends[0][0] <= came:
            now, which, version = heapq.heappop(ends)
            core = pool[which]
            if version != core.version:
                continue
            core.advance(now)
            _, came_s = heapq.heappop(core.jobs)
            found.append(Answered(came_s, now - came_s))
            _plan(ends, core, which)
        else:
            now = came
            which = _chosen(pool, rng, least=least)
            core = pool[which]
            if len(core.jobs) >= most_in_hand:
                found.append(Answered(now, 0.0, refused=True))
            else:
                core.advance(now)
                heapq.heappush(core.jobs, (core.spent + rng.choice(times_s), now))
                _plan(ends, core, which)
            came = now + rng.expovariate(per_s(now)) if now < seconds else math.inf
            came = came if came < seconds else math.inf
    return found, sizes


def _chosen(pool: Sequence[Core], rng: random.Random, *, least: bool) -> int:
    first = int(rng.random() * len(pool))
    if not least:
        return first
    second = int(rng.random() * len(pool))
    return first if len(pool[first].jobs) <= len(pool[second].jobs) else second


def _plan(ends: list[tuple[float, int, int]], core: Core, which: int) -> None:
    core.version += 1
    if core.jobs:
        heapq.heappush(ends, (core.next_end_s(), which, core.version))


def _planned(pool: Sequence[Core]) -> list[tuple[float, int, int]]:
    ends = [(core.next_end_s(), which, core.version) for which, core in enumerate(pool) if core.jobs]
    heapq.heapify(ends)
    return ends


def steady(
    times_s: Sequence[float], *, cores: int, busy: float, requests: int, seed: int, least: bool = True
) -> dict[str, float]:
    """p50 and p99 (seconds) and the refused share at a utilization. The first tenth of the time is warm-up."""
    per_s = busy * cores * len(times_s) / sum(times_s)
    seconds = requests / per_s
    found, _ = run(times_s, cores=cores, per_s=lambda _: per_s, seconds=seconds, seed=seed, least=least)
    late = [each for each in found if each.came_s > seconds / 10]
    took = [each.took_s for each in late if not each.refused]
    return {
        "p50_s": percentile(took, 0.5),
        "p99_s": percentile(took, 0.99),
        "refused": sum(each.refused for each in late) / len(late),
    }


def step(
    times_s: Sequence[float],
    *,
    cores: int,
    target: float,
    times: float,
    at_s: float,
    seconds: float,
    lag_s: float,
    seed: int,
) -> dict[str, float]:
    """The effect and duration of a load step at `at_s`, on cores at `target` utilization."""
    before = target * cores * len(times_s) / sum(times_s)
    found, sizes = run(
        times_s, cores=cores, per_s=lambda now: before * (times if now >= at_s else 1), seconds=seconds, seed=seed,
        scaler=Scaler(target, lag_s),
    )  # fmt: skip
    later = [each for each in found if each.came_s >= at_s]
    by_second: dict[int, list[Answered]] = {}
    for each in later:
        by_second.setdefault(int(each.came_s - at_s), []).append(each)
    p99 = {s: percentile([e.took_s for e in some if not e.refused], 0.99) for s, some in by_second.items()}
    refusing = [s for s, some in by_second.items() if any(each.refused for each in some)]
    return {
        "refused": sum(each.refused for each in later) / len(later),
        "refusing_s": max(refusing) + 1 if refusing else 0,
        "worst_p99_s": max(p99.values()),
        "cores_after": sizes[-1][1],
    }
