"""Merging the corrections of a review page into the table."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from inkling.batch.csv_table import Table
from inkling.batch.merge import HEADING, merge
from inkling.constraints.roster import read_roster
from inkling.errors import BadRequest, InklingError, NotFound
from tests.batch.archives import folder_of
from tests.batch.test_csv_table import failure, reading
from tests.batch.test_run import read as read_archive


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "out.csv"
    rows = Table(path)
    for each in (reading("0042", "a.png"), reading("17", "b.png"), failure("c.png"), reading("", "d.png")):
        rows.add(each)
    rows.finish()
    return path


def corrections(path: Path, *rows: tuple[str, ...]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows([HEADING, *rows])
    return path


def read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_who_said_what(table: Path, tmp_path: Path) -> None:
    said = corrections(
        tmp_path / "said.csv",
        ("a.png", "", "0042", "number", "00421", "Ann"),
        ("b.png", "", "17", "number", "17", "=Bob"),
        ("d.png", "", "", "empty", "", "Ann"),
    )
    merged = merge(str(table), [said], tmp_path / "final.csv")
    assert (merged.rows, merged.checked, merged.corrected, merged.contradictions) == (4, 3, 1, [])
    a, b, c, d = read(tmp_path / "final.csv")
    assert (a["text"], a["text_cell"], a["first_text"], a["said_by"]) == ("00421", '="00421"', "0042", "Ann")
    assert (a["digits"], a["digit_5"], a["sure_5"], a["confidence"], a["outcome"]) == ("5", "1", "true", "", "read")
    assert (b["text"], b["first_text"], b["said_by"], b["confidence"]) == ("17", "17", "'=Bob", "0.81")
    assert (c["said_by"], c["outcome"], c["kind"]) == ("inkling", "", "BrokenPicture")
    assert (d["said_by"], d["outcome"], d["text"]) == ("Ann", "empty", "")


@pytest.mark.parametrize(("answer", "outcome"), [("empty", "empty"), ("unreadable", "unreadable")])
def test_no_number(table: Path, tmp_path: Path, answer: str, outcome: str) -> None:
    merge(str(table), [corrections(tmp_path / "s.csv", ("b.png", "", "17", answer, "", "Ann"))], tmp_path / "f.csv")
    row = read(tmp_path / "f.csv")[1]
    assert (row["outcome"], row["text"], row["first_text"], row["digits"], row["digit_1"]) == (
        outcome,
        "",
        "17",
        "0",
        "",
    )


def test_two_people_agree_or_contradict_each_other(table: Path, tmp_path: Path) -> None:
    ann = corrections(
        tmp_path / "ann.csv",
        ("a.png", "", "0042", "number", "43", "Ann"),
        ("b.png", "", "17", "number", "11", "Ann"),
    )
    bob = corrections(
        tmp_path / "bob.csv",
        ("a.png", "", "0042", "unreadable", "", "Bob"),
        ("b.png", "", "17", "number", "11", "Bob"),
    )
    merged = merge(str(table), [ann, bob], tmp_path / "f.csv")
    assert merged.contradictions == ["a.png: 43 (Ann, ann.csv), unreadable (Bob, bob.csv); 0042 was read and is kept."]
    a, b, *_ = read(tmp_path / "f.csv")
    assert (a["text"], a["said_by"], b["text"], b["said_by"]) == ("0042", "inkling", "11", "Ann")


def test_a_merged_table_takes_more_corrections(table: Path, tmp_path: Path) -> None:
    one = corrections(tmp_path / "1.csv", ("a.png", "", "0042", "number", "43", "Ann"))
    two = corrections(tmp_path / "2.csv", ("b.png", "", "17", "number", "18", "Bob"))
    merge(str(table), [one], tmp_path / "f.csv")
    merge(str(tmp_path / "f.csv"), [two], tmp_path / "g.csv")
    a, b, *_ = read(tmp_path / "g.csv")
    assert (a["text"], a["said_by"], a["first_text"]) == ("43", "Ann", "0042")
    assert (b["text"], b["said_by"], b["first_text"]) == ("18", "Bob", "17")


def test_the_fields_of_a_sheet(tmp_path: Path) -> None:
    table = tmp_path / "sheets.csv"
    table.write_text("source,q1,total,q1_outcome,total_outcome\ns.pdf#1,7,12,unsure,read\ns.pdf#2,,9,empty,read\n")
    said = corrections(tmp_path / "said.csv", ("s.pdf#1", "q1", "7", "number", "1", "Ann"))
    merge(str(table), [said], tmp_path / "f.csv")
    first, second = read(tmp_path / "f.csv")
    assert (first["q1"], first["q1_outcome"], first["q1_said_by"], first["q1_first_text"]) == ("1", "read", "Ann", "7")
    assert (first["total"], second["q1"], second["q1_said_by"]) == ("12", "", "inkling")


SHEETS = """source,page,status,reason,q1,q2,total,q1_outcome,q2_outcome,total_outcome,total = q1 + q2
a,1,unsure,total is not the sum of its parts,7,5,6,unsure,read,unsure,12
b,1,unsure,q1 to be checked: it may be 7,7,5,12,unsure,read,read,12
c,1,again,this is the same sheet as b,7,5,12,read,read,read,12
d,1,unsure,q1 to be checked: it may be 7,7,,,unsure,empty,empty,7
e,1,unsure,q1 to be checked: it cannot be read,,5,5,unsure,unsure,read,
"""


@pytest.mark.parametrize(("said", "status", "reason", "added_up"), [
    # every field is checked, and the sum is right
    ([("a", "q1", "7", "number", "1", "Ann"), ("a", "total", "6", "number", "6", "Ann")], "read", "", "6"),
    # the sum is right after the corrections, and nobody has checked the total
    ([("a", "q1", "7", "number", "1", "Ann")], "unsure",
     "total to be checked: it is neither sure nor corrected.", "6"),
    ([("a", "q1", "7", "number", "7", "Ann"), ("a", "total", "6", "number", "6", "Bob")], "unsure",
     "total is 6 (Bob), and its parts add up to 12.", "12"),
    # a right sum is made wrong
    ([("b", "q1", "7", "number", "1", "Ann")], "unsure", "total is 12 (inkling), and its parts add up to 6.", "6"),
    ([("b", "q1", "7", "number", "7", "Ann")], "read", "", "12"),
    ([("b", "q1", "7", "unreadable", "", "Ann")], "unsure", "q1 to be checked: it cannot be read, says Ann.", ""),
    # the sheet stays a duplicate of another
    ([("c", "q1", "7", "number", "1", "Ann")], "again", "this is the same sheet as b", "6"),
    ([("d", "q1", "7", "empty", "", "Ann")], "empty", "nothing is written on this form.", "0"),
    ([("b", "q1", "7", "number", "1", "Ann"), ("b", "q1", "7", "number", "2", "Bob")], "unsure",
     "q1 to be checked: it is neither sure nor corrected.", "12"),
    # a part with ink but no text is not 0
    ([("e", "q2", "5", "number", "4", "Ann")], "unsure", "q1 to be checked: it is neither sure nor corrected.", ""),
])  # fmt: skip
def test_sums_and_status_of_a_sheet_follow_its_fields(
    tmp_path: Path, said: list[tuple[str, ...]], status: str, reason: str, added_up: str
) -> None:
    table = tmp_path / "sheets.csv"
    table.write_text(SHEETS)
    merged = merge(str(table), [corrections(tmp_path / "said.csv", *said)], tmp_path / "f.csv")
    before, after = ({row["source"]: row for row in read(path)} for path in (table, tmp_path / "f.csv"))
    row = after.pop(said[0][0])
    assert (row["status"], row["reason"], row["total = q1 + q2"]) == (status, reason, added_up)
    assert row["first_status"] == before[row["source"]]["status"]
    for source, other in after.items():
        assert before[source].items() <= other.items()
    assert merged.statuses.total() == 5


def test_a_column_of_a_roster_is_no_sum(tmp_path: Path) -> None:
    table = tmp_path / "sheets.csv"
    table.write_text(
        "source,page,status,reason,q1,q1_outcome,q1.room = floor + door\na,1,unsure,q1 to be checked,7,unsure,3\n"
    )
    said = corrections(tmp_path / "said.csv", ("a", "q1", "7", "number", "7", "Ann"))
    merge(str(table), [said], tmp_path / "f.csv")
    [row] = read(tmp_path / "f.csv")
    assert (row["status"], row["q1.room = floor + door"]) == ("read", "3")


def test_what_the_constraints_made_of_a_reading_goes_with_it(tmp_path: Path) -> None:
    table = tmp_path / "out.csv"
    rows, unlisted = Table(table), {"satisfied": False, "changed": False, "first": "12", "fits": 0.0}
    for source in ("a.png", "b.png"):
        rows.add(reading("12", source) | {"constraint": unlisted})
    rows.finish()
    said = corrections(
        tmp_path / "s.csv", ("a.png", "", "12", "number", "13", "Ann"), ("b.png", "", "12", "number", "12", "Ann")
    )
    merge(str(table), [said], tmp_path / "f.csv")
    corrected, confirmed = read(tmp_path / "f.csv")
    assert [corrected[name] for name in ("constraint", "first", "fits")] == ["", "", ""]
    assert [confirmed[name] for name in ("constraint", "first", "fits")] == ["not satisfied", "12", "0.0"]


def test_the_columns_of_a_roster_follow_the_number(tmp_path: Path) -> None:
    roster_path, table = tmp_path / "roster.csv", tmp_path / "out.csv"
    roster_path.write_text("no,name\n12,Ada\n13,Alan\n")
    rows = Table(table, joined=("name",))
    rows.add(reading("12", "a.png", listed={"name": "Ada"}))
    rows.finish()
    said = corrections(tmp_path / "said.csv", ("a.png", "", "12", "number", "13", "Ann"))
    for roster, name in ((None, ""), (read_roster(roster_path, "no"), "Alan")):
        merge(str(table), [said], tmp_path / "f.csv", rosters={"": roster} if roster else {})
        assert read(tmp_path / "f.csv")[0]["name"] == name


@pytest.mark.parametrize("format", ["jsonl", "csv"])
def test_a_run_over_an_archive(digits: tuple[np.ndarray, np.ndarray], tmp_path: Path, format: str) -> None:
    scans, out = folder_of(digits[0][:6], tmp_path / "scans"), tmp_path / "out"
    read_archive(scans, out, format=format)
    merge(str(out), [], tmp_path / "f.csv")
    rows = read(tmp_path / "f.csv")
    assert [row["source"] for row in rows] == sorted(map(str, scans.rglob("*.png")))
    first, last = rows[0], rows[-1]
    said = corrections(
        tmp_path / "said.csv",
        (first["source"], "", first["text"], "number", "123", "Ann"),
        (last["source"], "", last["text"], "number", last["text"], "Ann"),
    )
    merge(str(out), [said], tmp_path / "f.csv")
    merged = read(tmp_path / "f.csv")
    assert (merged[0]["text"], merged[0]["digit_3"], merged[0]["first_text"]) == ("123", "3", first["text"])
    assert (merged[-1]["text"], merged[-1]["said_by"], merged[1]["said_by"]) == (last["text"], "Ann", "inkling")
    other = corrections(tmp_path / "other.csv", ("x.png", "", "", "empty", "", "Ann"))
    with pytest.raises(BadRequest, match="belongs to another run"):
        merge(str(out), [other], tmp_path / "g.csv")


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (("x.png", "", "17", "number", "18", "Ann"), "belongs to another run: it corrects 17 as the number of x.png"),
        (("b.png", "", "71", "number", "18", "Ann"), "belongs to another run: it corrects 71 as the number of b.png"),
        (("b.png", "q1", "17", "number", "18", "Ann"), "belongs to another run: it corrects 17 as q1 of b.png"),
        (("b.png", "", "17", "number", "", "Ann"), "has 'number' and '' for b.png; expected a number"),
        (("b.png", "", "17", "maybe", "", "Ann"), "has 'maybe'"),
        (("b.png", "", "17", "number", "=1+2", "Ann"), "has 'number' and '=1+2' for b.png"),
        (("b.png", "", "17", "empty", "@x()", "Ann"), "has 'empty' and '@x()' for b.png"),
    ],
)
def test_what_does_not_belong_to_the_table_changes_nothing(
    table: Path, tmp_path: Path, row: tuple[str, ...], says: str
) -> None:
    with pytest.raises(BadRequest) as error:
        merge(str(table), [corrections(tmp_path / "said.csv", row)], tmp_path / "final.csv")
    assert says in str(error.value)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.csv", "said.csv"]


def test_files_that_are_something_else(table: Path, tmp_path: Path) -> None:
    said = corrections(tmp_path / "said.csv")
    out = tmp_path / "final.csv"
    corrections(said, ("a.png", "", "1", "number", "2", "A"))
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    (tmp_path / "folder").mkdir()
    with pytest.raises(BadRequest, match="contains no corrections"):
        merge(str(table), [table], out)
    with pytest.raises(BadRequest, match="is not a table of readings"):
        merge(str(tmp_path / "other.csv"), [said], out)
    with pytest.raises(BadRequest, match="contains no complete run"):
        merge(str(tmp_path / "folder"), [said], out)
    with pytest.raises(NotFound, match=r"missing.csv cannot be read"):
        merge(str(table), [tmp_path / "missing.csv"], out)
    with pytest.raises(InklingError, match=r"gone.csv"):
        merge(str(tmp_path / "gone.csv"), [said], out)
