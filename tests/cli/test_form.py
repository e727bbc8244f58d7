import csv
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from benchmarks.rendering.form_sheets import written_page
from inkling import cli
from inkling.errors import BadTemplate
from inkling.forms.examples import example

VALUES = {"student_number": "00148943", **{f"mark_{i + 1}": "3" for i in range(9)}, "total": "27"}


@pytest.fixture(scope="module")
def scans(digits: tuple[np.ndarray, np.ndarray], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a sheet and a blank page."""
    folder = tmp_path_factory.mktemp("scans")
    sheet = written_page(example("exam"), VALUES, digits, np.random.default_rng(5), height=1600)
    cv2.imwrite(str(folder / "a.png"), np.clip(sheet, 0, 255).astype(np.uint8)[..., ::-1])
    cv2.imwrite(str(folder / "b.png"), np.full((1400, 1000), 255, np.uint8))
    return folder


def run(*arguments: str | Path, code: int = 0) -> tuple[str, str]:
    done = CliRunner().invoke(cli.group, ["form", *map(str, arguments)])
    assert done.exit_code == code, (done.output, done.exception)
    return done.stdout, done.stderr


def test_a_table_with_a_row_for_each_sheet(scans: Path, tmp_path: Path) -> None:
    table = tmp_path / "out.csv"
    out, err = run("read", "exam", scans, "--csv", table, code=1)
    assert "a.png: read  student_number 00148943" in out
    assert "2 sheets: 1 read, 1 blank" in err
    rows = list(csv.DictReader(table.read_text("utf-8").splitlines()))
    assert [row["status"] for row in rows] == ["read", "blank"]
    assert {name: rows[0][name] for name in VALUES} == VALUES
    assert rows[0]["mark_1_outcome"] == "read"
    assert (rows[0]["student_number_cell"], rows[1]["student_number_cell"]) == ('="00148943"', "")
    assert rows[0]["page"] == "1"
    assert rows[1]["student_number"] == ""
    assert "this page is blank" in rows[1]["reason"]


def test_standard_input_and_output(scans: Path) -> None:
    content = (scans / "a.png").read_bytes()
    done = CliRunner().invoke(cli.group, ["form", "read", "exam", "-", "--csv", "-"], input=content)
    assert done.exit_code == 0, done.output
    [row] = csv.DictReader(done.stdout.splitlines())
    assert {name: row[name] for name in VALUES} == VALUES
    both = CliRunner().invoke(cli.group, ["form", "read", "exam", "-", "--csv", "-", "--json"], input=content)
    assert "--csv - and --json both print" in str(both.exception)


def test_from_which_probability_a_field_is_sure(scans: Path) -> None:
    out, _ = run("read", "exam", scans / "a.png", "--json", "--sure", "0.99999")
    answer = json.loads(out)
    assert (answer["status"], {field["outcome"] for field in answer["fields"]}) == ("unsure", {"unsure"})
    done = CliRunner().invoke(cli.group, ["form", "read", "exam", str(scans / "a.png"), "--sure", "99"])
    assert "--sure is 99; expected a probability" in str(done.exception)


def test_json_and_a_list(scans: Path, tmp_path: Path) -> None:
    roster = tmp_path / "roster.csv"
    roster.write_text("00148943\n00148948\n")
    out, _ = run("read", "exam", scans / "a.png", "--json", "--among", f"student_number={roster}")
    [answer] = map(json.loads, out.splitlines())
    assert (answer["status"], answer["form"], answer["source"]) == ("read", "exam", str(scans / "a.png"))
    assert answer["fields"][0]["text"] == "00148943"
    assert answer["sums"] == [{"total": "total", "of": [f"mark_{i + 1}" for i in range(9)], "holds": True}]


def test_the_columns_of_a_roster_follow_the_number_and_its_correction(scans: Path, tmp_path: Path) -> None:
    table, merged, said = (tmp_path / name for name in ("out.csv", "final.csv", "said.csv"))
    roster = scans / "roster.csv"
    roster.write_text("name;no\nZoë;00148943\n=Alan;00148948\n", "latin-1")
    among = f"student_number={roster}:no"
    out, err = run("read", "exam", scans, "--csv", table, "--json", "--among", among, code=1)
    assert "skipped" not in err
    sheet = json.loads(out.splitlines()[0])
    assert sheet["fields"][0]["listed"] == {"name": "Zoë"}
    assert "listed" not in sheet["fields"][1]
    rows = list(csv.DictReader(table.read_text("utf-8").splitlines()))
    assert [row["student_number.name"] for row in rows] == ["Zoë", ""]
    said.write_text(f"source,field,read,answer,right,by\n{scans}/a.png,student_number,00148943,number,00148948,Ann\n")
    for given, name in (((), ""), (("--among", among), "'=Alan")):
        done = CliRunner().invoke(cli.group, ["merge", str(table), str(said), "-o", str(merged), *given])
        assert done.exit_code == 0, done.output
        row = next(csv.DictReader(merged.read_text("utf-8").splitlines()))
        assert (row["student_number"], row["student_number.name"], row["mark_1"]) == ("00148948", name, "3")
        assert row["student_number_cell"] == '="00148948"'
    roster.unlink()


@pytest.mark.parametrize(("arguments", "message"), [
    (("nothing.toml", "a.png"), "expected a template of a form"),
    (("exam", "a.png", "--among", "roster.csv"), "expected REGION=FILE"),
    (("exam", "a.png", "--among", "student_number=no.csv"), "no.csv cannot be read"),
    (("exam", "a.png", "--among", "student_number=no.csv:no"), "no.csv cannot be read"),
    (("exam", "a.png", "--among", "student=no.csv"), "unknown region 'student'"),
])  # fmt: skip
def test_what_cannot_be_done_is_said(
    scans: Path, arguments: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    given = [str(scans / each) if each == "a.png" else each for each in arguments]
    done = CliRunner().invoke(cli.group, ["form", "read", *given])
    assert done.exit_code == 1
    assert message in str(done.exception)


@pytest.mark.parametrize(("content", "message"), [
    (b"no,name\n00148943,Ada\n0014-8943,Alan\n", "has 00148943 in lines 2 and 3"),
    (b"no,name\n00148943,Ada\n,Alan\n", "has '' in the column 'no' of line 3"),
    (b"no,name,name\n00148943,a,b\n", "has two columns 'name'"),
    (b"number\n1\n", "unknown column of"),
    ("no\n00148943\n".encode("utf-16-le"), "is not a text file"),
])  # fmt: skip
def test_a_roster_that_cannot_be_used_is_said(scans: Path, tmp_path: Path, content: bytes, message: str) -> None:
    roster = tmp_path / "roster.csv"
    roster.write_bytes(content)
    command = ["form", "read", "exam", str(scans / "a.png"), "--among", f"student_number={roster}:no"]
    done = CliRunner().invoke(cli.group, command)
    assert isinstance(done.exception, BadTemplate)
    assert message in str(done.exception)
    assert ": region 'student_number': " in str(done.exception)


def test_corrections_of_another_run_change_nothing(tmp_path: Path) -> None:
    table, said = tmp_path / "out.csv", tmp_path / "said.csv"
    table.write_text("source,page,status,reason,total,total_outcome\na.png,1,read,,27,read\n")
    for row, what in (
        ("b.png,total,27,number,28,Ann", "27 as total of b.png"),
        ("a.png,total,72,number,28,Ann", "72 as total of a.png"),
        ("a.png,bonus,27,number,28,Ann", "27 as bonus of a.png"),
    ):
        said.write_text(f"source,field,read,answer,right,by\n{row}\n")
        done = CliRunner().invoke(cli.group, ["merge", str(table), str(said)])
        assert f"belongs to another run: it corrects {what}" in str(done.exception)
        assert not (tmp_path / "out-final.csv").exists()


def test_what_is_corrected_comes_into_the_table(digits: tuple[np.ndarray, np.ndarray], tmp_path: Path) -> None:
    wrong = written_page(example("exam"), {**VALUES, "total": "85"}, digits, np.random.default_rng(5), height=1600)
    scan, table, review, merged = (tmp_path / name for name in ("a.png", "out.csv", "check.html", "merged.csv"))
    cv2.imwrite(str(scan), np.clip(wrong, 0, 255).astype(np.uint8)[..., ::-1])
    run("read", "exam", scan, "--csv", table, "--review", review)
    assert "otal is not the sum" in review.read_text("utf-8")
    [row] = csv.DictReader(table.read_text("utf-8").splitlines())
    assert (row["status"], row["total"], row["total_outcome"]) == ("unsure", "85", "unsure")
    assert row["total = mark_1 + mark_2 + mark_3 + mark_4 + mark_5 + mark_6 + mark_7 + mark_8 + mark_9"] == "27"
    corrections = tmp_path / "corrections.csv"
    corrections.write_text(f"source,field,read,answer,right,by\n{scan},total,85,number,27,Ann\n")
    done = CliRunner().invoke(cli.group, ["merge", str(table), str(corrections), "-o", str(merged)])
    assert done.exit_code == 0, done.output
    [row] = csv.DictReader(merged.read_text("utf-8").splitlines())
    assert (row["total"], row["total_first_text"], row["total_said_by"]) == ("27", "85", "Ann")
    assert row["student_number"] == VALUES["student_number"]
    assert (row["first_status"], row["status"], row["reason"]) == ("unsure", "read", "")
    assert "1 corrected. Sheets: 1 read." in done.stderr


@pytest.mark.slow
def test_the_review_page_tells_which_sheets_need_another_look(
    scans: Path, digits: tuple[np.ndarray, np.ndarray], tmp_path: Path
) -> None:
    whole = written_page(example("exam"), VALUES, digits, np.random.default_rng(7), height=1600)
    half, review, roster = tmp_path / "half.png", tmp_path / "check.html", tmp_path / "roster.txt"
    cv2.imwrite(str(half), np.clip(whole[: len(whole) // 2], 0, 255).astype(np.uint8)[..., ::-1])
    roster.write_text("00148943\n00148948\n")
    run("read", "exam", scans / "a.png", half, scans / "b.png", "--review", review,
        "--among", f"student_number={roster}", code=1)  # fmt: skip
    page = review.read_text("utf-8")
    assert "2 fields to check" in page  # both sheets have the same listed number
    assert page.count('data-field="student_number"') == page.count("data-field=") == 2
    assert "Sheets that need another look" in page
    assert "7 fields are missing" in page
    assert "this page is blank" in page


def test_a_folder_names_what_it_skipped(scans: Path) -> None:
    (scans / "notes.txt").write_text("7")
    _, err = run("read", "exam", scans, code=1)
    assert "skipped unsupported files (1)" in err
