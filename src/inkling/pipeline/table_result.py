"""What a comb, grid or table holds, cell by cell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from inkling.pipeline.result import Box

CellOutcome = Literal["read", "unsure", "empty", "crossed_out", "not_digit"]


@dataclass(frozen=True)
class TableCell:
    """One cell."""

    row: int  # from 0, downwards
    column: int  # from 0, to the right
    outcome: CellOutcome  # "not_digit": ink, but no digit, such as a printed word
    text: str  # digits alone
    written: str  # with signs
    confidence: float  # probability that the text is right, 0..1; 0 where there is none
    box: Box  # in pixels of the upright image
    row_span: int = 1  # rows that a merged cell takes
    column_span: int = 1  # columns that it takes

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
    cells: tuple[TableCell, ...]  # row by row, from left to right; a place without walls has none

    def written(self) -> list[list[str]]:
        """Its numbers by row and column; "" where there is none. A merged cell's is in its first place."""
        rows = [[""] * self.columns for _ in range(self.rows)]
        for cell in self.cells:
            rows[cell.row][cell.column] = cell.written
        return rows

    def to_json(self) -> dict[str, Any]:
        return {
            "rows": self.rows,
            "columns": self.columns,
            "box": list(self.box),
            "cells": [cell.to_json() for cell in self.cells],
        }
