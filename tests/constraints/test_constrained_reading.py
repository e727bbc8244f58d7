from pathlib import Path

import numpy as np
import pytest

from inkling import Reader
from inkling.constraints import constrained_reading
from inkling.constraints.constraints import parse_constraints
from inkling.pipeline.classifier import Prediction
from inkling.pipeline.hypothesis import Hypothesis
from inkling.pipeline.result import Reading, compose
from tests.constraints.numbers import hypothesis_of, sharp
from tests.pictures import row_of

SURE_AT = 0.8


def reading_of(one: Hypothesis, *, not_digit: list[float] | None = None, reject_at: float = 1.0) -> Reading:
    strange = np.zeros(len(one.probs), np.float32) if not_digit is None else np.array(not_digit, np.float32)
    judged = Prediction(one.probs, strange)
    return compose(judged, one.lines, sure_at=SURE_AT, reject_at=reject_at, size_wh=(400, 80))


def test_a_check_digit_settles_a_doubt() -> None:
    doubtful = sharp("79927398719", sure=0.999, doubt={10: (3, 0.9)})
    reading = reading_of(doubtful)
    assert reading.outcome == "unsure"
    found = constrained_reading.apply(reading, [doubtful], parse_constraints(check="luhn"), sure_at=SURE_AT)
    assert (found.reading.text, found.first) == ("79927398713", "79927398719")
    assert (found.reading.outcome, found.satisfied, found.changed) == ("read", True, True)
    assert found.reading.reason == "read first as 79927398719, changed to what is known."
    assert found.reading.digits[10].confidence > 0.9
    assert [digit.box for digit in found.reading.digits] == [digit.box for digit in reading.digits]
    constraint = found.to_json()["constraint"]
    assert constraint == {"satisfied": True, "changed": True, "first": "79927398719", "fits": round(found.fits, 6)}


def test_a_text_that_satisfies_is_kept() -> None:
    clear = sharp("79927398713", sure=0.999)
    found = constrained_reading.apply(reading_of(clear), [clear], parse_constraints(check="luhn"), sure_at=SURE_AT)
    assert (found.reading.outcome, found.changed, found.reading.reason) == ("read", False, "")
    assert found.reading.confidence > 0.999**11


def test_nothing_satisfies() -> None:
    clear = sharp("40", sure=0.999)
    found = constrained_reading.apply(reading_of(clear), [clear], parse_constraints(length="3"), sure_at=SURE_AT)
    assert (found.reading.text, found.reading.outcome, found.satisfied) == ("40", "unsure", False)
    assert found.reading.reason.startswith("2 digits found where 3 digits are expected")
    assert found.reading.digits == reading_of(clear).digits


def test_a_text_far_from_the_allowlist_is_never_sure(tmp_path: Path) -> None:
    """A number that is not listed is not taken for the nearest listed one."""
    path = tmp_path / "allowlist.csv"
    path.write_text("40799999\n12345678\n")
    unlisted = sharp("40711111", sure=0.999)
    found = constrained_reading.apply(reading_of(unlisted), [unlisted], parse_constraints(among=path), sure_at=SURE_AT)
    assert (found.reading.text, found.reading.outcome) == ("40799999", "unsure")
    assert "it looks like 40711111, and 40799999 is the nearest that agrees" in found.reading.reason
    assert found.reading.confidence < 0.01
    assert [digit.sure for digit in found.reading.digits] == [True] * 3 + [False] * 5


def test_a_doubt_that_remains_is_named() -> None:
    one = sharp("26", sure=0.999, doubt={1: (4, 0.9)})
    found = constrained_reading.apply(reading_of(one), [one], parse_constraints(pattern="2[46]"), sure_at=SURE_AT)
    assert found.reading.outcome == "unsure"
    assert found.reading.reason.startswith("digit 2 of 2 looks like 6 but could be 4")


def test_how_many_digits_may_stay_in_doubt() -> None:
    variants = [hypothesis_of(sharp("40", sure=0.999).probs), hypothesis_of(sharp("407", sure=0.999).probs)]
    found = constrained_reading.apply(
        reading_of(variants[0]), variants, parse_constraints(length="2-3"), sure_at=SURE_AT
    )
    assert found.reading.outcome == "unsure"
    assert "other numbers of digits agree" in found.reading.reason


def test_a_refused_component_may_be_the_missing_digit() -> None:
    marks = sharp("407", sure=0.999)
    reading = reading_of(marks, not_digit=[0.0, 0.0, 0.7], reject_at=0.6)
    assert (reading.text, len(reading.others)) == ("40", 1)
    variants = constrained_reading.with_optional_digits([marks], reading)
    assert [one.probs.shape for one in variants] == [(2, 10), (3, 10)]
    assert np.exp(variants[0].log_weight - variants[1].log_weight) == pytest.approx(0.7 / 0.3)
    two, three = (
        constrained_reading.apply(reading, variants, parse_constraints(length=n), sure_at=SURE_AT).reading
        for n in (2, 3)
    )
    assert (two.text, len(two.others), two.outcome) == ("40", 1, "unsure")
    assert (three.text, len(three.others)) == ("407", 0)
    assert three.digits[2].not_digit == pytest.approx(0.7)
    assert not three.digits[2].sure


def test_a_component_that_was_read_may_be_left_out() -> None:
    marks = sharp("4017", sure=0.999)
    reading = reading_of(marks, not_digit=[0.0, 0.0, 0.4, 0.02], reject_at=0.6)
    assert reading.text == "4017"
    variants = constrained_reading.with_optional_digits([marks], reading)
    assert [len(one.probs) for one in variants] == [4, 3, 3, 2]
    assert variants[0].probs is marks.probs
    three = constrained_reading.apply(reading, variants, parse_constraints(length=3), sure_at=SURE_AT).reading
    assert (three.text, three.outcome) == ("407", "unsure")
    assert [other.box for other in three.others] == [reading.digits[2].box]
    assert three.reason == "one mark was left out as no digit; check it by eye."
    assert (
        constrained_reading.apply(reading, variants, parse_constraints(length=4), sure_at=SURE_AT).reading.text
        == "4017"
    )


def test_a_hypothesis_keeps_at_least_one_component() -> None:
    one = sharp("4", sure=0.999)
    reading = reading_of(one, not_digit=[0.4], reject_at=0.6)
    assert [len(way.probs) for way in constrained_reading.with_optional_digits([one], reading)] == [1]


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
