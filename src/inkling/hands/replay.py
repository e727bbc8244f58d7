"""The features of ordinary writing: `replay.npz` next to a network's model.tflite, so that guards need no MNIST.

`inkling.training.replay` writes it. It contains features, not pictures: each as a byte, 0..255, times its `scale`.
"""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from inkling.errors import BadBundle
from inkling.models.bundle import Bundle

FILE = "replay.npz"
NO_DIGIT = 10  # the label of non-digits
MAX_BYTES = 4_000_000
MAX_ROWS = 50_000
COMMAND = "python -m inkling.training.replay"


@dataclass(frozen=True, eq=False)
class Replay:
    """Features of N ordinary images: MNIST's validation images, augmented and synthetic digits, and non-digits."""

    features: np.ndarray  # (N, F) float32, the last feature is 1
    labels: np.ndarray  # (N,) 0..10; 10 is a non-digit
    n_plain: int  # the first `n_plain` images are unchanged validation images
    second_moment: np.ndarray  # (F, F) float32, the mean of f f^T over training images and non-digits

    @property
    def plain(self) -> slice:
        """The slice of MNIST's validation images."""
        return slice(0, self.n_plain)

    @property
    def varied(self) -> np.ndarray:
        """Indices of other hands, pens and shapes: augmented validation images and synthetic digits."""
        return np.flatnonzero((self.labels < NO_DIGIT) & (np.arange(len(self.labels)) >= self.n_plain))

    @property
    def others(self) -> np.ndarray:
        """Indices of the non-digits."""
        return np.flatnonzero(self.labels == NO_DIGIT)


def load_replay(bundle: Bundle) -> Replay:
    """Load a bundle's features. Raises BadBundle if they are missing, damaged or for another version of the network."""
    return _loaded(bundle.path / FILE, bundle.version)


@lru_cache(maxsize=4)
def _loaded(path: Path, version: str) -> Replay:
    make = f"Make it with: {COMMAND} {path.parent.name}"
    if not path.is_file():
        raise BadBundle(f"{path} does not exist; expected the features that the guards of a hand need. {make}")
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ValueError(f"it has {path.stat().st_size:,} bytes")
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as content:
            made_for = str(content["version"])
            if made_for == version:
                return _checked(content)
    except (OSError, EOFError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        raise BadBundle(f"{path} is damaged ({error}); expected features of ordinary digits. {make}") from error
    raise BadBundle(f"{path} belongs to version {made_for[:20]} of the network; expected {version}. {make}")


def _checked(content: np.lib.npyio.NpzFile) -> Replay:
    bytes_, scale, labels = content["features"], content["scale"], content["labels"].astype(np.int64)
    n, size = bytes_.shape
    second_moment, n_plain = content["second_moment"], int(content["n_plain"])
    fits = labels.shape == (n,) and scale.shape == (size,) and second_moment.shape == (size + 1, size + 1)
    if not fits or n > MAX_ROWS or not 0 < n_plain <= n or not 0 <= labels.min() <= labels.max() <= NO_DIGIT:
        raise ValueError(f"shapes {bytes_.shape}, {scale.shape}, {labels.shape}, {second_moment.shape}")
    features = np.ones((n, size + 1), np.float32)
    features[:, :-1] = bytes_.astype(np.float32) * scale
    return Replay(features, labels, n_plain, second_moment)
