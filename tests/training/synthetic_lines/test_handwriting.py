"""The writing of synthetic lines: one writer per line."""

from __future__ import annotations

import dataclasses
from itertools import pairwise

import numpy as np
import pytest

from inkling.pipeline.symbols import CLASSES
from inkling.training.synthetic_lines import handwriting
from inkling.training.synthetic_lines.handwriting import HEIGHT, DigitImages, Glyph, Hand, join, paste, write


@pytest.mark.parametrize("seed", range(5))
def test_symbols_are_written_from_left_to_right(seed: int, digit_images: DigitImages) -> None:
    rng = np.random.default_rng(seed)
    glyphs = write(list(CLASSES), Hand.random(rng), digit_images, rng)
    assert [glyph.symbol for glyph in glyphs] == list(CLASSES)
    assert glyphs[0].x == 0
    for left, right in pairwise(glyphs):
        assert right.x > left.x - 0.2 * HEIGHT  # a point may be partly below the digit
    for glyph in glyphs:
        assert glyph.ink.dtype == np.float32
        assert glyph.ink.min() >= 0
        assert 0.3 < glyph.ink.max() <= 1
        assert glyph.ink.shape[0] < 2 * HEIGHT


def test_a_gap_leaves_room_and_has_no_glyph(digit_images: DigitImages) -> None:
    rng = np.random.default_rng(0)
    hand = dataclasses.replace(Hand.random(rng), gap=0.0, gap_spread=0.0)
    for text, least in ((["4", "4"], 0.0), (["4", " ", "4"], 0.35 * HEIGHT)):
        left, right = write(text, hand, digit_images, rng)
        assert least - 1 <= right.x - left.ink.shape[1] <= 5 * least


def test_a_slope_moves_the_line_down(digit_images: DigitImages) -> None:
    level, falling = (
        write(list("8888"), Hand.random(rng), digit_images, rng, slope=slope)
        for rng, slope in ((np.random.default_rng(3), 0.0), (np.random.default_rng(3), 0.2))
    )
    for a, b in zip(level, falling, strict=True):
        assert b.y - a.y == pytest.approx(0.2 * a.x, abs=1)


def test_a_writer_keeps_the_form_of_a_digit(digit_images: DigitImages, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handwriting, "SAME_FORM", 1.0)
    monkeypatch.setattr(handwriting, "DRAWN", 1.0)
    rng = np.random.default_rng(0)
    hand = Hand.random(rng)
    write(["4"], hand, digit_images, rng)
    form = hand.forms[4]
    write(["4"] * 9, hand, digit_images, rng)
    assert form is not None
    assert hand.forms == {4: form}


@pytest.mark.parametrize(
    ("x", "y", "rows", "columns"),
    [
        (2, 1, [1, 2], [2, 3, 4]),
        (-1, -1, [0], [0, 1]),  # beyond the corner
        (8, 5, [5], [8, 9]),
        (20, 0, [], []),
        (0, -7, [], []),
    ],
)
def test_ink_outside_the_canvas_is_lost(x: int, y: int, rows: list[int], columns: list[int]) -> None:
    canvas = np.zeros((6, 10), np.float32)
    paste(canvas, np.ones((2, 3), np.float32), x, y)
    assert np.flatnonzero(canvas.any(axis=1)).tolist() == rows
    assert np.flatnonzero(canvas.any(axis=0)).tolist() == columns


def test_ink_only_darkens() -> None:
    canvas = np.full((2, 2), 0.6, np.float32)
    paste(canvas, np.array([[0.2, 0.9]], np.float32), 0, 0)
    np.testing.assert_array_equal(canvas, np.float32([[0.6, 0.9], [0.6, 0.6]]))


def test_digits_are_joined_and_signs_are_not(digit_images: DigitImages, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    hand = Hand.random(rng)
    monkeypatch.setattr(handwriting, "JOINED_ZEROS", 1.0)
    ink = np.ones((HEIGHT, 20), np.float32)
    for left, right, joined in (("0", "0", True), ("0", "-", False), ("(", "0", False)):
        canvas = np.zeros((2 * HEIGHT, 80), np.float32)
        join(canvas, [Glyph(left, ink, 0, 0), Glyph(right, ink, 24, 0)], hand, rng, at_xy=(10, 10))
        assert canvas.any() == joined
