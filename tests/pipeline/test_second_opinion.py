"""Rescoring a row's texts by the classifier's opinion of its digits."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from inkling.pipeline.box import Box
from inkling.pipeline.classifier import Prediction
from inkling.pipeline.config.line import SECOND_OPINION as CONFIG
from inkling.pipeline.prefix_search import ScoredText
from inkling.pipeline.second_opinion import Classify, Weights, digit_tiles, opinions, pooled
from tests.pipeline.test_recognized_row import cells_of, line_row

ROW = line_row("417")
WEIGHTS = Weights(line=1.0, digits=0.5, length=1.0, shared_cells=-2.0)


def opinion(*digits: int, not_digit: float = 0.0) -> Prediction:
    """A certain prediction of these digits, in the order of the boxes."""
    return Prediction(np.eye(10, dtype=np.float32)[list(digits)], np.full(len(digits), not_digit, np.float32))


def judged(texts: list[ScoredText], classify: Classify, cells: list[Box] | None = None) -> list[ScoredText]:
    return pooled(texts, ROW, cells or [], classify, WEIGHTS)


def test_no_text_no_opinion() -> None:
    assert judged([], lambda tiles: pytest.fail("nobody is asked")) == []
    only = [ScoredText((), 0.4)]
    assert judged(only, lambda tiles: pytest.fail("nobody is asked")) == only


def test_without_weights_the_line_network_decides() -> None:
    texts = [ScoredText((4, 1, 7), 0.41), ScoredText((4, 7, 7), 0.4)]
    found = pooled(texts, ROW, [], lambda tiles: opinion(4, 7, 7), Weights.of({}))
    assert [one.text for one in found] == [(4, 1, 7), (4, 7, 7)]
    assert [one.prob for one in found] == pytest.approx([0.41, 0.4])


def test_the_classifier_decides_between_texts_that_are_as_probable() -> None:
    texts = [ScoredText((4, 1, 7), 0.41), ScoredText((4, 7, 7), 0.4)]
    found = judged(texts, lambda tiles: opinion(4, 7, 7))
    assert [one.text for one in found] == [(4, 7, 7), (4, 1, 7)]
    assert sum(one.prob for one in found) == pytest.approx(0.81)  # the sum is unchanged


def test_the_line_network_weighs_more() -> None:
    texts = [ScoredText((4, 1, 7), 0.9), ScoredText((4, 7, 7), 0.04)]
    found = judged(texts, lambda tiles: opinion(4, 7, 7))
    assert found[0].text == (4, 1, 7)
    assert found[0].prob < 0.9


def test_what_is_cut_out_of_the_cells_of_a_comb_decides_which_digits_stand_there() -> None:
    texts = [ScoredText((4, 1), 0.5), ScoredText((4, 1, 7), 0.3), ScoredText((4, 7, 7), 0.05)]
    cells = np.ones((3, 28, 28), np.float32)

    def classify(tiles: np.ndarray) -> Prediction:
        return opinion(4, 7, 7) if tiles is cells else opinion(*[1] * len(tiles))

    without, found = (
        {one.text: one.prob for one in pooled(texts, ROW, [], classify, WEIGHTS, cell_tiles=tiles)}
        for tiles in (None, cells)
    )
    assert found[4, 7, 7] > found[4, 1, 7]
    assert found[4, 1] == pytest.approx(without[4, 1])  # the number of digits is determined by the row


def test_texts_that_are_hardly_probable_are_not_judged() -> None:
    texts = [ScoredText((4, 1, 7), 0.5), ScoredText((4, 7, 7), 0.3), ScoredText((4, 1, 7, 7, 7), 0.001)]
    found = judged(texts, lambda tiles: opinion(4, 1, 7))
    assert [one.text for one in found] == [(4, 1, 7), (4, 7, 7)]
    assert sum(one.prob for one in found) == pytest.approx(0.801)


def test_a_text_with_what_the_classifier_refuses_loses_to_one_without() -> None:
    texts = [ScoredText((4, 1, 7), 0.5), ScoredText((4, 1), 0.4)]

    def classify(tiles: np.ndarray) -> Prediction:
        return Prediction(np.eye(10, dtype=np.float32)[[4, 1, 7]], np.array([0.0, 0.0, 0.99], np.float32))

    assert judged(texts, classify)[0].text == (4, 1)


def test_a_digit_that_shares_its_cell_of_a_comb_makes_a_text_less_probable() -> None:
    first, second, third = cells_of(ROW, [1, 1, 1])
    texts = [ScoredText((4, 1, 7), 0.5), ScoredText((4, 1), 0.3)]

    def shared(cells: list[Box]) -> list[float]:
        return opinions(texts, ROW, cells, lambda tiles: opinion(*[1] * len(tiles)))[:, -1].tolist()

    x, y, _, h = second
    assert shared([first, second, third]) == [0, 0]
    assert shared([first, (x, y, third[0] + third[2] - x, h)]) == [1, 0]
    assert shared([(x, y, 10 * h, h)]) == [0, 0]  # a table's cell contains a whole number


def test_no_digit_is_expected_in_a_cell_that_looks_crossed_out() -> None:
    cells = cells_of(ROW, [1, 1, 1])
    texts = [ScoredText((4, 1, 7), 0.5), ScoredText((4, 1), 0.3)]

    def best(crossed_out: list[Box]) -> tuple[int, ...]:
        asked = opinion(4, 1, 7)
        return pooled(texts, ROW, cells, lambda tiles: asked, WEIGHTS, crossed_out=crossed_out)[0].text

    assert best([]) == (4, 1, 7)
    assert best(cells[2:]) == (4, 1)


def test_each_place_is_judged_once() -> None:
    asked = []

    def classify(tiles: np.ndarray) -> Prediction:
        asked.append(len(tiles))
        return opinion(*[1] * len(tiles))

    judged([ScoredText((4, 1, 7), 0.5), ScoredText((4, 1), 0.3), ScoredText((1, 7), 0.1)], classify)
    assert asked == [3]


def test_a_tile_shows_its_digit_without_the_grain() -> None:
    plain = np.zeros((32, 96), np.float32)
    cv2.circle(plain, (48, 16), 8, (1.0,), 2, cv2.LINE_AA)
    printed = plain + np.float32(CONFIG.min_ink * 0.9)
    box = np.array([[38, 6, 21, 21]])
    np.testing.assert_allclose(digit_tiles(printed, box), digit_tiles(plain, box), atol=0.1)


def test_paper_gives_an_empty_tile() -> None:
    assert not digit_tiles(np.zeros((32, 96), np.float32), np.array([[20, 0, 10, 32]])).any()
