"""The steps of layout in order: START HERE."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from inkling.pipeline.config.layout import CELLS, LAYOUT, LIGHT, RULES
from inkling.pipeline.config.layout import ROWS as CONFIG
from inkling.pipeline.layout.cells import cell_state, extend, find_holes, group, has_walls
from inkling.pipeline.layout.light import Paper, even, ink_threshold, separate
from inkling.pipeline.layout.page import Page, find_page
from inkling.pipeline.layout.records import Box, Cell, Ignored, Layout, Row
from inkling.pipeline.layout.rows import Components, find_components, group_rows, row_tilt, without_edges
from inkling.pipeline.layout.rules import find_rules, tilt_of_lines, without_lines


@dataclass(frozen=True)
class Sheet:
    """The picture's paper, reduced and straightened, and how to come back to the picture."""

    image: np.ndarray  # (H, W) uint8, the picture itself
    paper: Paper  # of the work picture
    to_work: np.ndarray  # (3, 3) pixels of the picture -> of the work picture
    scale: float  # work pixels for each pixel of the picture
    size_wh: tuple[int, int]  # of the work picture


@dataclass(frozen=True)
class Found:
    """A row with what is needed to put it in order."""

    row: Row
    box: Box  # pixels of the picture


def find_layout(image: np.ndarray) -> Layout:
    """(H, W) uint8 upright grey picture -> its rows in reading order.

    >>> import numpy as np
    >>> find_layout(np.full((64, 64), 255, np.uint8)).rows
    ()
    """
    page = find_page(image)
    sheet, outside = _straighten(image, page)
    contrast = sheet.paper.contrast
    if outside is not None:
        contrast[outside > 0] = 0
    threshold = ink_threshold(contrast)
    if threshold > 255:
        return Layout((), is_page=page is not None)
    mask = (contrast >= threshold).view(np.uint8)
    cell_rows, tilt_deg = _find_cells(contrast, threshold)
    ignored: list[Ignored] = []
    found: list[Found] = []
    is_squared, too_much = False, ""
    if cell_rows:
        level = _rotation(tilt_deg)
        walls = _walls(mask.shape, cell_rows, level)
        threshold = ink_threshold(contrast, without=walls)
        ink = (contrast >= threshold).view(np.uint8) & ~walls
        rows = [_cell_row(sheet, ink, cells, level) for cells in cell_rows]
        n_cells = sum(len(cells) for cells in cell_rows)
        n_written = sum(cell.state != "empty" for row in rows for cell in row.cells)
        is_squared = _is_squared(n_cells, n_written, len(cell_rows), mask)
        if not is_squared:
            if n_cells > LAYOUT.max_cells:
                too_much = "table"
            found = [Found(row, row.to_image_box((0, 0, *row.image.shape[::-1]))) for row in rows[: LAYOUT.max_rows]]
            mask = mask & ~_region(mask.shape, cell_rows, level)
    free, left, crowd = _free_rows(sheet, mask, outside)
    ignored += left
    if any(cell.state == "written" for one in found for cell in one.row.cells):
        ignored += [Ignored("text", one.box) for one in free]
    else:
        found += free
    ordered = _reading_order(found)
    if len(ordered) > LAYOUT.max_rows:
        too_much = too_much or "rows"
    return Layout(
        tuple(one.row for one in ordered[: LAYOUT.max_rows]),
        tuple(ignored),
        too_much or crowd,
        is_squared,
        page is not None,
    )


def _find_cells(contrast: np.ndarray, threshold: int) -> tuple[list[np.ndarray], float]:
    """Rows of levelled cells, and their tilt in degrees, at the threshold of the ink or a lower one for paler walls."""
    best: tuple[list[np.ndarray], float] = [], 0.0
    for share in CELLS.threshold_shares:
        mask = (contrast >= max(share * threshold, LIGHT.min_contrast)).view(np.uint8)
        if cv2.countNonZero(mask) > CELLS.max_ink_share * mask.size:
            break
        rows, tilt_deg = group(find_holes(mask))
        if rows:
            levelled, moved = _levelled(mask, _rotation(tilt_deg))
            offset = -moved[:2, 2]
            rows = [extend(row, levelled, offset) for row in rows if has_walls(row, levelled, offset)]
            rows = _higher_than_digits(rows, mask, _rotation(tilt_deg))
        found = rows, tilt_deg
        if sum(map(len, found[0])) > sum(map(len, best[0])):
            best = found
    return best


def _higher_than_digits(rows: list[np.ndarray], mask: np.ndarray, level: np.ndarray) -> list[np.ndarray]:
    """Rows of cells without those that are the holes of angular digits: the digits beside them are higher."""
    if not rows:
        return rows
    rest = find_components(mask & ~_region(mask.shape, rows, level))
    is_inner = np.ones(len(rest.boxes), bool)
    is_inner[np.append(np.unique(rest.labels[_border(mask.shape) > 0]), 0)] = False
    heights = rest.boxes[is_inner, 3]
    if not heights.size:
        return rows
    digit = float(np.median(heights[heights >= CONFIG.tall_share * heights.max()]))
    return [row for row in rows if float(np.median(row[:, 3])) >= CELLS.min_height * digit]


def _straighten(image: np.ndarray, page: Page | None) -> tuple[Sheet, np.ndarray | None]:
    """The work picture of a picture and, in it, a mask of what lies around the sheet."""
    scale = min(1.0, LAYOUT.work_side_px / max(image.shape))
    reduced, to_work = image, np.eye(3)
    if scale < 1:
        size_wh = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
        reduced = cv2.resize(image, size_wh, interpolation=cv2.INTER_AREA)
        to_work = _scaling(size_wh[0] / image.shape[1], size_wh[1] / image.shape[0])
    outside: np.ndarray | None = None
    if page is not None:
        if page.is_whole:
            size_wh = (max(8, round(page.size_wh[0] * scale)), max(8, round(page.size_wh[1] * scale)))
            to_page = _scaling(size_wh[0] / page.size_wh[0], size_wh[1] / page.size_wh[1]) @ page.to_page
            between = to_page @ np.linalg.inv(to_work)
            reduced = cv2.warpPerspective(
                reduced, between, size_wh, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
            )
            to_work = to_page
            outside = np.ones(reduced.shape, np.uint8)
            rim = max(2, round(0.012 * max(size_wh)))
            outside[rim:-rim, rim:-rim] = 0
        else:
            corners = cv2.perspectiveTransform(page.corners[None], to_work)[0]
            inside = np.zeros(reduced.shape, np.uint8)
            cv2.fillConvexPoly(inside, np.rint(corners).astype(np.int32), (1,))
            rim = max(2, round(0.012 * max(reduced.shape)))
            outside = 1 - cv2.erode(inside, np.ones((2 * rim + 1, 2 * rim + 1), np.uint8), borderValue=(1,))
            reduced = np.where(inside > 0, reduced, np.uint8(np.median(reduced[inside > 0])))
    return Sheet(image, separate(reduced, is_sheet=page is not None), to_work, scale, reduced.shape[::-1]), outside


def _scaling(fx: float, fy: float) -> np.ndarray:
    """Pixels -> pixels of a resized picture; pixel centres count, as in `cv2.resize`."""
    return np.array([[fx, 0, fx / 2 - 0.5], [0, fy, fy / 2 - 0.5], [0, 0, 1]])


def _rotation(tilt_deg: float) -> np.ndarray:
    """(3, 3): turns about the origin so that what falls by that angle to the right is level."""
    cos, sin = np.cos(np.deg2rad(tilt_deg)), np.sin(np.deg2rad(tilt_deg))
    return np.array([[cos, sin, 0], [-sin, cos, 0], [0, 0, 1]])


def _corners(boxes: np.ndarray, level: np.ndarray) -> np.ndarray:
    """(n, 4) levelled boxes -> (n, 4, 2) corners in the work picture."""
    x, y, w, h = boxes.T
    points = np.stack(
        [np.stack([x, y], 1), np.stack([x + w, y], 1), np.stack([x + w, y + h], 1), np.stack([x, y + h], 1)], 1
    )
    return np.asarray(points @ level[:2, :2])  # the inverse of a rotation is its transpose


def _walls(shape: tuple[int, ...], rows: list[np.ndarray], level: np.ndarray) -> np.ndarray:
    """Mask of the walls of all cells: what lies between the cells and around them."""
    walls = np.zeros(shape, np.uint8)
    for boxes in rows:
        height = float(np.median(boxes[:, 3]))
        outer = _corners(_grown(boxes, CELLS.wall_share * height), level)
        inner = _corners(_grown(boxes, -CELLS.inset * height), level)
        for corners in outer:
            cv2.fillConvexPoly(walls, np.rint(corners).astype(np.int32), (1,))
        for corners in inner:
            cv2.fillConvexPoly(walls, np.rint(corners).astype(np.int32), (0,))
    return walls


def _region(shape: tuple[int, ...], rows: list[np.ndarray], level: np.ndarray) -> np.ndarray:
    """Mask of the rows of cells with their walls."""
    region = np.zeros(shape, np.uint8)
    for boxes in rows:
        x, y = boxes[:, :2].min(axis=0)
        right, bottom = (boxes[:, :2] + boxes[:, 2:]).max(axis=0)
        whole = np.array([[x, y, right - x, bottom - y]])
        for corners in _corners(_grown(whole, CELLS.wall_share * float(np.median(boxes[:, 3]))), level):
            cv2.fillConvexPoly(region, np.rint(corners).astype(np.int32), (1,))
    return region


def _grown(boxes: np.ndarray, by: float) -> np.ndarray:
    return np.asarray(boxes + np.array([-by, -by, 2 * by, 2 * by]))


def _is_squared(n_cells: int, n_written: int, n_rows: int, mask: np.ndarray) -> bool:
    """Whether cells are the squares of squared paper: many, in several rows, and writing pays them no regard."""
    return n_cells >= CELLS.squared_min_cells and n_rows > 1 and n_written <= CELLS.squared_max_written * n_cells


def _cell_row(sheet: Sheet, ink: np.ndarray, cells: np.ndarray, level: np.ndarray) -> Row:
    """A row of levelled cells -> its picture and the cells' states."""
    height = float(np.median(cells[:, 3]))
    x, y = cells[:, :2].min(axis=0)
    right, bottom = (cells[:, :2] + cells[:, 2:]).max(axis=0)
    margin = CELLS.margin * height
    x, y, right, bottom = x - margin, y - margin, right + margin, bottom + margin
    row = _cut(sheet, level, (x, y, right - x, bottom - y), None)
    to_row = np.linalg.inv(row.to_image) @ np.linalg.inv(sheet.to_work) @ np.linalg.inv(level)
    found = []
    for cell in cells:
        inside = _grown(cell[None], -CELLS.inset * height)[0]
        size_wh = max(1, round(inside[2])), max(1, round(inside[3]))
        matrix = np.linalg.inv(level) @ np.array([[1, 0, inside[0]], [0, 1, inside[1]], [0, 0, 1]])
        part = cv2.warpAffine(ink, matrix[:2], size_wh, flags=cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP)
        points = np.array([[cell[0], cell[1], 1], [cell[0] + cell[2], cell[1] + cell[3], 1]]) @ to_row.T
        (x0, y0), (x1, y1) = np.rint(points[:, :2] / points[:, 2:]).astype(int).tolist()
        found.append(Cell((x0, y0, x1 - x0, y1 - y0), cell_state(part)))
    return Row(row.image, row.to_image, tuple(found))


def _cut(sheet: Sheet, level: np.ndarray, box: tuple[float, float, float, float], others: np.ndarray | None) -> Row:
    """Cut a levelled box out of the picture, at the picture's own resolution.

    `level`: (3, 3), pixels of the work picture -> levelled pixels. `others`: uint8 mask of the levelled picture: what
    belongs to other rows and is painted over.
    """
    x, y, w, h = box
    to_picture = np.linalg.inv(level @ sheet.to_work)
    shift = np.array([[sheet.scale, 0, x], [0, sheet.scale, y], [0, 0, 1]])
    to_image = to_picture @ shift
    to_image /= to_image[2, 2]
    size_wh = max(1, round(w / sheet.scale)), max(1, round(h / sheet.scale))
    is_shift = np.allclose(to_image[:2, :2], np.eye(2), atol=1e-6) and np.allclose(to_image[2, :2], 0)
    if is_shift:
        h_image, w_image = sheet.image.shape
        x0, y0 = (max(0, int(value)) for value in np.floor(to_image[:2, 2] + 0.5))
        x1, y1 = min(w_image, x0 + size_wh[0]), min(h_image, y0 + size_wh[1])
        x0, y0 = min(x0, w_image - 1), min(y0, h_image - 1)
        image = sheet.image[y0 : max(y1, y0 + 1), x0 : max(x1, x0 + 1)]
        to_image = np.array([[1.0, 0, x0], [0, 1, y0], [0, 0, 1]])
    else:
        image = cv2.warpPerspective(
            sheet.image,
            to_image,
            size_wh,
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE,
        )
    fx, fy = (a / b for a, b in zip(sheet.paper.background.shape[::-1], sheet.size_wh, strict=True))
    image = even(image, sheet.paper, _scaling(fx, fy) @ sheet.to_work @ to_image)
    if others is not None:
        matrix = level @ sheet.to_work @ to_image
        over = cv2.warpPerspective(others, matrix, image.shape[::-1], flags=cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP)
        if over.any():
            image = np.where(over > 0, np.uint8(np.median(image[over == 0])) if not over.all() else 255, image)
    return Row(np.ascontiguousarray(image, np.uint8), to_image)


def _free_rows(sheet: Sheet, mask: np.ndarray, outside: np.ndarray | None) -> tuple[list[Found], list[Ignored], str]:
    """Rows of ink outside cells, what is no writing, and why it is too much ("" where it isn't)."""
    ignored: list[Ignored] = []
    min_length = _min_rule_length(mask)
    slope = tilt_of_lines(mask, min_length=min_length)
    tilt_deg = 0.0 if slope is None else float(np.rad2deg(np.arctan(slope)))
    level = _rotation(tilt_deg)
    border = _border(mask.shape)
    if outside is not None:
        border |= cv2.dilate(outside, np.ones((15, 15), np.uint8))
    if abs(tilt_deg) >= RULES.min_tilt_deg:
        border = _levelled(border, level)[0]
        mask, level = _levelled(mask, level)
        border = cv2.dilate(border, np.ones((3, 3), np.uint8))
    else:
        level = np.eye(3)
    if slope is not None:
        lines, boxes = find_rules(mask, min_length=min_length)
        if len(boxes):
            mask = without_lines(mask, lines)
            ignored += [Ignored("rule", _picture_box(sheet, level, box)) for box in boxes]
    upright, boxes = _upright_lines(mask)
    if len(boxes):
        mask = np.ascontiguousarray(without_lines(np.ascontiguousarray(mask.T), upright.T).T)
        ignored += [Ignored("rule", _picture_box(sheet, level, box)) for box in boxes]
    full = mask
    mask, edges = without_edges(mask, border, is_sheet=outside is not None)
    ignored += [Ignored("edge", _picture_box(sheet, level, box)) for box in edges]
    components = find_components(mask)
    n = len(components.boxes) - 1
    if n == 0:
        return [], ignored, ""
    at_border = np.setdiff1d(np.unique(components.labels[border > 0]), [0])
    strange = full & ~mask
    kept = np.arange(1, n + 1)
    crowd = ""
    if len(kept) > LAYOUT.max_components:
        crowd = "texture"
        kept = kept[np.argsort(-components.areas[kept], kind="stable")[: LAYOUT.max_components]]
    rows, _ = group_rows(components.boxes[kept], components.areas[kept])
    rows = [kept[row].tolist() for row in rows]
    heights = [float(np.median(components.boxes[row][:, 3])) for row in rows]
    highest = max(heights, default=0.0)
    chosen = [row for row, height in zip(rows, heights, strict=True) if height >= CONFIG.min_row_share * highest]
    if outside is None:
        whole = [row for row in chosen if not _lies_at_border(components, row, at_border)]
        ignored += (
            [
                Ignored("edge", _picture_box(sheet, level, _union(components.boxes[row])))
                for row in chosen
                if row not in whole
            ]
            if whole
            else []
        )
        chosen = whole or chosen
    if len(chosen) > LAYOUT.max_rows:
        crowd, chosen = crowd or "rows", chosen[: LAYOUT.max_rows]
    found = [
        _free_row(
            sheet,
            level,
            components,
            row,
            np.asarray(strange | _members(components, [i for other in chosen if other is not row for i in other])),
        )
        for row in chosen
    ]
    return found, ignored, crowd


def _min_rule_length(mask: np.ndarray) -> float:
    """Pixels from which a straight line is a rule: longer than strokes of the digits that there are."""
    heights = find_components(mask).boxes[1:, 3]
    w = mask.shape[1]
    if not heights.size:
        return float(RULES.min_rule_share * w)
    height = float(np.median(heights[heights >= CONFIG.tall_share * heights.max()]))
    return float(max(RULES.min_rule_share * w, min(RULES.rule_to_digit * height, RULES.enough_share * w)))


def _upright_lines(mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Upright lines much longer than the digits beside them are high: edges of books and walls of tables, no 1."""
    min_length = max(RULES.min_upright_share * len(mask), RULES.min_upright_px)
    lines, boxes = find_rules(np.ascontiguousarray(mask.T), min_length=min_length)
    lines, boxes = lines.T, boxes[:, [1, 0, 3, 2]]
    if not len(boxes):
        return lines, boxes
    components = find_components(mask)
    heights = np.delete(components.boxes[:, 3], np.append(np.unique(components.labels[lines > 0]), 0))
    if not heights.size or boxes[:, 3].min() < RULES.upright_to_digit * heights.max():
        return np.zeros_like(mask), boxes[:0]
    return lines, boxes


def _lies_at_border(components: Components, row: list[int], at_border: np.ndarray) -> bool:
    """Whether all components of a row reach the picture's border: rests of a neighbouring row, a frame or a rule."""
    heights = components.boxes[row][:, 3]
    tall = np.array(row)[heights >= CONFIG.tall_share * heights.max()]
    return bool(np.isin(tall, at_border).all())


def _border(shape: tuple[int, ...]) -> np.ndarray:
    """Mask of the outermost pixels."""
    border = np.zeros(shape, np.uint8)
    border[[0, -1]] = 1
    border[:, [0, -1]] = 1
    return border


def _union(boxes: np.ndarray) -> np.ndarray:
    x, y = boxes[:, :2].min(axis=0)
    right, bottom = (boxes[:, :2] + boxes[:, 2:]).max(axis=0)
    return np.array([x, y, right - x, bottom - y])


def _members(components: Components, chosen: list[int]) -> np.ndarray:
    """(H, W) uint8 mask of some components."""
    member = np.zeros(len(components.boxes), np.uint8)
    member[chosen] = 1
    return np.asarray(member[components.labels])


def _levelled(mask: np.ndarray, level: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The mask turned, large enough to hold all of it, and the matrix that did so."""
    h, w = mask.shape
    corners = np.array([[0, 0], [w, 0], [w, h], [0, h]]) @ level[:2, :2].T
    low, high = corners.min(axis=0), corners.max(axis=0)
    moved = np.array([[1, 0, -low[0]], [0, 1, -low[1]], [0, 0, 1]]) @ level
    size_wh = int(np.ceil(high[0] - low[0])), int(np.ceil(high[1] - low[1]))
    return cv2.warpAffine(mask * np.uint8(255), moved[:2], size_wh, flags=cv2.INTER_LINEAR) // np.uint8(128), moved


def _picture_box(sheet: Sheet, level: np.ndarray, box: np.ndarray) -> Box:
    """A levelled box -> the upright box in the picture that encloses it."""
    x, y, w, h = (int(value) for value in box)
    matrix = np.linalg.inv(level @ sheet.to_work)
    return Row(np.zeros((1, 1), np.uint8), matrix).to_image_box((x, y, w, h))


def _free_row(
    sheet: Sheet,
    level: np.ndarray,
    components: Components,
    row: list[int],
    strange: np.ndarray,
) -> Found:
    """One row of components -> its picture, levelled by itself.

    `strange`: (H, W) uint8 mask, levelled: what is none of this row. It is painted over.
    """
    boxes = components.boxes[row]
    x, y = boxes[:, :2].min(axis=0)
    right, bottom = (boxes[:, :2] + boxes[:, 2:]).max(axis=0)
    own = np.zeros(len(components.boxes), np.uint8)
    own[row] = 1
    v, u = np.nonzero(own[components.labels[y:bottom, x:right]])
    points = np.stack([u + x, v + y], axis=1)
    slope = row_tilt(points[:: -(-len(points) // 4000)])
    turned = level
    if slope:
        turn = _rotation(float(np.rad2deg(np.arctan(slope))))
        points, turned = points @ turn[:2, :2].T, turn @ level
    x, y = points.min(axis=0)
    right, bottom = points.max(axis=0) + 1
    margin = max(CONFIG.margin * (bottom - y), 1.0)
    h_work, w_work = sheet.size_wh[::-1]
    is_upright = np.allclose(turned, np.eye(3))
    top, base = y - margin, bottom + margin
    if is_upright and bottom - y >= CONFIG.keep_share * h_work and not strange.any():
        top, base = 0, h_work
    x, right = x - margin, right + margin
    if is_upright:
        x, right, top, base = max(x, 0), min(right, w_work), max(top, 0), min(base, h_work)
    else:  # the picture's height at the middle of the row
        back, forth = np.linalg.inv(turned), turned
        middle = (back @ np.array([(x + right) / 2, (top + base) / 2, 1]))[0]
        ends = forth @ np.array([[middle, middle], [0, h_work], [1, 1]])
        top, base = max(top, ends[1, 0]), min(base, ends[1, 1])
    others = None
    if strange.any():
        others = cv2.dilate(strange, np.ones((5, 5), np.uint8)) & ~own[components.labels]
        if slope:
            others = cv2.warpAffine(
                others, (turned @ np.linalg.inv(level))[:2], others.shape[::-1], flags=cv2.INTER_NEAREST
            )
    cut = _cut(sheet, turned, (x, top, right - x, base - top), others)
    return Found(cut, cut.to_image_box((0, 0, *cut.image.shape[::-1])))


def _reading_order(found: list[Found]) -> list[Found]:
    """From top to bottom; what stands side by side, from left to right."""
    ordered: list[list[Found]] = []
    for one in sorted(found, key=lambda one: one.box[1] + one.box[3] / 2):
        _, y, _, h = one.box
        if ordered:
            _, top, _, height = ordered[-1][0].box
            if min(y + h, top + height) - max(y, top) > 0.5 * min(h, height):
                ordered[-1].append(one)
                continue
        ordered.append([one])
    return [one for line in ordered for one in sorted(line, key=lambda one: one.box[0])]
