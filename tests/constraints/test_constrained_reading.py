"""Readings under constraints."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from inkling import Reader
from inkling.constraints import constrained_reading
from inkling.constraints.constrained_reading import ConstrainedReading, apply
from inkling.constraints.constraints import parse_constraints
from inkling.pipeline.prefix_search import ScoredText
from inkling.pipeline.recognized_row import DecodedRow, decode_row
from inkling.pipeline.result import Other, Reading
from inkling.pipeline.row_result import compose_rows
from tests.constraints.columns import row_of_digits, sharp
from tests.pictures import row_of
from tests.pipeline.test_recognized_row import line_row

SURE_AT = 0.8


def reading_of(*rows: DecodedRow, others: list[Other] | None = None) -> Reading:
    return compose_rows(rows, sure_at=SURE_AT, size_wh=(400, 80), others=others or [])


def constrained(*rows: DecodedRow, others: list[Other] | None = None, **stated: str | Path) -> ConstrainedReading:
    constraints = parse_constraints(**stated)  # type: ignore[arg-type]
    return apply(reading_of(*rows, others=others), rows, constraints, sure_at=SURE_AT)


def test_a_check_digit_settles_a_doubt() -> None:
    doubtful = row_of_digits(sharp("79927398719", sure=0.999, doubt={10: (3, 0.9)}))
    reading = reading_of(doubtful)
    assert reading.outcome == "unsure"
    found = constrained(doubtful, check="luhn")
    assert (found.reading.text, found.reading.written, found.first) == ("79927398713", "79927398713", "79927398719")
    assert (found.reading.outcome, found.satisfied, found.changed) == ("read", True, True)
    assert found.reading.reason == "first read as 79927398719, changed to satisfy the constraints."
    assert found.reading.digits[10].confidence > 0.9
    assert [digit.box for digit in found.reading.digits] == [digit.box for digit in reading.digits]
    constraint = found.to_json()["constraint"]
    assert constraint == {"satisfied": True, "changed": True, "first": "79927398719", "fits": round(found.fits, 6)}


def test_a_text_that_satisfies_is_kept() -> None:
    found = constrained(row_of_digits(sharp("79927398713", sure=0.999)), check="luhn")
    assert (found.reading.outcome, found.changed, found.reading.reason) == ("read", False, "")
    assert found.reading.confidence > 0.999**11


@pytest.mark.parametrize(
    ("stated", "says"),
    [
        ({"length": "3"}, "2 digits found instead of 3 digits"),
        ({"length": "3-4"}, "2 digits found instead of 3 to 4 digits"),
        ({"pattern": "[0-9]{5}"}, "2 digits found, but no similar number fits [0-9]{5}"),
        ({"check": "ean"}, "no way to read these 2 digits passes ean"),
    ],
)
def test_nothing_satisfies(stated: dict[str, str], says: str) -> None:
    clear = row_of_digits(sharp("40", sure=0.999))
    found = constrained(clear, **stated)
    assert (found.reading.text, found.reading.outcome, found.satisfied, found.fits) == ("40", "unsure", False, 0.0)
    assert found.reading.reason.startswith(says)
    assert found.reading.digits == reading_of(clear).digits


def test_a_text_far_from_the_allowlist_is_never_sure(tmp_path: Path) -> None:
    """An unlisted number is not confidently read as the nearest listed one."""
    path = tmp_path / "allowlist.csv"
    path.write_text("40799999\n12345678\n")
    found = constrained(row_of_digits(sharp("40711111", sure=0.999)), among=path)
    assert (found.reading.text, found.reading.outcome) == ("40799999", "unsure")
    assert "it looks like 40711111, and 40799999 is the closest that satisfies" in found.reading.reason
    assert found.reading.confidence < 0.01
    assert [digit.sure for digit in found.reading.digits] == [True] * 3 + [False] * 5


def test_a_small_fit_to_a_list_that_is_hardly_met_by_chance_is_enough(tmp_path: Path) -> None:
    path = tmp_path / "numbers.csv"
    path.write_text("40712345\n99999999\n")
    doubtful = row_of_digits(sharp("40712346", sure=0.999, doubt={7: (5, 0.01)}))
    found = constrained(doubtful, among=path)
    assert (found.reading.text, found.reading.outcome) == ("40712345", "read")
    assert found.fits < 0.02
    mark = Other("mark", (250, 0, 30, 40))
    assert constrained(doubtful, among=path, others=[mark]).reading.outcome == "read"
    assert constrained(doubtful, pattern="40712345", others=[mark]).reading.outcome == "unsure"


def test_a_doubt_that_remains_is_named() -> None:
    found = constrained(row_of_digits(sharp("26", sure=0.999, doubt={1: (4, 0.9)})), pattern="2[46]")
    assert found.reading.outcome == "unsure"
    assert found.reading.reason.startswith("digit 2 of 2 looks like 6 but could be 4")


def test_a_second_opinion_is_asked_about_the_texts_that_are_possible() -> None:
    """The judge prefers the 4. It is called only for texts that are possible and not certain."""
    asked: list[ScoredText] = []

    def judge(texts: Sequence[ScoredText]) -> list[ScoredText]:
        asked.extend(texts)
        total = sum(one.prob for one in texts)
        known = [ScoredText(one.text, total * (0.95 if one.text == (2, 4) else 0.01)) for one in texts]
        return sorted(known, key=lambda one: -one.prob)

    row = row_of_digits(sharp("26", sure=0.999, doubt={1: (4, 0.9)}))
    found = constrained(replace(row, judge=judge), pattern="2[46]")
    assert (found.reading.text, found.reading.outcome) == ("24", "read")
    assert {one.text for one in asked} == {(2, 4), (2, 6)}
    asked.clear()
    assert constrained(replace(row, judge=judge), pattern="26").reading.text == "26"
    assert not asked


def test_the_classifier_is_asked_where_only_what_is_known_makes_a_text_certain() -> None:
    asked: list[ScoredText] = []

    def judge(texts: Sequence[ScoredText]) -> list[ScoredText]:
        asked.extend(texts)
        return list(texts)

    row = replace(row_of_digits(sharp("264", sure=0.999, doubt={1: (7, 0.03), 2: (8, 0.1)})), judge=judge)
    found = constrained(row, pattern="2[5-7]4")
    assert (found.reading.text, found.reading.outcome) == ("264", "read")
    assert {one.text for one in asked} == {(2, 6, 4), (2, 7, 4)}


def test_how_many_digits_may_stay_in_doubt() -> None:
    found = constrained(row_of_digits(sharp("407", sure=0.999), [0, 0, 0.45]), length="2-3")
    assert (found.reading.text, found.reading.outcome) == ("407", "unsure")
    assert "other lengths satisfy" in found.reading.reason


def test_a_refused_digit_may_be_the_missing_one() -> None:
    marks = row_of_digits(sharp("407", sure=0.999), [0.0, 0.0, 0.7])
    reading = reading_of(marks)
    assert (reading.text, [other.kind for other in reading.others]) == ("40", ["refused"])
    two, three = (constrained(marks, length=n).reading for n in ("2", "3"))
    assert (two.text, len(two.others), two.outcome) == ("40", 1, "unsure")
    assert two.reason == "one mark was left out as not a digit; check it by eye."
    assert (three.text, len(three.others)) == ("407", 0)
    assert three.digits[2].not_digit < 0.01, "of three digits, the third is one"
    assert (three.digits[2].sure, three.outcome) == (True, "read")


def test_what_was_read_may_be_left_out() -> None:
    marks = row_of_digits(sharp("4017", sure=0.999), [0.0, 0.0, 0.4, 0.02])
    assert reading_of(marks).text == "4017"
    three = constrained(marks, length="3").reading
    assert (three.text, three.outcome) == ("407", "unsure")
    assert [other.box for other in three.others] == [reading_of(marks).digits[2].box]


def test_the_number_of_several_rows_is_one() -> None:
    rows = row_of_digits(sharp("40")), row_of_digits(sharp("7", doubt={0: (1, 0.9)}), y=50)
    found = constrained(*rows, pattern="401")
    assert (found.reading.text, found.reading.written, found.changed) == ("40\n1", "40\n1", True)
    assert [digit.box[1] for digit in found.reading.digits] == [0, 0, 50]


def test_signs_stay_where_the_constraint_does_not_name_them() -> None:
    row = decode_row(line_row("-12.50", sure=0.9999))
    found = constrained(row, length="4")
    assert (found.reading.text, found.reading.written) == ("1250", "-12.50")
    assert [other.kind for other in found.reading.others] == ["minus", "point"]
    assert found.reading.outcome == "read"


def test_a_pattern_that_names_signs_chooses_among_them() -> None:
    row = line_row("12.50", sure=0.9999)
    column = int(np.flatnonzero(row.probs[:, 10] > 0.9)[0])
    row.probs[column, [10, 11]] = 0.55, 0.449
    assert decode_row(row).written == "12.50"
    found = constrained(decode_row(row), pattern=r"\d+,\d\d")
    assert (found.reading.written, found.reading.outcome, found.changed) == ("12,50", "read", True)
    assert constrained(decode_row(row), pattern=r"\d+%").reading.outcome != "read"


def test_ink_that_no_row_explains_keeps_the_answer_unsure() -> None:
    row = row_of_digits(sharp("407", sure=0.9999))
    mark, edge = Other("mark", (200, 0, 30, 40)), Other("edge", (390, 0, 10, 80))
    found = constrained(row, others=[mark, edge], length="3")
    assert (found.reading.outcome, found.reading.others) == ("unsure", (mark, edge))
    assert found.reading.confidence < SURE_AT
    assert constrained(row, others=[edge], length="3").reading.outcome == "read"


def test_a_whole_image(reader: Reader, digits: tuple[np.ndarray, np.ndarray], tmp_path: Path) -> None:
    images, labels = digits
    picture = row_of([images[i] for i in (5, 6, 7)])
    truth = "".join(str(labels[i]) for i in (5, 6, 7))
    assert reader.read(picture).text == truth
    found = constrained_reading.read(reader, picture, parse_constraints(length=3))
    assert (found.reading.text, found.satisfied, found.changed) == (truth, True, False)
    other = truth[:2] + str((int(truth[2]) + 1) % 10)
    path = tmp_path / "allowlist.csv"
    path.write_text(f"{other}\n")
    found = constrained_reading.read(reader, picture, parse_constraints(among=path))
    assert (found.reading.text, found.changed, found.first) == (other, True, truth)
    assert found.reading.outcome == "unsure"


def test_no_ink_stays_empty(reader: Reader) -> None:
    found = constrained_reading.read(reader, np.full((60, 60), 255, np.uint8), parse_constraints(length=3))
    assert (found.reading.outcome, found.satisfied, found.first) == ("empty", False, "")
