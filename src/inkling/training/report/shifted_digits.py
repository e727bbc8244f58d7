"""Digits unlike the training data, on which confidence is also checked: augmented test digits, or real pictures.

NumPy and OpenCV only.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from inkling.errors import BadPicture, NotFound
from inkling.hands.lesson import label_of
from inkling.pipeline.reader import prepare
from inkling.training import augment
from inkling.training.calibrate import augmentation
from inkling.training.data.mnist import Mnist
from inkling.training.evaluate import labelled_images

SEED = 21  # of the augmentation, so that all reports use the same images


@dataclass(frozen=True)
class ShiftedDigits:
    """A data set of N normalized digits."""

    name: str
    tiles: np.ndarray  # (N, 28, 28) float32 0..1
    labels: np.ndarray  # (N,)


def augmented_test_digits(mnist: Mnist) -> ShiftedDigits:
    """MNIST's test images, augmented as for calibration to imitate other handwriting, pens and scanners."""
    rng = np.random.default_rng(SEED)
    tiles = augment.augment(mnist.x_test, mnist.y_test, augmentation(), rng)
    return ShiftedDigits("augmented test digits", tiles, mnist.y_test.astype(int))


def digits_in_pictures(folder: Path) -> ShiftedDigits:
    """The digits in a folder of pictures named DIGIT__anything, including subfolders, each read as one digit.

    Leaves out pictures that cannot be decoded, have no ink or have a label of several digits. Raises NotFound when none
    is left.
    """
    tiles: list[np.ndarray] = []
    labels: list[int] = []
    for path in labelled_images(folder):
        label = label_of(path)
        if len(label) != 1:
            continue
        try:
            found = prepare(path, mode="single").tiles  # (1, 28, 28), or (0, 28, 28) without ink
        except BadPicture:
            continue
        tiles.extend(found)
        labels.extend([int(label)] * len(found))
    if not tiles:
        raise NotFound(
            f"{folder} has no picture of a single digit; expected some named like 7__anything.png. Rename the "
            "pictures, or choose another folder."
        )
    return ShiftedDigits(folder.resolve().name, np.array(tiles, np.float32), np.array(labels))
