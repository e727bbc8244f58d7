"""Composing a reading from decoded rows."""

from __future__ import annotations

import json

import numpy as np
import pytest

from inkling.pipeline.recognized_row import DecodedRow, LineRow, decode_row
from inkling.pipeline.result import Other
from inkling.pipeline.row_result import compose_rows
from inkling.pipeline.symbols import BLANK
from tests.pipeline.ctc_oracle import random_columns
from tests.pipeline.test_recognized_row import line_row


def decoded(written: str, *, sure: float = 0.9999) -> DecodedRow:
    return decode_row(line_row(written, sure=sure))


def test_rows_become_a_reading_with_the_number_as_written() -> None:
    reading = compose_rows([decoded("-12.50"), decoded("7")], sure_at=0.9, size_wh=(300, 90))
    assert (reading.outcome, reading.text, reading.written) == ("read", "1250\n7", "-12.50\n7")
    assert [digit.digit for digit in reading.digits] == [1, 2, 5, 0, 7]
    assert [other.kind for other in reading.others] == ["minus", "point"]
    answer = json.loads(json.dumps(reading.to_json()))
    assert answer["written"] == "-12.50\n7"
    assert answer["others"][0] == {"kind": "minus", "box": [8, 18, 24, 60]}


def test_a_mark_makes_the_answer_unsure_and_is_told() -> None:
    reading = compose_rows([decoded("4#7")], sure_at=0.9, size_wh=(300, 90))
    assert (reading.outcome, reading.text, reading.written) == ("unsure", "47", "47")
    assert [other.kind for other in reading.others] == ["mark"]
    assert reading.reason.startswith("one mark was left out")


def test_what_is_explained_does_not_make_it_unsure() -> None:
    others = [Other("edge", (0, 0, 9, 90)), Other("crossed_out", (200, 0, 30, 30))]
    reading = compose_rows([decoded("407")], sure_at=0.9, size_wh=(300, 90), others=others)
    assert (reading.outcome, reading.others) == ("read", tuple(others))


def test_a_text_that_may_be_another_is_unsure_though_each_digit_is_sure() -> None:
    row = line_row("407", sure=0.9999)
    row.probs[1] = 0.0
    row.probs[1, [4, BLANK]] = 0.5  # either one 4 continues here, or a second one begins after it
    row.probs[2] = row.probs[0]
    row.probs[3] = 0.0
    row.probs[3, 4] = 1.0
    reading = compose_rows([decode_row(row)], sure_at=0.9, size_wh=(300, 90))
    assert reading.outcome == "unsure"
    assert all(digit.sure for digit in reading.digits)
    assert "4407" in reading.reason
    assert "looks like" in reading.reason


@pytest.mark.parametrize(
    ("rows", "outcome"), [([], "empty"), (["-"], "not_digit"), (["#"], "not_digit"), (["", ""], "empty")]
)
def test_without_digits(rows: list[str], outcome: str) -> None:
    reading = compose_rows([decoded(row) for row in rows], sure_at=0.9, size_wh=(300, 90))
    assert (reading.outcome, reading.text, reading.written, reading.confidence) == (outcome, "", "", 0.0)


@pytest.mark.parametrize("sure", [0.9999, 0.999, 0.99, 0.95])
@pytest.mark.parametrize("written", ["4#7", "407", "12/03/2024"])
def test_the_outcome_and_the_number_never_contradict(sure: float, written: str) -> None:
    reading = compose_rows([decoded(written, sure=sure)], sure_at=0.9, size_wh=(300, 90))
    assert (reading.outcome == "read") == (reading.confidence >= 0.9)


@pytest.mark.parametrize("seed", range(20))
def test_the_outcome_and_the_number_agree_on_anything(seed: int) -> None:
    columns = random_columns(seed, 8, 22, sharpness=60)
    view = random_columns(seed + 100, 8, 22, sharpness=60)
    row = LineRow(columns, np.zeros((32, 32), np.float32), np.eye(3), lambda: [columns, view])
    reading = compose_rows([decode_row(row)], sure_at=0.4, size_wh=(32, 32))
    assert (reading.outcome == "read") == (reading.confidence >= 0.4)
    assert all(digit.confidence >= reading.confidence - 1e-6 for digit in reading.digits)


def test_unclear_signs_make_the_answer_unsure() -> None:
    row = line_row("12.50", sure=0.9999)
    column = int(np.flatnonzero(row.probs[:, 10] > 0.9)[0])
    row.probs[column, [10, 11, BLANK]] = 0.4, 0.3, 0.29
    reading = compose_rows([decode_row(row)], sure_at=0.9, size_wh=(300, 90))
    assert (reading.outcome, reading.written) == ("unsure", "12.50")
    assert "signs in 12.50 are unclear" in reading.reason
    assert reading.confidence < 0.9


def test_boxes_end_at_the_border_of_the_image() -> None:
    reading = compose_rows([decoded("407")], sure_at=0.9, size_wh=(40, 50))
    for digit in reading.digits:
        x, y, w, h = digit.box
        assert 0 <= x < x + w <= 40
        assert 0 <= y < y + h <= 50
