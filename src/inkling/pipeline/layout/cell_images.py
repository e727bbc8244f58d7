"""Cut out each cell of a table: assign ink to cells, find each cell's state, and make its picture without walls."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np

from inkling.pipeline.config.layout import CELLS
from inkling.pipeline.config.layout import TABLES as CONFIG
from inkling.pipeline.layout.cell_rows import CellInk, slices
from inkling.pipeline.layout.cells import is_written
from inkling.pipeline.layout.crosses import is_crossed_out
from inkling.pipeline.layout.geometry import grown
from inkling.pipeline.layout.records import CellState, Row
from inkling.pipeline.layout.rows import find_components
from inkling.pipeline.layout.sheet import Sheet, cut


def ink_of_tables(levelled: np.ndarray, level: np.ndarray, boxes: np.ndarray) -> CellInk:
    """A leveled (H, W) uint8 mask, the (3, 3) matrix that leveled it, and (n, 4) cells in its pixels -> their ink.

    Ink between cells is wall, except where a stroke crosses the wall straight from one cell to the next.
    """
    inner, deep, walls = (np.zeros_like(levelled) for _ in range(3))
    for mask, share in ((walls, CELLS.wall_share), (inner, -CONFIG.edge), (deep, -CONFIG.rest)):
        for box in grown_by_height(boxes, share):
            mask[slices(box, mask)] = 1
    walls &= ~inner & levelled
    rest = levelled & ~walls
    most = round(2 * CELLS.wall_share * float(np.median(boxes[:, 3])))
    crossing = _through(rest, walls, most) | _through(rest.T, walls.T, most).T
    components = find_components(rest | crossing)
    reaching = np.zeros(len(components.boxes), bool)
    reaching[np.unique(components.labels[(deep & rest) > 0])] = True
    reaching[0] = False
    return CellInk(level, levelled, components.mask_of(reaching))


def grown_by_height(boxes: np.ndarray, share: float) -> np.ndarray:
    """(n, 4) boxes -> boxes enlarged (or shrunk) on each side by a fraction of their height, at least a pixel."""
    by = np.sign(share) * np.maximum(1, np.abs(share) * boxes[:, 3:])
    return np.asarray(boxes + by * np.array([-1, -1, 2, 2]))


def _through(ink: np.ndarray, walls: np.ndarray, most: int) -> np.ndarray:
    """(H, W) uint8 masks -> the wall pixels that connect ink above to ink below, at most `most` pixels apart."""
    above, below = np.zeros(walls.shape, np.int32), np.zeros(walls.shape, np.int32)  # distance to that ink, in pixels
    for y in range(1, len(walls)):
        above[y] = walls[y] * np.where(ink[y - 1], 1, above[y - 1] + (above[y - 1] > 0))
    for y in range(len(walls) - 2, -1, -1):
        below[y] = walls[y] * np.where(ink[y + 1], 1, below[y + 1] + (below[y + 1] > 0))
    return ((above > 0) & (below > 0) & (above + below - 1 <= most)).view(np.uint8)


def cell_images(sheet: Sheet, ink: CellInk, boxes: np.ndarray) -> Iterator[tuple[CellState, Row | None]]:
    """(n, 4) cells, in pixels of the ink's masks -> the state of each, and the picture of its content if any."""
    owners = _owners(ink, boxes)
    for number, (box, inner) in enumerate(zip(boxes, grown_by_height(boxes, -CONFIG.edge), strict=True), 1):
        own = (owners[slices(inner, owners)] == number).view(np.uint8)
        if is_written(own):
            yield "crossed_out" if is_crossed_out(own) else "written", _image(sheet, ink, owners, number, box)
        else:
            yield "empty", None


def _owners(ink: CellInk, boxes: np.ndarray) -> np.ndarray:
    """(H, W) int32: for each ink pixel, the number (from 1) of the cell to which the pixel belongs.

    A stroke belongs to the cell that contains most of it, including its part beyond the walls. A stroke without such a
    cell is split at the walls.
    """
    places = np.zeros(ink.written.shape, np.int32)
    for around in (CELLS.wall_share, 0.0):
        for number, box in enumerate(boxes, 1):
            places[slices(grown(box[None], around * float(box[3]))[0], places)] = number
    components = find_components(ink.written)
    own = ink.written > 0
    pairs, counts = np.unique(np.stack([components.labels[own], places[own]], axis=1), axis=0, return_counts=True)
    most = np.zeros(len(components.boxes), np.int32)
    for (component, place), count in zip(pairs.tolist(), counts.tolist(), strict=True):
        if place and count >= CONFIG.min_owned * components.areas[component]:
            most[component] = place
    owners = most[components.labels]
    return np.where(own & (owners == 0), places, owners)


def _image(sheet: Sheet, ink: CellInk, owners: np.ndarray, number: int, box: np.ndarray) -> Row:
    """The picture of a cell's writing, without walls and without strokes of other cells."""
    height = float(box[3])
    window = slices(grown(box[None], CONFIG.reach * height)[0], owners)
    own = (owners[window] == number).view(np.uint8)
    corner = np.array([window[1].start, window[0].start, 0, 0])
    x, y, w, h = grown(np.array(cv2.boundingRect(own), float)[None] + corner, CONFIG.margin * height)[0]
    # A stroke's soft edge extends beyond its mask.
    others = cv2.dilate(ink.mask[window] & ~own, np.ones((5, 5), np.uint8))
    others[cv2.dilate(own, np.ones((3, 3), np.uint8)) > 0] = 0
    shifted = np.array([[1, 0, -corner[0]], [0, 1, -corner[1]], [0, 0, 1]]) @ ink.level
    return cut(sheet, ink.level, (x, y, w, h), others, shifted)
