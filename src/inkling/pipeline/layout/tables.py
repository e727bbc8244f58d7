"""Tables: the holes that printed walls enclose, put together by the walls that they share.

A wall between two cells is the right side of one and the left side of the other; the side of the cell above goes on in
that of the cell below. Sides that are one wall, directly or through others, are found by union-find, and walls are
numbered from left to right by the longest path through the cells between them. That needs no equal widths, follows
perspective, and gives a merged cell as many columns as it has walls beside it.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from inkling.errors import ImageTooLarge
from inkling.pipeline.config.layout import CELLS, LIGHT
from inkling.pipeline.config.layout import TABLES as CONFIG
from inkling.pipeline.layout.cell_rows import higher_than_digits, region, rows_of_cells
from inkling.pipeline.layout.cells import find_holes, has_walls, levelled_boxes
from inkling.pipeline.layout.geometry import as_levelled, rotation

Links = list[tuple[int, int]]


@dataclass(frozen=True)
class FoundTable:
    """A comb, grid or table of n cells."""

    boxes: np.ndarray  # (n, 4) levelled x, y, w, h
    places: np.ndarray  # (n, 4) int: row and column from 0, rows and columns that the cell takes

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        rows, columns = (self.places[:, :2] + self.places[:, 2:]).max(axis=0).tolist()
        return rows, columns


def find_tables(contrast: np.ndarray, threshold: int) -> tuple[list[FoundTable], np.ndarray]:
    """(H, W) uint8 contrast -> tables from top to bottom, and the (3, 3) matrix that levels them.

    Walls are looked for at the threshold of the ink, and at a lower one for paler walls. Raises ImageTooLarge for a
    picture of too many cells.
    """
    best: tuple[list[FoundTable], np.ndarray] = [], np.eye(3)
    strokes = (contrast >= threshold).view(np.uint8)
    for share in CELLS.threshold_shares:
        mask = (contrast >= max(share * threshold, LIGHT.min_contrast)).view(np.uint8)
        if cv2.countNonZero(mask) > CELLS.max_ink_share * mask.size:
            break
        tables, level = _tables(mask, strokes)
        if _size(tables) > _size(best[0]):
            best = tables, level
    return best


def _size(tables: list[FoundTable]) -> tuple[int, int]:
    """How many cells there are in tables of several rows, and in all."""
    sizes = [(len(table.boxes), table.shape[0] > 1) for table in tables]
    return sum(n for n, has_rows in sizes if has_rows), sum(n for n, _ in sizes)


def _tables(mask: np.ndarray, strokes: np.ndarray) -> tuple[list[FoundTable], np.ndarray]:
    """(H, W) uint8 masks of the walls and of the ink -> tables, and the matrix that levels them."""
    holes = find_holes(mask)
    if len(holes) >= CELLS.max_holes:
        raise ImageTooLarge(
            f"picture has {CELLS.max_holes:,} cells or more; expected one table of fewer. Cut it into several pictures."
        )
    if not len(holes):
        return [], np.eye(3)
    tilt_deg = float(np.median(holes[:, 4]))
    level = rotation(tilt_deg)
    boxes = levelled_boxes(holes, tilt_deg)
    levelled, moved = as_levelled(mask, level)
    offset_xy = -moved[:2, 2]
    tables, used = [], np.zeros(len(boxes), bool)
    for part in _groups(boxes):
        table = _table(boxes[part])
        if table is None or min(table.shape) == 0 or table.shape[0] == 1 or len(table.boxes) < CONFIG.min_cells:
            continue
        if has_walls(table.boxes, levelled, offset_xy) and higher_than_digits([table.boxes], strokes, level):
            tables.append(_completed(_straightened(table), levelled, offset_xy))
            used[part] = True
    strokes = strokes & ~region(mask.shape, [table.boxes for table in tables], level)
    for row in rows_of_cells(holes[~used], tilt_deg, mask, strokes):
        places = np.array([(0, k, 1, 1) for k in range(len(row))])
        tables.append(FoundTable(row, places))
    return sorted(tables, key=lambda table: float(table.boxes[:, 1].min())), level


def _groups(boxes: np.ndarray) -> list[np.ndarray]:
    """(n, 4) boxes -> indices of each group of neighbours."""
    beside, below = _neighbours(boxes)
    roots = _roots(len(boxes), [*beside, *below])
    return [np.flatnonzero(roots == root) for root in np.unique(roots)]


def _neighbours(boxes: np.ndarray) -> tuple[Links, Links]:
    """(n, 4) boxes -> pairs i, j of which j is the next on the right of i, and the next below."""
    found = []
    unit = np.minimum.outer(boxes[:, 3], boxes[:, 3])
    for along, across in ((0, 1), (1, 0)):
        start, size = boxes[:, along], boxes[:, along + 2]
        low, length = boxes[:, across], boxes[:, across + 2]
        gap = start[None] - (start + size)[:, None]  # [i, j]: from the end of i to the start of j
        common = np.minimum.outer(low + length, low + length) - np.maximum.outer(low, low)
        least = CONFIG.same_wall * np.minimum(unit, np.minimum.outer(size, size))
        linked = (gap > -least) & (gap < CONFIG.max_gap * unit)
        linked &= common > CONFIG.min_common * np.minimum.outer(length, length)
        nearest = np.where(linked, gap, np.inf).min(axis=1, initial=np.inf)
        linked &= gap < nearest[:, None] + CONFIG.same_wall * unit
        found.append([(int(i), int(j)) for i, j in np.argwhere(linked)])
    return found[0], found[1]


def _roots(n: int, links: Links) -> np.ndarray:
    """(n,) int: the same number for things that are linked, directly or through others (union-find)."""
    parent = list(range(n))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    for i, j in links:
        parent[root(i)] = root(j)
    return np.array([root(i) for i in range(n)], int)


def _table(boxes: np.ndarray) -> FoundTable | None:
    """Neighbouring holes -> the table that they make; None where their walls have no order.

    A wall that stands between two holes alone, beside holes that go on above and below it, is a stroke: the two are
    one cell.
    """
    while True:
        beside, below = _neighbours(boxes)
        columns = _numbered(boxes[:, 0], boxes[:, 2], boxes[:, 3], beside, below)
        rows = _numbered(boxes[:, 1], boxes[:, 3], boxes[:, 3], below, beside)
        if columns is None or rows is None:
            return None
        table = FoundTable(boxes, np.stack([rows[0], columns[0], rows[1] - rows[0], columns[1] - columns[0]], axis=1))
        halves = _halves(table, beside, axis=1) or _halves(table, below, axis=0)
        if halves is None:
            intruder = _intruder(table)
            if intruder is None:
                return table
            boxes = np.delete(boxes, intruder, axis=0)
            continue
        i, j = halves
        low = np.minimum(boxes[i, :2], boxes[j, :2])
        high = np.maximum(boxes[i, :2] + boxes[i, 2:], boxes[j, :2] + boxes[j, 2:])
        boxes = np.concatenate([np.delete(boxes, [i, j], axis=0), [[*low, *(high - low)]]])


def _intruder(table: FoundTable) -> int | None:
    """A hole that takes places of others, for its size the most: a part of a cell that writing has cut off."""
    taken = np.zeros(table.shape, int)
    parts = [np.s_[row : row + height, column : column + width] for row, column, height, width in table.places]
    for part in parts:
        taken[part] += 1
    clashing = [i for i, part in enumerate(parts) if taken[part].max() > 1]
    sizes = table.boxes[:, 2] * table.boxes[:, 3] / table.places[:, 2:].prod(axis=1)
    return min(clashing, key=lambda i: float(sizes[i]), default=None)


def _halves(table: FoundTable, pairs: Links, *, axis: int) -> tuple[int, int] | None:
    """Two holes, neighbours along an axis (0 down, 1 to the right), between which a stroke and no wall stands.

    No other cell has a wall there, and together they are as large as another cell.
    """
    if table.shape[1 - axis] < CONFIG.min_beside:
        return None
    behind = table.places[:, axis] + table.places[:, axis + 2]
    starts, sizes = (table.boxes[:, [1 - axis + k, axis + k]] for k in (0, 2))  # along the axis, across it
    low, high = CELLS.joined_range
    for i, j in pairs:
        at = behind[i]
        if (
            at != table.places[j, axis]
            or np.count_nonzero(behind == at) + np.count_nonzero(table.places[:, axis] == at) > 2
        ):
            continue
        both = starts[j, 0] + sizes[j, 0] - starts[i, 0]
        others = np.delete(sizes[:, 0], [i, j])
        is_level = (
            max(abs(starts[j, 1] - starts[i, 1]), abs(sizes[j, 1] - sizes[i, 1])) < CONFIG.same_wall * sizes[i, 1]
        )
        if is_level and np.any((both > low * others) & (both < high * others)):
            return i, j
    return None


def _numbered(
    start: np.ndarray, size: np.ndarray, unit: np.ndarray, after: Links, aside: Links
) -> tuple[np.ndarray, np.ndarray] | None:
    """The (n,) numbers of the walls before and after each of n cells in one direction.

    `after`: pairs of which the second follows the first in that direction; `aside`: neighbours in the other one.
    """
    n, end = len(start), start + size
    links = [(n + i, j) for i, j in after]
    for i, j in aside:
        near = CONFIG.same_wall * min(unit[i], unit[j], size[i], size[j])
        links += [(a + i, a + j) for a, side in ((0, start), (n, end)) if abs(side[i] - side[j]) < near]
    _, wall = np.unique(_roots(2 * n, links), return_inverse=True)
    before, behind = wall[:n], wall[n:]
    number = np.zeros(wall.max() + 1, int)
    for _ in range(len(number)):
        further = number.copy()
        np.maximum.at(further, behind, number[before] + 1)
        if np.array_equal(further, number):
            return number[before], number[behind]
        number = further
    return None


def _straightened(table: FoundTable) -> FoundTable:
    """A table whose cells' sides lie on straight walls where writing on a wall has moved them."""
    boxes = table.boxes.copy()
    for axis in (0, 1):
        for number, is_end in _sides(table, axis):
            of_wall, lines = _wall(table, axis, number, is_end=is_end)
            side = table.boxes[of_wall, axis] + is_end * table.boxes[of_wall, axis + 2]
            across = table.boxes[of_wall, 1 - axis] + table.boxes[of_wall, 3 - axis] / 2
            on_line = np.polyval(lines, across)
            moved = np.abs(side - on_line) > CONFIG.max_off_line * table.boxes[of_wall, 3]
            change = np.where(moved, on_line - side, 0)
            if is_end:
                boxes[of_wall, axis + 2] += change
            else:
                boxes[of_wall, axis] += change
                boxes[of_wall, axis + 2] -= change
    return FoundTable(boxes, table.places)


def _sides(table: FoundTable, axis: int) -> list[tuple[int, bool]]:
    """The numbers of the walls across an axis (0 to the right, 1 down), and whether cells end or start there."""
    start = table.places[:, 1 - axis]
    behind = start + table.places[:, 3 - axis]
    return [(k, False) for k in np.unique(start).tolist()] + [(k, True) for k in np.unique(behind).tolist()]


def _wall(table: FoundTable, axis: int, number: int, *, is_end: bool) -> tuple[np.ndarray, np.ndarray]:
    """The cells that start or end at a wall, and the line through their sides: slope and offset.

    The line is that of Theil (1950) and Sen (1968): the median slope of all pairs of points.
    """
    at = table.places[:, 1 - axis] + is_end * table.places[:, 3 - axis]
    of_wall = np.flatnonzero(at == number)
    boxes = table.boxes[of_wall]
    side = boxes[:, axis] + is_end * boxes[:, axis + 2]
    across = boxes[:, 1 - axis] + boxes[:, 3 - axis] / 2
    steps = np.subtract.outer(across, across)
    far = steps > 1
    slope = float(np.median(np.subtract.outer(side, side)[far] / steps[far])) if far.any() else 0.0
    return of_wall, np.array([slope, float(np.median(side - slope * across))])


def _completed(table: FoundTable, levelled: np.ndarray, offset_xy: np.ndarray) -> FoundTable:
    """A table with the cells that writing has spoilt: the places without a cell that have walls around."""
    taken = np.zeros(table.shape, bool)
    for row, column, height, width in table.places:
        taken[row : row + height, column : column + width] = True
    boxes, places = list(table.boxes), list(table.places)
    for row, column in np.argwhere(~taken).tolist():
        left, right = (_wall(table, 0, column + k, is_end=bool(k))[1] for k in (0, 1))
        top, base = (_wall(table, 1, row + k, is_end=bool(k))[1] for k in (0, 1))
        y = (np.polyval(top, 0) + np.polyval(base, 0)) / 2
        x = (np.polyval(left, y) + np.polyval(right, y)) / 2
        y = (np.polyval(top, x) + np.polyval(base, x)) / 2
        x0, x1, y0, y1 = np.polyval(left, y), np.polyval(right, y), np.polyval(top, x), np.polyval(base, x)
        box = np.array([x0, y0, x1 - x0, y1 - y0])
        if min(box[2:]) >= CELLS.min_side_px and has_walls(box[None], levelled, offset_xy):
            boxes.append(box)
            places.append(np.array([row, column, 1, 1]))
    return FoundTable(np.array(boxes), np.array(places))
