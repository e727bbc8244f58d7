"""A table with a column of all possible numbers: `roster.csv:student_no`. Its other columns describe each number."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from inkling.constraints.allowlist import first_number
from inkling.errors import BadRequest, NotFound, UnknownName


@dataclass(frozen=True)
class Roster:
    """A table indexed by number."""

    columns: tuple[str, ...]  # all except the column of the numbers, in order
    rows: dict[str, tuple[str, ...]]  # number -> its cells in these columns, in the order of the table

    def of(self, number: str) -> dict[str, str]:
        """The cells of a number by column; all "" if the number is not in the table."""
        return dict(zip(self.columns, self.rows.get(number, ("",) * len(self.columns)), strict=True))


def split_column(among: str) -> tuple[Path, str]:
    """`roster.csv:student_no` -> the file and the column; "" if only a file is named."""
    path, colon, column = among.rpartition(":")
    if not colon or not path or Path(among).exists() or "/" in column or "\\" in column:
        return Path(among), ""
    return Path(path), column.strip()


def read_roster(path: Path, column: str) -> Roster:
    """Read a table with a header row, separated by commas, semicolons or tabs.

    Raises NotFound if the file cannot be read, UnknownName if the column does not exist, and BadRequest if the file is
    empty, two columns have the same name, or a number in the column is missing, invalid or repeated.
    """
    with csv_errors(path):
        return _roster(path, column)


@contextmanager
def csv_errors(path: Path | str) -> Iterator[None]:
    """Raise BadRequest instead of the csv module's error for an invalid table."""
    try:
        yield
    except csv.Error as error:
        raise BadRequest(
            f"{path} is not a table ({error}); expected CSV with cells of at most {csv.field_size_limit():,} "
            "characters. Save it again."
        ) from error


def _roster(path: Path, column: str) -> Roster:
    text = read_text(path)
    heading = next((line for line in text.splitlines() if line.strip()), "")
    separator = max(",;\t", key=heading.count)
    table = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    rows = [(table.line_num, [cell.strip() for cell in row]) for row in table if any(cell.strip() for cell in row)]
    if not rows:
        raise BadRequest(f"{path} is empty; expected a table with a column {column!r}. Check --among.")
    names = [name or f"column_{i}" for i, name in enumerate(rows[0][1], 1)]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise BadRequest(f"{path} has two columns {twice!r}; expected different names. Rename one of them.")
    if column not in names:
        raise UnknownName(f"column of {path}", column, names)
    place = names.index(column)
    found: dict[str, tuple[str, ...]] = {}
    lines: dict[str, int] = {}
    for line, row in rows[1:]:
        cells = (row + [""] * len(names))[: len(names)]
        number = first_number(cells[place])
        if not number:
            raise BadRequest(
                f"{path} has {cells[place][:30]!r} in the column {column!r} of line {line}; expected a number, digits "
                "only. Correct the line or remove it."
            )
        if number in found:
            raise BadRequest(
                f"{path} has {number} in lines {lines[number]} and {line}; expected each number of the column "
                f"{column!r} once. Remove one of them."
            )
        lines[number], found[number] = line, tuple(cells[:place] + cells[place + 1 :])
    if not found:
        raise BadRequest(f"{path} has a header and no rows; expected one number per row. Check --among.")
    return Roster(tuple(names[:place] + names[place + 1 :]), found)


def read_text(path: Path) -> str:
    """Read a text file in the encodings that spreadsheets use: UTF-8, UTF-16 with a BOM, or else cp1252.

    Raises NotFound if it cannot be read, and BadRequest if it is not text.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise NotFound(
            f"{path} cannot be read ({error.strerror or error}); expected a list or table as text. Check the path."
        ) from error
    is_utf16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = content.decode("utf-16" if is_utf16 else "utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", "replace")
    if "\0" in text:
        raise BadRequest(f"{path} is not a text file; expected a list or table. Save it as CSV in UTF-8.")
    return text
