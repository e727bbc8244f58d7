"""inkling teach and inkling hands, from pictures to a reading."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner, Result

from inkling import cli
from inkling.batch.merge import HEADING
from inkling.errors import BadRequest
from inkling.hands.lesson import to_png
from inkling.training.odd_hands import odd_hand, write_digits
from tests.hands.conftest import lesson

HAND = 5  # writes its 7s like 1s


@pytest.fixture(autouse=True)
def own_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INKLING_STORE", f"sqlite:///{tmp_path}/store/hands.sqlite")


@pytest.fixture
def pictures(tmp_path: Path, digits: tuple[np.ndarray, np.ndarray]) -> Path:
    """Six pictures of each digit, dark on white, named LABEL__n.png."""
    folder = tmp_path / "written"
    folder.mkdir()
    for i, (tile, label) in enumerate(
        zip(*write_digits(odd_hand(HAND), 6, *digits, np.random.default_rng(0)), strict=True)
    ):
        large = cv2.resize(tile, (84, 84), interpolation=cv2.INTER_CUBIC)
        cv2.imwrite(str(folder / f"{label}__{i}.png"), np.uint8(255 - 255 * np.clip(large, 0, 1)))
    return folder


def run(*arguments: object, ok: bool = True) -> Result:
    done = CliRunner().invoke(cli.group, [str(argument) for argument in arguments])
    assert (done.exit_code == 0) == ok, (done.output, done.exception)
    return done


def read(paths: list[Path], *options: str) -> list[str]:
    done = CliRunner().invoke(cli.group, ["read", "--json", *options, *map(str, paths)])
    return [json.loads(line)["text"] for line in done.stdout.splitlines()]


def test_a_hand_is_misread_taught_right_rolled_back_and_wrong_again(pictures: Path) -> None:
    sevens = sorted(pictures.glob("7__*"))
    before = read(sevens)
    assert before.count("7") <= 2
    said = run("teach", pictures, "--hand", "anna").stdout
    assert "anna: 60 digits stored" in said
    assert "Version 1 is used from now on." in said
    assert read(sevens, "--hand", "anna").count("7") >= 5
    assert read(sevens) == before
    run("hands", "use", "anna", 0)
    assert read(sevens, "--hand", "anna") == before
    run("hands", "use", "anna", 1)
    assert read(sevens, "--hand", "anna").count("7") >= 5


def test_teaching_the_same_again_keeps_nothing_twice(pictures: Path) -> None:
    run("teach", pictures, "--hand", "anna")
    assert "0 digits stored, 60 were already stored" in run("teach", pictures, "--hand", "anna").stdout
    [listed] = [json.loads(line) for line in run("hands", "--json").stdout.splitlines()]
    assert (listed["name"], sum(listed["lessons"].values()), listed["versions"]) == ("anna", 60, 2)
    assert "anna" in run("hands").stdout


def test_corrections_of_a_review_page_are_taught(pictures: Path, tmp_path: Path) -> None:
    table = tmp_path / "check-corrections.csv"
    rows = [(f"written/{path.name}", "", "1", "number", "7", "Ann") for path in sorted(pictures.glob("7__*"))]
    rows += [
        ("written/gone.png", "", "1", "number", "7", "Ann"),
        ("written/7__42.png", "total", "1", "number", "7", "A"),
    ]
    with table.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows([HEADING, *rows])
    done = run("teach", table, "--hand", "anna", ok=False)
    assert "anna: 6 digits stored" in done.stdout
    assert "written/gone.png does not exist" in done.stderr
    assert "Name it with --form" in done.stderr
    shown = json.loads(run("hands", "show", "anna", "--json").stdout)
    assert shown["lessons"] == {"7": 6}


def test_a_table_of_its_own_readings_teaches_nothing(tmp_path: Path) -> None:
    table = tmp_path / "out.csv"
    table.write_text("source,text\na.png,7\n")
    done = run("teach", table, "--hand", "anna", ok=False)
    assert "contains no corrections" in str(done.exception)


def test_a_hand_begins_with_a_lesson(tmp_path: Path) -> None:
    (tmp_path / "7__1.png").write_bytes(b"broken")
    done = run("teach", tmp_path, "--hand", "anna", ok=False)
    assert "no picture could be used" in str(done.exception)
    assert "7__1.png: " in done.stderr
    assert run("hands", "--json").stdout == ""


def test_a_bad_name_is_refused_before_any_picture_is_read(tmp_path: Path) -> None:
    (tmp_path / "7__1.png").write_bytes(b"broken")
    done = run("teach", tmp_path, "--hand", "-anna", ok=False)
    assert "the name of the hand is '-anna'" in str(done.exception)
    assert "7__1.png" not in done.stderr


@pytest.mark.parametrize("heading", [",".join(HEADING), "source,written,said_by"])
def test_a_table_with_an_endless_cell_is_one_sentence(tmp_path: Path, heading: str) -> None:
    table = tmp_path / "said.csv"
    table.write_text(f"{heading}\n{'x' * 200_000}\n")
    done = run("teach", table, "--hand", "anna", ok=False)
    assert isinstance(done.exception, BadRequest)
    assert "said.csv is not a table" in str(done.exception)


def test_pictures_that_cannot_be_taught_are_named_and_the_rest_is(pictures: Path) -> None:
    for name in ("unlabelled.png", "47__two.png", "x__1.png"):
        (pictures / name).write_bytes((pictures / "7__42.png").read_bytes())
    (pictures / "3__broken.png").write_bytes(b"broken")
    done = run("teach", pictures, "--hand", "anna", ok=False)
    assert "anna: 60 digits stored" in done.stdout
    for said in ("no label in its name", "expected 2 for '47'", "has the label 'x'", "3__broken.png: "):
        assert said in done.stderr


def test_a_contradiction_is_shown_and_solved(tmp_path: Path, pictures: Path) -> None:
    run("teach", pictures, "--hand", "anna")
    other = tmp_path / "other"
    other.mkdir()
    (other / "1__42.png").write_bytes((pictures / "7__42.png").read_bytes())
    done = run("teach", other, "--hand", "anna", ok=False)
    assert "the same picture is labeled 7 (lesson 43) and 1 (lesson 61)" in done.stderr
    run("hands", "delete", "anna", "--lesson", 61, "--yes")
    assert "contradiction:" not in run("hands", "show", "anna").stdout


def test_export_import_and_delete(tmp_path: Path) -> None:
    folder = tmp_path / "digits"
    folder.mkdir()
    for seed in (1, 2):
        (folder / f"7__{seed}.png").write_bytes(to_png(lesson(seed).tile))
    run("hands", "import", "anna", folder)
    run("hands", "export", "anna", tmp_path / "again")
    run("hands", "import", "bob", tmp_path / "again")
    hands = [json.loads(line) for line in run("hands", "--json").stdout.splitlines()]
    assert [(hand["name"], hand["lessons"]) for hand in hands] == [("anna", {"7": 2}), ("bob", {"7": 2})]
    assert run("hands", "delete", "anna", "--lesson", 10**30, "--yes", ok=False).exit_code == 2
    unknown = run("hands", "delete", "ana", "--yes", ok=False)
    assert "Did you mean 'anna'" in str(unknown.exception)
    run("hands", "delete", "anna", "--yes")
    assert run("hands", "delete", ok=False).exception
    run("hands", "delete", "--all", "--yes")
    assert run("hands", "--json").stdout == ""


def test_reading_an_unknown_hand_and_an_archive_with_a_hand_is_refused(pictures: Path) -> None:
    assert "unknown hand 'nobody'" in str(run("read", pictures, "--hand", "nobody", ok=False).exception)
    archive = run("read", pictures, "--hand", "anna", "--out", pictures / "out", ok=False)
    assert "expected it without --out" in str(archive.exception)
