"""What a sheet of a form comes to by its fields: for whoever reads it, and again for whoever corrects it.

In a table of sheets, the column `total = q1 + q2` holds what the parts of a sum add up to.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from inkling.batch.table import field_column

SETTLED = ("read", "empty")  # outcomes of fields that are not to be checked
NOT_KNOWN = ("missing", "unreadable")  # outcomes of fields that may hold a number which nobody can tell
BY_ITS_FIELDS = ("read", "unsure", "empty")  # statuses that follow from the fields; others are of the page
FORMULA, PLUS = " = ", " + "


@dataclass(frozen=True)
class FieldState:
    """What is said of one field."""

    name: str
    outcome: str
    reason: str  # for a person: why it is to be checked


def judged(fields: Sequence[FieldState], broken: Sequence[str]) -> tuple[Literal["read", "unsure", "empty"], str]:
    """A whole sheet of the form -> its status and the reason. `broken`: a sentence for each sum that does not hold."""
    if all(field.outcome == "empty" for field in fields):
        return "empty", "nothing is written on this form."
    if broken:
        return "unsure", " ".join(broken)
    doubtful = [field for field in fields if field.outcome not in SETTLED]
    if doubtful:
        more = f" and {len(doubtful) - 1} more" if len(doubtful) > 1 else ""
        return "unsure", f"{doubtful[0].name}{more} to be checked: {doubtful[0].reason}"
    return "read", ""


def added_up(texts: Iterable[str]) -> int | None:
    """What the texts of fields add up to, an empty one counting 0; None where one is no whole number."""
    found = [text or "0" for text in texts]
    return sum(map(int, found)) if all(text.isdigit() for text in found) else None


def sum_column(total: str, of: Iterable[str]) -> str:
    """The column of a table of sheets for a sum. No field's name has a space."""
    return f"{total}{FORMULA}{PLUS.join(of)}"


def sums_in(columns: Iterable[str]) -> list[tuple[str, list[str]]]:
    """The columns of a table -> for each sum in it the total, and what it is of."""
    named = (column.partition(FORMULA) for column in columns)
    return [(total, of.split(PLUS)) for total, is_sum, of in named if is_sum]


def judge_again(row: dict[str, str]) -> None:
    """Work out sums, status and reason of a row of the table, after people have corrected fields of it."""

    def said_by(name: str) -> str:
        return row.get(field_column(name, "said_by")) or "inkling"

    outcomes = {name: row[column] for name in row if (column := field_column(name, "outcome")) in row}
    broken = []
    for total, of in sums_in(row):
        is_known = not any(outcomes[name] in NOT_KNOWN for name in (total, *of))
        parts = added_up(row[name] for name in of) if is_known else None
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
