"""Compute the status and sums of a form's sheet from its fields, when the sheet is read and after it is corrected.

In a table of sheets, the `total = q1 + q2` column contains the sum of the parts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from inkling.batch.csv_table import field_column

SETTLED = ("read", "empty")  # outcomes of fields that need no check
NOT_KNOWN = ("missing", "unreadable")  # outcomes of fields that may contain an unknown number
BY_ITS_FIELDS = ("read", "unsure", "empty")  # statuses derived from the fields; others describe the page
FORMULA, PLUS = " = ", " + "


@dataclass(frozen=True)
class FieldState:
    """The state of one field."""

    name: str
    outcome: str
    reason: str  # a message: why the field needs a check


def judged(fields: Sequence[FieldState], broken: Sequence[str]) -> tuple[Literal["read", "unsure", "empty"], str]:
    """The status of a complete sheet, and the reason. `broken`: a message for each sum that is wrong."""
    if all(field.outcome == "empty" for field in fields):
        return "empty", "nothing is written on this form."
    if broken:
        return "unsure", " ".join(broken)
    doubtful = [field for field in fields if field.outcome not in SETTLED]
    if doubtful:
        more = f" and {len(doubtful) - 1} more" if len(doubtful) > 1 else ""
        return "unsure", f"{doubtful[0].name}{more} to be checked: {doubtful[0].reason}"
    return "read", ""


def text_or_unknown(text: str, outcome: str) -> str | None:
    """The text of a field: "" if it is empty, None if it has ink but no text."""
    return text if text or outcome == "empty" else None


def added_up(texts: Iterable[str | None]) -> int | None:
    """The sum of the fields' texts; an empty field counts as 0. None if a text is unknown or not a whole number."""
    total = 0
    for text in texts:
        if text is None or (text and not text.isdigit()):
            return None
        total += int(text or "0")
    return total


def sum_column(total: str, of: Iterable[str]) -> str:
    """The column of a sum in a table of sheets. It cannot be a field's column: field names have no spaces."""
    return f"{total}{FORMULA}{PLUS.join(of)}"


def sums_in(columns: Iterable[str]) -> list[tuple[str, list[str]]]:
    """The total and the parts of each sum among the columns of a table."""
    named = (column.partition(FORMULA) for column in columns)
    return [(total, of.split(PLUS)) for total, is_sum, of in named if is_sum]


def judge_again(row: dict[str, str]) -> None:
    """Recompute the sums, status and reason of a row after its fields were corrected."""

    def said_by(name: str) -> str:
        return row.get(field_column(name, "said_by")) or "inkling"

    outcomes = {name: row[column] for name in row if (column := field_column(name, "outcome")) in row}
    broken = []
    for total, of in sums_in(row):
        if not outcomes.keys() >= {total, *of}:  # a roster's column whose name looks like a sum
            continue
        is_known = not any(outcomes[name] in NOT_KNOWN for name in (total, *of))
        parts = added_up(text_or_unknown(row[name], outcomes[name]) for name in of) if is_known else None
        row[sum_column(total, of)] = "" if parts is None else str(parts)
        if parts is not None and row[total].isdigit() and int(row[total]) != parts:
            broken.append(f"{total} is {row[total]} ({said_by(total)}), and its parts add up to {parts}.")
    if row["status"] in BY_ITS_FIELDS:
        reasons = {"unreadable": "cannot be read, says {}.", "unsure": "is neither sure nor corrected."}
        fields = [
            FieldState(name, outcome, f"it {reasons.get(outcome, '')}".format(said_by(name)))
            for name, outcome in outcomes.items()
        ]
        row["status"], row["reason"] = judged(fields, broken)
