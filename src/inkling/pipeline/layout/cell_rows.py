"""Rows of cells: combs and tables, their walls and the contents of their cells."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from inkling.pipeline.config.layout import CELLS as CONFIG
from inkling.pipeline.config.layout import LIGHT, ROWS
from inkling.pipeline.layout.cells import apart, extend, find_holes, group, has_walls, is_written, levelled_boxes
from inkling.pipeline.layout.crosses import is_crossed_out
from inkling.pipeline.layout.geometry import as_levelled, box_corners, grown, mapped_corners, rotation, union
from inkling.pipeline.layout.records import Cell, CellState, Row, Strokes
from inkling.pipeline.layout.rows import find_components
from inkling.pipeline.layout.rules import without_walls
from inkling.pipeline.layout.sheet import Sheet, cut


def find_cells(contrast: np.ndarray, threshold: int) -> tuple[list[np.ndarray], np.ndarray]:
    """(H, W) uint8 contrast -> rows of cells, (k, 4) leveled boxes each, and the (3, 3) matrix that levels them.

    Cells are searched for at the ink's threshold, and at a lower one, which includes paler walls.
    """
    best: tuple[list[np.ndarray], np.ndarray] = [], np.eye(3)
    most = 1  # holes found so far; a mask with no more holes has no more cells
    strokes = (contrast >= threshold).view(np.uint8)
    for share in CONFIG.threshold_shares:
        mask = (contrast >= max(share * threshold, LIGHT.min_contrast)).view(np.uint8)
        if cv2.countNonZero(mask) > CONFIG.max_ink_share * mask.size:
            break
        holes = find_holes(mask)
        if len(holes) <= most:
            continue
        most = len(holes)
        tilt_deg = float(np.median(holes[:, 4]))
        rows = rows_of_cells(holes, tilt_deg, mask, strokes)
        if sum(map(len, rows)) > sum(map(len, best[0])):
            best = rows, rotation(tilt_deg)
    return best


def rows_of_cells(holes: np.ndarray, tilt_deg: float, mask: np.ndarray, strokes: np.ndarray) -> list[np.ndarray]:
    """(n, 5) holes of an (H, W) uint8 mask, and their tilt -> rows of (k, 4) leveled cells. `strokes`: ink mask."""
    rows = group(levelled_boxes(holes, tilt_deg))
    if not rows:
        return []
    level = rotation(tilt_deg)
    levelled, moved = as_levelled(mask, level)
    offset = -moved[:2, 2]
    rows = apart([extend(row, levelled, offset) for row in rows if has_walls(row, levelled, offset)])
    return higher_than_digits(rows, strokes, level)


def higher_than_digits(rows: list[np.ndarray], mask: np.ndarray, level: np.ndarray) -> list[np.ndarray]:
    """Drop rows of few cells that are lower than the digits beside them: these are the holes of angular digits."""
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


def with_digits_beside(
    rows: list[np.ndarray], free: list[np.ndarray]
) -> tuple[list[tuple[np.ndarray, np.ndarray]], np.ndarray]:
    """Merge rows of cells with the free rows between or beside them that are as tall as digits.

    A digit written over its cell's walls hides the cell, so one comb may be found in several parts. (k, 4) cells of
    each row and (4,) boxes of n free rows, all leveled -> the cells of each merged row with the (4,) box around all of
    it, and (n,) bool: which free rows were merged.
    """
    boxes = [union(row) for row in rows]
    taken = np.zeros(len(free), bool)
    for i, other in enumerate(free):
        near = [k for k, row in enumerate(rows) if _is_beside(other, boxes[k], row)]
        if near:
            taken[i] = True
            first, *rest = near
            boxes[first] = union(np.array([boxes[k] for k in near] + [other]))
            whole = np.concatenate([rows[k] for k in near])
            rows[first] = whole[np.argsort(whole[:, 0], kind="stable")]
            rows = [row for k, row in enumerate(rows) if k not in rest]
            boxes = [box for k, box in enumerate(boxes) if k not in rest]
    return list(zip(rows, boxes, strict=True)), taken


def _is_beside(other: np.ndarray, box: np.ndarray, cells: np.ndarray) -> bool:
    """Whether a (4,) box is beside or between (k, 4) cells. `box` encloses the cells and what was merged with them."""
    width, height = np.median(cells[:, 2:], axis=0)
    x, y, w, h = other
    left, top, wide, high = box
    gap = max(left - (x + w), x - (left + wide))
    return bool(
        h >= CONFIG.min_beside * height
        and abs(y + h / 2 - top - high / 2) < height / 2
        and gap < CONFIG.max_gap * width
    )


def region(shape: tuple[int, ...], rows: list[np.ndarray], level: np.ndarray) -> np.ndarray:
    """(H, W) uint8 mask of the rows of cells with their walls."""
    mask = np.zeros(shape, np.uint8)
    for row in rows:
        _fill(mask, grown(union(row)[None], CONFIG.wall_share * float(np.median(row[:, 3]))), level, 1)
    return mask


def _fill(mask: np.ndarray, boxes: np.ndarray, level: np.ndarray, value: int) -> None:
    """Fill leveled boxes in the mask."""
    for box in boxes:
        corners = box_corners(box) @ level[:2, :2]  # the inverse of a rotation is its transpose
        cv2.fillConvexPoly(mask, np.rint(corners).astype(np.int32), (value,))


def is_squared(ink: CellInk, rows: list[np.ndarray]) -> bool:
    """Whether cells are squares of graph paper: they form several rows, and the writing ignores them."""
    if len(rows) < 2:
        return False
    cells = np.concatenate(rows)
    height = float(np.median(cells[:, 3]))
    boxes = find_components(ink.written).boxes[1:]
    boxes = boxes[boxes[:, 3] >= CONFIG.min_ink_height * height]
    if not len(boxes):
        return False
    highest = np.sort(boxes[:, 3])[-1 - len(boxes) // 20]  # ignores a few remnants of walls
    boxes = boxes[boxes[:, 3] >= ROWS.tall_share * highest]
    x, y, w, h = grown(cells, CONFIG.wall_share * height).T
    left, top, wide, high = boxes.T[:, :, None]
    within = (x <= left) & (y <= top) & (left + wide <= x + w) & (top + high <= y + h)
    is_bare = len(cells) >= CONFIG.squared_min_cells and within.any(axis=0).mean() <= CONFIG.squared_max_written
    return bool(is_bare or within.any(axis=1).mean() < CONFIG.min_within)


@dataclass(frozen=True)
class CellInk:
    """The leveled ink of rows of cells, separated from their walls."""

    level: np.ndarray  # (3, 3): pixels of the work picture -> leveled pixels
    mask: np.ndarray  # (H, W) uint8: all ink, including walls
    written: np.ndarray  # (H, W) uint8: ink that extends into a cell, without walls, but with strokes across them

    def in_picture(self, shape: tuple[int, ...]) -> np.ndarray:
        """(H, W) uint8: `written` in pixels of the work picture, which has the given shape."""
        flags = cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP
        return np.asarray(cv2.warpAffine(self.written, self.level[:2], shape[::-1], flags=flags))


def ink_of_cells(levelled: np.ndarray, level: np.ndarray, rows: list[np.ndarray]) -> CellInk:
    """A leveled (H, W) uint8 mask, the (3, 3) matrix that leveled it, and (k, 4) cells in its pixels -> their ink."""
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
    """The part of a mask that a box covers, in whole pixels."""
    x, y, w, h = box
    left, right = (int(np.clip(np.rint(value), 0, mask.shape[1])) for value in (x, x + w))
    top, base = (int(np.clip(np.rint(value), 0, mask.shape[0])) for value in (y, y + h))
    return slice(top, base), slice(left, right)


def cell_row(sheet: Sheet, ink: CellInk, cells: np.ndarray, around: np.ndarray) -> Row:
    """A row of cells, in leveled pixels -> its picture, about as tall as its writing, and the cells' states.

    `around`: (4,) box of the row and the writing beside its cells. Walls and crossed-out cells are kept, because the
    line network is trained on them.
    """
    height = float(np.median(cells[:, 3]))
    states = [_state(ink.written[slices(cell, ink.written)]) for cell in grown(cells, -CONFIG.inset * height)]
    _, y, _, h = grown(union(cells)[None], CONFIG.margin * height)[0]
    x, _, w, _ = grown(around[None], CONFIG.margin * height)[0]
    band = slices(np.array([x, y, w, h]), ink.written)
    inked = np.flatnonzero(ink.written[band].any(axis=1))
    if inked.size and any(state != "empty" for state in states):
        top, base = band[0].start + int(inked[0]), band[0].start + int(inked[-1]) + 1
        margin = CONFIG.margin_to_digit * (base - top)
        top, base = max(y, top - margin), min(y + h, base + margin)
        y, h = top, base - top
    row = cut(sheet, ink.level, (float(x), float(y), float(w), float(h)))
    to_row = np.linalg.inv(ink.level @ sheet.to_work @ row.to_image)
    found = []
    for cell, state in zip(cells, states, strict=True):
        corners = mapped_corners(cell, to_row)
        (left, top), (right, bottom) = (np.rint(corners[at]).astype(int).tolist() for at in (0, 2))
        found.append(Cell((left, top, right - left, bottom - top), state))
    beside = ink.mask & ~region(ink.mask.shape, [cells], np.eye(3))
    strokes = Strokes(ink.written | beside, ink.level @ sheet.to_work)
    return Row(row.image, row.to_image, tuple(found), strokes)


def _state(ink: np.ndarray) -> CellState:
    """The state of a cell, from the (h, w) uint8 ink mask of its inside, without walls."""
    if not is_written(ink):
        return "empty"
    return "crossed_out" if is_crossed_out(ink) else "written"
