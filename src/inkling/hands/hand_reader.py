"""A reader for one hand: another reader's networks, with the hand's last layer or classifier."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import numpy as np

from inkling.errors import WrongNetwork
from inkling.hands.feature_network import FeatureNetwork, features_of
from inkling.hands.hand_network import LearnedNetwork, NetworkClassifier
from inkling.hands.light_teaching import Learned
from inkling.hands.prototypes import Metric, metric_of
from inkling.hands.replay import load_replay
from inkling.hands.rows import Version
from inkling.hands.store import Store
from inkling.models.bundle import Bundle
from inkling.pipeline.classifier import Classifier
from inkling.pipeline.reader import Reader


class HandClassifier(Classifier):
    """The shared network with a hand's last layer. Safe to call from several threads."""

    def __init__(self, network: FeatureNetwork, learned: Learned, metric: Metric) -> None:
        self._features, self._learned, self._metric = network, learned, metric

    def outputs(self, tiles: np.ndarray) -> np.ndarray:
        """(N, 28, 28) float32 -> (N, 11) float32 probabilities."""
        return self._learned.probs(self._features(tiles), self._metric)


class HandReader(Reader):
    """Reads like another reader, but classifies individual digits for one hand: separate digits, digits in boxes and
    cells, and digits about which the line network is uncertain. It takes a few kilobytes, or about 1 MB with a separate
    network, and can be pickled."""

    def __init__(self, reader: Reader, learned: Learned | LearnedNetwork) -> None:
        """Shares the networks of `reader`. Raises WrongNetwork if its network cannot learn a hand."""
        vars(self).update(vars(reader))
        self._reader, self._learned = reader, learned
        self.bundle = replace(reader.bundle, manifest={**reader.bundle.manifest, "temperature": learned.temperature})
        if isinstance(learned, LearnedNetwork):
            self.classifier = NetworkClassifier(learned)
        else:
            self.classifier = HandClassifier(features_of(reader.bundle), learned, metric_of(load_replay(reader.bundle)))
        if reader.row_reader is not None:
            self.row_reader = copy.copy(reader.row_reader)
            self.row_reader.classify = self.classify

    def __reduce__(self) -> tuple[Any, ...]:
        return HandReader, (self._reader, self._learned)


def is_large(reader: Reader) -> bool:
    """Whether a reader has a separate network for its hand."""
    return isinstance(reader, HandReader) and isinstance(reader._learned, LearnedNetwork)


def with_hand(reader: Reader, name: str, store: Store) -> tuple[Reader, int]:
    """The reader of a hand's active version, and the version's number; `reader` itself and 0 for the original network.

    Raises UnknownName, and WrongNetwork if the version was taught with a network other than the reader's.
    """
    version = store.active(name)
    return (reader, 0) if version is None else (with_version(reader, name, version), version.number)


def with_version(reader: Reader, name: str, version: Version) -> Reader:
    """The reader of one version of a hand. Raises WrongNetwork."""
    bundle = reader.bundle
    check_network(name, version, bundle)
    if version.kind == "full":
        return HandReader(reader, LearnedNetwork.from_bytes(version.payload))
    return HandReader(reader, Learned.from_bytes(version.payload, size=features_of(bundle).size))


def check_network(name: str, version: Version, bundle: Bundle) -> None:
    """Raise WrongNetwork if a version of the hand `name` was taught with a network other than `bundle`."""
    if (version.base_name, version.base_version) != (bundle.name, bundle.version):
        raise WrongNetwork(
            f"version {version.number} of hand {name!r} was taught with {version.base_name} {version.base_version}; "
            f"expected {bundle.name} {bundle.version}. Teach it again: inkling teach --hand {name!r}"
        )
