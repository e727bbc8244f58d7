"""Measure latency by utilization on one core, with random arrivals.

    python -m benchmarks.serving.utilisation [--seconds 12]

The server is pinned to one core and the load generator to the others, so that one core is measured. Requests arrive as
a Poisson process, like those of many independent users. Writes utilisation.json, which provides the service times for
`simulate.py` and the measurements for its validation.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import statistics
import time
from pathlib import Path
from typing import Any

import click

from benchmarks.common import DRAWING, MODELS, machine, ms, percentile, write_json
from benchmarks.serving.soak.http_connections import Outcome, encode_request
from benchmarks.serving.soak.load_generator import Request, closed_loop, measure_capacity, open_loop
from benchmarks.serving.soak.service import Service, running

OUT = Path(__file__).with_suffix(".json")
BUSY = (0.3, 0.5, 0.7, 0.85)  # shares of the capacity
ALONE = 1000  # sequential requests
SEED = 7


def alone_s(service: Service, asked: Request, count: int) -> list[float]:
    """The latencies of sequential requests, in seconds."""
    found: list[Outcome] = []
    asyncio.run(
        closed_loop(service.port, itertools.repeat(asked, count), found.append, connections=1, until=lambda: False)
    )
    return [each.took_s for each in found if each.status == 200]


def at(service: Service, asked: Request, *, per_s: float, seconds: float) -> dict[str, Any]:
    """Latency at a request rate."""
    found: list[Outcome] = []
    load = open_loop(
        service.port, itertools.repeat(asked), found.append, per_s=per_s, seconds=seconds, rng=random.Random(SEED)
    )
    late_s = asyncio.run(load)
    took = [each.took_s for each in found if each.status == 200]
    return {
        "per_s": round(per_s, 1),
        "requests": len(found),
        "failed": len(found) - len(took),
        "p50_ms": ms(percentile(took, 0.5)),
        "p99_ms": ms(percentile(took, 0.99)),
        "generator_late_ms": ms(late_s),
    }


def curve(model: str, *, seconds: float) -> dict[str, Any]:
    """One model's capacity, service times and latencies."""
    asked = Request(encode_request(DRAWING.read_bytes()))
    with running(model=model) as service:
        capacity = measure_capacity(service.port, itertools.repeat(asked), seconds=seconds)
        alone = alone_s(service, asked, ALONE)
        points = {str(busy): at(service, asked, per_s=busy * capacity, seconds=seconds) for busy in BUSY}
        memory_mb = service.memory_mb()
    quantiles = [round(1000 * percentile(alone, q / 100), 3) for q in range(1, 101)]
    return {
        "capacity_per_s": round(capacity, 1),
        "memory_mb": round(memory_mb),
        "alone_ms": {"mean": round(1000 * statistics.mean(alone), 3), "percentiles": quantiles},
        "busy": points,
    }


@click.command()
@click.option("--seconds", default=12, show_default=True, help="Seconds per rate.")
@click.option("--quick", is_flag=True, help="A trial with 2 seconds per rate; recorded in the file.")
def main(seconds: int, quick: bool) -> None:
    """Print the curves and write them."""
    began = time.monotonic()
    content: dict[str, Any] = {
        "written_by": "python -m benchmarks.serving.utilisation", "quick": quick, "machine": machine(),
    }  # fmt: skip
    content["models"] = {model: curve(model, seconds=2 if quick else seconds) for model in MODELS}
    content["took_s"] = round(time.monotonic() - began)
    write_json(OUT, content)
    for model, found in content["models"].items():
        click.echo(f"{model}: {found['capacity_per_s']:,.0f} requests/s on one core, {found['memory_mb']} MB")
        for busy, point in found["busy"].items():
            click.echo(f"  {float(busy):.0%} busy: p50 {point['p50_ms']} ms, p99 {point['p99_ms']} ms")


if __name__ == "__main__":
    main()
