"""START HERE: the steps of layout in order."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np

from inkling.pipeline.config.layout import LAYOUT
from inkling.pipeline.layout.cell_images import cell_images, ink_of_tables
from inkling.pipeline.layout.cell_rows import (
    CellInk,
    cell_row,
    find_cells,
    ink_of_cells,
    is_squared,
    region,
    with_digits_beside,
)
from inkling.pipeline.layout.free_rows import find_free_rows
from inkling.pipeline.layout.geometry import as_levelled
from inkling.pipeline.layout.light import MOST_CONTRAST, ink_threshold
from inkling.pipeline.layout.perspective import Page, find_page
from inkling.pipeline.layout.records import Ignored, Layout, Row
from inkling.pipeline.layout.sheet import Sheet, cut, levelled_box, straighten
from inkling.pipeline.layout.tables import FoundTable, find_tables


def find_layout(image: np.ndarray) -> Layout:
    """(H, W) uint8 upright gray picture -> its rows in reading order.

    >>> import numpy as np
    >>> find_layout(np.full((64, 64), 255, np.uint8)).rows
    ()
    """
    page, sheet, outside, contrast = _paper(image)
    threshold = ink_threshold(contrast)
    if threshold > MOST_CONTRAST:
        return Layout((), is_page=page is not None)
    mask = (contrast >= threshold).view(np.uint8)
    cells, level = find_cells(contrast, threshold)
    combs, rows, around = [], [], mask  # combs: (k, 4) cells of each row, in pixels of the leveled mask
    is_large = sum(map(len, cells)) > LAYOUT.max_cells
    if cells:
        turned, moved = as_levelled(mask, level)
        combs = [row + np.array([*moved[:2, 2], 0, 0]) for row in cells]
        ink = ink_of_cells(turned, moved, combs)
        around = mask & ~region(mask.shape, cells, level)
        if is_squared(ink, combs):
            combs, is_large, around = [], False, around | ink.in_picture(mask.shape)
    free, ignored, crowd = find_free_rows(sheet, around, contrast, outside)
    if combs and not is_large:
        wholes, taken = with_digits_beside(combs, [levelled_box(row, moved @ sheet.to_work) for row in free])
        free = [row for row, is_part in zip(free, taken, strict=True) if not is_part]
        rows = [
            replace(cell_row(sheet, ink, *whole), cut_cells=partial(_cut_cells, sheet, ink, whole[0]))
            for whole in wholes[: LAYOUT.max_rows]
        ]
    if any(cell.state != "empty" for row in rows for cell in row.cells):
        ignored += [Ignored("text", row.box) for row in free]  # printed text on a form, beside its cells
    else:
        rows += free
    rows = _reading_order(rows)
    too_much = crowd or ("rows" if len(rows) > LAYOUT.max_rows else "")
    if is_large:
        too_much = "table"
    has_whole = page is None and _is_one_row(image, rows)
    whole = cut(sheet, np.eye(3), (0, 0, *sheet.size_wh)) if has_whole else None
    return Layout(tuple(rows[: LAYOUT.max_rows]), tuple(ignored), too_much, page is not None, whole)


def _cut_cells(sheet: Sheet, ink: CellInk, cells: np.ndarray) -> list[np.ndarray | None]:
    """(k, 4) cells, in pixels of the ink's masks -> the picture of each written cell's ink; None for other cells."""
    return [row.image if row and state == "written" else None for state, row in cell_images(sheet, ink, cells)]


def find_table_cells(image: np.ndarray) -> tuple[Sheet, CellInk, list[FoundTable]] | None:
    """(H, W) uint8 upright gray picture -> its sheet, the ink of its cells, and its tables; None without tables.

    The cells are in pixels of the ink's masks.
    """
    _, sheet, _, contrast = _paper(image)
    threshold = ink_threshold(contrast)
    if threshold > MOST_CONTRAST:
        return None
    tables, level = find_tables(contrast, threshold)
    if not tables:
        return None
    levelled, moved = as_levelled((contrast >= threshold).view(np.uint8), level)
    offset = np.array([*moved[:2, 2], 0, 0])
    tables = [FoundTable(table.boxes + offset, table.places) for table in tables]
    return sheet, ink_of_tables(levelled, moved, np.concatenate([table.boxes for table in tables])), tables


def _paper(image: np.ndarray) -> tuple[Page | None, Sheet, np.ndarray | None, np.ndarray]:
    """(H, W) uint8 -> its page, the straightened sheet, the mask of its surroundings, and the contrast of its ink."""
    page = find_page(image)
    sheet, outside = straighten(image, page)
    contrast = sheet.paper.contrast
    return page, sheet, outside, contrast if outside is None else contrast * (1 - outside)


def _is_one_row(image: np.ndarray, rows: list[Row]) -> bool:
    """Whether a picture is about one row tall, such as a crop of a number or a box."""
    h, w = image.shape
    if len(rows) > 1 or w < LAYOUT.min_whole_aspect * h:
        return False
    return not rows or rows[0].box[3] >= LAYOUT.min_whole_height * h


def _reading_order(rows: list[Row]) -> list[Row]:
    """Sort rows from top to bottom, allowing for their tilt, and rows side by side from left to right."""
    if len(rows) < 2:
        return rows
    middles = np.array([row.to_image @ [row.image.shape[1] / 2, row.image.shape[0] / 2, 1] for row in rows])
    middles = middles[:, :2] / middles[:, 2:]
    slants = np.array([row.to_image[:2, 0] for row in rows])
    along = np.median(slants / np.linalg.norm(slants, axis=1, keepdims=True), axis=0)
    x, y = middles @ along, middles @ np.array([-along[1], along[0]])
    heights = np.array([row.image.shape[0] * float(np.hypot(*row.to_image[:2, 1])) for row in rows])
    lines: list[list[int]] = []
    for i in np.argsort(y, kind="stable").tolist():
        if lines and y[i] - y[lines[-1][0]] < 0.5 * min(heights[i], heights[lines[-1][0]]):
            lines[-1].append(i)
        else:
            lines.append([i])
    return [rows[i] for line in lines for i in sorted(line, key=lambda i: float(x[i]))]
