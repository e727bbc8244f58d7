import csv
from pathlib import Path
from typing import Any

import pytest

from inkling.batch.atomic_file import partial_path
from inkling.batch.csv_table import COLUMNS, PARTIAL_DIGITS, Table, heading
from inkling.csv_cells import FORMULA_STARTS

PROBS = [0.99, *[0.0] * 9]


def reading(text: str, source: str = "a.png", **more: Any) -> dict[str, Any]:
    digits = [{"digit": int(c), "confidence": 0.9, "sure": c != "7", "probs": PROBS} for c in text if c.isdigit()]
    fields = {"source": source, "ok": True, "outcome": "read", "text": text, "confidence": 0.81, "digits": digits}
    fields["written"] = text
    return {**fields, "reason": "", "others": [], "warnings": [], "size": [30, 20], **more}


def failure(source: str = "b.png", error: str = "picture is broken.") -> dict[str, Any]:
    return {"source": source, "ok": False, "kind": "BrokenPicture", "error": error}


def written(path: Path, *rows: dict[str, Any]) -> list[dict[str, str]]:
    table = Table(path)
    for row in rows:
        table.add(row)
    table.finish()
    with path.open(newline="", encoding="utf-8", errors="surrogateescape") as file:
        return list(csv.DictReader(file))


def test_no_rows(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    assert written(path) == []
    assert path.read_text().strip() == ",".join(f'"{name}"' for name in COLUMNS)


def test_a_row_for_each_picture_as_wide_as_the_longest_text(tmp_path: Path) -> None:
    known = {"satisfied": True, "changed": True, "first": "41", "fits": 0.25}
    rows = written(
        tmp_path / "out.csv",
        reading("407"),
        reading("47", constraint=known),
        reading(
            "",
            outcome="empty",
            confidence=0.0,
            reason="no ink was found; draw.",
            warnings=[{"code": "dark", "text": "it is dark; light it."}, {"code": "blot", "text": ""}],
        ),
        failure(),
    )
    assert list(rows[0]) == heading(3)
    assert list(rows[0])[-9:] == [f"{name}_{i}" for i in (1, 2, 3) for name in ("digit", "confidence", "sure")]
    first, second, third, fourth = rows
    assert (first["text"], first["digits"], first["constraint"]) == ("407", "3", "")
    assert [first["digit_1"], first["digit_3"], first["sure_1"], first["sure_3"]] == ["4", "7", "true", "false"]
    assert (second["constraint"], second["first"], second["fits"]) == ("changed", "41", "0.25")
    assert (second["digit_2"], second["digit_3"]) == ("7", "")
    assert (third["outcome"], third["text_cell"], third["reason"]) == ("empty", "", "no ink was found; draw.")
    assert third["warnings"] == "dark blot"
    assert (fourth["kind"], fourth["error"], fourth["outcome"]) == ("BrokenPicture", "picture is broken.", "")
    assert list(tmp_path.iterdir()) == [tmp_path / "out.csv"]


@pytest.mark.parametrize(
    ("known", "says"),
    [
        ({"satisfied": True, "changed": False}, "satisfied"),
        ({"satisfied": True, "changed": True}, "changed"),
        ({"satisfied": False, "changed": False}, "not satisfied"),
    ],
)
def test_the_column_constraint(tmp_path: Path, known: dict[str, bool], says: str) -> None:
    (row,) = written(tmp_path / "out.csv", reading("1", constraint={**known, "first": "1", "fits": 0.0}))
    assert row["constraint"] == says


def test_a_number_as_written_with_its_signs(tmp_path: Path) -> None:
    others = [{"kind": "minus", "box": [0, 0, 9, 3]}, {"kind": "mark", "box": [50, 0, 9, 9]}]
    (row,) = written(tmp_path / "out.csv", reading("1250\n7", written="-12\t50\n7", others=others))
    assert (row["text"], row["written"], row["others"]) == ("1250\n7", "-12\t50\n7", "minus mark")
    assert row["written_cell"] == '="-12  50 / 7"'


def test_leading_zeros_survive(tmp_path: Path) -> None:
    long = "00123456789012345678"
    rows = written(tmp_path / "out.csv", reading("0042"), reading(long), reading("00\n42"))
    assert [row["text"] for row in rows] == ["0042", long, "00\n42"]
    assert [row["text_cell"] for row in rows] == ['="0042"', f'="{long}"', '="00 / 42"']
    assert [row["digit_1"] for row in rows] == ["0", "0", "0"]


@pytest.mark.parametrize("sign", FORMULA_STARTS)
def test_no_cell_is_a_formula(tmp_path: Path, sign: str) -> None:
    """This holds for all file names and error texts, and a path still names the file."""
    name = f"{sign}cmd|' /C calc'!A0.png"
    rows = written(
        tmp_path / "out.csv",
        reading("1", source=name, reason=f"{sign}1+1"),
        failure(source=name, error=f"{name} is broken; expected a picture."),
        reading("1", source=f"a;{sign}1.png"),
    )
    for row in rows:
        plain = (cell for column, cell in row.items() if column not in ("text_cell", "written_cell"))
        assert not any(cell.startswith(FORMULA_STARTS) for cell in plain)
    assert Path(rows[0]["source"]) == Path(name)
    content = (tmp_path / "out.csv").read_text()
    assert '"a;' in content, "quoted, so that a semicolon does not split the cell"


def test_file_names_of_every_kind(tmp_path: Path) -> None:
    names = ["a,b.png", 'say "1".png', "zwei\nzeilen.png", "größe ✓.png", "broken-\udcff.png"]
    rows = written(tmp_path / "out.csv", *(reading("1", source=name) for name in names))
    assert [row["source"] for row in rows] == names


def test_a_run_that_is_stopped_leaves_what_was_read(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    path.write_text("the table of the last run")
    table = Table(path)
    table.add(reading("407"))
    table.add(failure())
    # Read while it is still open, as a killed process would leave it.
    with partial_path(path).open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["text"] for row in rows] == ["407", ""]
    assert list(rows[0]) == heading(PARTIAL_DIGITS)
    table.close()
    assert path.read_text() == "the table of the last run"


def test_longer_than_the_heading_of_an_unfinished_table(tmp_path: Path) -> None:
    (row,) = written(tmp_path / "out.csv", reading("1" * (PARTIAL_DIGITS + 3)))
    assert row[f"digit_{PARTIAL_DIGITS + 3}"] == "1"


def test_the_columns_of_a_roster_stand_before_the_digits(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    table = Table(path, joined=("name", "text"))
    table.add(reading("12", listed={"name": "=Ada", "text": "x"}))
    table.add(reading("3"))
    table.add(failure())
    table.finish()
    with path.open(newline="", encoding="utf-8") as file:
        first, second, third = csv.DictReader(file)
    assert (first["name"], first["list_text"], first["text"], first["digit_1"], first["digit_2"]) == (
        "'=Ada", "x", "12", "1", "2",
    )  # fmt: skip
    assert (second["name"], second["digit_1"], second["digit_2"]) == ("", "3", "")
    assert (third["name"], third["kind"]) == ("", "BrokenPicture")
