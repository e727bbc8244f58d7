"""Rows of cells: combs and tables, their walls and what their cells hold."""

from __future__ import annotations

import cv2
import numpy as np

from inkling.pipeline.config.layout import CELLS as CONFIG
from inkling.pipeline.config.layout import LIGHT, ROWS
from inkling.pipeline.layout.cells import apart, cell_state, extend, find_holes, group, has_walls
from inkling.pipeline.layout.geometry import as_levelled, box_corners, grown, rotation, union
from inkling.pipeline.layout.records import Cell, Row
from inkling.pipeline.layout.rows import find_components
from inkling.pipeline.layout.sheet import Sheet, cut


def find_cells(contrast: np.ndarray, threshold: int) -> tuple[list[np.ndarray], np.ndarray]:
    """(H, W) uint8 contrast -> rows of cells, (k, 4) levelled boxes each, and the (3, 3) matrix that levels them.

    Cells are looked for at the threshold of the ink, and at a lower one for paler walls.
    """
    best: tuple[list[np.ndarray], np.ndarray] = [], np.eye(3)
    strokes = (contrast >= threshold).view(np.uint8)
    for share in CONFIG.threshold_shares:
        mask = (contrast >= max(share * threshold, LIGHT.min_contrast)).view(np.uint8)
        if cv2.countNonZero(mask) > CONFIG.max_ink_share * mask.size:
            break
        rows, tilt_deg = group(find_holes(mask))
        if not rows:
            continue
        level = rotation(tilt_deg)
        levelled, moved = as_levelled(mask, level)
        offset = -moved[:2, 2]
        rows = apart([extend(row, levelled, offset) for row in rows if has_walls(row, levelled, offset)])
        rows = _higher_than_digits(rows, strokes, level)
        if sum(map(len, rows)) > sum(map(len, best[0])):
            best = rows, level
    return best


def _higher_than_digits(rows: list[np.ndarray], mask: np.ndarray, level: np.ndarray) -> list[np.ndarray]:
    """Rows of cells without those that are the holes of angular digits: the digits beside them are higher."""
    if not rows:
        return rows
    x, y, w, h = find_components(mask & ~region(mask.shape, rows, level)).boxes[1:].T
    at_border = (x <= 0) | (y <= 0) | (x + w >= mask.shape[1]) | (y + h >= mask.shape[0])
    is_bar = at_border & (np.minimum(w, h) < CONFIG.max_beside_aspect * np.maximum(w, h))
    is_bar |= (h >= CONFIG.max_beside * mask.shape[0]) | (w >= CONFIG.max_beside * mask.shape[1])
    heights = h[~is_bar]
    if not heights.size:
        return rows
    digit = float(np.median(heights[heights >= ROWS.tall_share * heights.max()]))
    least = CONFIG.min_height * digit
    return [row for row in rows if len(row) >= CONFIG.credible_cells or float(np.median(row[:, 3])) >= least]


def leaves_out_digits(rows: list[Row], free: list[Row], image_shape: tuple[int, ...]) -> bool:
    """Whether digits or boxes stand on the left or right of the only row of cells: then not all cells were found."""
    if len(rows) != 1:
        return False
    x, y, w, h = rows[0].box
    height = float(np.median([cell.box[3] for cell in rows[0].cells]))
    is_strip = image_shape[0] <= CONFIG.strip_height * height
    least = (CONFIG.min_beside_in_strip if is_strip else CONFIG.min_beside) * height
    for row in free:
        left, top, width, tall = row.box
        is_beside = left + width / 2 < x or left + width / 2 > x + w
        if is_beside and y < top + tall / 2 < y + h and min(row.image.shape) >= least:
            return True
    return False


def region(shape: tuple[int, ...], rows: list[np.ndarray], level: np.ndarray) -> np.ndarray:
    """(H, W) uint8 mask of the rows of cells with their walls."""
    mask = np.zeros(shape, np.uint8)
    for row in rows:
        _fill(mask, grown(union(row)[None], CONFIG.wall_share * float(np.median(row[:, 3]))), level, 1)
    return mask


def walls_of(shape: tuple[int, ...], rows: list[np.ndarray], level: np.ndarray) -> np.ndarray:
    """(H, W) uint8 mask of what lies between the cells and around them."""
    mask = np.zeros(shape, np.uint8)
    for row in rows:
        height = float(np.median(row[:, 3]))
        _fill(mask, grown(row, CONFIG.wall_share * height), level, 1)
        _fill(mask, grown(row, -CONFIG.inset * height), level, 0)
    return mask


def _fill(mask: np.ndarray, boxes: np.ndarray, level: np.ndarray, value: int) -> None:
    """Fill levelled boxes in the mask."""
    for box in boxes:
        corners = box_corners(box) @ level[:2, :2]  # the inverse of a rotation is its transpose
        cv2.fillConvexPoly(mask, np.rint(corners).astype(np.int32), (value,))


def is_squared(rows: list[Row]) -> bool:
    """Whether cells are the squares of squared paper: many, in several rows, and writing pays them no regard."""
    cells = [cell for row in rows for cell in row.cells]
    written = sum(cell.state != "empty" for cell in cells)
    return (
        len(rows) > 1 and len(cells) >= CONFIG.squared_min_cells and written <= CONFIG.squared_max_written * len(cells)
    )


def cell_row(sheet: Sheet, ink: np.ndarray, cells: np.ndarray, level: np.ndarray) -> Row:
    """A row of levelled cells -> its picture and the cells' states. `ink`: (H, W) uint8 mask without walls."""
    height = float(np.median(cells[:, 3]))
    x, y, w, h = grown(union(cells)[None], CONFIG.margin * height)[0]
    row = cut(sheet, level, (float(x), float(y), float(w), float(h)))
    to_row = np.linalg.inv(level @ sheet.to_work @ row.to_image)
    found = []
    for cell in cells:
        x, y, w, h = grown(cell[None], -CONFIG.inset * height)[0]
        to_work = level.T @ np.array([[1, 0, x], [0, 1, y], [0, 0, 1]])
        size_wh = max(1, round(w)), max(1, round(h))
        part = cv2.warpAffine(ink, to_work[:2], size_wh, flags=cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP)
        corners = cv2.perspectiveTransform(box_corners(cell)[None].astype(float), to_row)[0]
        (left, top), (right, bottom) = (np.rint(corners[at]).astype(int).tolist() for at in (0, 2))
        found.append(Cell((left, top, right - left, bottom - top), cell_state(part)))
    return Row(row.image, row.to_image, tuple(found))
