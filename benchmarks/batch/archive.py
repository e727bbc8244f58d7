"""Measure reading an archive: speed compared with a loop over `Reader.read`, memory by size, and rows after kills.

    python -m benchmarks.batch.archive [--pictures 100000] [--rounds 3] [--kills 10] [--grow 10] [--engine ray]
                                       [--only PART]

The images are rendered once (`archive_images`) and kept in --scratch. Each run executes `inkling read SOURCE --out OUT`
in a separate process. Writes archive.json with one section per measurement; --only keeps the other sections. Only the
speed measurement needs an idle machine.
"""

from __future__ import annotations

import contextlib
import os
import random
import resource
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import click

from benchmarks.common import model_option, read_json, write_json
from benchmarks.rendering.archive_images import make
from benchmarks.serving.processes import family, pss_mb

OUT = Path(__file__).with_suffix(".json")
SAMPLE_S = {"memory": 1.0, "speed": 5.0}  # between memory samples; sampling Ray's many processes is slow
LOOPED = 5000  # maximum number of images for timing the loop over Reader.read
SCRATCH = Path(tempfile.gettempdir()) / "inkling-archive"
PARTS = ("speed", "memory", "killed")
ENGINES = {"ray": ["--cluster", "auto"]}  # options of `inkling read`

LOOP = """
import sys, time
from pathlib import Path
from inkling import Reader
reader, paths = Reader(sys.argv[2] or None), sorted(Path(sys.argv[1]).rglob("*.png"))[: int(sys.argv[3])]
for path in paths[:100]:
    reader.read(path)
start, busy = time.perf_counter(), time.process_time()
for path in paths:
    reader.read(path)
print(len(paths) / (time.perf_counter() - start), 1000 * (time.process_time() - busy) / len(paths))
"""


def loop(source: Path, n: int, model: str | None) -> dict[str, float]:
    """`for path in paths: reader.read(path)` after a warm-up: images per second, CPU milliseconds per image."""
    done = subprocess.run(
        [sys.executable, "-c", LOOP, str(source), model or "", str(min(n, LOOPED))],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    per_s, cpu_ms = map(float, done.stdout.split())
    return {"per_s": round(per_s, 1), "cpu_ms": round(cpu_ms, 3)}


def command(source: Path, out: Path, model: str | None, *more: str) -> list[str]:
    """`inkling read SOURCE --out OUT`."""
    named = ["--model", model] if model else []
    return [sys.executable, "-m", "inkling", "read", str(source), "--out", str(out), *named, *more]


def read(source: Path, out: Path, n: int, model: str | None, *more: str, part: str) -> dict[str, float]:
    """Read a whole archive from scratch and time the command from start to end.

    Returns images per second, CPU milliseconds per image (including startup), and the peak memory of all processes
    together.
    """
    shutil.rmtree(out, ignore_errors=True)
    start, busy_s = time.perf_counter(), _children_s()
    with (
        tempfile.TemporaryFile("w+") as errors,
        subprocess.Popen(command(source, out, model, *more), stderr=errors) as process,
    ):
        most_mb = 0.0
        while process.poll() is None:
            most_mb = max(most_mb, pss_mb(family(process.pid)))
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(SAMPLE_S[part])
        took_s = time.perf_counter() - start
        errors.seek(0)
        if process.returncode:
            raise click.ClickException(errors.read())
    rows, sources = rows_in(out)
    if (rows, sources) != (n, n):
        raise click.ClickException(f"{out} contains {rows:,} rows of {sources:,} images; expected {n:,} of each.")
    cpu_ms = 1000 * (_children_s() - busy_s) / n
    per_s = round(n / took_s, 1)
    return {"seconds": round(took_s, 2), "per_s": per_s, "cpu_ms": round(cpu_ms, 3), "most_mb": round(most_mb, 1)}


def _children_s() -> float:
    """CPU seconds of all child processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def rows_in(out: Path) -> tuple[int, int]:
    """The numbers of rows and of images in an output folder."""
    from inkling.batch.records import Format, decode

    found: Counter[str] = Counter()
    for path in (out / "parts").iterdir():
        if path.name.startswith("part-"):
            found.update(row["source"] for row in decode(path.read_bytes(), cast(Format, path.suffix[1:])))
    return found.total(), len(found)


def speed(source: Path, scratch: Path, n: int, model: str | None, *, rounds: int, others: Sequence[str]) -> Any:
    """Time the engines in turn, so that other load on the machine affects all of them."""
    engines = {"one process": ["--workers", "1"], "two processes": ["--workers", "2"]}
    engines |= {name: ENGINES[name] for name in others}
    loops: list[dict[str, float]] = []
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in engines}
    for i in range(rounds):
        loops.append(loop(source, n, model))
        click.echo(f"round {i + 1}: loop {loops[-1]['per_s']:.0f}/s", nl=False)
        for name, more in engines.items():
            runs[name].append(read(source, scratch / "out", n, model, *more, part="speed"))
            click.echo(f", {name} {runs[name][-1]['per_s']:.0f}/s", nl=False)
        click.echo()
    looped = statistics.median(one["per_s"] for one in loops)
    medians = {name: statistics.median(run["per_s"] for run in found) for name, found in runs.items()}
    return {
        "pictures": n,
        "rounds": rounds,
        "loop_per_s": looped,
        "per_s": medians,
        "two_to_one": round(medians["two processes"] / medians["one process"], 3),
        "two_to_loop": round(medians["two processes"] / looped, 3),
        "to_two": {name: round(medians[name] / medians["two processes"], 3) for name in others},
        "cpu_ms": {
            "loop": statistics.median(one["cpu_ms"] for one in loops),
            **{name: statistics.median(run["cpu_ms"] for run in found) for name, found in runs.items()},
        },
        "loops": loops,
        "runs": runs,
    }


def memory(scratch: Path, n: int, grow: int, model: str | None, images: Any) -> Any:
    """The peak memory of all processes together, for n images and for `grow` times as many."""
    found = {}
    for count in (n, grow * n):
        source = make(scratch / f"scans-{count}", count, images)
        found[str(count)] = read(source, scratch / "out", count, model, part="memory")
        click.echo(f"{count:,} images: at most {found[str(count)]['most_mb']:.0f} MB")
    return found


def killed(source: Path, scratch: Path, n: int, model: str | None, *, kills: int, whole_s: float) -> Any:
    """Send SIGKILL at random times and resume each time; then count rows and images."""
    out, rng = scratch / "killed", random.Random(0)
    shutil.rmtree(out, ignore_errors=True)
    after = []
    for _ in range(kills):
        with subprocess.Popen(
            command(source, out, model, "--resume"), stderr=subprocess.DEVNULL, start_new_session=True
        ) as process:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(rng.uniform(0.2, 2 * whole_s / (kills + 1)))
            ended = process.poll() is not None
            # Every other time only the parent is killed, as when the system kills one process to free memory.
            with contextlib.suppress(ProcessLookupError):
                (os.killpg if len(after) % 2 else os.kill)(process.pid, signal.SIGKILL)
        after.append({"parts": len(list(out.glob("parts/part-*"))), "ended_before": ended})
    subprocess.run(command(source, out, model, "--resume"), check=True, stderr=subprocess.DEVNULL)
    rows, sources = rows_in(out)
    state = read_json(out / "manifest.json")["state"]
    click.echo(f"{kills} kills: {rows:,} rows of {sources:,} images, {state}")
    return {"pictures": n, "kills": after, "rows": rows, "sources": sources, "state": state}


@click.command()
@click.option("--pictures", default=100_000, show_default=True, help="Number of images in the archive.")
@click.option("--rounds", default=3, show_default=True, help="Rounds; each times every engine in turn.")
@click.option("--kills", default=10, show_default=True, help="Number of kills at random times of a run.")
@click.option("--grow", default=10, show_default=True, help="Size factor of the second archive for memory.")
@click.option("--only", "chosen", multiple=True, type=click.Choice(PARTS), help="A section to measure.  [default: all]")
@click.option("--engine", "engines", multiple=True, type=click.Choice(sorted(ENGINES)), help="An additional engine.")
@model_option
@click.option("--scratch", type=click.Path(path_type=Path), default=SCRATCH, help="The folder of images and results.")
def main(
    *, pictures: int, rounds: int, kills: int, grow: int, chosen: tuple[str, ...], engines: tuple[str, ...],
    model: str | None, scratch: Path,
) -> None:  # fmt: skip
    """Print the results as they are measured, and write them."""
    from inkling.cpu import cores
    from inkling.models import registry
    from inkling.training.data.mnist import load_mnist

    images = load_mnist().x_test
    found = registry.find(model)
    source = make(scratch / f"scans-{pictures}", pictures, images)
    content: dict[str, Any] = {"written_by": "python -m benchmarks.batch.archive"}
    content |= {name: part for name, part in read_json(OUT).items() if name in PARTS}
    for name in chosen or PARTS:
        about = {
            "model": {"name": found.name, "version": found.version},
            "cores": cores(),
            "load_before": os.getloadavg()[0],  # load of the machine; above about 1, the speed is not reliable
        }
        if name == "speed":
            part = speed(source, scratch, pictures, model, rounds=rounds, others=engines)
            click.echo(f"two: {part['two_to_one']} times one, {part['two_to_loop']} times the loop; {part['to_two']}")
        elif name == "memory":
            part = memory(scratch, pictures, grow, model, images)
        elif "speed" not in content:
            raise click.ClickException(f"{OUT.name} has no speed, which the timing of kills needs. Measure it first.")
        else:
            whole_s = pictures / content["speed"]["per_s"]["two processes"]
            part = killed(source, scratch, pictures, model, kills=kills, whole_s=whole_s)
        content[name] = about | part
        write_json(OUT, content)


if __name__ == "__main__":
    main()
