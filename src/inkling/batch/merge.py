"""Merge the corrections of a review page into the table of readings, and record the author of each text.

A table is the output of `inkling read --csv` or `inkling form read --csv`, or the folder of a run with --out.
Corrections are saved by a review page. A corrected text replaces the reading; two columns record the change:

| column | content |
| --- | --- |
| `said_by` | inkling, or the person who checked it |
| `first_text` | what inkling read |

A table of sheets has both columns for each field: `NAME_said_by`, `NAME_first_text`. Sums, status and reason of a
corrected sheet are recomputed, and `first_status` keeps the earlier status.
"""

from __future__ import annotations

import csv
import itertools
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from inkling.batch import records, run_manifest, storage
from inkling.batch.atomic_file import check_writable, commit, partial_path, write_error
from inkling.batch.csv_file import ENCODING
from inkling.batch.csv_table import COLUMNS, PER_DIGIT, field_column, heading, joined_columns, joined_to, row_of
from inkling.batch.form_status import judge_again
from inkling.batch.job import part_name
from inkling.constraints.roster import Roster, csv_errors, read_text
from inkling.csv_cells import safe_cell, text_cell
from inkling.errors import BadRequest, NotFound

ANSWERS = ("number", "empty", "unreadable")
HEADING = ("source", "field", "read", "answer", "right", "by")  # the columns of corrections that are used
AS_TYPED = re.compile(r"[0-9.,+\-/:%()$€£¥¤\s]*")  # the characters that the review page accepts: no formula, no link
MACHINE = "inkling"
OF_A_TABLE = re.compile(r"(_[0-9]+){1,2}$")

Row = dict[str, str]
Key = tuple[str, str]  # source and field


@dataclass(frozen=True)
class Correction:
    """A person's answer for one number."""

    source: str
    field: str  # the column of the table; "" if the picture contains one number
    read: str  # the text shown on the page
    answer: str  # one of ANSWERS
    right: str  # the correct number, if `answer` is "number"
    by: str
    file: str  # path of the corrections

    def __str__(self) -> str:
        return f"{self.right if self.answer == 'number' else self.answer} ({self.by}, {Path(self.file).name})"


@dataclass
class Merged:
    """The outcome of a merge."""

    rows: int = 0
    checked: int = 0  # numbers that a person checked
    corrected: int = 0  # numbers among them that were changed
    contradictions: list[str] = field(default_factory=list)  # one message each; the reading is kept
    statuses: Counter[str] = field(default_factory=Counter)  # of the sheets


def merge(table: str, corrections: Sequence[Path], out: Path, *, rosters: Mapping[str, Roster] | None = None) -> Merged:
    """Write `table`, with the corrections applied, to `out` as CSV, atomically.

    `rosters`: the rosters whose columns the table contains, by region of the sheets; "" if a picture contains one
    number. For corrected numbers these columns are looked up again; without a roster they become empty.

    Raises NotFound for a file that cannot be read or written, and BadRequest for a `table` that is not a table of
    readings, for a file without corrections, for an unfinished run, and for corrections of another run. `out` is not
    written if an error is raised.
    """
    given = [each for path in corrections for each in read_corrections(path)]
    columns, rows = _open_table(table)
    fields = sorted({each.field for each in given})
    if missing := [name for name in fields if (name or "text") not in columns]:
        raise _other_run(next(each for each in given if each.field == missing[0]), table)
    merged, by_key = Merged(), {key: list(same) for key, same in itertools.groupby(sorted(given, key=_key), _key)}
    longest = max((len(each.right.replace("\n", "")) for each in given), default=0)
    columns = _with_columns(columns, fields, longest)
    unused = set(by_key)
    check_writable(out)
    try:
        with _writing(out) as file:
            writer = csv.DictWriter(file, columns, restval="", quoting=csv.QUOTE_ALL)
            writer.writeheader()
            for row in rows:
                merged.rows += 1
                for name in fields:
                    unused.discard(key := (row["source"], name))
                    _say(row, name, by_key.get(key, []), merged, _roster_of(name, rosters or {}))
                if "status" in row:
                    row.setdefault("first_status", row["status"])
                    if any((row["source"], name) in by_key for name in fields):
                        judge_again(row)
                    merged.statuses[row["status"]] += 1
                writer.writerow(row)
        if unused:
            raise _other_run(by_key[min(unused)][0], table)
    except BaseException:
        partial_path(out).unlink(missing_ok=True)
        raise
    commit(out)
    return merged


def read_corrections(path: Path) -> list[Correction]:
    """The corrections in a file. Raises NotFound if it cannot be read, BadRequest if it is not from a review page."""
    with csv_errors(path):
        rows = list(csv.DictReader(read_text(path).splitlines(keepends=True)))
    for row in rows[:1] or [{}]:
        if any(name not in row for name in HEADING):
            raise BadRequest(
                f"{path} contains no corrections; expected a table with {', '.join(HEADING)}, as a review page saves "
                "it. Save the page's corrections again."
            )
    for row in rows:
        answer, right = row["answer"], row["right"] or ""
        has_digits = any(map(str.isdigit, right))
        if answer not in ANSWERS or has_digits != (answer == "number") or not AS_TYPED.fullmatch(right):
            raise BadRequest(
                f"{path} has {answer!r} and {right[:40]!r} for {row['source']}; expected a number, or one of "
                f"{', '.join(ANSWERS[1:])}. Correct the row."
            )
    return [Correction(**{name: row[name] for name in HEADING}, file=str(path)) for row in rows]


def _key(each: Correction) -> Key:
    return each.source, each.field


def _say(row: Row, name: str, given: Sequence[Correction], merged: Merged, roster: Roster | None) -> None:
    """Put the answers for one number into its row."""
    said_by, first, cell = (field_column(name, each) for each in ("said_by", "first_text", "cell"))
    row.setdefault(said_by, MACHINE)
    row.setdefault(first, row[name or "text"])
    if not given:
        return
    for each in given:
        if each.read not in (row[first], row.get("written")):
            raise _other_run(each, "the table")
    merged.checked += 1
    if len({(each.answer, each.right) for each in given}) > 1:
        where = " ".join(filter(None, _key(given[0])))
        answers = ", ".join(map(str, given))
        merged.contradictions.append(f"{where}: {answers}; {row[first] or 'nothing'} was read and is kept.")
        return
    said = given[0]
    row[said_by] = str(safe_cell(said_by, said.by))
    outcome = "read" if said.answer == "number" else said.answer
    row[field_column(name, "outcome")] = outcome
    if said.right == said.read:
        return
    merged.corrected += 1
    listed = roster.of("".join(filter(str.isdigit, said.right))) if roster else {}
    if not name:
        _correct(row, said.right, listed)
        return
    row[name] = said.right
    if cell in row:  # tables written by older versions lack this column
        row[cell] = text_cell(said.right)
    joined = {joined_to(name, column): str(safe_cell("", cell)) for column, cell in listed.items()}
    for column in row:
        if column.startswith(joined_to(name, "")):
            row[column] = joined.get(column, "")


def _roster_of(field: str, rosters: Mapping[str, Roster]) -> Roster | None:
    """The roster of a field's region; the fields of a table are named REGION_ROW or REGION_ROW_COLUMN."""
    return rosters.get(field) or rosters.get(OF_A_TABLE.sub("", field))


def _correct(row: Row, right: str, listed: Mapping[str, str]) -> None:
    """Replace the number in a row that has only one; `listed`: the new number's cells in the roster."""
    lines = ["".join(filter(str.isdigit, line)) for line in right.split("\n")]
    text, digits = "\n".join(lines), "".join(lines)
    names = joined_columns(listed)
    joined = {names[name]: str(safe_cell("", cell)) for name, cell in listed.items()}
    for column in row.keys() - {*COLUMNS, "said_by", "first_text"}:
        row[column] = joined.get(column, "")  # columns of the digits and of the roster
    row |= {"text": text, "text_cell": text_cell(text), "written": right, "written_cell": text_cell(right)}
    row |= dict.fromkeys(("confidence", "reason", "constraint", "first", "fits"), "")  # they describe the reading
    row["digits"] = str(len(digits))
    for i, digit in enumerate(digits, 1):
        row[f"digit_{i}"], row[f"sure_{i}"] = digit, "true"


def _with_columns(columns: list[str], fields: Sequence[str], longest: int) -> list[str]:
    """The table's columns, with digit columns for the longest text and the columns that record each correction."""
    found = dict.fromkeys(columns)
    if "" in fields and "digits" in found:
        found |= dict.fromkeys(heading(longest)[-len(PER_DIGIT) * longest or len(heading(0)) :])
    for name in fields:
        found |= dict.fromkeys(field_column(name, each) for each in ("said_by", "first_text"))
    if "status" in found:
        found |= {"first_status": None}
    return list(found)


def _open_table(table: str) -> tuple[list[str], Iterator[Row]]:
    """The columns of a table or run, and its rows."""
    if storage.probe(table) == "folder":
        return _open_run(table)
    try:
        with csv_errors(table), Path(table).open(**ENCODING) as file:
            columns = next(csv.reader(file), [])
    except OSError as error:
        raise NotFound(
            f"{table} cannot be read ({error.strerror or error}); expected a CSV table or the folder of a run. Check "
            "the path."
        ) from error
    if "source" not in columns:
        raise BadRequest(f"{table} is not a table of readings; expected one that --csv wrote. Name another.")
    return columns, _rows_of(Path(table))


def _rows_of(table: Path) -> Iterator[Row]:
    with csv_errors(table), table.open(**ENCODING) as file:
        yield from csv.DictReader(file)


def _open_run(out: str) -> tuple[list[str], Iterator[Row]]:
    manifest = run_manifest.load(out)
    if manifest is None or manifest.state != "complete":
        raise BadRequest(
            f"{out} contains no complete run; expected a folder written by --out. Continue with --resume first."
        )

    def results() -> Iterator[records.Record]:
        for part in manifest.parts:
            content = storage.read(storage.join(out, part_name(part.number, manifest.format)))
            yield from records.decode(content, manifest.format)

    longest, joined = 0, dict[str, None]()
    for record in results():
        longest = max(longest, len(record["digits"] or ()))
        joined |= dict.fromkeys(records.joined_in(record))
    columns = heading(longest)

    def rows() -> Iterator[Row]:
        for record in results():
            row = dict(zip(columns, map(str, row_of(records.to_result(record))), strict=False))
            yield row | {name: str(safe_cell("", record.get(name) or "")) for name in joined}

    return [*COLUMNS, *joined, *columns[len(COLUMNS) :]], rows()


@contextmanager
def _writing(out: Path) -> Iterator[Any]:
    try:
        with partial_path(out).open("w", **ENCODING) as file:
            yield file
    except OSError as error:
        raise write_error(out, error) from error


def _other_run(each: Correction, table: str) -> BadRequest:
    what = f"{each.read or 'nothing'} as {each.field or 'the number'} of {each.source}"
    return BadRequest(
        f"{each.file} belongs to another run: it corrects {what}, which {table} does not contain; expected the "
        "corrections of the table's review page. Name those."
    )
