"""An archive to read: MNIST's test digits, alone and in rows, as PNGs of 28x28 to 280x280 pixels in folders."""

from __future__ import annotations

import json
import os
from pathlib import Path

import cv2
import numpy as np

SEED = 7
SIDES = (28, 280)  # pixels of the longer side
ROWS = 0.2  # share of the pictures that show a row of two to five digits, apart
DARK = 0.5  # share with light ink on dark
IN_FOLDER = 1000
DISTINCT = 100_000  # pictures; beyond, an archive names these again by links, so that a million fit on a disk


def make(folder: Path, n: int, images: np.ndarray) -> Path:
    """(N, 28, 28) uint8 MNIST -> `folder` with n pictures, the same ones every time. Those that are there are kept."""
    mark = folder / "made.json"
    facts = {"n": n, "seed": SEED, "rows": ROWS, "sides": SIDES}
    if mark.is_file() and json.loads(mark.read_text()) == json.loads(json.dumps(facts)):
        return folder
    for i in range(n):
        path = name_of(folder, i)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        if i < DISTINCT:
            path.write_bytes(png_of(i, images))
        else:
            os.link(name_of(folder, i % DISTINCT), path)
    mark.write_text(json.dumps(facts))
    return folder


def name_of(folder: Path, i: int) -> Path:
    """Where the i-th picture lies."""
    return folder / f"{i // IN_FOLDER:05d}" / f"{i:08d}.png"


def png_of(i: int, images: np.ndarray) -> bytes:
    """The i-th picture."""
    rng = np.random.default_rng((SEED, i))
    chosen = rng.integers(0, len(images), int(rng.integers(2, 6)) if rng.random() < ROWS else 1)
    parts = [images[chosen[0]]]
    for number in chosen[1:]:
        parts += [np.zeros((28, int(rng.integers(4, 10))), np.uint8), images[number]]
    picture = np.concatenate(parts, axis=1)
    factor = max(1.0, int(rng.integers(SIDES[0], SIDES[1] + 1)) / picture.shape[1])
    size_wh = (round(picture.shape[1] * factor), round(picture.shape[0] * factor))
    picture = cv2.resize(picture, size_wh, interpolation=cv2.INTER_CUBIC)
    if rng.random() >= DARK:
        picture = 255 - picture
    return cv2.imencode(".png", picture)[1].tobytes()
