"""How well whole numbers are read on eleven kinds of rendered paper: exact text, no credit for parts.

    python benchmarks/rows.py [--model NAME] [--rows 200] [--split validation|test]

Digits come from MNIST's test images, or from the validation split when something is to be chosen. Writes
benchmarks/rows.json for the test split.
"""

from __future__ import annotations

import json
from pathlib import Path

import click
import numpy as np
from papers import SURFACES, written_row
from rich.console import Console
from rich.table import Table

from inkling import Reader
from inkling.learn import data
from inkling.learn.scores import wilson_interval
from inkling.quiet import quiet_stderr

HERE = Path(__file__).parent
SEED = 7
LONGEST = 6  # digits in a row


@click.command()
@click.option("--model", default=None, help="A packaged model or bundle.  [default: the best packaged]")
@click.option("--rows", default=200, show_default=True, help="Rows on each kind of paper.")
@click.option("--split", type=click.Choice(["validation", "test"]), default="test", show_default=True)
def main(model: str | None, rows: int, split: str) -> None:
    """Prints a table and writes it."""
    mnist = data.load()
    images, labels = mnist.x_test, mnist.y_test
    if split == "validation":
        _, chosen = data.split(mnist.y_train, 5000, 0)
        images, labels = mnist.x_train[chosen], mnist.y_train[chosen]
    with quiet_stderr():
        reader = Reader(model)
    table = Table("paper", "exact", "95 %", box=None, title=f"{reader.bundle.name}, rows of 1 to {LONGEST}, {split}")
    result = {}
    for name, surface in SURFACES.items():
        rng = np.random.default_rng((SEED, len(name), ord(name[0])))
        right = 0
        for _ in range(rows):
            picked = rng.integers(0, len(images), rng.integers(1, LONGEST + 1))
            picture = surface(written_row(list(images[picked]), rng), rng)
            right += reader.read(picture).text == "".join(map(str, labels[picked]))
        low, high = wilson_interval(right, rows)
        result[name] = {"n": rows, "exact": right / rows, "exact_95": [low, high]}
        table.add_row(name, f"{right / rows:.1%}", f"{low:.1%} to {high:.1%}")
    Console().print(table)
    if split == "test":
        content = {"model": {"name": reader.bundle.name, "version": reader.bundle.version}, "rows": result}
        (HERE / "rows.json").write_text(json.dumps(content, indent=2) + "\n")


if __name__ == "__main__":
    main()
