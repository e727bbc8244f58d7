"""Writes what the guards of a hand need beside a packaged network: python -m inkling.training.replay cnn

Features of MNIST's validation images, of the same augmented, of non-digits; and the second moment of the features of
training images and non-digits, augmented too. The test images are not used. See `inkling.hands.replay`.
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

N_VARIED, N_NONDIGITS = 3_000, 2_000  # kept, beside all validation images
N_MOMENT, N_MOMENT_NONDIGITS = 8_000, 3_000  # that the second moment is a mean over
SEED = 0x4A9D


def ordinary_images(bundle: Bundle, mnist: Mnist, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, int]:
    """The guards' images (N, 28, 28) float32, their labels (N,) 0..10, and how many validation images come first.

    They are MNIST's validation images, some of them again, augmented, and non-digits made of them, labelled 10.
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
    """(F, F) float32: the mean of f f^T over images as they are, the same augmented, and non-digits."""
    some = rng.choice(len(images), min(N_MOMENT, len(images)), replace=False)
    images, labels = images[some], labels[some]
    varied = augment.augment(images, labels, calibrate.augmentation(), rng)
    others = nondigits.make_nondigits(N_MOMENT_NONDIGITS, images, labels, rng)
    features = network(np.concatenate([as_input(images), varied, others])).astype(np.float64)
    return np.asarray(features.T @ features / len(features), np.float32)


def write(bundle: Bundle, mnist: Mnist) -> Path:
    """Writes replay.npz into the bundle's folder."""
    path = bundle.path / FILE
    part = path.with_name(f"{FILE}.part")
    with part.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **make(bundle, mnist))
    part.replace(path)
    return path


def main(arguments: list[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m inkling.training.replay", description=(__doc__ or "")[:72])
    parser.add_argument("model", metavar="MODEL", help="a packaged model or bundle folder")
    given = parser.parse_args(arguments)
    try:
        path = write(registry.find(given.model), load_mnist())
    except InklingError as error:
        sys.exit(f"replay: {error}")
    sys.stdout.write(f"{path}: {path.stat().st_size:,} bytes\n")


if __name__ == "__main__":
    main()
