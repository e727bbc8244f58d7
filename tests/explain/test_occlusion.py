from collections.abc import Callable

import numpy as np
import pytest

from inkling import Reader
from inkling.explain.attribution import exact_attributions
from inkling.explain.log_odds import contrasts, log_odds
from inkling.explain.occlusion import FAINT, missing_ink_effect, occlusion_attributions
from inkling.explain.weights import read_weights
from tests.explain.conftest import DENSE
from tests.explain.test_attribution import two_best


@pytest.fixture(scope="module")
def tiles(digits: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """(20, 28, 28), two of each class."""
    images, labels = digits
    return np.concatenate([images[labels == digit][:2] for digit in range(10)]).astype(np.float32) / 255


@pytest.mark.parametrize("name", ["cnn", *DENSE])
@pytest.mark.slow
def test_ink_that_is_said_to_matter_does(reader_of: Callable[[str], Reader], tiles: np.ndarray, name: str) -> None:
    reader = reader_of(name)
    temperature = reader.bundle.temperature
    random = np.random.default_rng(5)
    marked, chance = [], []
    for tile, probs in zip(tiles, reader.classifier(tiles), strict=True):
        questions = contrasts(*two_best(probs))
        _, lead = occlusion_attributions(reader.classifier, tile, questions, temperature)
        assert lead.total == pytest.approx(log_odds(probs[None], questions, temperature)[0, 1], abs=1e-3)
        assert lead.bias is None
        assert not lead.points[tile == 0].any()
        ink = np.flatnonzero(tile > FAINT)
        n = len(ink) // 5
        best = ink[np.argsort(-lead.points.ravel()[ink])[:n]]
        without = np.repeat(tile.reshape(1, -1), 2, axis=0)
        without[0, best] = 0
        without[1, random.choice(ink, n, replace=False)] = 0
        left = log_odds(reader.classifier(without.reshape(2, 28, 28)), questions, temperature)[:, 1]
        marked.append(lead.total - left[0])
        chance.append(lead.total - left[1])
    assert np.mean(marked) > 2 * np.mean(chance)
    assert np.mean(np.array(marked) > np.array(chance)) >= 0.8


def test_it_agrees_with_the_exact_contributions_where_both_are_known(
    reader_of: Callable[[str], Reader], tiles: np.ndarray
) -> None:
    reader = reader_of("ann-tutorial")
    weights = read_weights(reader.bundle, reader.classifier)
    assert weights is not None
    agreement = []
    for tile, probs in zip(tiles, reader.classifier(tiles), strict=True):
        questions = contrasts(*two_best(probs))
        _, guessed = occlusion_attributions(reader.classifier, tile, questions, reader.bundle.temperature)
        _, exact = exact_attributions(weights, tile, questions, reader.bundle.temperature)
        ink = tile > FAINT
        agreement.append(np.corrcoef(guessed.points[ink], exact.points[ink])[0, 1])
    assert np.mean(agreement) > 0.5


@pytest.mark.parametrize("name", ["cnn", "ann-tutorial"])
@pytest.mark.slow
def test_what_missing_ink_is_said_to_add_a_dot_there_adds(
    reader_of: Callable[[str], Reader], tiles: np.ndarray, name: str
) -> None:
    reader = reader_of(name)
    agreement = []
    for tile, probs in zip(tiles[:8], reader.classifier(tiles[:8]), strict=True):
        questions = contrasts(*two_best(probs))
        missing = missing_ink_effect(reader.classifier, tile, questions[1], reader.bundle.temperature)
        assert not missing[tile > FAINT].any()
        places = np.argwhere(missing)
        dotted = np.repeat(tile[None], len(places) + 1, axis=0)
        for changed, (y, x) in zip(dotted[1:], places, strict=True):
            changed[max(y - 1, 0) : y + 2, max(x - 1, 0) : x + 2] = 1
        before, *after = log_odds(reader.classifier(dotted), questions, reader.bundle.temperature)[:, 1]
        agreement.append(np.corrcoef(np.array(after) - before, missing[tuple(places.T)])[0, 1])
    assert min(agreement) > 0.7
    assert np.mean(agreement) > 0.9


def test_a_blank_tile_has_nothing_to_erase(reader_of: Callable[[str], Reader]) -> None:
    reader = reader_of("cnn")
    blank = np.zeros((28, 28), np.float32)
    for lead in occlusion_attributions(reader.classifier, blank, contrasts(1, 7), reader.bundle.temperature):
        assert not lead.points.any()
