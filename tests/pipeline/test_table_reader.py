"""Reading the cells of tables with the packaged networks."""

from __future__ import annotations

import cv2
import numpy as np

from inkling import Reader
from tests.pictures import row_of, table_of
from tests.pipeline.layout.pages import blank, comb

Digits = tuple[np.ndarray, np.ndarray]


def test_a_picture_without_a_grid_has_no_tables(best_reader: Reader, digits: Digits) -> None:
    assert best_reader.read_cells(blank(200, 200)) == []
    assert best_reader.read_cells(row_of(list(digits[0][:3]))) == []


def test_cells_of_one_digit_and_of_several(best_reader: Reader, digits: Digits) -> None:
    [table] = best_reader.read_cells(table_of(digits, [["7", "", "12"], ["305", "9", ""]]))
    assert (table.rows, table.columns) == (2, 3)
    assert [(cell.row, cell.column) for cell in table.cells] == [(r, c) for r in (1, 2) for c in (1, 2, 3)]
    assert table.written() == [["7", "", "12"], ["305", "9", ""]]
    assert [cell.outcome for cell in table.cells if not cell.text] == ["empty", "empty"]
    assert table.cells[0].outcome == "read"
    assert table.cells[0].confidence > 0.9


def test_boxes_are_in_pixels_of_the_picture(best_reader: Reader, digits: Digits) -> None:
    picture = table_of(digits, [["7", "2"], ["4", "9"]])
    large = cv2.resize(picture, None, fx=7, fy=7, interpolation=cv2.INTER_LINEAR)
    [table] = best_reader.read_cells(large)
    np.testing.assert_allclose(table.box, np.array([30, 30, 300, 180]) * 7, atol=30)
    np.testing.assert_allclose(table.cells[3].box, np.array([180, 120, 150, 90]) * 7, atol=30)


def test_a_crossed_out_cell_is_none_of_the_numbers(best_reader: Reader) -> None:
    [table] = best_reader.read_cells(comb(["x", "", "x"]))
    assert [(cell.outcome, cell.text) for cell in table.cells] == [
        ("crossed_out", ""),
        ("empty", ""),
        ("crossed_out", ""),
    ]


def test_the_json_holds_every_field(best_reader: Reader, digits: Digits) -> None:
    [table] = best_reader.read_cells(table_of(digits, [["7", ""]]))
    content = table.to_json()
    assert set(content) == {"rows", "columns", "box", "cells"}
    assert content["cells"][0] | {"confidence": 1, "box": []} == {
        "row": 1, "column": 1, "row_span": 1, "column_span": 1, "outcome": "read", "text": "7", "written": "7",
        "confidence": 1, "box": [],
    }  # fmt: skip
