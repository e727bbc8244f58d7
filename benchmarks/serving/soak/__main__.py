"""Runs what is named, or all; each part of benchmarks/serving/soak.json is replaced when it has run.

START HERE. A program is a module with `run`, which gives figures, and `lines`, which says what they mean.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from benchmarks.serving.servers import machine
from benchmarks.serving.soak import graceful_shutdown as stopped
from benchmarks.serving.soak import malformed_images as mutated
from benchmarks.serving.soak import openapi_fuzzing as schema
from benchmarks.serving.soak import overload
from benchmarks.serving.soak import slow_clients as silent
from benchmarks.serving.soak import sustained_load as steady
from benchmarks.serving.soak import worker_kill as killed

JSON = Path(__file__).parents[1] / "soak.json"
SEED = 6
PROGRAMS = {
    "overload": overload,
    "killed": killed,
    "stopped": stopped,
    "silent": silent,
    "mutated": mutated,
    "schema": schema,
    "steady": steady,
}


def runs(quick: bool, minutes: float, pictures: int, times: int) -> dict[str, Callable[[], dict[str, Any]]]:
    """How each is run, in full or to try it."""
    if quick:
        minutes, pictures, times = 0.5, 400, 3
    return {
        "overload": lambda: overload.run(seconds=8 if quick else 60, capacity_s=3 if quick else 8),
        "killed": lambda: killed.run(times=times, seed=SEED),
        "stopped": lambda: stopped.run(times=2 if quick else 10),
        "silent": lambda: silent.run(seconds=5 if quick else 60),
        "mutated": lambda: mutated.run(count=pictures, seed=SEED),
        "schema": lambda: schema.run(examples=5 if quick else 500, seed=SEED),
        "steady": lambda: steady.run(minutes=minutes, seed=SEED),
    }


@click.command()
@click.argument("names", nargs=-1, type=click.Choice(list(PROGRAMS)))
@click.option("--quick", is_flag=True, help="A short try; the file says that it was one.")
@click.option("--minutes", default=20.0, show_default=True, help="Of steady load.")
@click.option("--pictures", default=20_000, show_default=True, help="Spoiled ones.")
@click.option("--times", default=20, show_default=True, help="That a worker is killed.")
def main(names: tuple[str, ...], quick: bool, minutes: float, pictures: int, times: int) -> None:
    """Says what holds and what does not; exits with 1 when something does not."""
    content = json.loads(JSON.read_text()) if JSON.is_file() else {}
    content |= {"written_by": "python -m benchmarks.serving.soak", "parts": content.get("parts", {})}
    holds = True
    for name, run in runs(quick, minutes, pictures, times).items():
        if names and name not in names:
            continue
        began = time.monotonic()
        part = {"quick": quick, "machine": machine(), **run()}
        part["took_s"] = round(time.monotonic() - began)
        content["parts"][name] = part
        JSON.write_text(json.dumps(content, indent=1) + "\n")
        for what, bound, found, good in PROGRAMS[name].lines(part):
            click.echo(f"{'ok' if good else 'NO':3} {what}: {found} (at most {bound})")
            holds = holds and good
    raise SystemExit(0 if holds else 1)


if __name__ == "__main__":
    main()
