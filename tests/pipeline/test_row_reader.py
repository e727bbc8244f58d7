"""Reading the rows of an image as a whole: clear digits and printed marks that any line network can read."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from inkling import Reader
from inkling.models import registry
from inkling.pipeline.decode import decode
from inkling.pipeline.row_reader import RowReader
from tests.pictures import row_of
from tests.pipeline.layout.pages import comb


@pytest.fixture(scope="module")
def row_reader(best_reader: Reader) -> RowReader:
    return RowReader(registry.line_recognizer(), best_reader.classify)


def test_blank_paper_has_no_rows(row_reader: RowReader) -> None:
    found = row_reader.read(decode(np.full((100, 200), 250, np.uint8)))
    assert (found.rows, found.reading.outcome) == ((), "empty")


def test_two_rows_of_digits_are_read_in_order(row_reader: RowReader, digits: tuple[np.ndarray, np.ndarray]) -> None:
    images, labels = digits
    chosen = [int(np.flatnonzero(labels == k)[0]) for k in range(10)]
    rows = [row_of([images[i] for i in part]) for part in (chosen[:5], chosen[5:])]
    width = max(row.shape[1] for row in rows)
    picture = np.vstack([np.pad(row, ((0, 0), (0, width - row.shape[1])), constant_values=255) for row in rows])
    found = row_reader.read(decode(picture))
    assert found.reading.text.count("\n") == 1
    read = found.reading.text.replace("\n", "")
    assert sum(a == b for a, b in zip(read, "0123456789", strict=False)) >= 8
    h, w = picture.shape
    for digit in found.reading.digits:
        x, y, width, height = digit.box
        assert 0 <= x < x + width <= w
        assert 0 <= y < y + height <= h


def test_boxes_are_in_pixels_of_the_picture_before_reduction(
    row_reader: RowReader, digits: tuple[np.ndarray, np.ndarray]
) -> None:
    row = row_of(list(digits[0][[0, 3]]))
    h, w = row.shape
    large = cv2.resize(row, (3600, round(3600 * h / w)), interpolation=cv2.INTER_LINEAR)
    decoded = decode(large)
    assert decoded.image.shape != large.shape
    boxes = [digit.box for digit in row_reader.read(decoded).reading.digits]
    own = [digit.box for digit in row_reader.read(decode(row)).reading.digits]
    np.testing.assert_allclose(boxes, np.array(own) * 3600 / w, atol=0.08 * 3600)
    assert len(boxes) == 2


def test_a_crossed_out_cell_is_named_and_none_of_the_digits(row_reader: RowReader) -> None:
    found = row_reader.read(decode(comb(["4", "x", "7", "1"])))
    assert found.reading.text == "471"
    assert [other.kind for other in found.reading.others] == ["crossed_out"]
    [row] = found.layout.rows
    assert [cell.state for cell in row.cells] == ["written", "crossed_out", "written", "written"]


def test_more_cells_than_an_answer_holds_are_not_read(row_reader: RowReader) -> None:
    table = np.full((900, 1400), 250, np.uint8)
    for x in range(20, 1400, 34):
        table[20:880, x : x + 2] = 0
    for y in range(20, 900, 34):
        table[y : y + 2, 20:1380] = 0
    for x in range(36, 1360, 34):
        for y in range(29, 860, 34):
            table[y : y + 20, x : x + 4] = 0
    found = row_reader.read(decode(table))
    assert found.rows == ()
    assert [warning.code for warning in found.reading.warnings] == ["many"]
