"""Read combs, grids and tables cell by cell: find them, cut out each cell without its walls, and read it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from inkling.pipeline.box import Box, inside
from inkling.pipeline.config.layout import TABLES
from inkling.pipeline.deadline import check_deadline
from inkling.pipeline.decode import DecodedImage
from inkling.pipeline.layout import Row, cell_images, find_table_cells
from inkling.pipeline.layout.geometry import union
from inkling.pipeline.layout.records import CellState
from inkling.pipeline.layout.sheet import picture_box
from inkling.pipeline.result import Reading
from inkling.pipeline.table_result import CellOutcome, Table, TableCell

Content = tuple[CellOutcome, str, str, float]  # of a cell: outcome, text, written, confidence


def read_tables(decoded: DecodedImage, read: Callable[[np.ndarray], Reading]) -> list[Table]:
    """The tables of an image from top to bottom; `read` reads the (h, w) uint8 picture of one cell."""
    found = find_table_cells(decoded.image)
    if found is None:
        return []
    sheet, ink, tables = found
    scale_xy = np.array(decoded.size_wh) / decoded.image.shape[::-1]

    def original(box: np.ndarray) -> Box:
        scaled = np.array(picture_box(sheet, ink.level, box)) * np.tile(scale_xy, 2)
        x, y, w, h = (round(float(value)) for value in scaled)
        return inside((x, y, w, h), decoded.size_wh)

    images = cell_images(sheet, ink, np.concatenate([table.boxes for table in tables]))
    result = []
    for table in tables:
        cells = []
        for place, box in zip(table.places.tolist(), table.boxes, strict=True):
            check_deadline()
            outcome, text, written, confidence = _content(*next(images), read)
            (row, column), spans = (place[0] + 1, place[1] + 1), place[2:]
            cells.append(TableCell(row, column, outcome, text, written, confidence, original(box), *spans))
        cells.sort(key=lambda cell: (cell.row, cell.column))
        result.append(Table(*table.shape, original(union(table.boxes)), tuple(cells)))
    return result


def _content(state: CellState, image: Row | None, read: Callable[[np.ndarray], Reading]) -> Content:
    """Read a cell.

    A cell that looks crossed out but is probably a number (an 8, or two touching digits) is read as a number. An
    unpaired bracket is taken for a curved 1, and the cell is unsure. If ink was found but the cell's picture shows
    none, the cell is unsure, too.
    """
    if image is None:
        return "empty", "", "", 0.0
    reading = read(image.image)
    if state == "crossed_out" and reading.confidence < TABLES.min_number:
        return "crossed_out", "", "", 0.0
    outcome: CellOutcome = "unsure" if reading.outcome == "empty" else reading.outcome
    written = " ".join(reading.written.split())
    if written.count("(") != written.count(")"):
        outcome, written = "unsure", written.replace("(", "1").replace(")", "1")
    return outcome, "".join(filter(str.isdigit, written)), written, reading.confidence
