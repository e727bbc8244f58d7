"""Combs: the contents of cells, crossed-out cells, and printed frames."""

from __future__ import annotations

import numpy as np
import pytest

from inkling.pipeline.symbols import MARK
from inkling.training.synthetic_lines import cells
from inkling.training.synthetic_lines.cells import MAX_CELLS, Comb, draw_frames, fill
from inkling.training.synthetic_lines.handwriting import HEIGHT, DigitImages, Hand


def comb_of(symbols: str, seed: int, digit_images: DigitImages) -> Comb:
    rng = np.random.default_rng(seed)
    return fill(list(symbols), Hand.random(rng), digit_images, rng)


@pytest.mark.parametrize("seed", range(20))
def test_each_symbol_stands_in_a_cell_of_its_own(seed: int, digit_images: DigitImages) -> None:
    comb = comb_of("12345", seed, digit_images)
    middles = [glyph.x + glyph.ink.shape[1] / 2 for glyph in comb.glyphs]
    inside = [[i for i, (left, right) in enumerate(comb.cells) if left <= x < right] for x in middles]
    numbers = [i for [i] in inside]
    assert numbers == list(range(numbers[0], numbers[0] + 5))
    assert "".join(glyph.symbol for glyph in comb.glyphs) == "12345"
    assert len(comb.cells) <= MAX_CELLS


@pytest.mark.parametrize(("share", "crossed_out"), [(0.0, False), (1.0, True)])
def test_a_crossed_out_cell_is_a_mark(
    share: float, crossed_out: bool, digit_images: DigitImages, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cells, "CROSSED_OUT", share)
    n_empty = 0
    for seed in range(20):
        comb = comb_of("70", seed, digit_images)
        empty = len(comb.cells) - 2
        n_empty += empty
        assert comb.symbols.count(MARK) == (empty if crossed_out else 0)
        assert "".join(symbol for symbol in comb.symbols if symbol != MARK) == "70"
        assert bool(comb.crosses) == (crossed_out and empty > 0)
        written = {
            i
            for i, (left, right) in enumerate(comb.cells)
            for glyph in comb.glyphs
            if left <= glyph.x + glyph.ink.shape[1] / 2 < right
        }
        for stroke in comb.crosses:
            x, y = stroke.mean(axis=0)
            [cell] = [i for i, (left, right) in enumerate(comb.cells) if left <= x <= right]
            assert cell not in written
            assert comb.top < y < comb.bottom
    assert n_empty > 5


def test_what_does_not_fit_into_the_cells_is_not_written(digit_images: DigitImages) -> None:
    for seed in range(5):
        comb = comb_of("1234567890" * 2, seed, digit_images)
        assert len(comb.cells) == MAX_CELLS
        assert len(comb.symbols) <= MAX_CELLS


@pytest.mark.parametrize("kind", ["closed", "ticks", "dotted", "rounded", "double", "underscores", "open"])
def test_frames_are_printed_at_the_cells(kind: str, digit_images: DigitImages, monkeypatch: pytest.MonkeyPatch) -> None:
    comb = comb_of("123", 1, digit_images)
    rng = np.random.default_rng(0)

    class FixedKind:
        def choice(self, kinds: list[str], p: list[float]) -> str:
            assert kind in kinds
            return kind

        def __getattr__(self, name: str) -> object:
            return getattr(rng, name)

    at_xy = (HEIGHT, HEIGHT)
    canvas = np.zeros((3 * HEIGHT, comb.cells[-1][1] + 2 * HEIGHT), np.float32)
    draw_frames(canvas, comb, FixedKind(), at_xy=at_xy)  # type: ignore[arg-type]
    assert set(np.unique(canvas)) == {0.0, 1.0}
    y, x = np.nonzero(canvas)
    assert abs(y.max() - (at_xy[1] + comb.bottom)) <= 3
    assert abs(x.min() - at_xy[0]) <= 8
    assert abs(x.max() - (at_xy[0] + comb.cells[-1][1])) <= 8
    left, right = comb.cells[1]
    inner = canvas[at_xy[1] + comb.top + 12 : at_xy[1] + comb.bottom - 12, at_xy[0] + left + 9 : at_xy[0] + right - 9]
    assert not inner.any(), "ink inside an empty cell"
