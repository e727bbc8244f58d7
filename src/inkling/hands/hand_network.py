"""A hand's network, the result of teaching the whole network, which `training` does. Reading needs no TensorFlow."""

from __future__ import annotations

import hashlib
import io
import threading
import zipfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from inkling.errors import BadBundle, BadData
from inkling.pipeline.classifier import Classifier

MAX_OPEN = 4  # networks of hands that a process keeps open
MAX_BYTES = 20_000_000  # of a flatbuffer
NAME = Path("its network")  # used instead of a path in messages


@dataclass(frozen=True)
class LearnedNetwork:
    """The network of one hand: about 1 MB."""

    content: bytes  # a LiteRT flatbuffer, (N, 28, 28) -> (N, 11) probabilities
    temperature: float

    @cached_property
    def key(self) -> bytes:
        """SHA-256 of the network."""
        return hashlib.sha256(self.content).digest()

    def to_bytes(self) -> bytes:
        content = io.BytesIO()
        np.savez_compressed(
            content, network=np.frombuffer(self.content, np.uint8), temperature=np.array(self.temperature)
        )
        return content.getvalue()

    @classmethod
    def from_bytes(cls, content: bytes) -> LearnedNetwork:
        """The inverse of `to_bytes`. Raises BadData for other content."""
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                if (n := sum(each.file_size for each in archive.infolist())) > MAX_BYTES:
                    raise ValueError(f"it unpacks to {n:,} bytes")
            with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
                network, temperature = arrays["network"], float(arrays["temperature"])
            if network.dtype != np.uint8 or network.ndim != 1 or not 0 < temperature < 100:
                raise ValueError(f"{network.dtype} {network.shape}, temperature {temperature}")
        except (OSError, EOFError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
            raise BadData(f"a version of the hand is damaged ({error}); expected a network. Teach it again.") from error
        return cls(network.tobytes(), temperature)


class NetworkClassifier(Classifier):
    """A hand's network, opened on demand. A reader takes 1 MB, or 6 MB while its network is open. Safe to call from
    several threads."""

    def __init__(self, learned: LearnedNetwork) -> None:
        """Raises BadData for a flatbuffer that is not a classifier."""
        self._learned = learned
        classifier_of(learned)

    def outputs(self, tiles: np.ndarray) -> np.ndarray:
        """(N, 28, 28) float32 -> (N, 11) float32 probabilities."""
        return classifier_of(self._learned).outputs(tiles)


def classifier_of(learned: LearnedNetwork) -> Classifier:
    """The opened network. The MAX_OPEN most recently used ones stay open, shared by all readers of this process.

    Raises BadData for a flatbuffer that is not a classifier.
    """
    with _opening:
        if (found := _open.pop(learned.key, None)) is None:
            try:
                found = Classifier.of_bytes(learned.content, NAME)
            except BadBundle as error:
                raise BadData(
                    f"a version of the hand is damaged ({error}); expected a network. Teach it again."
                ) from error
        _open[learned.key] = found  # moves the network to the end: the most recently used one is closed last
        while len(_open) > MAX_OPEN:
            _open.pop(next(iter(_open)))
        return found


_open: dict[bytes, Classifier] = {}
_opening = threading.Lock()
