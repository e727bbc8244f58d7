"""Digits that were cut out close, with hardly any paper around them: as a form's field, a crop or a bitmap shows them.

    python -m benchmarks.accuracy.tight_crops [--model NAME] [--digits 1000] [--split validation|test]

Each of MNIST's test digits (or validation digits, when something is to be chosen) is cut out, brought to a size and
read as a picture of its own, dark on light. Writes benchmarks/accuracy/tight_crops.json for the test split.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import click
import cv2
import numpy as np

from inkling import Reader
from inkling.training.data.mnist import load_mnist, split_indices

HERE = Path(__file__).parent
SIDES = (8, 16, 28, 100)  # pixels: longest side
WAYS = ("tight", "stretched", "black and white")


def cut_out(digit: np.ndarray, side: int, way: str) -> np.ndarray:
    """(28, 28) uint8 light on dark -> (h, w) uint8 dark on light; stretched to a square unless it is only `tight`."""
    rows, columns = np.flatnonzero(digit.max(axis=1) > 40), np.flatnonzero(digit.max(axis=0) > 40)
    crop = digit[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    h, w = crop.shape if way == "tight" else (1, 1)
    size_wh = (max(3, round(side * w / max(h, w))), max(3, round(side * h / max(h, w))))
    small = size_wh[0] * size_wh[1] < crop.size
    picture = 255 - cv2.resize(crop, size_wh, interpolation=cv2.INTER_AREA if small else cv2.INTER_CUBIC)
    if way == "black and white":
        picture = np.where(picture < 140, 0, 255)
    return np.asarray(picture, np.uint8)


@click.command()
@click.option("--model", default=None, help="A packaged model or bundle.  [default: the best packaged]")
@click.option("--digits", "n", default=1000, show_default=True)
@click.option("--split", type=click.Choice(["validation", "test"]), default="test", show_default=True)
def main(*, model: str | None, n: int, split: str) -> None:
    """Reads them all and prints the share right."""
    mnist = load_mnist()
    images, labels = mnist.x_test[:n], mnist.y_test[:n]
    if split == "validation":
        _, chosen = split_indices(mnist.y_train, 5000, 0)
        images, labels = mnist.x_train[chosen[:n]], mnist.y_train[chosen[:n]]
    reader = Reader(model)
    found = {}
    for way in WAYS:
        for side in SIDES:
            readings = [reader.read(cut_out(image, side, way)) for image in images]
            right = [one.text == str(label) for one, label in zip(readings, labels, strict=True)]
            outcomes = dict(Counter(one.outcome for one in readings))
            found[f"{way}, {side} px"] = {"right": float(np.mean(right)), "outcomes": outcomes}
            click.echo(f"{way + f', {side} px':24} {np.mean(right):6.1%}  {outcomes}")
    if split == "test":
        content = {
            "written_by": "python -m benchmarks.accuracy.tight_crops",
            "model": {"name": reader.bundle.name, "version": reader.bundle.version},
            "digits": n,
            "found": found,
        }
        (HERE / "tight_crops.json").write_text(json.dumps(content, indent=1) + "\n")


if __name__ == "__main__":
    main()
