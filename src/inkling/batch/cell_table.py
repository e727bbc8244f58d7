"""A CSV table of the cells of combs, grids and tables: one row per cell, written as pictures are read.

A picture without a grid, or one that cannot be read, gets one row that reports this. Columns and spreadsheet escaping
follow `csv_table`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from inkling.batch.csv_file import CsvFile
from inkling.batch.csv_table import ResultJson, hand_cells
from inkling.csv_cells import safe_cell, text_cell

COLUMNS = (
    "source", "page", "table", "row", "column", "row_span", "column_span", "outcome", "text", "text_cell", "written",
    "written_cell", "confidence", "x", "y", "w", "h", "reason", "kind", "error",
    "hand", "hand_version",
)  # fmt: skip


class CellTable(CsvFile):
    """A CSV file of cells that is being written."""

    def __init__(self, path: Path) -> None:
        """Raises NotFound if the file cannot be written."""
        super().__init__(path, COLUMNS)

    def add(self, result: ResultJson, _open_image: object = None) -> None:
        """Write the rows of one picture. Raises NotFound if the disk is full."""
        self.write([safe_cell(name, values.get(name, "")) for name in COLUMNS] for values in rows_of(result))


def rows_of(result: ResultJson) -> Iterator[dict[str, Any]]:
    """Yield the rows of a picture's JSON object, each as column -> value."""
    common = {**{name: result[name] for name in ("source", "page")}, **hand_cells(result)}
    if not result["ok"]:
        yield {**common, "kind": result["kind"], "error": result["error"]}
    elif not result["tables"]:
        yield {**common, "outcome": result["outcome"], "reason": result["reason"]}
    else:
        for number, table in enumerate(result["tables"], 1):
            for cell in table["cells"]:
                box = dict(zip("xywh", cell["box"], strict=True))
                own = {"text_cell": text_cell(cell["text"]), "written_cell": text_cell(cell["written"])}
                yield {**common, "table": number, **cell, **box, **own}
