"""learn.drawn: digits from strokes, which a network that never saw one must read."""

from __future__ import annotations

import numpy as np
import pytest

from inkling import bundle
from inkling.learn import drawn
from inkling.road.model import Model


def test_every_digit_has_a_form() -> None:
    assert {form.digit for form in drawn.FORMS} == set(range(10))


def test_no_labels_no_tiles() -> None:
    assert drawn.draw_digits(np.zeros(0, np.uint8), np.random.default_rng(0)).shape == (0, 28, 28)


def test_tiles_are_in_range_and_repeatable() -> None:
    labels = np.arange(40) % 10
    tiles = drawn.draw_digits(labels, np.random.default_rng(1))
    assert tiles.dtype == np.float32
    assert tiles.min() >= 0
    assert tiles.max() <= 1
    assert (tiles.sum((1, 2)) > 15).all()
    np.testing.assert_array_equal(tiles, drawn.draw_digits(labels, np.random.default_rng(1)))
    assert not np.array_equal(tiles[:10], tiles[10:20])


@pytest.mark.parametrize("digit", [0, 2, 3, 4, 5, 6, 8, 9])
def test_a_network_taught_by_people_reads_most_of_them(digit: int) -> None:
    tiles = drawn.draw_digits(np.full(60, digit), np.random.default_rng(digit))
    read = Model(bundle.find("ann"))(tiles).argmax(1)  # learned from MNIST alone
    assert (read == digit).mean() > 0.6


def test_a_curve_passes_through_its_points() -> None:
    points = np.array([[0.0, 0.0], [1.0, 0.5], [0.0, 1.0]])
    line = drawn.curve(points)
    for point in points:
        assert np.abs(line - point).sum(axis=1).min() < 1e-9
