"""Escape CSV cells so that no spreadsheet treats them as formulas. Every table that inkling writes uses this module.

Excel, LibreOffice and Google Sheets evaluate a cell that begins with one of `FORMULA_STARTS` as a formula. A file name,
or an error that quotes a file name, can begin with one of them (OWASP, "CSV Injection").
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

FULL_WIDTH = ("\uff1d", "\uff0b", "\uff0d", "\uff20")  # the full-width forms of = + - @
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", *FULL_WIDTH)
OWN_FORMULAS = ("text_cell", "written_cell")  # ="0042": see `text_cell`
NUMBERS = ("written",)  # only digits and signs, such as -12.50; left unchanged for programs
PATHS = ("source",)


def text_cell(text: str) -> str:
    """A cell that spreadsheets show as text, with its leading zeros. Lines are joined with slashes; "" stays empty."""
    on_one_line = text.replace("\n", " / ").replace("\t", "  ").replace('"', '""')
    return f'="{on_one_line}"' if text else ""


def safe_cell(column: str, value: Any) -> Any:
    """Escape a column's value so that no spreadsheet treats it as a formula.

    A path gets a "./" prefix and still names the same file (./=a.png). Other text gets an apostrophe, which
    spreadsheets hide.
    """
    if not isinstance(value, str) or not value.startswith(FORMULA_STARTS) or column in OWN_FORMULAS + NUMBERS:
        return value
    return f"./{value}" if column in PATHS else f"'{value}"


def safe_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """Apply `safe_cell` to each column of a row."""
    return {column: safe_cell(column, value) for column, value in row.items()}
