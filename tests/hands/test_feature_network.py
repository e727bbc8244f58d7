from __future__ import annotations

import numpy as np
import pytest

from inkling.errors import WrongNetwork
from inkling.hands.feature_network import features_of
from inkling.hands.last_layer import softmax
from inkling.models import registry
from inkling.pipeline.classifier import Classifier


def test_features_and_last_layer_are_the_network(digits: tuple[np.ndarray, np.ndarray]) -> None:
    bundle = registry.find("cnn")
    tiles = digits[0][::5].astype(np.float32) / 255
    network = features_of(bundle)
    found = softmax(network(tiles) @ network.last_layer.T)
    assert np.abs(found - Classifier(bundle).outputs(tiles)).max() < 1e-5
    assert network(tiles[:0]).shape == (0, network.size)
    assert features_of(bundle) is network


def test_a_network_that_cannot_refuse_is_named() -> None:
    with pytest.raises(WrongNetwork, match="cannot learn a hand"):
        features_of(registry.find("ann"))
