"""Tables: the holes that printed walls enclose, grouped by the walls that they share.

A wall between two cells is the right side of one and the left side of the other, and continues along the cells above
and below. Union-find groups the sides into walls. Walls are numbered from left to right, and from top to bottom, by the
longest path through the cells between them. This works with unequal widths and with perspective, and gives a merged
cell its number of columns and rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np

from inkling.errors import ImageTooLarge
from inkling.pipeline.config.layout import CELLS, LIGHT
from inkling.pipeline.config.layout import TABLES as CONFIG
from inkling.pipeline.layout.cell_rows import higher_than_digits, region, rows_of_cells
from inkling.pipeline.layout.cells import find_holes, has_walls, levelled_boxes
from inkling.pipeline.layout.geometry import as_levelled, rotation, union
from inkling.pipeline.union_find import roots_of

Links = list[tuple[int, int]]


@dataclass(frozen=True)
class FoundTable:
    """A comb, grid or table of n cells."""

    boxes: np.ndarray  # (n, 4) leveled x, y, w, h
    places: np.ndarray  # (n, 4) int: row and column from 0, rows and columns that the cell spans

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        rows, columns = (self.places[:, :2] + self.places[:, 2:]).max(axis=0).tolist()
        return rows, columns


def find_tables(contrast: np.ndarray, threshold: int) -> tuple[list[FoundTable], np.ndarray]:
    """(H, W) uint8 contrast -> tables from top to bottom, and the (3, 3) matrix that levels them.

    Walls are searched for at the ink's threshold, and at a lower one, for paler walls. Raises ImageTooLarge for a
    picture with too many cells.
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
    """The number of cells in tables with several rows, and in all tables."""
    sizes = [(len(table.boxes), table.shape[0] > 1) for table in tables]
    return sum(n for n, has_rows in sizes if has_rows), sum(n for n, _ in sizes)


def _tables(mask: np.ndarray, strokes: np.ndarray) -> tuple[list[FoundTable], np.ndarray]:
    """(H, W) uint8 masks of walls and ink -> tables, and the matrix that levels them."""
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
    """(n, 4) boxes -> indices of each group of neighbors."""
    beside, below = _neighbours(boxes)
    roots = roots_of(len(boxes), [*beside, *below])
    return [np.flatnonzero(roots == root) for root in np.unique(roots)]


def _neighbours(boxes: np.ndarray) -> tuple[Links, Links]:
    """(n, 4) boxes -> pairs i, j where j is the next box to the right of i, and pairs where j is the next below."""
    found = []
    height = boxes[:, 3]
    for along, across in ((0, 1), (1, 0)):
        start, size = boxes[:, along], boxes[:, along + 2]
        low, length = boxes[:, across], boxes[:, across + 2]
        order = np.argsort(start, kind="stable")
        first = np.searchsorted(start[order], start + size - CONFIG.same_wall * np.minimum(height, size))
        last = np.searchsorted(start[order], start + size + CONFIG.max_gap * height)
        i = np.repeat(np.arange(len(boxes)), last - first)
        j = order[np.arange(len(i)) - np.repeat(np.cumsum(last - first) - last, last - first)]
        gap, unit = start[j] - start[i] - size[i], np.minimum(height[i], height[j])
        common = np.minimum(low[i] + length[i], low[j] + length[j]) - np.maximum(low[i], low[j])
        linked = (gap > -CONFIG.same_wall * np.minimum(unit, np.minimum(size[i], size[j]))) & (
            gap < CONFIG.max_gap * unit
        )
        linked &= common > CONFIG.min_common * np.minimum(length[i], length[j])
        i, j, gap, unit = i[linked], j[linked], gap[linked], unit[linked]
        nearest = np.full(len(boxes), np.inf)
        np.minimum.at(nearest, i, gap)
        next_one = gap < nearest[i] + CONFIG.same_wall * unit
        found.append(list(zip(i[next_one].tolist(), j[next_one].tolist(), strict=True)))
    return found[0], found[1]


def _table(boxes: np.ndarray) -> FoundTable | None:
    """Neighboring holes -> the table that they form; None if their walls have no consistent order after some repairs.

    A wall between only two holes that does not continue above or below is a stroke, and the two holes are one cell. A
    hole inside the place of another is a part that writing has cut off from the other's cell.
    """
    for _ in range(CONFIG.max_repairs):
        beside, below = _neighbours(boxes)
        columns = _numbered(boxes[:, 0], boxes[:, 2], boxes[:, 3], beside, below)
        rows = _numbered(boxes[:, 1], boxes[:, 3], boxes[:, 3], below, beside)
        if columns is None or rows is None:
            return None
        (top, base), (left, right) = rows.numbers, columns.numbers
        table = FoundTable(boxes, np.stack([top, left, base - top, right - left], axis=1))
        pairs = [
            *(_halves(table, columns.walls, beside, axis=0) if table.shape[0] >= CONFIG.min_beside else []),
            *(_halves(table, rows.walls, below, axis=1) if table.shape[1] >= CONFIG.min_beside else []),
        ]
        repaired = _joined(boxes, pairs) if pairs else np.delete(boxes, _intruders(table), axis=0)
        if len(repaired) == len(boxes):
            return table
        boxes = repaired
    return None


def _joined(boxes: np.ndarray, pairs: Links) -> np.ndarray:
    """(n, 4) boxes with each pair merged. If pairs share a box, only the first is merged."""
    taken, whole = set[int](), []
    for i, j in pairs:
        if not taken & {i, j}:
            taken |= {i, j}
            whole.append(union(boxes[[i, j]]))
    return np.concatenate([np.delete(boxes, list(taken), axis=0), whole])


def _intruders(table: FoundTable) -> list[int]:
    """Of the holes that overlap others' places, a quarter, at least one: the smallest relative to their places."""
    taken = np.zeros(table.shape, int)
    parts = [np.s_[row : row + height, column : column + width] for row, column, height, width in table.places]
    for part in parts:
        taken[part] += 1
    clashing = [i for i, part in enumerate(parts) if taken[part].max() > 1]
    sizes = table.boxes[:, 2] * table.boxes[:, 3] / table.places[:, 2:].prod(axis=1)
    return sorted(clashing, key=lambda i: float(sizes[i]))[: max(1, len(clashing) // 4)] if clashing else []


def _halves(table: FoundTable, walls: tuple[np.ndarray, np.ndarray], pairs: Links, *, axis: int) -> Links:
    """Neighbors along an axis (0 to the right, 1 down) that are separated by a stroke instead of a wall.

    No other cell has a wall there, and the two together are as large as another cell. `walls`: the walls before and
    after each cell.
    """
    before, behind = walls
    users = np.bincount(np.concatenate(walls))
    start, size = table.boxes[:, axis], table.boxes[:, axis + 2]
    level, height = table.boxes[:, 1 - axis], table.boxes[:, 3 - axis]
    low, high = CELLS.joined_range
    found = []
    for i, j in pairs:
        if behind[i] != before[j] or users[behind[i]] > 2:
            continue
        both = start[j] + size[j] - start[i]
        others = np.delete(size, [i, j])
        is_level = max(abs(level[j] - level[i]), abs(height[j] - height[i])) < CONFIG.same_wall * height[i]
        if is_level and np.any((both > low * others) & (both < high * others)):
            found.append((i, j))
    return found


class _Walls(NamedTuple):
    """The walls before and after each of n cells along one axis."""

    numbers: tuple[np.ndarray, np.ndarray]  # (n,) int each: positions from 0 along the axis
    walls: tuple[np.ndarray, np.ndarray]  # (n,) int each: ids; several walls may have the same position


def _numbered(start: np.ndarray, size: np.ndarray, unit: np.ndarray, after: Links, aside: Links) -> _Walls | None:
    """The walls of n cells; None if they have no consistent order.

    `after`: pairs in which the second cell follows the first along the axis. `aside`: neighbors along the other axis.
    """
    n, end = len(start), start + size
    links = [(n + i, j) for i, j in after]
    for i, j in aside:
        near = CONFIG.same_wall * min(unit[i], unit[j], size[i], size[j])
        links += [(a + i, a + j) for a, side in ((0, start), (n, end)) if abs(side[i] - side[j]) < near]
    _, wall = np.unique(roots_of(2 * n, links), return_inverse=True)
    before, behind = wall[:n], wall[n:]
    number = np.zeros(wall.max() + 1, int)
    for _ in range(len(number)):
        further = number.copy()
        np.maximum.at(further, behind, number[before] + 1)
        if np.array_equal(further, number):
            return _Walls((number[before], number[behind]), (before, behind))
        number = further
    return None


def _straightened(table: FoundTable) -> FoundTable:
    """The table, with the cell sides that writing has displaced moved back to straight walls."""
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
    """The wall numbers along an axis (0 to the right, 1 down), and whether cells end (True) or start there."""
    start = table.places[:, 1 - axis]
    behind = start + table.places[:, 3 - axis]
    return [(k, False) for k in np.unique(start).tolist()] + [(k, True) for k in np.unique(behind).tolist()]


def _wall(table: FoundTable, axis: int, number: int, *, is_end: bool) -> tuple[np.ndarray, np.ndarray]:
    """The cells that start or end at a wall, and the line through their sides: slope and offset.

    The slope is the Theil-Sen estimator (Theil 1950, Sen 1968): the median slope of all pairs of points.
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
    """The table, plus the cells that writing has hidden: places without a cell that have walls on all sides."""
    taken = np.zeros(table.shape, bool)
    for row, column, height, width in table.places:
        taken[row : row + height, column : column + width] = True
    boxes, places = list(table.boxes), list(table.places)
    columns, rows = (
        {side: _wall(table, axis, side[0], is_end=side[1])[1] for side in _sides(table, axis)} for axis in (0, 1)
    )
    for row, column in np.argwhere(~taken).tolist():
        ends = (column, False), (column + 1, True), (row, False), (row + 1, True)
        sides = [lines[end] for lines, end in zip((columns, columns, rows, rows), ends, strict=True) if end in lines]
        if len(sides) < len(ends):
            continue
        left, right, top, base = sides
        y = (np.polyval(top, 0) + np.polyval(base, 0)) / 2
        x = (np.polyval(left, y) + np.polyval(right, y)) / 2
        y = (np.polyval(top, x) + np.polyval(base, x)) / 2
        x0, x1, y0, y1 = np.polyval(left, y), np.polyval(right, y), np.polyval(top, x), np.polyval(base, x)
        box = np.array([x0, y0, x1 - x0, y1 - y0])
        if min(box[2:]) >= CELLS.min_side_px and has_walls(box[None], levelled, offset_xy):
            boxes.append(box)
            places.append(np.array([row, column, 1, 1]))
    return FoundTable(np.array(boxes), np.array(places))
