"""The contents of a comb, grid or table, cell by cell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from inkling.pipeline.box import Box

CellOutcome = Literal["read", "unsure", "empty", "crossed_out", "not_digit"]
NO_GRID = "no grid was found; expected a comb, grid or table of closed cells. Show all of it, larger and sharper."


@dataclass(frozen=True)
class TableCell:
    """One cell."""

    row: int  # from 1, downward; the first row of a merged cell
    column: int  # from 1, to the right; the first column of a merged cell
    outcome: CellOutcome  # "not_digit": ink but no digit, such as a printed word
    text: str  # digits only
    written: str  # with signs
    confidence: float  # probability that the text is right, 0..1; 0 if there is none
    box: Box  # in pixels of the upright image
    row_span: int = 1  # rows that a merged cell spans
    column_span: int = 1  # columns that a merged cell spans

    def to_json(self) -> dict[str, Any]:
        return {
            "row": self.row,
            "column": self.column,
            "row_span": self.row_span,
            "column_span": self.column_span,
            "outcome": self.outcome,
            "text": self.text,
            "written": self.written,
            "confidence": round(self.confidence, 4),
            "box": list(self.box),
        }


@dataclass(frozen=True)
class Table:
    """A comb, grid or table."""

    rows: int
    columns: int
    box: Box  # in pixels of the upright image
    cells: tuple[TableCell, ...]  # row by row, from left to right; places without walls are missing

    def written(self) -> list[list[str]]:
        """The numbers by row and column; "" if there is none. A merged cell's number is at its first position."""
        rows = [[""] * self.columns for _ in range(self.rows)]
        for cell in self.cells:
            rows[cell.row - 1][cell.column - 1] = cell.written
        return rows

    def to_json(self) -> dict[str, Any]:
        return {
            "rows": self.rows,
            "columns": self.columns,
            "box": list(self.box),
            "cells": [cell.to_json() for cell in self.cells],
        }


def summarized(tables: Sequence[Table]) -> tuple[str, str]:
    """The outcome of all cells of a picture, and the reason for the user if it is not "read".

    "read"; "unsure" if any number is unsure; "empty" if there is no number; or "no_grid".
    """
    if not tables:
        return "no_grid", NO_GRID
    outcomes = [cell.outcome for table in tables for cell in table.cells]
    n_unsure, n_read = outcomes.count("unsure"), outcomes.count("read")
    if n_unsure:
        return "unsure", f"{n_unsure} of {n_unsure + n_read} numbers are unclear; check them by eye."
    return ("read", "") if n_read else ("empty", "no cell contains a number; write in the cells, larger or darker.")
