"""Render an archive: MNIST's test digits, single and in rows, as PNG files of 28 to 280 pixels in folders."""

from __future__ import annotations

import json
import os
from pathlib import Path

import cv2
import numpy as np

SEED = 7
SIDES = (28, 280)  # pixels of the longer side
ROWS = 0.2  # fraction of images with a row of two to five separate digits
DARK = 0.5  # fraction with light ink on a dark background
IN_FOLDER = 1000
DISTINCT = 100_000  # different images; a larger archive repeats them as hard links, so that a million fit on a disk


def make(folder: Path, n: int, images: np.ndarray) -> Path:
    """Fill `folder` with n images of (N, 28, 28) uint8 MNIST digits, the same every time; a complete folder is kept."""
    facts_file = folder / "made.json"
    facts = {"n": n, "seed": SEED, "rows": ROWS, "sides": SIDES}
    if facts_file.is_file() and json.loads(facts_file.read_text()) == json.loads(json.dumps(facts)):
        return folder
    for i in range(n):
        path = name_of(folder, i)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        if i < DISTINCT:
            path.write_bytes(png_of(i, images))
        else:
            os.link(name_of(folder, i % DISTINCT), path)
    facts_file.write_text(json.dumps(facts))
    return folder


def name_of(folder: Path, i: int) -> Path:
    """The path of the i-th image."""
    return folder / f"{i // IN_FOLDER:05d}" / f"{i:08d}.png"


def png_of(i: int, images: np.ndarray) -> bytes:
    """The i-th image."""
    rng = np.random.default_rng((SEED, i))
    chosen = rng.integers(0, len(images), int(rng.integers(2, 6)) if rng.random() < ROWS else 1)
    parts = [images[chosen[0]]]
    for number in chosen[1:]:
        parts += [np.zeros((28, int(rng.integers(4, 10))), np.uint8), images[number]]
    image = np.concatenate(parts, axis=1)
    factor = max(1.0, int(rng.integers(SIDES[0], SIDES[1] + 1)) / image.shape[1])
    size_wh = (round(image.shape[1] * factor), round(image.shape[0] * factor))
    image = cv2.resize(image, size_wh, interpolation=cv2.INTER_CUBIC)
    if rng.random() >= DARK:
        image = 255 - image
    return cv2.imencode(".png", image)[1].tobytes()
