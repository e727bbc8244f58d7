"""benchmarks.accuracy.paper: the pictures match their texts, and the command scores them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from benchmarks.accuracy import paper, strings
from benchmarks.accuracy.answers import Answer
from benchmarks.rendering import paper_sets, printed_sheet
from benchmarks.rendering.desk_photos import SIZE_WH
from benchmarks.rendering.written_numbers import SIGNS, Writer, digits_of

Digits = tuple[np.ndarray, np.ndarray]
KINDS = [(name, kind) for name, kinds in paper.EVERY.items() for kind in kinds]


def drawn(name: str, kind: str, digits: Digits, n: int = 1) -> list[paper_sets.Picture]:
    return list(paper_sets.pictures(name, kind, paper.EVERY[name][kind], digits, n))


@pytest.mark.parametrize(("name", "kind"), [each for each in KINDS if each[0] not in ("photos", paper.NOTHING)])
def test_every_kind_gives_a_picture_with_its_text(name: str, kind: str, digits: Digits) -> None:
    (picture,) = drawn(name, kind, digits)
    assert picture.image.dtype == np.uint8
    assert picture.image.std() > 3
    assert picture.text.replace("\n", "").isdigit()
    assert picture.written is None or digits_of(picture.written) == picture.text


@pytest.mark.slow
@pytest.mark.parametrize("kind", paper.EVERY[paper.NOTHING])
def test_pages_without_a_number_have_no_text(kind: str, digits: Digits) -> None:
    (picture,) = drawn(paper.NOTHING, kind, digits)
    assert picture.text == ""
    assert picture.image.std() > 3


@pytest.mark.slow
@pytest.mark.parametrize("kind", paper.EVERY["photos"])
def test_a_photograph_has_ten_megapixels_and_one_to_three_rows(kind: str, digits: Digits) -> None:
    (picture,) = drawn("photos", kind, digits)
    assert picture.image == drawn("photos", kind, digits)[0].image
    image = cv2.imdecode(np.frombuffer(picture.image, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert image.size == SIZE_WH[0] * SIZE_WH[1]
    assert 1 <= len(picture.text.split("\n")) <= 3


@pytest.mark.parametrize("kind", ["joined, scanned", "joined, photographed"])
def test_a_picture_depends_on_its_number_alone(kind: str, digits: Digits) -> None:
    one, two = drawn("boxes", kind, digits, 1), drawn("boxes", kind, digits, 2)
    assert np.array_equal(one[0].image, two[0].image)
    assert two[0].text != two[1].text


def test_cells_that_are_empty_or_crossed_out_are_not_in_the_text(digits: Digits) -> None:
    assert len(drawn("forms", "comb, full", digits)[0].text) == 9
    assert all(4 < len(drawn("forms", f"comb, {state}", digits)[0].text) < 9 for state in ("empty", "crossed out"))


@pytest.mark.parametrize("sign", [".", ",", "-", "+", "/", ":", "%", "(", ")", "¤"])
def test_a_sign_is_ink_beside_the_digit(sign: str, digits: Digits) -> None:
    writer = Writer(digits, np.random.default_rng(1), height=60)
    number = writer.write(f"7{sign}")
    columns = np.flatnonzero(number.ink.max(axis=0) > 0.5)
    assert np.diff(columns).max() > 2  # a gap between the digit and the sign
    assert 50 < number.height == writer.height


def test_every_sign_of_the_set_can_be_drawn() -> None:
    rng = np.random.default_rng(0)
    for make in paper_sets.NUMBERS_WITH_SIGN.values():
        assert {each for each in make(rng) if not each.isdigit()} <= {*SIGNS, "¤"}


def test_digits_stand_on_the_base_line(digits: Digits) -> None:
    number = Writer(digits, np.random.default_rng(0), height=80).write("00000")
    assert abs(len(number.ink) - number.baseline) < 12


def test_turning_keeps_the_size_and_the_middle() -> None:
    image = np.zeros((40, 60, 3), np.float32)
    image[18:22, 28:32] = 200
    turned = printed_sheet.turn(image, 30)
    assert turned.shape == image.shape
    assert turned[20, 30, 0] > 150


def test_light_is_never_more_than_full_and_never_night() -> None:
    for seed in range(20):
        shade = printed_sheet.light((80, 120), np.random.default_rng(seed))
        assert shade.shape == (80, 120, 3)
        assert 0.1 < shade.min() <= shade.max() < 1.05


def test_the_command_scores_sets_and_leaves_the_file_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, digits: Digits
) -> None:
    monkeypatch.setattr(paper, "mnist_digits", lambda split: digits)
    out = tmp_path / "paper.json"
    arguments = ["--sets", "plain", "--n", "1", "--model", "ann-tutorial", "--out", str(out), "--list"]
    output = CliRunner().invoke(paper.main, arguments, catch_exceptions=False).output
    assert "plain, all touching" in output
    assert not out.exists()


def test_all_sets_are_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, digits: Digits) -> None:
    monkeypatch.setattr(paper, "mnist_digits", lambda split: digits)
    nothing: dict[str, Any] = {"empty comb": paper.EVERY[paper.NOTHING]["empty comb"]}
    plain: dict[str, Any] = {"apart": paper.NUMBERS["plain"]["apart"]}
    monkeypatch.setattr(paper, "NUMBERS", {"plain": plain})
    monkeypatch.setattr(paper, "EVERY", {"plain": plain, paper.NOTHING: nothing})
    monkeypatch.setattr(paper, "COUNTS", {"plain": 3, paper.NOTHING: 1})
    out = tmp_path / "paper.json"
    CliRunner().invoke(paper.main, ["--model", "ann-tutorial", "--out", str(out)], catch_exceptions=False)
    content = json.loads(out.read_text())
    assert content["all"]["n"] == content["sets"]["plain"]["kinds"]["apart"]["n"] == 3
    assert content["risk_coverage"][-1][0] == 1
    assert sum(content["not_numbers"]["empty comb"]["outcomes"].values()) == 1


def test_saved_pictures_carry_their_labels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, digits: Digits) -> None:
    monkeypatch.setattr(paper, "mnist_digits", lambda split: digits)
    arguments = ["--sets", "plain", "--n", "2", "--save", str(tmp_path)]
    CliRunner().invoke(paper.main, arguments, catch_exceptions=False)
    texts = list(strings.labelled(tmp_path / "plain, apart").values())
    assert texts == sorted(each.text for each in drawn("plain", "apart", digits, 2))


def test_an_unknown_set_is_an_error() -> None:
    found = CliRunner().invoke(paper.main, ["--sets", "plane"])
    assert found.exit_code == 2
    assert "unknown set plane; choose from: ruled" in found.output


def test_a_curve_is_thinned_and_keeps_its_end() -> None:
    answers = [Answer("1", None, "1", "1", "read", k / 1000, 0.0) for k in range(1000)]
    points = paper.curve(answers)
    assert points[0] == [0.001, 0]
    assert points[-1] == [1, 0]
    assert len(points) <= paper.POINTS + 1
