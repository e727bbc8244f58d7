"""Teaching from corrections of documents, archives and forms."""

from __future__ import annotations

import csv
import io
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inkling.batch.merge import HEADING
from inkling.cli.teach_pictures import lessons_of
from inkling.errors import NotFound
from inkling.hands.lesson import Lesson
from inkling.pipeline.reader import Reader
from tests.forms.conftest import MARKS, VALUES, page
from tests.pictures import drawn_seven, encoded, row_of


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader("cnn")


def saved(folder: Path, *rows: tuple[str, str, str]) -> Path:
    """A file of corrections as saved by a review page: source, field and right number."""
    table = folder / "check-corrections.csv"
    with table.open("w", newline="", encoding="utf-8") as file:
        lines = [(source, field, "1", "number", right, "Ann") for source, field, right in rows]
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows([HEADING, *lines])
    return table


def taught(reader: Reader, table: Path, template: str | None = None) -> tuple[list[Lesson], list[str]]:
    problems: list[str] = []
    return list(lessons_of(reader, table, problems, session="s", template=template)), problems


def test_pages_of_a_document(reader: Reader, tmp_path: Path, digits: tuple[np.ndarray, np.ndarray]) -> None:
    images, labels = digits
    four, two = (images[np.flatnonzero(labels == n)[0]] for n in (4, 2))
    sheets = [Image.fromarray(drawn_seven()), Image.fromarray(row_of([four, two]))]
    sheets[0].save(tmp_path / "scan.pdf", save_all=True, append_images=sheets[1:])
    table = saved(tmp_path, ("scan.pdf#1", "", "7"), ("scan.pdf#2", "", "42"), ("scan.pdf#3", "", "1"))
    lessons, problems = taught(reader, table)
    assert [(each.label, each.said, each.source) for each in lessons] == [
        ("7", "7", "scan.pdf#1"),
        ("4", "4", "scan.pdf#2"),
        ("2", "2", "scan.pdf#2"),
    ]
    assert len(problems) == 1
    assert "page 3" in problems[0]


@pytest.mark.parametrize("kind", ["tar", "zip"])
def test_members_of_an_archive(reader: Reader, tmp_path: Path, kind: str) -> None:
    png, archive = encoded(Image.fromarray(drawn_seven())), tmp_path / f"shard.{kind}"
    names = ("a/1.png", "a/2.png", "b.png")
    if kind == "tar":
        with tarfile.open(archive, "w") as opened:
            for name in names:
                info = tarfile.TarInfo(name)
                info.size = len(png)
                opened.addfile(info, io.BytesIO(png))
    else:
        with zipfile.ZipFile(archive, "w") as opened_zip:
            for name in names:
                opened_zip.writestr(name, png)
    rows = [(f"shard.{kind}/{name}", "", "7") for name in ("a/2.png", "b.png", "gone.png")]
    lessons, problems = taught(reader, saved(tmp_path, *rows))
    assert [(each.label, each.source) for each in lessons] == [("7", rows[0][0]), ("7", rows[1][0])]
    assert problems == [f"shard.{kind}/gone.png does not exist; expected the corrected picture. Restore it."]


@pytest.mark.slow
def test_fields_of_a_form(reader: Reader, tmp_path: Path, digits: tuple[np.ndarray, np.ndarray]) -> None:
    (tmp_path / "sheet.png").write_bytes(encoded(Image.fromarray(page(digits, VALUES))))
    rows = [("sheet.png", "student_number", "27148943"), ("sheet.png", "mark_1", MARKS[0]), ("sheet.png", "x", "1")]
    table = saved(tmp_path, *rows, ("sheet.png", "mark_2", "123"))
    lessons, problems = taught(reader, table, "exam")
    assert "".join(each.label for each in lessons) == "27148943" + MARKS[0]
    assert sum(each.label == each.said for each in lessons) >= 9, "the tiles match their labels"
    assert "has no field x" in problems[0]
    assert "mark_2 shows 1 separate digits; expected 3" in problems[1]
    lessons, problems = taught(reader, table)
    assert lessons == []
    assert "Name it with --form" in problems[0]


def test_digits_that_touch_are_cut_as_their_row_was_read(reader: Reader, tmp_path: Path) -> None:
    from tests.hands.test_box import picture

    (tmp_path / "touching.png").write_bytes(encoded(Image.fromarray(picture("3825", gap=40))))
    assert len(reader.prepare(tmp_path / "touching.png").tiles) < 4
    lessons, problems = taught(reader, saved(tmp_path, ("touching.png", "", "3825")))
    assert ([each.label for each in lessons], problems) == (list("3825"), [])


def test_what_is_neither_folder_nor_table(reader: Reader, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="neither a folder"):
        taught(reader, tmp_path / "none")
