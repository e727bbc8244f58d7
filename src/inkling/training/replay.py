"""Writes the data of a hand's guards (replay.npz) next to a packaged model: python -m inkling.training.replay cnn

The data are the features of MNIST's validation images (plain and augmented) and of non-digits, and the second moment of
the features of training images (plain and augmented) and of non-digits. The test images are not used. See
`inkling.hands.replay`.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

from inkling.errors import InklingError
from inkling.hands.feature_network import FeatureNetwork, features_of
from inkling.hands.replay import FILE, NO_DIGIT
from inkling.models import registry
from inkling.models.bundle import Bundle
from inkling.training import augment, calibrate, nondigits
from inkling.training.data.mnist import Mnist, as_input, load_mnist, split_indices

N_VARIED, N_NONDIGITS = 3_000, 2_000  # augmented images and non-digits, in addition to all validation images
N_MOMENT, N_MOMENT_NONDIGITS = 8_000, 3_000  # training images and non-digits for the second moment
SEED = 0x4A9D
DESCRIPTION = "Write the data of a hand's guards (replay.npz) next to a packaged model."


def ordinary_images(bundle: Bundle, mnist: Mnist, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, int]:
    """The guards' images (N, 28, 28) float32, their labels (N,) 0..10, and the number of plain validation images.

    All plain validation images come first, then augmented copies of some of them, then non-digits with the label 10.
    """
    recipe = bundle.manifest["recipe"]
    _, validation = split_indices(mnist.y_train, recipe["n_validation"], recipe["split_seed"])
    images, labels = mnist.x_train[validation], mnist.y_train[validation]
    some = rng.choice(len(images), min(N_VARIED, len(images)), replace=False)
    varied = augment.augment(images[some], labels[some], calibrate.augmentation(), rng)
    others = nondigits.make_nondigits(N_NONDIGITS, images, labels, rng)
    tiles = np.concatenate([as_input(images), varied, others])
    return tiles, np.concatenate([labels, labels[some], np.full(N_NONDIGITS, NO_DIGIT)]).astype(np.int64), len(images)


def make(bundle: Bundle, mnist: Mnist) -> dict[str, np.ndarray]:
    """The arrays of replay.npz. Raises WrongNetwork if the network cannot learn a hand."""
    network = features_of(bundle)
    recipe = bundle.manifest["recipe"]
    training, _ = split_indices(mnist.y_train, recipe["n_validation"], recipe["split_seed"])
    rng = np.random.default_rng(SEED)
    tiles, labels, n_plain = ordinary_images(bundle, mnist, rng)
    features = network(tiles)[:, :-1]
    scale = np.maximum(features.max(axis=0), 1e-6) / 255
    return {
        "version": np.array(bundle.version),
        "features": np.rint(features / scale).astype(np.uint8),
        "scale": scale.astype(np.float32),
        "labels": labels.astype(np.int8),
        "n_plain": np.array(n_plain),
        "second_moment": _second_moment(network, mnist.x_train[training], mnist.y_train[training], rng),
    }


def _second_moment(
    network: FeatureNetwork, images: np.ndarray, labels: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """(F, F) float32: the mean of f f^T over plain images, the same images augmented, and non-digits."""
    some = rng.choice(len(images), min(N_MOMENT, len(images)), replace=False)
    images, labels = images[some], labels[some]
    varied = augment.augment(images, labels, calibrate.augmentation(), rng)
    others = nondigits.make_nondigits(N_MOMENT_NONDIGITS, images, labels, rng)
    features = network(np.concatenate([as_input(images), varied, others])).astype(np.float64)
    return np.asarray(features.T @ features / len(features), np.float32)


def write(bundle: Bundle, mnist: Mnist) -> Path:
    """Writes replay.npz to the bundle's folder and returns its path."""
    path = bundle.path / FILE
    arrays = make(bundle, mnist)
    part = path.with_name(f"{FILE}.part")
    with part.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)
    part.replace(path)
    return path


def main(arguments: list[str] | None = None) -> None:
    """Runs the command."""
    parser = argparse.ArgumentParser(prog="python -m inkling.training.replay", description=DESCRIPTION)
    parser.add_argument("model", metavar="MODEL", help="a packaged model or bundle folder")
    given = parser.parse_args(arguments)
    try:
        path = write(registry.find(given.model), load_mnist())
    except InklingError as error:
        sys.exit(f"replay: {error}")
    sys.stdout.write(f"{path}: {path.stat().st_size:,} bytes\n")


if __name__ == "__main__":
    main()
