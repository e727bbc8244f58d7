"""The status and the sums of a form's sheet, from its fields: when it is read, and again when it is corrected.

In a table of sheets, the column `total = q1 + q2` holds what the parts of a sum add up to.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from inkling.batch.table import field_column

SETTLED = ("read", "empty")  # outcomes of fields that are not to be checked
NOT_KNOWN = ("missing", "unreadable")  # outcomes of fields that may hold a number, but an unknown one
BY_ITS_FIELDS = ("read", "unsure", "empty")  # statuses that follow from the fields; others describe the page
FORMULA, PLUS = " = ", " + "


@dataclass(frozen=True)
class FieldState:
    """What is known of one field."""

    name: str
    outcome: str
    reason: str  # for a person: why it is to be checked


def judged(fields: Sequence[FieldState], broken: Sequence[str]) -> tuple[Literal["read", "unsure", "empty"], str]:
    """A complete sheet of the form -> its status, and why. `broken`: a sentence for each sum that does not hold."""
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
    """The text of a field, "" for an empty one; None where there is ink, but no text."""
    return text if text or outcome == "empty" else None


def added_up(texts: Iterable[str | None]) -> int | None:
    """What the texts of fields add up to, where an empty one counts 0; None if one is unknown or no whole number."""
    total = 0
    for text in texts:
        if text is None or (text and not text.isdigit()):
            return None
        total += int(text or "0")
    return total


def sum_column(total: str, of: Iterable[str]) -> str:
    """The column of a sum in a table of sheets. It is never a field's: no field's name has a space."""
    return f"{total}{FORMULA}{PLUS.join(of)}"


def sums_in(columns: Iterable[str]) -> list[tuple[str, list[str]]]:
    """The columns of a table -> the total and the parts of each sum in it."""
    named = (column.partition(FORMULA) for column in columns)
    return [(total, of.split(PLUS)) for total, is_sum, of in named if is_sum]


def judge_again(row: dict[str, str]) -> None:
    """Work out the sums, status and reason of a row again, after people have corrected its fields."""

    def said_by(name: str) -> str:
        return row.get(field_column(name, "said_by")) or "inkling"

    outcomes = {name: row[column] for name in row if (column := field_column(name, "outcome")) in row}
    broken = []
    for total, of in sums_in(row):
        if not outcomes.keys() >= {total, *of}:  # a roster's column of such a name
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
