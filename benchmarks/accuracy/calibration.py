"""Measure calibration: how many of the digits with 95 % confidence are right.

    python -m benchmarks.accuracy.calibration [--model NAME ...] [--rows 20] [--real DIR]

The images are rows of one to five MNIST test digits in pen styles that training does not use (`pen_styles`), on each
kind of rendered paper, and the images in the folders of --real. A digit of a reading is right if the best alignment of
the text with the label keeps it. Writes calibration.json.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from itertools import pairwise
from pathlib import Path
from typing import Any

import click
import numpy as np

from benchmarks.accuracy import report_tables
from benchmarks.common import (
    Digits,
    labelled_folders,
    mnist_digits,
    models_option,
    out_option,
    readers_of,
    real_option,
    write_json,
)
from benchmarks.rendering.paper_rendering import SURFACES, random_row
from benchmarks.rendering.pen_styles import PENS
from inkling import Reader
from inkling.pipeline.decode import ImageSource
from inkling.scores import wilson_interval
from inkling.training.report.measurements import ReliabilityBin

OUT = Path(__file__).with_suffix(".json")
SEED = 67
LONGEST = 5  # digits in a row
EDGES = (0.0, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 1.0)  # edges of the confidence bins, finer where most digits are
NEAR = (0.93, 0.97)  # confidences that count as 95 %

Pairs = list[tuple[float, bool]]  # confidence, right


def aligned(text: str, label: str) -> list[bool]:
    """Whether each character of `text` is right, which means that a minimal edit of `text` into `label` keeps it.

    Levenshtein distance (1966); an inserted or replaced character is wrong.

    >>> aligned("4407", "407")
    [False, True, True, True]
    """
    n, m = len(text), len(label)
    cost = np.zeros((n + 1, m + 1), int)
    cost[:, 0], cost[0, :] = np.arange(n + 1), np.arange(m + 1)
    for i in range(1, n + 1):
        for j in range(1, m + 1):
            same = cost[i - 1, j - 1] + (text[i - 1] != label[j - 1])
            cost[i, j] = min(same, cost[i - 1, j] + 1, cost[i, j - 1] + 1)
    right, i, j = [False] * n, n, m
    while i and j:
        if cost[i, j] == cost[i - 1, j - 1] + (text[i - 1] != label[j - 1]):
            i, j = i - 1, j - 1
            right[i] = text[i] == label[j]
        elif cost[i, j] == cost[i - 1, j] + 1:
            i -= 1
        else:
            j -= 1
    return right


def read(reader: Reader, images: Iterable[tuple[ImageSource, str]]) -> tuple[Pairs, Pairs]:
    """Read labeled images; returns the confidence and correctness of each digit and each nonempty text."""
    digits: Pairs = []
    texts: Pairs = []
    for image, label in images:
        reading = reader.read(image)
        right = aligned("".join(str(digit.digit) for digit in reading.digits), label)
        digits += [(digit.confidence, hit) for digit, hit in zip(reading.digits, right, strict=True)]
        if reading.text:
            texts.append((reading.confidence, reading.text == label))
    return digits, texts


def rendered(mnist: Digits, rows: int) -> Iterable[tuple[np.ndarray, str]]:
    """Yield `rows` rows in each pen style on each kind of paper, the same in every run."""
    for p, pen in enumerate(PENS.values()):
        for s, surface in enumerate(SURFACES.values()):
            rng = np.random.default_rng((SEED, p, s))
            for _ in range(rows):
                ink, text = random_row(mnist, int(rng.integers(1, LONGEST + 1)), rng)
                yield surface(pen(ink, rng), rng), text


def summary(pairs: Pairs) -> dict[str, Any]:
    """Accuracy by confidence, in bins and at 95 %."""
    confidence = np.array([each for each, _ in pairs])
    right = np.array([hit for _, hit in pairs], bool)
    bins = reliability(confidence, right)
    near = (confidence >= NEAR[0]) & (confidence <= NEAR[1])
    high = confidence >= 0.95
    gaps = sum(each.n * abs(each.accuracy - each.confidence) for each in bins if each.n)
    return {
        "n": len(pairs),
        "right": float(right.mean()),
        "confidence": float(confidence.mean()),
        "calibration_error": gaps / max(len(pairs), 1),
        "near_95": _rate(right[near]),
        "from_95": _rate(right[high]),
        "bins": [asdict(each) for each in bins if each.n],
    }


def reliability(confidence: np.ndarray, right: np.ndarray) -> list[ReliabilityBin]:
    """(N,) confidences and (N,) correctness -> a bin for each pair of adjacent EDGES."""
    which = np.clip(np.searchsorted(EDGES, confidence, "right") - 1, 0, len(EDGES) - 2)
    found = []
    for k, (low, high) in enumerate(pairwise(EDGES)):
        inside = which == k
        n, hits = int(inside.sum()), int(right[inside].sum())
        mean = float(confidence[inside].mean()) if n else float("nan")
        found.append(ReliabilityBin(low, high, n, mean, hits / n if n else float("nan"), wilson_interval(hits, n)))
    return found


def _rate(right: Sequence[bool] | np.ndarray) -> dict[str, Any]:
    n, hits = len(right), int(np.sum(right))
    return {"n": n, "right": hits / n if n else None, "right_95": wilson_interval(hits, n)}


@click.command()
@models_option
@click.option("--rows", default=20, show_default=True, help="Rows in each pen style on each kind of paper.")
@real_option
@out_option(OUT)
def main(models: tuple[str, ...], rows: int, real: Path | None, out: Path) -> None:
    """Print a table and write the numbers."""
    mnist = mnist_digits("test")
    written_by = "python -m benchmarks.accuracy.calibration" + (" --real DIR" if real else "")
    content: dict[str, Any] = {"written_by": written_by, "seed": SEED, "models": {}}
    for name, reader in readers_of(models).items():
        digits, texts = read(reader, rendered(mnist, rows))
        sets = {"rendered": summary(digits), "rendered texts": summary(texts)}
        for folder, paths, labels in labelled_folders(real):
            sets[folder] = summary(read(reader, zip(paths, labels, strict=True))[0])
        content["models"][name] = {"version": reader.bundle.version, "sets": sets}
    write_json(out, content)
    click.echo(report_tables.calibration(content))


if __name__ == "__main__":
    main()
