"""A CSV table of readings, one row a picture, written while they are read.

Rows go to `out.csv.part`, each at once, so that a run that is stopped leaves what it read. When all are there, the
table is written with as many columns as its longest text needs and moved to `out.csv`: a file of that name is whole.

    source, outcome, text, text_cell, confidence, digits, constraint, first, fits, reason, warnings, kind, error,
    digit_1, confidence_1, sure_1, digit_2, ...

`text` is exact, for programs. A spreadsheet takes 0042 for a number and shows 42, so `text_cell` says ="0042", which
Excel, LibreOffice and Google Sheets show as it is. No other cell starts with a character that a spreadsheet takes for
a formula, whatever the files are called.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from inkling.batch.atomic_file import check_writable, commit, partial_path, write_error

ResultJson = dict[str, Any]  # the JSON object of one picture: `source`, `ok`, then a reading, or `kind` and `error`

COLUMNS = (
    "source",
    "outcome",
    "text",
    "text_cell",
    "confidence",
    "digits",
    "constraint",
    "first",
    "fits",
    "reason",
    "warnings",
    "kind",
    "error",
)
PER_DIGIT = ("digit", "confidence", "sure")
ROOM = 32  # digits that the heading of an unfinished table names
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")  # the last four: full-width


class Table:
    """A CSV file on its way."""

    def __init__(self, path: Path) -> None:
        """Raises NotFound when it cannot be written."""
        check_writable(path)
        self.path = path
        self._longest = 0
        self._file = partial_path(path).open("w", newline="", encoding="utf-8", errors="surrogateescape")
        self._writer = _writer(self._file)
        self._writer.writerow(heading(ROOM))

    def add(self, row: ResultJson) -> None:
        """Writes the row of one picture. Raises NotFound when the disk is full."""
        cells = cells_of(row)
        self._longest = max(self._longest, (len(cells) - len(COLUMNS)) // len(PER_DIGIT))
        try:
            self._writer.writerow(cells)
            self._file.flush()
        except OSError as error:
            raise write_error(self.path, error) from error

    def finish(self) -> None:
        """Writes the whole table and moves it into place. Raises NotFound when that fails."""
        part = partial_path(self.path)
        whole = self.path.with_name(f"{self.path.name}.whole")
        try:
            self._file.close()
            with whole.open("w", newline="", encoding="utf-8", errors="surrogateescape") as file:
                writer = _writer(file)
                wide = heading(self._longest)
                writer.writerow(wide)
                for cells in _rows_of(part):
                    writer.writerow(cells + [""] * (len(wide) - len(cells)))
            whole.replace(part)
        except OSError as error:
            whole.unlink(missing_ok=True)
            raise write_error(self.path, error) from error
        commit(self.path)

    def close(self) -> None:
        """Leaves the unfinished table as it is."""
        with suppress(OSError):  # what could not be written before cannot be now
            self._file.close()


def heading(longest: int) -> list[str]:
    """The columns of a table whose longest text has so many digits."""
    return [*COLUMNS, *(f"{name}_{i + 1}" for i in range(longest) for name in PER_DIGIT)]


def cells_of(row: ResultJson) -> list[Any]:
    """The JSON object of one picture -> its cells; those of its digits last."""
    source = row["source"]
    if source.startswith(FORMULA):
        source = f"./{source}"  # the same file, and no formula
    if not row["ok"]:
        return [source, *[""] * (len(COLUMNS) - 3), row["kind"], _plain(row["error"])]
    known = row.get("constraint", {})
    cells = {
        "source": source,
        "outcome": row["outcome"],
        "text": row["text"],
        "text_cell": text_cell(row["text"]),
        "confidence": row["confidence"],
        "digits": len(row["digits"]),
        "constraint": _state_of(known),
        "first": known.get("first", ""),
        "fits": known.get("fits", ""),
        "reason": _plain(row["reason"]),
        "warnings": " ".join(warning["code"] for warning in row["warnings"]),
    }
    digits = [
        cell for digit in row["digits"] for cell in (digit["digit"], digit["confidence"], str(digit["sure"]).lower())
    ]
    return [*(cells.get(name, "") for name in COLUMNS), *digits]


def text_cell(text: str) -> str:
    """A cell that spreadsheets show as the text itself, zeros in front included; lines are parted by a slash."""
    flat = text.replace("\n", " / ")
    return f'="{flat}"' if flat else ""


def _state_of(known: dict[str, Any]) -> str:
    if not known:
        return ""
    return "not satisfied" if not known["satisfied"] else "changed" if known["changed"] else "satisfied"


def _plain(text: str) -> str:
    """Prose that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(FORMULA) else text


def _writer(file: Any) -> Any:
    # In quotes, a semicolon in a file name parts no cells where the custom of the country is to part them by it.
    return csv.writer(file, quoting=csv.QUOTE_ALL)


def _rows_of(part: Path) -> Iterator[list[str]]:
    """The rows of an unfinished table without its heading."""
    with part.open(newline="", encoding="utf-8", errors="surrogateescape") as file:
        reader = csv.reader(file)
        next(reader)
        yield from reader
