"""inkling hands report, and the hand in a reading's result."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from inkling import cli
from inkling.hands.lesson import Lesson
from inkling.hands.store import Store
from tests.hands.conftest import lesson


@pytest.fixture(autouse=True)
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    url = f"sqlite:///{tmp_path}/hands.sqlite"
    monkeypatch.setenv("INKLING_STORE", url)
    return url


@pytest.fixture
def lessons(url: str) -> list[Lesson]:
    given = [lesson(1, "7", said="1", source="scans/a.png"), lesson(2, "7", said="7"), lesson(3, "4", said="9")]
    with Store(url) as store:
        store.add("anna", given[:2])
        store.add("bob", given[2:])
    return given


def test_the_report_of_all_hands_and_of_one(lessons: list[Lesson]) -> None:
    done = CliRunner().invoke(cli.group, ["hands", "report"])
    assert done.exit_code == 0, done.output
    assert "3 digits stored, 2 of them misread." in done.output
    assert "scans" in done.output
    one = json.loads(CliRunner().invoke(cli.group, ["hands", "report", "anna", "--json"]).output)
    assert one["confusion"] == [{"said": "1", "right": "7", "n": 1}]


def test_the_report_lists_the_most_misread_sources(url: str) -> None:
    with Store(url) as store:
        store.add("anna", [lesson(i, "7", said="7", source=f"scan{i:02}") for i in range(30)])
        store.add("anna", [lesson(99, "7", said="1", source="worst")])
    assert "worst" in CliRunner().invoke(cli.group, ["hands", "report"]).stdout


def test_a_source_is_shown_as_it_is(url: str) -> None:
    with Store(url) as store:
        store.add("anna", [lesson(1, "7", said="1", source="[/red] note")])
    for command in (["hands", "show", "anna"], ["hands", "report"]):
        done = CliRunner().invoke(cli.group, command)
        assert done.exit_code == 0, done.exception
        assert "red] note" in done.output


def test_the_report_as_a_page(lessons: list[Lesson], tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    assert CliRunner().invoke(cli.group, ["hands", "report", "--html", str(page)]).exit_code == 0
    assert "How digits are misread" in page.read_text()
    done = CliRunner().invoke(cli.group, ["hands", "report", "--html", str(tmp_path / "none" / "page.html")])
    assert done.exit_code != 0
    assert "Choose another" in str(done.output or done.exception)


@pytest.mark.parametrize("options", [[], ["--cells"]])
def test_json_and_csv_name_the_hand_and_its_version(
    lessons: list[Lesson], seven: bytes, tmp_path: Path, options: list[str]
) -> None:
    picture, table = tmp_path / "seven.png", tmp_path / "out.csv"
    picture.write_bytes(seven)
    command = ["read", str(picture), "--json", "--csv", str(table), *options]
    done = CliRunner().invoke(cli.group, [*command, "--hand", "anna"])
    assert json.loads(done.output)["hand"] == {"name": "anna", "version": 0}
    with table.open() as file:
        [row] = csv.DictReader(file)
    assert (row["hand"], row["hand_version"]) == ("anna", "0")
    done = CliRunner().invoke(cli.group, command)
    assert "hand" not in json.loads(done.output)
    with table.open() as file:
        assert next(csv.DictReader(file))["hand"] == ""
