"""The labeled images for comparing readers: files in folders, sampled and rendered with fixed seeds."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from benchmarks.common import labelled_folders
from benchmarks.rendering.paper_rendering import SURFACES, written_row
from benchmarks.rendering.stroke_rendering import enlarged
from inkling.training.data.mnist import Mnist

SEED = 41
ROW = 5  # digits in a row


@dataclass(frozen=True)
class LabelledSet:
    """Image files and their texts."""

    name: str
    paths: tuple[Path, ...]
    labels: tuple[str, ...]
    rows: bool  # whether some images may show several digits

    @property
    def fingerprint(self) -> str:
        """A hash of all images and labels."""
        every = hashlib.sha256()
        for path, label in zip(self.paths, self.labels, strict=True):
            every.update(hashlib.sha256(path.read_bytes()).digest() + label.encode())
        return every.hexdigest()[:16]


def of_folders(real: Path | None, *, most: int) -> list[LabelledSet]:
    """Each folder of labeled images in `real`: all images, or a random sample of `most` of them."""
    found = []
    for name, paths, labels in labelled_folders(real):
        chosen = sorted(np.random.default_rng(SEED).permutation(len(paths))[:most])
        rows = any(len(label) > 1 for label in labels)
        found.append(LabelledSet(name, tuple(paths[i] for i in chosen), tuple(labels[i] for i in chosen), rows))
    return found


def of_mnist(mnist: Mnist, folder: Path, *, most: int) -> LabelledSet:
    """Test images enlarged by a factor of five, dark on light."""
    chosen = np.random.default_rng(SEED).permutation(len(mnist.x_test))[:most]
    images = (enlarged(mnist.x_test[i]) for i in chosen)
    return _saved("MNIST test, enlarged", images, [str(mnist.y_test[i]) for i in chosen], folder, rows=False)


def of_rows(mnist: Mnist, folder: Path, *, most: int, touching: bool) -> LabelledSet:
    """Rows of five test digits, cycling through the kinds of paper; with `touching`, all neighbors touch."""
    rng = np.random.default_rng((SEED, int(touching)))
    surfaces = [list(SURFACES.values())[i % len(SURFACES)] for i in range(most)]
    picked = [rng.integers(0, len(mnist.x_test), ROW) for _ in surfaces]
    labels = ["".join(map(str, mnist.y_test[row])) for row in picked]

    def images() -> Iterator[np.ndarray]:
        for row, surface in zip(picked, surfaces, strict=True):
            ink = written_row(list(mnist.x_test[row]), rng, touching=float(touching))
            yield cv2.cvtColor(surface(ink, rng), cv2.COLOR_RGB2BGR)

    name = f"rows of {ROW}, touching" if touching else f"rows of {ROW}, apart"
    return _saved(name, images(), labels, folder, rows=True)


def _saved(name: str, images: Iterator[np.ndarray], labels: Sequence[str], folder: Path, *, rows: bool) -> LabelledSet:
    """Write gray or BGR images as PNG files into a subfolder of `folder`."""
    own = folder / name.replace(" ", "-").replace(",", "")
    shutil.rmtree(own, ignore_errors=True)
    own.mkdir(parents=True)
    paths = []
    for i, (image, label) in enumerate(zip(images, labels, strict=True)):
        paths.append(own / f"{i:05d}__{label}.png")
        cv2.imwrite(str(paths[-1]), image)
    return LabelledSet(name, tuple(paths), tuple(labels), rows)
