"""benchmarks.accuracy.strings and answers: labels in file names, rates of answers, risk by coverage."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from benchmarks.accuracy import strings
from benchmarks.accuracy.answers import Answer, answer, risk_coverage, summary
from benchmarks.rendering.paper_rendering import clean, random_row
from inkling import Reader

Digits = tuple[np.ndarray, np.ndarray]


def answered(
    text: str, read: str, outcome: str = "read", confidence: float = 0.9, written: str | None = None
) -> Answer:
    return Answer(text, written, read, read, outcome, confidence, 0.002)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("407__a.png", "407"),
        ("04__01_m.png", "04"),
        ("94_x__1.png", "94"),
        ("1572-43890__page.jpg", "1572\n43890"),
        ("page.jpg", None),
        ("407_a.png", None),
        ("seven__a.png", None),
    ],
)
def test_a_label_is_the_digits_of_the_name(name: str, text: str | None) -> None:
    assert strings.text_of(Path(name)) == text


def test_the_shares_are_of_all_answers_and_of_those_called_read() -> None:
    given = [answered("12", "12"), answered("12", "13"), answered("12", "12", "unsure"), answered("12", "", "empty")]
    found = summary(given)
    assert (found["n"], found["exact"], found["read"], found["read_right"]) == (4, 0.5, 0.5, 0.5)
    assert found["read_wrong"] == 1
    assert "written" not in found


def test_a_lost_sign_is_wrong_where_signs_are_asked_for() -> None:
    found = summary([answered("314", "314", written="3.14")])
    assert (found["exact"], found["written"], found["read_right"]) == (1, 0, 0)


@pytest.mark.parametrize(("read", "rows"), [("12\n345", 1), ("345", 0.5), ("9\n12\n345", 1), ("345\n12", 0.5), ("", 0)])
def test_rows_count_in_their_order(read: str, rows: float) -> None:
    assert summary([answered("12\n345", read)])["rows"] == rows


def test_an_image_that_cannot_be_opened_is_an_answer(reader: Reader, tmp_path: Path) -> None:
    (tmp_path / "1__a.png").write_bytes(b"no image")
    assert answer(reader, tmp_path / "1__a.png", "1").outcome == "failed"


def test_risk_is_the_share_wrong_of_the_surest_answers() -> None:
    sure, less, least = answered("1", "1", confidence=0.9), answered("1", "7", confidence=0.5), answered("1", "1")
    tied = [sure, less, answered("2", "2", confidence=0.5)]
    assert risk_coverage(tied) == [(1 / 3, 0), (1, 1 / 3)]
    assert risk_coverage([sure, least]) == [(1, 0)]
    assert risk_coverage([]) == []


def test_each_folder_is_scored(reader: Reader, digits: Digits, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        ink, _ = random_row(digits, 3, rng)
        image = clean(ink, rng)
        cv2.imwrite(str(tmp_path / folder / f"{reader.read(image).text}__a.png"), image)
    cv2.imwrite(str(tmp_path / "two" / "99999__b.png"), image)
    output = CliRunner().invoke(strings.main, [str(tmp_path), "--list"], catch_exceptions=False).output
    assert [line.split()[1:3] for line in output.splitlines() if line.strip().startswith(("one", "all"))] == [
        ["1", "100.0%"],
        ["3", "66.7%"],
    ]
    assert "two/99999__b.png: '99999' read as" in output


def test_a_folder_without_labels_is_an_error(tmp_path: Path) -> None:
    found = CliRunner().invoke(strings.main, [str(tmp_path)])
    assert found.exit_code == 2
    assert "no picture named like" in found.output
