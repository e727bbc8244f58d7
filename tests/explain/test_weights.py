from collections.abc import Callable

import numpy as np
import pytest

from inkling import Reader
from inkling.explain.weights import read_weights
from tests.explain.conftest import DENSE


@pytest.mark.parametrize("name", DENSE)
def test_weights_give_the_networks_own_probabilities(
    reader_of: Callable[[str], Reader], digits: tuple[np.ndarray, np.ndarray], name: str
) -> None:
    reader = reader_of(name)
    weights = read_weights(reader.bundle, reader.classifier)
    assert weights is not None
    h, k = len(weights.hidden), len(weights.scores)
    assert 784 * h + h + h * k + k == reader.bundle.manifest["parameters"], "all parameters are found"
    tiles = digits[0].astype(np.float32) / 255
    logits = weights.logits(tiles)
    probs = np.exp(logits - logits.max(axis=1, keepdims=True))
    probs /= probs.sum(axis=1, keepdims=True)
    assert np.abs(probs - reader.classifier(tiles)).max() < 1e-5


def test_a_convolutional_network_has_no_such_weights(reader_of: Callable[[str], Reader]) -> None:
    reader = reader_of("cnn")
    assert read_weights(reader.bundle, reader.classifier) is None


def test_weights_of_another_network_are_not_believed(reader_of: Callable[[str], Reader]) -> None:
    assert read_weights(reader_of("ann-dropout").bundle, reader_of("ann-tutorial").classifier) is None
