"""Measure tightly cropped digits, such as those in a form field, a crop or a bitmap.

    python -m benchmarks.accuracy.tight_crops [--model NAME] [--digits 1000] [--split validation|test]

Each digit is cropped to its ink, resized and read as a separate image, dark on light. Writes tight_crops.json for
the test split.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import click
import cv2
import numpy as np

from benchmarks.common import mnist_digits, model_option, name_and_version, split_option, write_json
from inkling import Reader

OUT = Path(__file__).with_suffix(".json")
SIDES = (8, 16, 28, 100)  # pixels: longer side
CROPS = ("tight", "stretched", "black and white")


def crop(digit: np.ndarray, side: int, kind: str) -> np.ndarray:
    """(H, W) uint8 light on dark -> (h, w) uint8 dark on light; stretched to a square unless `kind` is "tight"."""
    rows, columns = np.flatnonzero(digit.max(axis=1) > 40), np.flatnonzero(digit.max(axis=0) > 40)
    inked = digit[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    h, w = inked.shape if kind == "tight" else (1, 1)
    size_wh = (max(3, round(side * w / max(h, w))), max(3, round(side * h / max(h, w))))
    small = size_wh[0] * size_wh[1] < inked.size
    image = 255 - cv2.resize(inked, size_wh, interpolation=cv2.INTER_AREA if small else cv2.INTER_CUBIC)
    if kind == "black and white":
        image = np.where(image < 140, 0, 255)
    return np.asarray(image, np.uint8)


@click.command()
@model_option
@click.option("--digits", "n", default=1000, show_default=True)
@split_option
def main(*, model: str | None, n: int, split: str) -> None:
    """Print the accuracy for each crop and size."""
    images, labels = (each[:n] for each in mnist_digits(split))
    reader = Reader(model)
    found = {}
    for kind in CROPS:
        for side in SIDES:
            readings = [reader.read(crop(image, side, kind)) for image in images]
            right = [one.text == str(label) for one, label in zip(readings, labels, strict=True)]
            outcomes = dict(Counter(one.outcome for one in readings))
            found[f"{kind}, {side} px"] = {"right": float(np.mean(right)), "outcomes": outcomes}
            click.echo(f"{kind + f', {side} px':24} {np.mean(right):6.1%}  {outcomes}")
    if split == "test":
        written_by = "python -m benchmarks.accuracy.tight_crops"
        write_json(OUT, {"written_by": written_by, "model": name_and_version(reader), "digits": n, "found": found})


if __name__ == "__main__":
    main()
