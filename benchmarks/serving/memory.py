"""Measure memory and time for many photographs of 12 megapixels, and for the largest image of each format.

    python -m benchmarks.serving.memory [--photos 1000] [--model NAME] [--only-largest]

The photographs (4000x3000 JPEG: a sheet with rows of MNIST's test digits in uneven light) are read one after the other
in one process. Another process renders them, so that only reading is measured. Each largest image is read in a fresh
process (`largest.py`). Writes memory.json.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import click

from benchmarks.common import ROOT, model_option, name_and_version, read_json, write_json
from benchmarks.serving import largest
from inkling import Reader

OUT = Path(__file__).with_suffix(".json")
SIZE_WH = (4000, 3000)  # pixels
DISTINCT = 6  # different photographs, read in turn
SEED = 5


def resident_mb() -> float:
    """Resident memory of this process, in MB (1e6 bytes); without /proc, its peak."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        import resource

        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most / 1e6 if sys.platform == "darwin" else most * 1024 / 1e6
    return pages * os.sysconf("SC_PAGESIZE") / 1e6


def render(folder: Path) -> None:
    """Write the photographs to a folder."""
    import cv2
    import numpy as np

    from benchmarks.rendering.paper_rendering import written_row
    from inkling.training.data.mnist import load_mnist

    mnist = load_mnist()
    w, h = SIZE_WH
    y, x = np.mgrid[:h, :w].astype(np.float32)
    for number in range(DISTINCT):
        rng = np.random.default_rng((SEED, number))
        ink = np.zeros((h, w), np.float32)
        for top in range(100, h - 700, 700):
            row = written_row(list(mnist.x_test[rng.integers(0, 10_000, int(rng.integers(3, 7)))]), rng)
            row = cv2.resize(row, None, fx=1.6, fy=1.6, interpolation=cv2.INTER_CUBIC)[: h - top, : w - 200]
            left = int(rng.integers(0, w - row.shape[1]))
            part = ink[top : top + len(row), left : left + row.shape[1]]
            np.maximum(part, np.clip(row, 0, 1), out=part)
        light = 1 - 0.4 * (((x - rng.uniform(0, w)) / w) ** 2 + ((y - rng.uniform(0, h)) / h) ** 2)
        grey = (232 - 185 * ink) * light + rng.normal(0, 4, (h, w)).astype(np.float32)
        colour = np.clip(grey[..., None] * np.array([0.94, 0.98, 1.0], np.float32), 0, 255).astype(np.uint8)
        cv2.imwrite(str(folder / f"{number}.jpg"), colour, [cv2.IMWRITE_JPEG_QUALITY, 88])


def _spread(values: list[float]) -> dict[str, float]:
    return {name: round(f(values), 1) for name, f in (("median", statistics.median), ("least", min), ("most", max))}


@click.command()
@click.option("--photos", default=1000, show_default=True, help="Number of photographs to read.")
@model_option
@click.option("--only-largest", is_flag=True, help="Measure only the largest images, and keep the other results.")
@click.option("--render", "render_into", type=click.Path(path_type=Path), hidden=True)
def main(photos: int, model: str | None, only_largest: bool, render_into: Path | None) -> None:
    """Print the memory during the run, and write the results."""
    if render_into:
        render(render_into)
        return
    content = read_json(OUT) if only_largest else over_photographs(photos, model)
    content["largest"] = largest.measure()
    write_json(OUT, content)


def over_photographs(photos: int, model: str | None) -> dict[str, Any]:
    """Read the photographs in turn. Returns the memory after each, and the times."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "benchmarks.serving.memory", "--render", folder], cwd=ROOT, check=True)
        paths = sorted(Path(folder).glob("*.jpg"))
        reader = Reader(model)
        start_mb = resident_mb()
        resident, times, cpu, found = [], [], [], []
        for number in range(photos):
            began, busy = time.perf_counter(), time.process_time()
            reading = reader.read(paths[number % len(paths)])
            cpu.append(1000 * (time.process_time() - busy))
            times.append(1000 * (time.perf_counter() - began))
            resident.append(round(resident_mb(), 1))
            found.append(len(reading.digits))
            if number % 10 == 0 or number == photos - 1:
                click.echo(f"{number + 1:4d} read: {resident[-1]:.0f} MB, {times[-1]:.0f} ms, {found[-1]} digits")
    late = resident[photos // 3 :]
    content = {
        "written_by": "python -m benchmarks.serving.memory",
        "model": name_and_version(reader),
        "photos": photos,
        "size_wh": SIZE_WH,
        "digits_found": found[:DISTINCT],
        "before_mb": round(start_mb, 1),
        "resident_mb": resident,
        "most_mb": max(resident),
        "growth_mb": round(max(late[len(late) // 2 :]) - max(late[: len(late) // 2]), 1),  # after warm-up; about 0
        "ms": _spread(times),
        "cpu_ms": _spread(cpu),  # total of all cores; independent of other load
    }
    click.echo(f"peak {max(resident):.0f} MB, growth after warm-up {content['growth_mb']} MB, {content['cpu_ms']}")
    return content


if __name__ == "__main__":
    main()
