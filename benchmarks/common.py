"""Helpers that the benchmarks share: paths, JSON files, facts about the machine, data, readers, and options."""

from __future__ import annotations

import contextlib
import json
import math
import os
import platform
import re
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import numpy as np

if TYPE_CHECKING:
    from inkling import Reader

ROOT = Path(__file__).parents[1]
DRAWING = ROOT / "benchmarks" / "drawing.png"  # a 7, 280x280 RGBA, written by Chromium's `canvas.toBlob`
PRICES = ROOT / "benchmarks" / "prices.toml"
MODELS = ("cnn", "ann")  # measured by most benchmarks; the first is the default reader
REPEATS = 500

Numbers = dict[str, Any]
Digits = tuple[np.ndarray, np.ndarray]  # (N, 28, 28) uint8, light on dark, and (N,) labels


def read_json(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))


def write_json(path: Path, content: Numbers) -> None:
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", "utf-8")


def percentile(values: Sequence[float], share: float) -> float:
    """The percentile at `share` (0..1) by nearest rank, without interpolation; 0.0 for no values."""
    if not values:
        return 0.0
    return sorted(values)[max(math.ceil(share * len(values)) - 1, 0)]


def ms(seconds: float) -> float:
    """Seconds -> milliseconds, rounded to a tenth."""
    return round(1000 * seconds, 1)


def median_us(function: Callable[[], Any]) -> float:
    """The median time of one call after a warm-up, in microseconds."""
    times = []
    for number in range(REPEATS + REPEATS // 10):
        start = time.perf_counter()
        function()
        if number >= REPEATS // 10:
            times.append(time.perf_counter() - start)
    return round(statistics.median(times) * 1e6, 1)


def microseconds(value: float) -> str:
    """Microseconds as text; "within noise" for a difference of two medians that is not positive."""
    return f"{value:,.0f}" if value > 0 else "within noise"


def machine() -> Numbers:
    """Facts about the machine and the commit of a measurement."""
    cpu = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    git = ["git", "rev-parse", "--short", "HEAD"]
    commit = subprocess.run(git, cwd=ROOT, capture_output=True, text=True, check=False).stdout
    return {
        "cores": os.cpu_count(),
        "cpu": cpu.group(1) if cpu else platform.machine(),
        "python": platform.python_version(),
        "commit": commit.strip(),
        "load_before": round(os.getloadavg()[0], 2),
    }


def readers_of(names: Sequence[str]) -> dict[str, Reader]:
    """A reader for each packaged name or bundle folder, keyed by the last part of the name."""
    from inkling import Reader

    return {Path(name).name: Reader(name) for name in names}


def name_and_version(reader: Reader) -> dict[str, str]:
    return {"name": reader.bundle.name, "version": reader.bundle.version}


def mnist_digits(split: str) -> Digits:
    """MNIST's "test" images, or the 5,000 training images that are reserved for "validation"."""
    from inkling.training.data.mnist import load_mnist, split_indices

    mnist = load_mnist()
    if split == "test":
        return mnist.x_test, mnist.y_test
    _, chosen = split_indices(mnist.y_train, 5000, 0)
    return mnist.x_train[chosen], mnist.y_train[chosen]


def labelled_folders(real: Path | None) -> Iterator[tuple[str, list[Path], list[str]]]:
    """Yield the name, image files and labels of each folder in `real` with labeled images, sorted by name."""
    from inkling.errors import NotFound
    from inkling.hands.lesson import label_of
    from inkling.training import evaluate

    for folder in sorted(path for path in real.iterdir() if path.is_dir()) if real else []:
        with contextlib.suppress(NotFound):
            paths = evaluate.labelled_images(folder)
            yield folder.name, paths, [label_of(path) for path in paths]


def rate_95(name: str, part: int, n: int) -> Numbers:
    """The rate `part` / `n` under `name`, and its 95 % interval under `NAME_95`."""
    from inkling.scores import wilson_interval

    return {name: part / max(n, 1), f"{name}_95": list(wilson_interval(part, n))}


model_option = click.option("--model", help="A packaged model or bundle folder.  [default: the best packaged model]")
models_option = click.option(
    "--model", "models", multiple=True, default=MODELS, show_default=True, help="A packaged model or bundle folder."
)
split_option = click.option(
    "--split", type=click.Choice(["validation", "test"]), default="test", show_default=True,
    help="MNIST's digits to use; tune settings on validation. Only test results are written.",
)  # fmt: skip
real_option = click.option(
    "--real", type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="A folder of folders of images named LABEL__anything.png.",
)  # fmt: skip


def out_option(path: Path) -> Callable[[Any], Any]:
    """The option `--out` with the default `path`."""
    return click.option("--out", type=click.Path(path_type=Path), default=path, help="The JSON file to write.")
