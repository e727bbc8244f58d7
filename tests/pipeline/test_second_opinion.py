"""pipeline.second_opinion: what the classifier says of a row's digits beside the line network."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from inkling.pipeline.classifier import Prediction
from inkling.pipeline.config.line import SECOND_OPINION as CONFIG
from inkling.pipeline.prefix_search import ScoredText
from inkling.pipeline.second_opinion import digit_tiles, pooled

IMAGE = np.zeros((32, 96), np.float32)
IMAGE[8:28, [10, 40, 70]] = 1.0


def boxes_of(text: tuple[int, ...]) -> np.ndarray:
    return np.array([[8 + 30 * i, 8, 5, 20] for i in range(len(text))], float).reshape(-1, 4)


def opinion(*digits: int, not_digit: float = 0.0) -> Prediction:
    """Surely these digits, in the order of the boxes."""
    return Prediction(np.eye(10, dtype=np.float32)[list(digits)], np.full(len(digits), not_digit, np.float32))


def test_no_text_no_opinion() -> None:
    assert pooled([], boxes_of, IMAGE, lambda tiles: pytest.fail("nobody is asked")) == []
    only = [ScoredText((), 0.4)]
    assert pooled(only, boxes_of, IMAGE, lambda tiles: pytest.fail("nobody is asked")) == only


def test_the_classifier_decides_between_texts_that_are_as_probable() -> None:
    texts = [ScoredText((4, 1, 7), 0.41), ScoredText((4, 7, 7), 0.4)]
    found = pooled(texts, boxes_of, IMAGE, lambda tiles: opinion(4, 7, 7))
    assert [one.text for one in found] == [(4, 7, 7), (4, 1, 7)]
    assert sum(one.prob for one in found) == pytest.approx(0.81)  # together as probable as before


def test_the_line_network_weighs_more() -> None:
    texts = [ScoredText((4, 1, 7), 0.9), ScoredText((4, 7, 7), 0.04)]
    found = pooled(texts, boxes_of, IMAGE, lambda tiles: opinion(4, 7, 7))
    assert found[0].text == (4, 1, 7)
    assert found[0].prob < 0.9


def test_what_is_cut_out_of_the_cells_of_a_comb_weighs_more_than_what_is_cut_out_of_the_row() -> None:
    texts = [ScoredText((4, 1, 7), 0.9), ScoredText((4, 7, 7), 0.08)]
    cells = np.random.default_rng(0).random((3, 28, 28)).astype(np.float32)
    asked = []

    def classify(tiles: np.ndarray) -> Prediction:
        asked.append(tiles)
        return opinion(4, 7, 7)

    found = pooled(texts, boxes_of, IMAGE, classify, cells=cells)
    assert [one.text for one in found] == [(4, 7, 7), (4, 1, 7)]
    *_, tiles = asked
    np.testing.assert_array_equal(tiles, cells)


def test_how_many_digits_there_are_is_judged_by_the_row() -> None:
    texts = [ScoredText((4, 1), 0.5), ScoredText((4, 1, 7), 0.3), ScoredText((4, 7, 7), 0.1)]
    without = pooled(texts, boxes_of, IMAGE, lambda tiles: opinion(4, 1, 7))
    cells = np.ones((3, 28, 28), np.float32)

    def classify(tiles: np.ndarray) -> Prediction:
        return opinion(4, 7, 7) if tiles is cells else opinion(4, 1, 7)

    found = pooled(texts, boxes_of, IMAGE, classify, cells=cells)
    two, two_before = ({one.text: one.prob for one in each}[(4, 1)] for each in (found, without))
    assert two == pytest.approx(two_before)
    assert max((one for one in found if len(one.text) == 3), key=lambda one: one.prob).text == (4, 7, 7)


def test_texts_that_are_hardly_probable_are_not_judged() -> None:
    texts = [ScoredText((4, 1, 7), 0.5), ScoredText((4, 7, 7), 0.3), ScoredText((4, 1, 7, 7, 7), 0.001)]
    found = pooled(texts, boxes_of, IMAGE, lambda tiles: opinion(4, 1, 7))
    assert [one.text for one in found] == [(4, 1, 7), (4, 7, 7)]
    assert sum(one.prob for one in found) == pytest.approx(0.801)


def test_a_text_with_what_the_classifier_refuses_loses_to_one_without() -> None:
    texts = [ScoredText((7, 4), 0.5), ScoredText((4,), 0.4)]
    found = pooled(
        texts,
        lambda text: np.array([[8, 8, 5, 20], [38, 8, 5, 20]], float)[-len(text) :],
        IMAGE,
        lambda tiles: Prediction(np.eye(10, dtype=np.float32)[[7, 4]], np.array([0.99, 0.0], np.float32)),
    )
    assert found[0].text == (4,)


def test_each_place_is_judged_once() -> None:
    asked = []

    def classify(tiles: np.ndarray) -> Prediction:
        asked.append(len(tiles))
        return opinion(*[1] * len(tiles))

    pooled(
        [ScoredText((1, 1, 1), 0.5), ScoredText((1, 7, 1), 0.3), ScoredText((7, 1, 1), 0.1)], boxes_of, IMAGE, classify
    )
    assert asked == [3]


def test_a_tile_shows_its_digit_without_the_rule_below_and_the_grain() -> None:
    plain = np.zeros((32, 96), np.float32)
    cv2.circle(plain, (48, 16), 8, (1.0,), 2, cv2.LINE_AA)
    printed = plain + np.float32(CONFIG.min_ink * 0.9)
    printed[26:28] = np.maximum(printed[26:28], 0.8)
    box = np.array([[38, 6, 21, 21]])
    np.testing.assert_allclose(digit_tiles(printed, box), digit_tiles(plain, box), atol=0.1)


def test_paper_gives_an_empty_tile() -> None:
    assert not digit_tiles(IMAGE, np.array([[20, 0, 10, 32]])).any()
