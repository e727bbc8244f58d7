"""MNIST as four checked arrays, and the split that choices are made on."""

from __future__ import annotations

import hashlib
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from inkling.errors import BadData
from inkling.user_dirs import MNIST, cache_folder

MNIST_FILE = MNIST

# name -> (shape, SHA-256 of the raw uint8 array in C order)
MNIST_ARRAYS: dict[str, tuple[tuple[int, ...], str]] = {
    "x_train": ((60_000, 28, 28), "741c988805d008ac6e4c904b69001ba184c24b2c540a4ef403f4c71b676cf757"),
    "y_train": ((60_000,), "1feba77c54802fa5339a11837ea4b2866434b83314ec45192930f1df69120c13"),
    "x_test": ((10_000, 28, 28), "6d87418db22cc8025d05968bec9bd5c3932904b23485740db143a061a2c9d161"),
    "y_test": ((10_000,), "ddeff807876a9661a1110d45c266c86239a3a1b7d37da0c3716a7a683c852ff5"),
}


@dataclass(frozen=True)
class Mnist:
    """The data set of LeCun, Cortes and Burges: uint8, 0 = paper, 255 = ink; labels 0..9."""

    x_train: np.ndarray  # (60000, 28, 28) uint8
    y_train: np.ndarray  # (60000,) uint8
    x_test: np.ndarray  # (10000, 28, 28) uint8
    y_test: np.ndarray  # (10000,) uint8


def load_mnist(cache: Path | None = None) -> Mnist:
    """MNIST from the cache folder. Raises BadData when it is missing or damaged."""
    path = (cache or cache_folder()) / MNIST_FILE
    if not path.is_file():
        raise BadData(f"{path} is not there; MNIST is fetched once. Run: inkling data fetch")
    return verified(read_npz(path), source=str(path))


def read_npz(path: Path) -> dict[str, np.ndarray]:
    """The arrays of an npz, pickles refused. Raises BadData when the file cannot be read."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            return {name: arrays[name] for name in MNIST_ARRAYS if name in arrays.files}
    except (OSError, ValueError, EOFError, KeyError, AttributeError, zipfile.BadZipFile) as error:
        raise BadData(
            f"{path} is not a readable npz ({error}); expected {', '.join(MNIST_ARRAYS)}. "
            "Delete it and run: inkling data fetch --force"
        ) from error


def verified(arrays: dict[str, np.ndarray], *, source: str) -> Mnist:
    """The arrays as `Mnist` once shape, dtype and SHA-256 agree. Raises BadData that names the first that differs."""
    for name, (shape, expected) in MNIST_ARRAYS.items():
        advice = "Fetch it again: inkling data fetch --force"
        if name not in arrays:
            raise BadData(f"{source} has no {name}; MNIST is {', '.join(MNIST_ARRAYS)}. {advice}")
        array = arrays[name]
        if array.shape != shape or array.dtype != np.uint8:
            raise BadData(f"{name} of {source} is {array.dtype} {array.shape}; expected uint8 {shape}. {advice}")
        found = sha256_of(array)
        if found != expected:
            raise BadData(
                f"{name} of {source} has SHA-256 {found[:12]}...; expected {expected[:12]}..., "
                f"so the data is damaged or is not MNIST. {advice}"
            )
    return Mnist(**{name: arrays[name] for name in MNIST_ARRAYS})


def sha256_of(array: np.ndarray) -> str:
    """SHA-256 of the raw bytes in C order."""
    return hashlib.sha256(np.ascontiguousarray(array).data).hexdigest()


def split_indices(labels: np.ndarray, n_validation: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Indices (training, validation) into the training set: seeded, each class in its proportion.

    The same seed and size give the same split. `n_validation` 0 leaves nothing to validate on. The largest
    remainders decide who gives the odd image, so exactly `n_validation` are taken.
    """
    rng = np.random.default_rng((seed, 0x5B117))  # its own stream: the split stays when training draws change
    classes, counts = np.unique(labels, return_counts=True)
    exact = counts * (n_validation / len(labels))
    quota = np.floor(exact).astype(int)
    quota[np.argsort(quota - exact, kind="stable")[: n_validation - quota.sum()]] += 1
    taken = [rng.permutation(np.flatnonzero(labels == digit))[:n] for digit, n in zip(classes, quota, strict=True)]
    validation = np.sort(np.concatenate(taken))
    training = np.setdiff1d(np.arange(len(labels)), validation)
    return training, validation


def subsample(training: np.ndarray, labels: np.ndarray, n: int, seed: int) -> np.ndarray:
    """`n` of the indices `training` into labels, each class in its proportion; all of them when n is 0 or more.

    The same seed gives the same ones.
    """
    if n == 0 or n >= len(training):
        return training
    _, chosen = split_indices(labels[training], n, seed)
    return np.asarray(training[chosen])


def as_input(images: np.ndarray) -> np.ndarray:
    """uint8 0..255 -> float32 0..1, 1 = ink: what every network here takes. (N, 28, 28) -> (N, 28, 28)"""
    return images.astype(np.float32) / np.float32(255)
