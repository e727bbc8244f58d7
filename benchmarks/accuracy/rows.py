"""Measure how often whole numbers are read exactly; a partially right text counts as wrong.

    python -m benchmarks.accuracy.rows [--difficult] [--model NAME] [--rows 200] [--plain 500] [--only KIND ...]

The images are rows of 1 to 6 MNIST digits on eleven kinds of rendered paper, and plain rows of 5 digits, separate or
touching. With --difficult, they are rows of 1 to 4 digits on difficult surfaces, in difficult scenes and in every file
format. Writes rows.json, or difficult.json, if all kinds of the test split are measured.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import click
import cv2
import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.common import Digits, mnist_digits, model_option, name_and_version, rate_95, split_option, write_json
from benchmarks.rendering.file_formats import ENCODINGS
from benchmarks.rendering.paper_rendering import SURFACES, clean, random_row
from benchmarks.rendering.scenes import SCENES
from benchmarks.rendering.surfaces import SURFACES as DIFFICULT_SURFACES
from inkling import Reader
from inkling.pipeline.decode import ImageSource

HERE = Path(__file__).parent
SEED, SEED_DIFFICULT = 7, 11
LONGEST, LONGEST_DIFFICULT = 6, 4  # digits in a row
PLAIN = 5  # digits in a plain row
TOUCHING = {"separate": 0.0, "touching": 0.5, "all touching": 1.0}  # fraction of neighbors that touch, by kind of row
DIFFICULT = {**DIFFICULT_SURFACES, **SCENES, **ENCODINGS}

Rows = Iterator[tuple[ImageSource, str]]  # an image and its text


def on_paper(name: str, digits: Digits, n: int) -> Rows:
    """`n` rows of 1 to LONGEST digits on one kind of paper."""
    rng = np.random.default_rng((SEED, len(name), ord(name[0])))
    for _ in range(n):
        ink, text = random_row(digits, int(rng.integers(1, LONGEST + 1)), rng)
        yield SURFACES[name](ink, rng), text


def plain(touching: float, digits: Digits, n: int) -> Rows:
    """`n` rows of PLAIN digits, black on white; `touching` is the fraction of neighbors that touch."""
    rng = np.random.default_rng((SEED, round(100 * touching)))
    for _ in range(n):
        ink, text = random_row(digits, PLAIN, rng, touching=touching)
        yield clean(ink, rng), text


def difficult(name: str, digits: Digits, n: int) -> Rows:
    """`n` rows of 1 to LONGEST_DIFFICULT digits of one difficult kind."""
    rng = np.random.default_rng((SEED_DIFFICULT, zlib.crc32(name.encode())))
    for _ in range(n):
        ink, text = random_row(digits, int(rng.integers(1, LONGEST_DIFFICULT + 1)), rng)
        yield DIFFICULT[name](ink, rng), text


def score(reader: Reader, rows: Rows) -> dict[str, Any]:
    """The rate of rows read exactly, with its 95 % interval, and the rates of outcomes other than "read".

    "unsure" includes every outcome except "read" and "empty".
    """
    right, outcomes = 0, Counter[str]()
    for image, text in rows:
        reading = reader.read(image)
        right += reading.text == text
        outcomes[reading.outcome] += 1
    n = outcomes.total()
    unsure = n - outcomes["read"] - outcomes["empty"]
    return {"n": n, **rate_95("exact", right, n), "empty": outcomes["empty"] / n, "unsure": unsure / n}


@click.command()
@click.option("--difficult", "is_difficult", is_flag=True, help="Difficult surfaces, scenes and file formats.")
@model_option
@click.option("--rows", default=200, show_default=True, help="Rows of each kind.")
@click.option("--plain", "n_plain", default=500, show_default=True, help="Plain rows of each kind.")
@click.option("--only", multiple=True, help="Measure only this kind.")
@split_option
def main(*, is_difficult: bool, model: str | None, rows: int, n_plain: int, only: tuple[str, ...], split: str) -> None:
    """Print a table and write it."""
    cv2.setNumThreads(1)
    digits = mnist_digits(split)
    kinds: dict[str, Callable[[], Rows]]
    if is_difficult:
        counts = {name: max(8, rows // 5) if name == "small_in_large" else rows for name in DIFFICULT}  # 12 megapixels
        kinds = {name: partial(difficult, name, digits, n) for name, n in counts.items()}
    else:
        kinds = {name: partial(on_paper, name, digits, rows) for name in SURFACES if rows}
        touching = TOUCHING.items() if n_plain else ()
        kinds |= {f"plain, {name}": partial(plain, share, digits, n_plain) for name, share in touching}
    if unknown := set(only) - set(kinds):
        raise click.BadParameter(f"unknown kind {', '.join(sorted(unknown))}; choose from: {', '.join(kinds)}")
    reader = Reader(model)
    table = Table("rows", "exact", "95 %", "empty", "unsure", box=None, title=f"{reader.bundle.name}, {split}")
    result = {}
    for name in only or kinds:
        result[name] = found = score(reader, kinds[name]())
        low, high = found["exact_95"]
        shares = (f"{found[key]:.1%}" for key in ("empty", "unsure"))
        table.add_row(name, f"{found['exact']:.1%}", f"{low:.1%} to {high:.1%}", *shares)
    Console().print(table)
    if split == "test" and not only:
        key, file = ("kinds", "difficult.json") if is_difficult else ("rows", "rows.json")
        write_json(HERE / file, {"model": name_and_version(reader), key: result})


if __name__ == "__main__":
    main()
