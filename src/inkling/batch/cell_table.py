"""A CSV table of the cells of combs, grids and tables: one row a cell, written while pictures are read.

A picture without a grid, or that cannot be read, has one row that says so. Columns, and which cells are safe in a
spreadsheet: as in `table`.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from inkling.batch.atomic_file import check_writable, commit, partial_path, write_error
from inkling.batch.table import ENCODING, ResultJson, hand_cells
from inkling.csv_cells import safe_cell, text_cell

COLUMNS = (
    "source", "page", "table", "row", "column", "row_span", "column_span", "outcome", "text", "text_cell", "written",
    "written_cell", "confidence", "x", "y", "w", "h", "reason", "kind", "error",
    "hand", "hand_version",
)  # fmt: skip


class CellTable:
    """A CSV file of cells that is being written."""

    def __init__(self, path: Path) -> None:
        """Raises NotFound if it cannot be written."""
        check_writable(path)
        self.path = path
        self._file = partial_path(path).open("w", **ENCODING)
        self._writer = csv.writer(self._file, quoting=csv.QUOTE_ALL)
        self._writer.writerow(COLUMNS)

    def add(self, result: ResultJson, _open_image: object = None) -> None:
        """Write the rows of one picture. Raises NotFound if the disk is full."""
        try:
            for values in rows_of(result):
                self._writer.writerow([safe_cell(name, values.get(name, "")) for name in COLUMNS])
            self._file.flush()
        except OSError as error:
            raise write_error(self.path, error) from error

    def finish(self) -> None:
        """Move the complete table to its path. Raises NotFound if that fails."""
        self._file.close()
        commit(self.path)

    def close(self) -> None:
        """Leave the unfinished table as it is."""
        with suppress(OSError):  # a write that failed before fails again
            self._file.close()


def rows_of(result: ResultJson) -> Iterator[dict[str, Any]]:
    """The JSON object of a picture -> the values of each row, by column."""
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
