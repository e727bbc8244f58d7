"""A CSV table of readings, one row per image, written as images are read.

Each row goes to `out.csv.part` immediately, so an interrupted run keeps its rows. After the last row, the table is
rewritten with as many columns as its longest text needs and moved to `out.csv`, which is therefore always complete.

    source, page, outcome, text, text_cell, written, written_cell, confidence, digits, others, size, constraint, first,
    fits, reason, warnings, kind, error, hand, hand_version, (the columns of a roster), digit_1, confidence_1, sure_1,
    digit_2, ...

`text` and `written` are exact, for programs. A spreadsheet parses 0042 as a number and shows 42, so `text_cell` is
="0042", which Excel, LibreOffice and Google Sheets show unchanged; `written_cell` shows `written` the same way.
`written` may start with a sign but contains only digits, signs and white space. No other cell starts with a character
that a spreadsheet parses as a formula, whatever the files are named.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from inkling.batch.atomic_file import partial_path, write_error
from inkling.batch.csv_file import ENCODING, CsvFile, csv_writer
from inkling.csv_cells import safe_cell, text_cell

ResultJson = dict[str, Any]  # the JSON object of one image: `source`, `ok`, then a reading, or `kind` and `error`

COLUMNS = ("source", "page", "outcome", "text", "text_cell", "written", "written_cell", "confidence", "digits",
           "others", "size", "constraint", "first", "fits", "reason", "warnings", "kind", "error", "hand",
           "hand_version")  # fmt: skip
PER_DIGIT = ("digit", "confidence", "sure")
OF_A_DIGIT = re.compile(rf"({'|'.join(PER_DIGIT)})_[0-9]+")
RESERVED = {*COLUMNS, "model", "version", "said_by", "first_text"}  # in tables that --csv, --out or a merge writes
FIELD_COLUMNS = ("outcome", "cell", "said_by", "first_text")  # columns about a field's text in a table of sheets
PARTIAL_DIGITS = 32  # digits in the heading of an unfinished table


class Table(CsvFile):
    """A CSV file of readings that is being written."""

    def __init__(self, path: Path, *, joined: Sequence[str] = ()) -> None:
        """`joined`: a roster's columns; a result has their cells in `listed`. Raises NotFound if not writable."""
        self._columns = [*COLUMNS, *joined_columns(joined).values()]
        self._longest = 0
        super().__init__(path, self._heading(PARTIAL_DIGITS))

    def add(self, result: ResultJson, open_image: object = None) -> None:
        """Write the row of one image; `open_image` is not used. Raises NotFound if the disk is full."""
        row = row_of(result)
        cells = [safe_cell("", cell) for cell in result.get("listed", {}).values()]
        row[len(COLUMNS) : len(COLUMNS)] = cells or [""] * (len(self._columns) - len(COLUMNS))
        self._longest = max(self._longest, (len(row) - len(self._columns)) // len(PER_DIGIT))
        self.write([row])

    def finish(self) -> None:
        """Write the complete table and move it to its path. Raises NotFound if that fails."""
        partial = partial_path(self.path)
        complete = self.path.with_name(f"{self.path.name}.whole")
        try:
            self._file.close()
            with partial.open(**ENCODING) as rows, complete.open("w", **ENCODING) as file:
                reader, whole = csv.reader(rows), csv_writer(file)
                columns = self._heading(self._longest)
                next(reader)
                whole.writerow(columns)
                for row in reader:
                    whole.writerow(row + [""] * (len(columns) - len(row)))
            complete.replace(partial)
        except OSError as error:
            complete.unlink(missing_ok=True)
            raise write_error(self.path, error) from error
        super().finish()

    def _heading(self, n_digits: int) -> list[str]:
        return [*self._columns, *heading(n_digits)[len(COLUMNS) :]]


def joined_columns(names: Iterable[str]) -> dict[str, str]:
    """A roster's columns -> the name of each in a table of readings, distinct from the table's other columns."""
    found: dict[str, str] = {}
    for name in names:
        own = str(safe_cell("", name))
        while own in RESERVED or own in found.values() or OF_A_DIGIT.fullmatch(own):
            own = f"list_{own}"
        found[name] = own
    return found


def field_column(field: str, kind: str) -> str:
    """The column for one of FIELD_COLUMNS in a table of sheets; `field` is "" if a picture contains one number."""
    return f"{field}_{kind}" if field else kind


def joined_to(field: str, column: str) -> str:
    """The name of a roster's column in a table of sheets; field names contain no dot."""
    return f"{field}.{column}"


def heading(n_digits: int) -> list[str]:
    """The columns of a table whose longest text has `n_digits` digits."""
    return [*COLUMNS, *(f"{name}_{i + 1}" for i in range(n_digits) for name in PER_DIGIT)]


def row_of(result: ResultJson) -> list[Any]:
    """The JSON object of one image -> its cells, with the digits' cells last."""
    if not result["ok"]:
        values = {name: result[name] for name in ("source", "kind", "error")} | {"page": result.get("page")}
        return [safe_cell(name, values.get(name, "")) for name in COLUMNS]
    constraint = result.get("constraint")
    values = {
        **{name: result[name] for name in ("source", "outcome", "text", "written", "confidence", "reason")},
        "page": result.get("page"),
        "text_cell": text_cell(result["text"]),
        "written_cell": text_cell(result["written"]),
        "digits": len(result["digits"]),
        "others": " ".join(other["kind"] for other in result["others"]),
        "size": "x".join(map(str, result["size"])),
        "constraint": constraint_state(**constraint) if constraint else "",
        "first": constraint["first"] if constraint else "",
        "fits": constraint["fits"] if constraint else "",
        "warnings": " ".join(warning["code"] for warning in result["warnings"]),
        **hand_cells(result),
    }
    digits = [
        cell for digit in result["digits"] for cell in (digit["digit"], digit["confidence"], str(digit["sure"]).lower())
    ]
    return [*(safe_cell(name, values.get(name, "")) for name in COLUMNS), *digits]


def hand_cells(result: ResultJson) -> dict[str, Any]:
    """The `hand` and `hand_version` columns of a result; {} if it was read without a hand."""
    hand = result.get("hand")
    return {"hand": hand["name"], "hand_version": hand["version"]} if hand else {}


def constraint_state(*, satisfied: bool, changed: bool, **_: Any) -> str:
    """The value of the `constraint` column: "satisfied", "changed" (satisfied by another text) or "not satisfied"."""
    return "not satisfied" if not satisfied else "changed" if changed else "satisfied"
