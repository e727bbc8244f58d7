"""The activations of each layer are those of the network."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from inkling import Reader
from inkling.explain.layers import layers_of
from inkling.explain.weights import read_weights
from inkling.models.registry import packaged
from tests.explain.conftest import DENSE

ALL = tuple(packaged())


@pytest.fixture
def tiles(digits: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    return digits[0][::20].astype(np.float32) / 255


@pytest.mark.parametrize("name", ALL)
def test_the_scores_at_the_end_give_the_networks_own_probabilities(
    reader_of: Callable[[str], Reader], tiles: np.ndarray, name: str
) -> None:
    reader = reader_of(name)
    for tile, expected in zip(tiles, reader.classifier.outputs(tiles), strict=True):
        scores = layers_of(reader)(tile)[-1].values.reshape(-1)
        powers = np.exp(scores - scores.max())
        assert np.abs(powers / powers.sum() - expected).max() < 1e-4


@pytest.mark.parametrize("name", DENSE)
def test_a_hidden_layer_says_what_its_weights_make_it_say(
    reader_of: Callable[[str], Reader], tiles: np.ndarray, name: str
) -> None:
    reader = reader_of(name)
    weights = read_weights(reader.bundle, reader.classifier)
    assert weights is not None
    hidden, scores = layers_of(reader)(tiles[0])
    assert [layer.type for layer in (hidden, scores)] == ["Dense", "Dense"]
    assert np.abs(hidden.values.reshape(-1) - weights.activations(tiles[:1])[0]).max() < 1e-3


def test_convolutions_are_told_with_their_kernels_strides_and_sizes(
    reader_of: Callable[[str], Reader], tiles: np.ndarray
) -> None:
    layers = layers_of(reader_of("cnn"))(tiles[0])
    *convolutions, average, scores = layers
    told = [(layer.name, layer.values.shape, layer.kernel, layer.stride) for layer in convolutions]
    sizes = [(24, 28, 1), (32, 14, 2), (48, 14, 1), (48, 14, 1), (96, 7, 2), (96, 7, 1), (96, 7, 1)]
    assert told == [(f"conv_{i}", (n, s, s), 3, stride) for i, (n, s, stride) in enumerate(sizes, 1)]
    assert all((layer.values >= 0).all() for layer in convolutions), "ReLU is part of them"
    assert average.values.shape == (96, 1, 1)
    assert average.values[:, 0, 0] == pytest.approx(convolutions[-1].values.mean(axis=(1, 2)), abs=1e-5)
    assert (scores.name, scores.values.shape) == ("probs", (11, 1, 1))


def test_threads_take_turns(reader_of: Callable[[str], Reader], tiles: np.ndarray) -> None:
    layers = layers_of(reader_of("cnn"))
    expected = [layers(tile)[0].values for tile in tiles]
    with ThreadPoolExecutor(4) as pool:
        for once in pool.map(lambda i: (i, layers(tiles[i])[0].values), list(range(len(tiles))) * 3):
            assert (once[1] == expected[once[0]]).all()
