"""Rows as column probabilities, and decoding them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from inkling.pipeline.recognized_row import (
    LineRow,
    are_of_comb,
    decode_row,
    decode_row_as,
    glyph_row,
    greedy_text,
    of_one_view,
)
from inkling.pipeline.symbols import BLANK, CLASSES
from tests.pipeline.ctc_oracle import sharp_columns
from tests.pipeline.test_symbol_boxes import image_with


def line_row(written: str, *, pitch: int = 20, gaps: dict[int, int] | None = None, sure: float = 0.999) -> LineRow:
    """A row of symbols of 12 x 20 pixels, one per `pitch` pixels; `gaps`: extra space before the i-th; `#`: a mark."""
    x, boxes = 4, []
    for i in range(len(written)):
        x += (gaps or {}).get(i, 0)
        boxes.append((x, 6, 12, 20))
        x += pitch
    width = 4 * -(-(x + 4) // 4)
    columns = [BLANK] * (width // 4)
    for symbol, box in zip(written, boxes, strict=True):
        columns[(box[0] + 6) // 4] = CLASSES.index("mark" if symbol == "#" else symbol)
    return LineRow(sharp_columns(*columns, sure=sure), image_with(*boxes, w=width), np.diag([2.0, 3.0, 1.0]))


def test_a_row_is_read_with_its_signs_and_boxes() -> None:
    found = decode_row(line_row("-12.50", sure=0.99999))
    assert (found.written, found.text) == ("-12.50", "1250")
    assert [symbol.name for symbol in found.symbols] == list("-12.50")
    assert found.symbols[1].box == (48, 18, 24, 60)  # in pixels of the picture, scaled by 2 and 3 from the line image
    assert found.prob > 0.98
    assert found.symbols[1].confidence > 0.99
    assert found.symbols[1].probs[1] > 0.99
    assert found.symbols[0].not_digit > 0.99


def test_a_mark_is_a_symbol_but_not_written() -> None:
    found = decode_row(line_row("4#7"))
    assert (found.written, found.text, len(found.symbols)) == ("47", "47", 3)
    assert found.symbols[1].name == "mark"


def test_a_gap_wider_than_a_digit_and_a_half_separates_columns() -> None:
    assert decode_row(line_row("123456", gaps={3: 45})).written == "123\t456"
    assert decode_row(line_row("123456", gaps={3: 15})).written == "123456"


def cells_of(row: LineRow, groups: list[int], *, pad: int = 8) -> list[tuple[int, int, int, int]]:
    """Cells that enclose the given numbers of symbols."""
    boxes, cells = [symbol.box for symbol in decode_row(row).symbols], []
    for n in groups:
        (x, y, _, h), (x_last, _, w_last, _) = boxes[0], boxes[n - 1]
        cells.append((x - pad, y - 20, x_last + w_last - x + 2 * pad, h + 40))
        boxes = boxes[n:]
    return cells


@pytest.mark.parametrize(
    ("groups", "written"),
    [
        ([1, 1, 1, 1, 1, 1], "123456"),
        ([2, 1, 3], "12\t3\t456"),
        ([3, 3], "123\t456"),
        ([6], "123456"),
        ([], "123\t456"),
    ],
)
def test_cells_of_a_table_are_columns_and_those_of_a_comb_are_not(groups: list[int], written: str) -> None:
    row = line_row("123456", gaps={3: 45})
    assert decode_row(row).in_cells(cells_of(row, groups)).written == written


def test_wide_cells_with_one_digit_each_are_columns() -> None:
    row = line_row("68", gaps={1: 15})
    assert decode_row(row).in_cells([(0, 0, 70, 48), (70, 0, 70, 48)]).written == "6\t8"


def test_a_mark_in_a_cell_is_crossed_out() -> None:
    row = line_row("4#7#")
    found = decode_row(row).in_cells(cells_of(row, [1, 1, 1]))
    assert [symbol.name for symbol in found.symbols] == ["4", "crossed_out", "7", "mark"]


@pytest.mark.parametrize(("width", "expected"), [(40, True), (100, False)])
def test_the_cells_of_a_comb_are_narrow(width: int, expected: bool) -> None:
    assert are_of_comb([(0, 0, width, 50), (width, 0, width, 50)]) is expected
    assert not are_of_comb([])


def test_a_doubtful_digit_keeps_its_probabilities() -> None:
    row = line_row("407")
    column = int(np.flatnonzero(row.probs[:, 0] > 0.9)[0])
    row.probs[column, [0, 6, 10]] = 0.5, 0.3, 0.199
    digit = decode_row(row).symbols[1]
    assert digit.confidence == pytest.approx(0.5, abs=0.01)
    assert digit.probs[:7:6] == pytest.approx((0.625, 0.375), abs=0.01)
    assert digit.not_digit == pytest.approx(0.2, abs=0.01)


def test_symbols_lie_in_the_ink_that_is_written() -> None:
    row = line_row("47")
    image = row.image.copy()
    image[:, 2] = image[2] = 1.0  # a wall, and a ruled line above
    printed = replace(row, image=image, strokes=lambda: (row.image > 0).view(np.uint8))
    assert printed.boxes((4, 7)) == row.boxes((4, 7))


def test_the_best_texts_come_first() -> None:
    texts = decode_row(line_row("40", sure=0.9)).texts
    assert texts[0].text == (4, 0)
    assert [one.prob for one in texts] == sorted((one.prob for one in texts), reverse=True)


def test_a_row_can_be_read_as_another_text() -> None:
    row = line_row("407")
    found = decode_row_as(row, (4, 1, 7))
    assert (found.text, found.prob < 0.01) == ("417", True)
    assert found.symbols[1].confidence < 0.01
    assert [one.box for one in found.symbols] == [one.box for one in decode_row(row).symbols]


def test_digits_read_one_by_one_are_a_row_too() -> None:
    probs, boxes = np.eye(10)[[4, 4, 7]] * 0.8 + 0.02, [(0, 0, 10, 20), (12, 1, 10, 20), (24, 0, 9, 21)]
    found = decode_row(glyph_row(probs, np.array([0, 0.1, 0]), boxes))
    assert (found.text, found.written) == ("447", "447")
    assert [symbol.box for symbol in found.symbols] == boxes
    assert found.symbols[2].probs == pytest.approx(probs[2])
    assert found.symbols[1].not_digit == pytest.approx(0.1)
    assert found.prob == pytest.approx(0.82**3 * 0.9)


def test_nothing_in_a_row() -> None:
    blank = LineRow(sharp_columns(*[BLANK] * 8), np.zeros((32, 32), np.float32), np.eye(3))
    no_digits = glyph_row(np.zeros((0, 10)), np.zeros(0), [])
    for row in (blank, no_digits):
        found = decode_row(row)
        assert (found.symbols, found.text, found.written) == ((), "", "")
        assert found.prob > 0.9


def test_digits_are_judged_over_all_signs_that_may_stand_between_them() -> None:
    row = line_row("12.50", sure=0.9999)
    column = int(np.flatnonzero(row.probs[:, 10] > 0.9)[0])
    row.probs[column, [10, 11, BLANK]] = 0.5, 0.3, 0.19
    found = decode_row(row)
    assert (found.written, found.text) == ("12.50", "1250")
    assert found.prob > 0.97
    assert found.signs_prob == pytest.approx(0.5, abs=0.02)
    assert [one.text for one in found.texts][:1] == [(1, 2, 5, 0)]
    other = decode_row_as(row, (1, 2, 5, 0))
    assert (other.written, other.signs_prob) == ("1250", pytest.approx(0.19, abs=0.02))
    assert other.prob == pytest.approx(found.prob)


def test_a_text_is_as_probable_as_in_the_mean_of_all_views() -> None:
    row = line_row("407", sure=0.9999)
    column = int(np.flatnonzero(row.probs[:, 0] > 0.9)[0])
    row.probs[column, [0, 6]] = 0.4, 0.599
    assert decode_row(row).text == "467"
    view = line_row("407", pitch=24, sure=0.9999).probs
    found = decode_row(replace(row, more_views=lambda: [view, view]))
    assert found.text == "407"
    assert found.prob == pytest.approx((0.4 + 1 + 1) / 3, abs=0.02)
    assert [symbol.box for symbol in found.symbols] == [symbol.box for symbol in decode_row(row).symbols]
    zero = found.symbols[1]
    assert (zero.confidence, zero.probs.index(max(zero.probs))) == (pytest.approx(0.8, abs=0.02), 0)
    assert sum(zero.probs) == pytest.approx(1)


@pytest.mark.parametrize("written", ["", "7", "407", "-12.50", "11"])
def test_the_greedy_text_of_a_clear_row_is_the_best_one(written: str) -> None:
    row = line_row(written, sure=0.9999)
    greedy, best = greedy_text(row), of_one_view(row)[0]
    assert greedy.text == best.text
    assert greedy.prob == pytest.approx(best.prob)


def test_what_is_certain_needs_no_other_view() -> None:
    asked = []
    row = line_row("407", sure=0.9999)
    found = decode_row(replace(row, more_views=lambda: asked.append(1) or []))
    assert (found.text, asked) == ("407", [])


def test_a_text_that_does_not_fit_into_the_columns_is_not_taken_from_a_view() -> None:
    view = line_row("777").probs
    row = LineRow(sharp_columns(7, sure=0.6), np.zeros((32, 4), np.float32), np.eye(3), lambda: [view])
    assert decode_row(row).text == "7"
