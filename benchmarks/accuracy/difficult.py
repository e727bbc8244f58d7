"""How well whole numbers are read on difficult surfaces, scenes and files: exact text, no credit for parts.

    python -m benchmarks.accuracy.difficult [--model NAME] [--rows 100] [--only NAME ...] [--split validation|test]

Digits come from MNIST's validation split, or from the test images when the result is to be reported: that writes
benchmarks/difficult.json.
"""

from __future__ import annotations

import json
import zlib
from pathlib import Path

import click
import cv2
import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.rendering.file_formats import ENCODINGS
from benchmarks.rendering.paper_rendering import written_row
from benchmarks.rendering.scenes import SCENES
from benchmarks.rendering.surfaces import SURFACES
from inkling import Reader
from inkling.training.data.mnist import load_mnist, split_indices
from inkling.training.scores import wilson_interval

HERE = Path(__file__).parent
SEED = 11
LONGEST = 4  # digits in a row
KINDS = {**SURFACES, **SCENES, **ENCODINGS}


def rendered(name: str, rows: int, images: np.ndarray, labels: np.ndarray):  # type: ignore[no-untyped-def]
    """Yields `rows` pictures of a kind and the text on each; the same ones each time."""
    rng = np.random.default_rng((SEED, zlib.crc32(name.encode())))
    for _ in range(rows):
        picked = rng.integers(0, len(images), rng.integers(1, LONGEST + 1))
        yield KINDS[name](written_row(list(images[picked]), rng), rng), "".join(map(str, labels[picked]))


def digits_of(split: str) -> tuple[np.ndarray, np.ndarray]:
    mnist = load_mnist()
    if split == "test":
        return mnist.x_test, mnist.y_test
    _, chosen = split_indices(mnist.y_train, 5000, 0)
    return mnist.x_train[chosen], mnist.y_train[chosen]


@click.command()
@click.option("--model", default=None, help="A packaged model or bundle.  [default: the best packaged]")
@click.option("--rows", default=100, show_default=True, help="Rows of each kind.")
@click.option("--only", multiple=True, type=click.Choice(list(KINDS)), help="These kinds and no others.")
@click.option("--split", type=click.Choice(["validation", "test"]), default="validation", show_default=True)
def main(model: str | None, rows: int, only: tuple[str, ...], split: str) -> None:
    """Prints a table and, for all kinds of the test split, writes it."""
    cv2.setNumThreads(1)
    images, labels = digits_of(split)
    reader = Reader(model)
    table = Table("kind", "exact", "95 %", "empty", "unsure", box=None, title=f"{reader.bundle.name}, {split}")
    result = {}
    for name in only or KINDS:
        n = max(8, rows // 5) if name == "small_in_large" else rows
        right = empty = unsure = 0
        for source, text in rendered(name, n, images, labels):
            reading = reader.read(source)
            right += reading.text == text
            empty += reading.outcome == "empty"
            unsure += reading.outcome not in ("read", "empty")
        low, high = wilson_interval(right, n)
        result[name] = {"n": n, "exact": right / n, "exact_95": [low, high], "empty": empty / n, "unsure": unsure / n}
        table.add_row(name, f"{right / n:.1%}", f"{low:.1%} to {high:.1%}", str(empty), str(unsure))
    Console().print(table)
    if split == "test" and not only:
        content = {"model": {"name": reader.bundle.name, "version": reader.bundle.version}, "kinds": result}
        (HERE / "difficult.json").write_text(json.dumps(content, indent=2) + "\n")


if __name__ == "__main__":
    main()
