"""inkling read --cells."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from inkling import cli
from tests.pictures import drawn_seven, encoded
from tests.pipeline.layout.pages import comb


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a comb and a picture without a grid."""
    (tmp_path / "comb.png").write_bytes(encoded(comb(["7", "", "x"])))
    (tmp_path / "seven.png").write_bytes(encoded(drawn_seven()))
    return tmp_path


def run(*arguments: str | Path, code: int = 0) -> str:
    done = CliRunner().invoke(cli.group, ["read", "--cells", *map(str, arguments)])
    assert done.exit_code == code, (done.output, done.exception)
    return done.output


def test_cells_in_the_terminal(folder: Path) -> None:
    first, row, legend = run(folder / "comb.png").splitlines()
    assert first.endswith("comb.png: 1 x 3 cells")
    assert row.split()[1:] == ["\N{MIDDLE DOT}", "\N{MULTIPLICATION SIGN}"]
    assert "crossed out" in legend


def test_a_picture_without_a_grid_is_said_to_be_so(folder: Path) -> None:
    assert "seven.png: no grid was found; expected a comb" in run(folder / "seven.png")
    answer = json.loads(run(folder / "seven.png", "--json"))
    assert (answer["outcome"], answer["tables"]) == ("no_grid", [])


def test_json_has_the_tables(folder: Path) -> None:
    answer = json.loads(run(folder / "comb.png", "--json"))
    [table] = answer["tables"]
    assert (table["rows"], table["columns"]) == (1, 3)
    assert [cell["outcome"] for cell in table["cells"]][1:] == ["empty", "crossed_out"]
    assert answer["model"]["name"] == "cnn"


@pytest.mark.parametrize("printed", [True, False])
def test_csv_has_a_row_for_each_cell(folder: Path, *, printed: bool) -> None:
    target = "-" if printed else folder / "cells.csv"
    out = run(folder, "--csv", target)
    rows = list(csv.DictReader(io.StringIO(out if printed else Path(target).read_text())))
    assert [row["outcome"] for row in rows][1:] == ["empty", "crossed_out", "no_grid"]
    assert [(row["row"], row["column"], row["table"]) for row in rows] == [
        ("1", "1", "1"), ("1", "2", "1"), ("1", "3", "1"), ("", "", ""),
    ]  # fmt: skip
    assert rows[3]["reason"].startswith("no grid was found")


@pytest.mark.parametrize("other", ["--single", "--length=3", "--review=x.html"])
def test_what_is_for_one_number_does_not_go_with_cells(folder: Path, other: str) -> None:
    done = CliRunner().invoke(cli.group, ["read", "--cells", str(folder), other])
    assert str(done.exception).startswith(f"{other.partition('=')[0]} is for one number per picture")


def test_a_broken_picture_has_a_row_too(folder: Path) -> None:
    (folder / "broken.png").write_bytes(encoded(drawn_seven())[:300])
    run(folder / "broken.png", "--csv", folder / "cells.csv", code=1)
    [row] = csv.DictReader((folder / "cells.csv").read_text().splitlines())
    assert row["kind"] == "BrokenPicture"
