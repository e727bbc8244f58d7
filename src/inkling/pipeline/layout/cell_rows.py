"""Rows of cells: combs and tables, their walls and what their cells hold."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from inkling.pipeline.config.layout import CELLS as CONFIG
from inkling.pipeline.config.layout import LIGHT, ROWS
from inkling.pipeline.layout.cells import apart, cell_state, extend, find_holes, group, has_walls, levelled_boxes
from inkling.pipeline.layout.geometry import as_levelled, box_corners, grown, rotation, union
from inkling.pipeline.layout.records import Cell, Row
from inkling.pipeline.layout.rows import find_components
from inkling.pipeline.layout.rules import without_walls
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
        holes = find_holes(mask)
        if len(holes) < 2:
            continue
        tilt_deg = float(np.median(holes[:, 4]))
        rows = rows_of_cells(holes, tilt_deg, mask, strokes)
        if sum(map(len, rows)) > sum(map(len, best[0])):
            best = rows, rotation(tilt_deg)
    return best


def rows_of_cells(holes: np.ndarray, tilt_deg: float, mask: np.ndarray, strokes: np.ndarray) -> list[np.ndarray]:
    """(n, 5) holes of an (H, W) uint8 mask, levelled by a tilt -> rows of (k, 4) cells. `strokes`: mask of the ink."""
    rows = group(levelled_boxes(holes, tilt_deg))
    if not rows:
        return []
    level = rotation(tilt_deg)
    levelled, moved = as_levelled(mask, level)
    offset = -moved[:2, 2]
    rows = apart([extend(row, levelled, offset) for row in rows if has_walls(row, levelled, offset)])
    return higher_than_digits(rows, strokes, level)


def higher_than_digits(rows: list[np.ndarray], mask: np.ndarray, level: np.ndarray) -> list[np.ndarray]:
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


def _fill(mask: np.ndarray, boxes: np.ndarray, level: np.ndarray, value: int) -> None:
    """Fill levelled boxes in the mask."""
    for box in boxes:
        corners = box_corners(box) @ level[:2, :2]  # the inverse of a rotation is its transpose
        cv2.fillConvexPoly(mask, np.rint(corners).astype(np.int32), (value,))


def is_squared(ink: CellInk, rows: list[np.ndarray]) -> bool:
    """Whether cells are the squares of squared paper: in several rows, and writing pays them no regard."""
    if len(rows) < 2:
        return False
    cells = np.concatenate(rows)
    height = float(np.median(cells[:, 3]))
    boxes = find_components(ink.written).boxes[1:]
    boxes = boxes[boxes[:, 3] >= CONFIG.min_ink_height * height]
    if not len(boxes):
        return False
    highest = np.sort(boxes[:, 3])[-1 - len(boxes) // 20]  # but for some rests of walls
    boxes = boxes[boxes[:, 3] >= ROWS.tall_share * highest]
    x, y, w, h = grown(cells, CONFIG.wall_share * height).T
    left, top, wide, high = boxes.T[:, :, None]
    within = (x <= left) & (y <= top) & (left + wide <= x + w) & (top + high <= y + h)
    is_bare = len(cells) >= CONFIG.squared_min_cells and within.any(axis=0).mean() <= CONFIG.squared_max_written
    return bool(is_bare or within.any(axis=1).mean() < CONFIG.min_within)


@dataclass(frozen=True)
class CellInk:
    """The levelled ink of rows of cells, told from their walls."""

    level: np.ndarray  # (3, 3): pixels of the work picture -> levelled ones
    mask: np.ndarray  # (H, W) uint8: all ink, walls included
    written: np.ndarray  # (H, W) uint8: ink that reaches into a cell, without walls, with the strokes that cross them

    def in_picture(self, shape: tuple[int, ...]) -> np.ndarray:
        """(H, W) uint8: the same in the work picture, of that shape."""
        flags = cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP
        return np.asarray(cv2.warpAffine(self.written, self.level[:2], shape[::-1], flags=flags))


def ink_of_cells(levelled: np.ndarray, level: np.ndarray, rows: list[np.ndarray]) -> CellInk:
    """A levelled (H, W) uint8 mask, the (3, 3) matrix that levelled it, and (k, 4) cells in its pixels -> their ink."""
    inside, rest = np.zeros_like(levelled), np.zeros_like(levelled)
    for row in rows:
        height, width = float(np.median(row[:, 3])), float(np.median(row[:, 2]))
        around = slices(grown(union(row)[None], 2 * CONFIG.wall_share * height)[0], levelled)
        part, hollow = levelled[around], inside[around]  # views
        zone, here = np.zeros_like(part), row - np.array([around[1].start, around[0].start, 0, 0])
        for box in grown(here, CONFIG.wall_share * height):
            zone[slices(box, zone)] = 1
        for box in grown(here, -CONFIG.inset * height):
            cell = slices(box, zone)
            zone[cell], hollow[cell] = 0, 1
        rest[around] |= without_walls(part, zone, (width, height))
    components = find_components(rest)
    reaching = np.zeros(len(components.boxes), bool)
    reaching[np.unique(components.labels[(inside & rest) > 0])] = True
    reaching[0] = False
    return CellInk(level, levelled, components.mask_of(reaching))


def slices(box: np.ndarray, mask: np.ndarray) -> tuple[slice, slice]:
    """Where a box lies in a mask, in whole pixels."""
    x, y, w, h = box
    left, right = (int(np.clip(np.rint(value), 0, mask.shape[1])) for value in (x, x + w))
    top, base = (int(np.clip(np.rint(value), 0, mask.shape[0])) for value in (y, y + h))
    return slice(top, base), slice(left, right)


def cell_row(sheet: Sheet, ink: CellInk, cells: np.ndarray) -> Row:
    """A row of cells, in levelled pixels -> its picture, about as high as its writing, and the cells' states.

    The walls stay: the line network has learned what they look like. What is crossed out is painted over.
    """
    height = float(np.median(cells[:, 3]))
    parts = [slices(cell, ink.written) for cell in grown(cells, -CONFIG.inset * height)]
    states = [cell_state(ink.written[part]) for part in parts]
    x, y, w, h = grown(union(cells)[None], CONFIG.margin * height)[0]
    band = slices(np.array([x, y, w, h]), ink.written)
    erased = np.zeros_like(ink.written) if "crossed_out" in states else None
    for part, state in zip(parts, states, strict=True):
        if erased is not None and state == "crossed_out":
            erased[part] = 1
    inked = np.flatnonzero((ink.written[band] if erased is None else ink.written[band] & ~erased[band]).any(axis=1))
    if inked.size and "written" in states:
        top, base = band[0].start + int(inked[0]), band[0].start + int(inked[-1]) + 1
        margin = CONFIG.margin_to_digit * (base - top)
        top, base = max(y, top - margin), min(y + h, base + margin)
        y, h = top, base - top
    row = cut(sheet, ink.level, (float(x), float(y), float(w), float(h)), erased, ink.level)
    to_row = np.linalg.inv(ink.level @ sheet.to_work @ row.to_image)
    found = []
    for cell, state in zip(cells, states, strict=True):
        corners = cv2.perspectiveTransform(box_corners(cell)[None].astype(float), to_row)[0]
        (left, top), (right, bottom) = (np.rint(corners[at]).astype(int).tolist() for at in (0, 2))
        found.append(Cell((left, top, right - left, bottom - top), state))
    return Row(row.image, row.to_image, tuple(found))
