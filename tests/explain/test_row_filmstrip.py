"""The filmstrip steps of rows that were read as a whole."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from inkling.explain.annotate import as_drawn, draw_columns, draw_layout, draw_texts
from inkling.explain.filmstrip import filmstrip
from inkling.explain.render import LIGHT
from inkling.pipeline.layout import Layout
from inkling.pipeline.layout.records import Cell, Ignored, Row
from inkling.pipeline.reader import Trace
from inkling.pipeline.symbols import BLANK, CLASSES
from tests.explain.test_filmstrip import assert_each_is_a_picture_of_bounded_size
from tests.explain.test_row_occlusion import stems


def lit(image: np.ndarray, colour: tuple[int, int, int]) -> np.ndarray:
    """(h, w) bool: pixels of an image with nearly this color."""
    return np.asarray(np.abs(image.astype(int) - colour).sum(axis=2) < 10)


def longest_run(mask: np.ndarray) -> int:
    """The length of the longest horizontal line, in pixels."""
    edges = np.diff(np.pad(mask, ((0, 0), (1, 1))).astype(int)).ravel()
    return int((np.flatnonzero(edges < 0) - np.flatnonzero(edges > 0)).max())


@pytest.fixture(scope="module")
def trace() -> Trace:
    return stems(True, False, True)


def test_the_steps_in_order(trace: Trace) -> None:
    steps = filmstrip(trace)
    assert [step.name for step in steps] == ["image", "layout", "rows", "columns", "symbols", "texts", "answer"]
    assert_each_is_a_picture_of_bounded_size(steps[1:])


def test_without_a_row_there_is_the_layout_alone(trace: Trace) -> None:
    assert [step.name for step in filmstrip(replace(trace, rows=()))] == ["image", "layout", "answer"]


def test_many_rows_are_shown_up_to_a_limit(trace: Trace) -> None:
    captions = {step.name: step.caption for step in filmstrip(replace(trace, rows=trace.rows * 9))}
    assert "The first 6 of 9 rows" in captions["rows"]
    assert "The first 3 of 9 rows" in captions["columns"]


def test_a_layout_shows_rows_and_cells_and_what_is_left_out() -> None:
    ink = np.zeros((200, 400), np.float32)
    shift = np.array([[1.0, 0, 100], [0, 1, 50], [0, 0, 1]])
    cells = (Cell((10, 10, 40, 80), "written"), Cell((60, 10, 40, 80), "crossed_out"))
    row = Row(np.full((100, 200), 255, np.uint8), shift, cells)
    corners = np.array([[100, 50], [300, 50], [300, 150], [100, 150]])
    image = draw_layout(ink, Layout((row,), (Ignored("edge", (2, 2, 50, 190)),)), [corners], 400)
    blue, orange = lit(image, LIGHT.plus), lit(image, LIGHT.minus)
    assert blue[50:53, 110:290].any(axis=0).all(), "the row's upper edge"
    assert blue[60:140, 109:112].any(axis=1).all(), "a written cell"
    assert orange[62:138, 158:163].any(axis=1).all(), "a crossed-out cell"
    assert orange[10:180, 1:5].any(axis=1).all(), "the ignored edge"


def test_each_column_of_probabilities_stands_below_its_pixels() -> None:
    image = np.zeros((32, 40), np.float32)
    image[8:24, 16:20] = 1  # column 4
    probs = np.full((10, BLANK + 1), 0.0)
    probs[:, BLANK], probs[4, BLANK], probs[4, 3] = 1, 0, 1
    drawn = draw_columns(image, probs, [(4, 5)], [3], side=720)
    dark, blue = lit(drawn, LIGHT.ink), lit(drawn, LIGHT.plus)
    row_x, blue_x = np.flatnonzero(dark[:200].sum(axis=0) > 60), np.flatnonzero(blue.any(axis=0))
    assert blue.any()
    assert abs(row_x.min() - blue_x.min()) <= 4
    assert abs(row_x.max() - blue_x.max()) <= 4
    assert lit(drawn, LIGHT.minus).any(), "the frame around the symbol"


def test_texts_stand_above_each_other_with_their_shares() -> None:
    drawn = draw_texts([("407", 0.75), ("401", 0.25)], 480)
    best, second = (longest_run(lit(drawn, colour)) for colour in (LIGHT.plus, LIGHT.quiet))
    assert best == pytest.approx(3 * second, rel=0.1)


@pytest.mark.parametrize(("names", "drawn"), [(["4", ".", "5"], "4.5"), (["mark", "1"], "*1"), (["\u00a4", "9"], "$9")])
def test_texts_use_what_the_typeface_has(names: list[str], drawn: str) -> None:
    assert as_drawn([CLASSES.index(name) for name in names]) == drawn
