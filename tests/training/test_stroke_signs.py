"""training.stroke_signs: the signs between digits, and their position in the line."""

from __future__ import annotations

import numpy as np
import pytest

from inkling.training.stroke_signs import KINDS, Sign, draw_sign

HEIGHT = 40


def drawn(kind: str, n: int = 60, pen: float = 3) -> list[Sign]:
    rng = np.random.default_rng(0)
    return [draw_sign(kind, rng, height=HEIGHT, pen=pen) for _ in range(n)]


@pytest.mark.parametrize("kind", KINDS)
def test_a_sign_is_a_tight_crop_of_ink_and_repeatable(kind: str) -> None:
    signs = drawn(kind)
    for sign, again in zip(signs, drawn(kind), strict=True):
        np.testing.assert_array_equal(sign.ink, again.ink)
        assert sign.ink.dtype == np.float32
        assert sign.ink.max() == 1
        assert min(sign.ink[0].max(), sign.ink[-1].max(), sign.ink[:, 0].max(), sign.ink[:, -1].max()) > 0
    assert len({sign.ink.tobytes() for sign in signs}) > 50


@pytest.mark.parametrize(
    ("kind", "top", "bottom"),  # typical values, in digit heights from the top of the digits
    [
        (".", 0.84, 0.97),
        (",", 0.9, 1.25),
        ("-", 0.45, 0.57),
        ("+", 0.25, 0.8),
        ("/", -0.1, 1.15),
        (":", 0.35, 0.95),
        ("%", 0.05, 1.0),
        ("(", -0.1, 1.15),
        (")", -0.1, 1.15),
        ("¤", 0.0, 1.05),
    ],
)
def test_signs_stand_where_people_put_them(kind: str, top: float, bottom: float) -> None:
    signs = drawn(kind)
    assert np.median([sign.top for sign in signs]) / HEIGHT == pytest.approx(top, abs=0.1)
    assert np.median([sign.top + len(sign.ink) for sign in signs]) / HEIGHT == pytest.approx(bottom, abs=0.1)


def test_a_point_is_small_and_a_minus_is_wide() -> None:
    assert max(max(sign.ink.shape) for sign in drawn(".")) < HEIGHT / 3
    assert all(0.2 * HEIGHT < sign.ink.shape[1] < HEIGHT for sign in drawn("-"))


def test_a_wider_pen_leaves_more_ink() -> None:
    thin, thick = (np.mean([sign.ink.sum() for sign in drawn("/", pen=pen)]) for pen in (2, 6))
    assert thick > 2 * thin


def test_an_unknown_kind() -> None:
    with pytest.raises(KeyError):
        draw_sign("@", np.random.default_rng(0), height=HEIGHT, pen=3)
