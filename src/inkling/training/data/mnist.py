"""MNIST as four verified arrays, and its split into training and validation images."""

from __future__ import annotations

import hashlib
import lzma
import math
import tokenize
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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

ADVICE = "Fetch it again: inkling data fetch --force"
# Errors from damaged or malicious archives. The last three come from Python's parser, which reads the npy header.
UNREADABLE = (
    *(OSError, ValueError, EOFError, KeyError, RuntimeError, zipfile.BadZipFile, zlib.error, lzma.LZMAError),
    *(SyntaxError, tokenize.TokenError, MemoryError),
)


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
        raise BadData(f"{path} does not exist; MNIST must be downloaded once. Run: inkling data fetch")
    return verified(read_npz(path), source=str(path))


def read_npz(path: Path) -> dict[str, np.ndarray]:
    """The arrays of an npz. Raises BadData when the file cannot be read.

    Checks each header before reading its array, so that a file with a huge array takes no memory.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            names = [name for name in MNIST_ARRAYS if f"{name}.npy" in archive.namelist()]
            return {name: _read_npy(archive, name, source=str(path)) for name in names}
    except UNREADABLE as error:
        raise BadData(
            f"{path} is not a readable npz ({error}); expected {', '.join(MNIST_ARRAYS)}. "
            "Delete it and run: inkling data fetch --force"
        ) from error


def _read_npy(archive: zipfile.ZipFile, name: str, *, source: str) -> np.ndarray:
    """One array of an open npz. Raises BadData if its type or shape is not MNIST's."""
    with archive.open(f"{name}.npy") as file:
        version = np.lib.format.read_magic(file)
        read_header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, is_fortran, dtype = read_header(file)
        _check_form(name, shape, dtype, source=source)
        content = file.read(math.prod(shape))
    return np.frombuffer(content, np.uint8).reshape(shape, order="F" if is_fortran else "C")


def _check_form(name: str, shape: tuple[int, ...], dtype: np.dtype[Any], *, source: str) -> None:
    expected = MNIST_ARRAYS[name][0]
    if shape != expected or dtype != np.uint8:
        raise BadData(f"{name} of {source} is {dtype} {shape}; expected uint8 {expected}. {ADVICE}")


def verified(arrays: dict[str, np.ndarray], *, source: str) -> Mnist:
    """The arrays as `Mnist`. Raises BadData for the first array with a wrong shape, dtype or SHA-256."""
    for name, (_, expected) in MNIST_ARRAYS.items():
        if name not in arrays:
            raise BadData(f"{source} has no {name}; expected {', '.join(MNIST_ARRAYS)}. {ADVICE}")
        array = arrays[name]
        _check_form(name, array.shape, array.dtype, source=source)
        found = sha256_of(array)
        if found != expected:
            raise BadData(
                f"{name} of {source} has SHA-256 {found[:12]}...; expected {expected[:12]}..., "
                f"so the data is damaged or is not MNIST. {ADVICE}"
            )
    return Mnist(**{name: arrays[name] for name in MNIST_ARRAYS})


def sha256_of(array: np.ndarray) -> str:
    """SHA-256 of the raw bytes in C order."""
    return hashlib.sha256(np.ascontiguousarray(array).data).hexdigest()


def split_indices(labels: np.ndarray, n_validation: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Indices (training, validation) into the training set: seeded and stratified by class.

    The same seed and size give the same split, with exactly `n_validation` validation images (0 is allowed). Rounding
    uses the largest remainders.
    """
    rng = np.random.default_rng((seed, 0x5B117))  # a separate stream, independent of the random numbers of training
    classes, counts = np.unique(labels, return_counts=True)
    exact = counts * (n_validation / len(labels))
    quota = np.floor(exact).astype(int)
    quota[np.argsort(quota - exact, kind="stable")[: n_validation - quota.sum()]] += 1
    taken = [rng.permutation(np.flatnonzero(labels == digit))[:n] for digit, n in zip(classes, quota, strict=True)]
    validation = np.sort(np.concatenate(taken))
    training = np.setdiff1d(np.arange(len(labels)), validation)
    return training, validation


def subsample(training: np.ndarray, labels: np.ndarray, n: int, seed: int) -> np.ndarray:
    """`n` of `training`, which are indices into `labels`, stratified by class; all of them if n is 0 or too large.

    The same seed gives the same indices.
    """
    if n == 0 or n >= len(training):
        return training
    _, chosen = split_indices(labels[training], n, seed)
    return np.asarray(training[chosen])


def as_input(images: np.ndarray) -> np.ndarray:
    """uint8 0..255 -> float32 0..1, 1 = ink, the input of every classifier. (N, 28, 28) -> (N, 28, 28)"""
    return images.astype(np.float32) / np.float32(255)
