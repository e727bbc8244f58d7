"""training.synthetic_digits: digits drawn from strokes, readable by a network that was not trained on them."""

from __future__ import annotations

import numpy as np
import pytest

from inkling.models import registry
from inkling.pipeline.classifier import Classifier
from inkling.training import stroke_forms, synthetic_digits


def test_every_digit_has_forms_within_the_square() -> None:
    assert {form.digit for form in stroke_forms.FORMS} == set(range(10))
    for form in stroke_forms.FORMS:
        assert 0 < form.width[0] < form.width[1] <= 1
        points = np.concatenate([stroke.points for stroke in form.strokes])
        assert points.min() >= 0
        assert points.max() <= 1
        assert np.ptp(points[:, 1]) > 0.85, f"a {form.digit} that does not fill its height: {form}"


def test_the_notation() -> None:
    form = stroke_forms.parsed(7, "30..60 - 0,2 100,0 40,100; ~ 30,50 95,47")
    assert form.width == (0.3, 0.6)
    assert [stroke.smooth for stroke in form.strokes] == [False, True]
    assert form.strokes[1].points == ((0.3, 0.5), (0.95, 0.47))
    assert stroke_forms.parsed(1, "- 50,0 50,100").width == stroke_forms.WIDTH


def test_no_labels_no_tiles() -> None:
    assert synthetic_digits.draw_digits(np.zeros(0, np.uint8), np.random.default_rng(0)).shape == (0, 28, 28)


def test_tiles_are_in_range_and_repeatable() -> None:
    labels = np.arange(40) % 10
    tiles = synthetic_digits.draw_digits(labels, np.random.default_rng(1))
    assert tiles.dtype == np.float32
    assert tiles.min() >= 0
    assert tiles.max() <= 1
    assert (tiles.sum((1, 2)) > 15).all()
    np.testing.assert_array_equal(tiles, synthetic_digits.draw_digits(labels, np.random.default_rng(1)))
    assert not np.array_equal(tiles[:10], tiles[10:20])


def test_a_pool_gives_different_drawings_of_the_digits_that_are_asked_for() -> None:
    pool = synthetic_digits.make_pool(6, np.random.default_rng(1))
    assert pool.shape == (10, 6, 28, 28)
    labels = np.repeat([7, 0, 3], 50)
    tiles = synthetic_digits.from_pool(pool, labels, np.random.default_rng(2))
    assert tiles.dtype == np.float32
    for digit in (7, 0, 3):
        found = {np.rint(tile * 255).astype(np.uint8).tobytes() for tile in tiles[labels == digit]}
        assert found == {drawing.tobytes() for drawing in pool[digit]}


def test_a_given_pen_draws_every_stroke_with_its_width() -> None:
    form = stroke_forms.parsed(1, "12..45 - 50,0 50,100")
    widths = [
        np.median(synthetic_digits.draw_form(form, np.random.default_rng(seed), pen=pen).sum(axis=1))
        for pen in (2, 6)
        for seed in range(5)
    ]
    assert max(widths[:5]) < 4.5 < min(widths[5:])


@pytest.mark.parametrize("digit", [0, 2, 3, 4, 5, 6, 8, 9])
def test_a_network_taught_by_people_reads_most_of_them(digit: int) -> None:
    tiles = synthetic_digits.draw_digits(np.full(60, digit), np.random.default_rng(digit))
    read = Classifier(registry.find("ann"))(tiles).argmax(1)  # trained only on MNIST
    assert (read == digit).mean() > 0.6


def test_a_curve_passes_through_its_points() -> None:
    points = np.array([[0.0, 0.0], [1.0, 0.5], [0.0, 1.0]])
    line = synthetic_digits.smooth_curve(points)
    for point in points:
        assert np.abs(line - point).sum(axis=1).min() < 1e-9
