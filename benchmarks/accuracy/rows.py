"""How well whole numbers are read: exact text, no credit for parts.

    python -m benchmarks.accuracy.rows [--model NAME] [--rows 200] [--plain 500] [--split validation|test]

Rows of 1 to 6 digits on eleven kinds of rendered paper, and plain rows of 5: separate ones, and ones in which
neighbours touch or overlap by a few pixels. Digits come from MNIST's test images, or from the validation split when
something is to be chosen. Writes benchmarks/accuracy/rows.json for the test split.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import click
import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.rendering.paper_rendering import SURFACES, clean, written_row
from inkling import Reader
from inkling.training.data.mnist import load_mnist, split_indices
from inkling.training.scores import wilson_interval

HERE = Path(__file__).parent
SEED = 7
LONGEST = 6  # digits in a row on paper
PLAIN = 5  # digits in a plain row
TOUCHING = {"separate": 0.0, "touching": 0.5, "all touching": 1.0}  # share of neighbours that touch, by kind of row

Row = tuple[np.ndarray, str]  # a picture and its text
Digits = tuple[np.ndarray, np.ndarray]  # (N, 28, 28) uint8 and (N,) labels


def on_paper(name: str, digits: Digits, n: int) -> Iterator[Row]:
    """`n` rows of 1 to LONGEST digits on one kind of paper."""
    images, labels = digits
    rng = np.random.default_rng((SEED, len(name), ord(name[0])))
    for _ in range(n):
        picked = rng.integers(0, len(images), rng.integers(1, LONGEST + 1))
        yield SURFACES[name](written_row(list(images[picked]), rng), rng), "".join(map(str, labels[picked]))


def plain(touching: float, digits: Digits, n: int) -> Iterator[Row]:
    """`n` rows of PLAIN digits, black on white, of whose neighbours such a share touches."""
    images, labels = digits
    rng = np.random.default_rng((SEED, round(100 * touching)))
    for _ in range(n):
        picked = rng.integers(0, len(images), PLAIN)
        ink = written_row(list(images[picked]), rng, touching=touching)
        yield clean(ink, rng), "".join(map(str, labels[picked]))


def score(reader: Reader, rows: Iterator[Row]) -> dict[str, object]:
    """How many rows are read exactly, with the 95 % interval."""
    right = [reader.read(picture).text == text for picture, text in rows]
    return {
        "n": len(right),
        "exact": sum(right) / len(right),
        "exact_95": list(wilson_interval(sum(right), len(right))),
    }


@click.command()
@click.option("--model", default=None, help="A packaged model or bundle.  [default: the best packaged]")
@click.option("--rows", default=200, show_default=True, help="Rows on each kind of paper.")
@click.option("--plain", "n_plain", default=500, show_default=True, help="Plain rows of each kind.")
@click.option("--split", type=click.Choice(["validation", "test"]), default="test", show_default=True)
def main(model: str | None, rows: int, n_plain: int, split: str) -> None:
    """Prints a table and writes it."""
    mnist = load_mnist()
    digits = mnist.x_test, mnist.y_test
    if split == "validation":
        _, chosen = split_indices(mnist.y_train, 5000, 0)
        digits = mnist.x_train[chosen], mnist.y_train[chosen]
    reader = Reader(model)
    kinds = [(name, on_paper(name, digits, rows)) for name in SURFACES if rows]
    kinds += [(f"plain, {name}", plain(share, digits, n_plain)) for name, share in TOUCHING.items() if n_plain]
    table = Table("rows", "exact", "95 %", box=None, title=f"{reader.bundle.name}, {split}")
    result = {}
    for name, made in kinds:
        result[name] = found = score(reader, made)
        low, high = found["exact_95"]  # type: ignore[misc]
        table.add_row(name, f"{found['exact']:.1%}", f"{low:.1%} to {high:.1%}")
    Console().print(table)
    if split == "test":
        content = {"model": {"name": reader.bundle.name, "version": reader.bundle.version}, "rows": result}
        (HERE / "rows.json").write_text(json.dumps(content, indent=2) + "\n")


if __name__ == "__main__":
    main()
