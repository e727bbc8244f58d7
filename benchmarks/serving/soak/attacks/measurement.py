"""Attack a server, with and without the proxy, while a regular client sends readings.

The regular client sends `HONEST_PER_S` requests per second from a separate address, without waiting for earlier
responses, and continues for AFTER_S after the attack. All these requests must be answered. Their p99 through the proxy,
the server's memory and the successes of some attackers have limits.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import multiprocessing
import os
import re
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from multiprocessing.queues import Queue
from pathlib import Path
from typing import Any

from benchmarks.common import DRAWING, ROOT, ms, percentile
from benchmarks.serving.processes import family
from benchmarks.serving.soak.attacks import pictures
from benchmarks.serving.soak.attacks.kinds import ATTACKS, KEY, Attack
from benchmarks.serving.soak.attacks.proxy import proxied
from benchmarks.serving.soak.http_connections import Outcome, encode_request
from benchmarks.serving.soak.load_generator import Request, open_loop
from benchmarks.serving.soak.service import WORKERS, Service, running

HONEST = "127.0.0.2"
HONEST_PER_S = 8.0  # below RATE_PER_MINUTE
BEFORE_S, AFTER_S = 0.5, 2.0  # duration of regular requests before and after the attack
MOST_P99_MS = 300.0  # through the proxy
TIMEOUT_S = 10.0
NICE = 10
SAMPLE_S = 0.25
WAYS = ("proxy", "direct")
MEMORY = Path(ROOT, "docs", "serving.md")
SUM = r"(\d+) \+ workers x \((\d+) \+ readings x \((\d+) \+ (\d+) U\) \+ (\d+) U\)"
READINGS = 1
COUNT = len(WAYS) * (1 + len(ATTACKS))  # total number of measurements
SETTINGS = {"INKLING_MAX_READING": str(READINGS)}


def run(*, seconds: float, names: Sequence[str] = (), ways: Sequence[str] = WAYS) -> dict[str, Any]:
    """Run each attack for `seconds`. "none" is the regular client alone, for comparison."""
    attacks: dict[str, Attack | None] = {"none": None, **ATTACKS}
    pictures.costly(), pictures.bombs()  # created once; the attackers are forked from this process
    rows = []
    for name in names or attacks:
        for way in ways:
            rows.append({"attack": name, "way": way, **one(attacks[name], way, seconds)})
            print(as_text(rows[-1]), flush=True)
    return {"seconds": seconds, "memory_most_mb": memory_most_mb(), "rows": rows}


def memory_most_mb() -> int:
    """The result of the formula in docs/serving.md for this server."""
    server, worker, turn, of_turn, bodies = map(int, re.findall(SUM, MEMORY.read_text())[0])
    upload_mb = 20
    return server + WORKERS * (worker + READINGS * (turn + of_turn * upload_mb) + bodies * upload_mb)


def one(attack: Attack | None, way: str, seconds: float) -> dict[str, Any]:
    """Run one attack on a new server."""
    cores = os.sched_getaffinity(0)
    environ = {**SETTINGS, **(attack.environ if attack else {})}
    environ |= {"INKLING_TRUSTED_PROXIES": "1"} if way == "proxy" else {}
    with running(workers=WORKERS, cores=cores, environ=environ) as service, contextlib.ExitStack() as stack:
        front = stack.enter_context(proxied(service.port)) if way == "proxy" else service
        statuses: Counter[int] = Counter()
        with measured(service, front) as most, attacked(attack, front.port, seconds, statuses):
            outcomes = asyncio.run(honest(front.port, BEFORE_S + seconds + AFTER_S))
    sent_s = [each.took_s for each in outcomes]
    failed = [each for each in outcomes if each.status != 200]
    return {
        "requests": len(outcomes),
        "answered": len(outcomes) - len(failed),
        "failures": dict(Counter(str(each.status) if each.status else each.how for each in failed)),
        "p50_ms": ms(percentile(sent_s, 0.5)),
        "p99_ms": ms(percentile(sent_s, 0.99)),
        "slowest_ms": ms(max(sent_s)),
        "memory_mb": round(most["memory_mb"]),
        "proxy_mb": round(most["proxy_mb"]),
        "tasks": most["tasks"],
        "workers_lost": most["workers_lost"],
        "attacker": {str(status): count for status, count in sorted(statuses.items())},
        "attacker_most_200": attack.most_200(seconds) if attack and attack.most_200 else None,
    }


async def honest(port: int, seconds: float) -> list[Outcome]:
    """Send drawings to read; every eighth request is a health check."""
    key = f"\r\nX-API-Key: {KEY}\r\nHost:".encode()
    read, health = (
        Request(whole.replace(b"\r\nHost:", key, 1))
        for whole in (encode_request(DRAWING.read_bytes()), encode_request(b"", "", path="/healthz", method="GET"))
    )
    outcomes: list[Outcome] = []
    await open_loop(
        port, itertools.cycle([read] * 7 + [health]), outcomes.append, per_s=HONEST_PER_S, seconds=seconds,
        timeout_s=TIMEOUT_S, source=HONEST,
    )  # fmt: skip
    return outcomes


@contextlib.contextmanager
def attacked(attack: Attack | None, port: int, seconds: float, statuses: Counter[int]) -> Iterator[None]:
    """Attack from a separate process, and add the statuses of its responses to `statuses`."""
    if attack is None:
        yield
        return
    context = multiprocessing.get_context("fork")
    answers: Queue[Counter[int]] = context.Queue()
    process = context.Process(target=_attack, args=(attack, port, seconds, answers), daemon=True)
    process.start()
    try:
        yield
        with contextlib.suppress(Exception):
            statuses.update(answers.get(timeout=TIMEOUT_S))
    finally:
        process.kill()
        process.join()


def _attack(attack: Attack, port: int, seconds: float, answers: Queue[Counter[int]]) -> None:
    os.nice(NICE)  # a real attacker uses its own machine
    statuses: Counter[int] = Counter()

    async def until_then() -> None:
        await asyncio.sleep(BEFORE_S)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await attack.run(port, statuses)

    asyncio.run(until_then())
    answers.put(statuses)


@contextlib.contextmanager
def measured(service: Service, front: Service) -> Iterator[dict[str, Any]]:
    """Peak memory (MB) and tasks (threads) of the server, the proxy's peak memory, and the number of lost workers."""
    most: dict[str, Any] = {"memory_mb": 0.0, "proxy_mb": 0.0, "tasks": 0, "workers_lost": 0}
    before, over = set(service.workers()), threading.Event()

    def sample() -> None:
        while not over.wait(SAMPLE_S):
            most["memory_mb"] = max(most["memory_mb"], service.memory_mb())
            if front is not service:
                most["proxy_mb"] = max(most["proxy_mb"], front.memory_mb())
            most["tasks"] = max(most["tasks"], tasks(service.process.pid))

    thread = threading.Thread(target=sample)
    thread.start()
    try:
        yield most
    finally:
        over.set()
        thread.join()
        most["workers_lost"] = len(before - set(service.workers()))


def tasks(root: int) -> int:
    """The number of threads of a process and its descendants, as counted by a `pids` limit."""
    count = 0
    for pid in family(root):
        with contextlib.suppress(OSError):
            count += len(os.listdir(f"/proc/{pid}/task"))
    return count


def as_text(row: dict[str, Any]) -> str:
    """A row as a line of text."""
    failures = ", ".join(f"{count} {how}" for how, count in row["failures"].items()) or "-"
    return (
        f"{row['attack']:18} {row['way']:6} answered {row['answered']:5}/{row['requests']:<5} p50 {row['p50_ms']:8} ms "
        f"p99 {row['p99_ms']:8} ms  {row['memory_mb']:5} MB + {row['proxy_mb']:3} MB "
        f"{row['tasks']:4} tasks  lost {row['workers_lost']}  failures {failures}  attacker {row['attacker']}"
    )


def checks(part: dict[str, Any]) -> list[tuple[str, str, str, bool]]:
    """(requirement, limit, result, whether it is met), for each requirement."""
    found = []
    for row in part["rows"]:
        if row["attack"] == "none":
            continue
        what = f"{ATTACKS[row['attack']].what}, " + (
            "through the proxy" if row["way"] == "proxy" else "without a proxy"
        )
        failed = row["requests"] - row["answered"]
        found.append((f"{what}: of {row['requests']:,} regular requests, failed", "0", str(failed), failed == 0))
        if row["way"] == "proxy":
            p99 = row["p99_ms"]
            found.append((f"{what}: their p99", f"{MOST_P99_MS:g} ms", f"{p99:g} ms", p99 <= MOST_P99_MS))
        most = part["memory_most_mb"]
        found.append((f"{what}: server memory", f"{most:,} MB", f"{row['memory_mb']:,} MB", row["memory_mb"] <= most))
        allowed, got = row["attacker_most_200"], row["attacker"].get("200", 0)
        if allowed is not None:
            found.append((f"{what}: successes of the attacker", f"{allowed:.0f}", str(got), got <= allowed))
    return found
