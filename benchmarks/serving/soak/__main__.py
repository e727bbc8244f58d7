"""Run the named test programs, or all, and replace their results in soak.json.

A program is a module with `run`, which returns results, and `checks`, which tests them against requirements.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from benchmarks.common import machine, read_json, write_json
from benchmarks.serving.soak import (
    attacks,
    graceful_shutdown,
    malformed_images,
    openapi_fuzzing,
    overload,
    sustained_load,
    worker_kill,
)

OUT = Path(__file__).parents[1] / "soak.json"
SEED = 6
QUICK_S = 4.0  # duration of an attack
PROGRAMS = {
    each.__name__.rpartition(".")[2]: each
    for each in (
        attacks, overload, worker_kill, graceful_shutdown, malformed_images, openapi_fuzzing, sustained_load,
    )
}  # fmt: skip


def runs(quick: bool, minutes: float, images: int, kills: int) -> dict[str, Callable[[], dict[str, Any]]]:
    """A function to run each program, in full or as a short trial."""
    if quick:
        minutes, images, kills = 0.5, 400, 3
    return {
        "attacks": lambda: attacks.run(seconds=QUICK_S if quick else 60 * minutes / attacks.COUNT),
        "overload": lambda: overload.run(seconds=8 if quick else 60, capacity_s=3 if quick else 8),
        "worker_kill": lambda: worker_kill.run(times=kills, seed=SEED),
        "graceful_shutdown": lambda: graceful_shutdown.run(times=2 if quick else 10),
        "malformed_images": lambda: malformed_images.run(count=images, seed=SEED),
        "openapi_fuzzing": lambda: openapi_fuzzing.run(examples=5 if quick else 500, seed=SEED),
        "sustained_load": lambda: sustained_load.run(minutes=minutes, seed=SEED),
    }


@click.command()
@click.argument("names", nargs=-1, type=click.Choice(list(PROGRAMS)))
@click.option("--quick", is_flag=True, help="A short trial; recorded in the file.")
@click.option("--minutes", default=20.0, show_default=True, help="Minutes of sustained load, and of all attacks.")
@click.option("--images", default=20_000, show_default=True, help="Number of malformed images.")
@click.option("--kills", default=20, show_default=True, help="Number of killed workers.")
def main(names: tuple[str, ...], quick: bool, minutes: float, images: int, kills: int) -> None:
    """Print the requirements and results. Exit status 1 if a requirement is not met."""
    content = read_json(OUT) if OUT.is_file() else {}
    content |= {"written_by": "python -m benchmarks.serving.soak", "parts": content.get("parts", {})}
    holds = True
    for name, run in runs(quick, minutes, images, kills).items():
        if names and name not in names:
            continue
        began = time.monotonic()
        part = {"quick": quick, "machine": machine(), **run()}
        part["took_s"] = round(time.monotonic() - began)
        content["parts"][name] = part
        write_json(OUT, content)
        for what, bound, found, good in PROGRAMS[name].checks(part):
            click.echo(f"{'ok' if good else 'NO':3} {what}: {found} (limit {bound})")
            holds = holds and good
    raise SystemExit(0 if holds else 1)


if __name__ == "__main__":
    main()
