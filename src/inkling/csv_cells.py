"""Cells of CSV tables that no spreadsheet takes for a formula: every table that inkling writes is made of these.

Excel, LibreOffice and Google Sheets run a cell that begins with one of `FORMULA_STARTS`, and a file name or an error
that quotes one may begin so (OWASP, "CSV Injection").
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

FULL_WIDTH = ("\uff1d", "\uff0b", "\uff0d", "\uff20")  # the same four signs as Asian keyboards type them
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", *FULL_WIDTH)
OWN_FORMULAS = ("text_cell", "written_cell")  # ="0042": see `text_cell`
NUMBERS = ("written",)  # digits and signs alone, as -12.50: exact, for programs
PATHS = ("source",)


def text_cell(text: str) -> str:
    """A cell that spreadsheets show as the text itself, leading zeros included; a slash separates lines."""
    on_one_line = text.replace("\n", " / ").replace("\t", "  ").replace('"', '""')
    return f'="{on_one_line}"' if text else ""


def safe_cell(column: str, value: Any) -> Any:
    """The value of a column as no spreadsheet takes it for a formula.

    A path still names the same file (./=a.png), other text begins with an apostrophe, which spreadsheets hide.
    """
    if not isinstance(value, str) or not value.startswith(FORMULA_STARTS) or column in OWN_FORMULAS + NUMBERS:
        return value
    return f"./{value}" if column in PATHS else f"'{value}"


def safe_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """Columns and values -> the same with `safe_cell`s."""
    return {column: safe_cell(column, value) for column, value in row.items()}
