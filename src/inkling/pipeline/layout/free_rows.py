"""Rows of free writing: the ink without ruled lines, edges and dirt, with each row leveled separately."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from inkling.pipeline.config.layout import LAYOUT, RULES
from inkling.pipeline.config.layout import ROWS as CONFIG
from inkling.pipeline.layout.geometry import as_levelled, box_corners, mapped_corners, rotation, union
from inkling.pipeline.layout.records import Ignored, Row, Strokes
from inkling.pipeline.layout.rows import Components, find_components, group_rows, row_tilt, without_edges
from inkling.pipeline.layout.rules import find_rules, tilt_of_lines, without_lines
from inkling.pipeline.layout.sheet import Sheet, cut, picture_box

REACH = 2  # work pixels: the width of the soft edge of ink that is painted over


@dataclass(frozen=True)
class Writing:
    """The leveled ink of a picture, without ruled lines and edges."""

    level: np.ndarray  # (3, 3): pixels of the work picture -> leveled pixels
    components: Components
    at_border: np.ndarray  # (n,) indices of components that touch the picture's border
    strange: np.ndarray  # (H, W) uint8 mask of edges, which must not appear in rows
    rules: np.ndarray  # (n, 4) leveled boxes of horizontal lines


def find_free_rows(
    sheet: Sheet, mask: np.ndarray, contrast: np.ndarray, outside: np.ndarray | None
) -> tuple[list[Row], list[Ignored], str]:
    """Rows of ink outside cells, ink that is not writing, and "texture" or "rows" if there is too much ("" if not).

    `mask`, `contrast`: (H, W) uint8 of the work picture. `outside`: mask of the surroundings of a sheet, if there is
    one.
    """
    if not mask.any():
        return [], [], ""
    writing, ignored = _writing(sheet, mask, outside)
    components = writing.components
    kept = np.arange(1, len(components.boxes))
    crowd = ""
    if len(kept) > LAYOUT.max_components:
        crowd = "texture"
        kept = kept[np.argsort(-components.areas[kept], kind="stable")[: LAYOUT.max_components]]
    rows = [kept[row].tolist() for row in group_rows(components.boxes[kept], height_px=sheet.size_wh[1])]
    rows = _strong(rows, writing, contrast)
    whole = [row for row in rows if not _lies_at_border(writing, row)]
    if whole:
        cut_off = [row for row in rows if row not in whole]
        ignored += [Ignored("edge", picture_box(sheet, writing.level, union(components.boxes[row]))) for row in cut_off]
        rows = whole
    if len(rows) > LAYOUT.max_rows:
        crowd, rows = crowd or "rows", rows[: LAYOUT.max_rows]
    in_rows = _member(writing, [i for row in rows for i in row])
    return [_free_row(sheet, writing, row, in_rows) for row in rows], ignored, crowd


def _writing(sheet: Sheet, mask: np.ndarray, outside: np.ndarray | None) -> tuple[Writing, list[Ignored]]:
    """Level the ink by its ruled lines, and remove these lines and the edges."""
    border = np.zeros_like(mask)
    rim = max(1, round(CONFIG.border_share * min(mask.shape)))
    border[:rim] = border[-rim:] = 1
    border[:, :rim] = border[:, -rim:] = 1
    if outside is not None:
        border = cv2.dilate(outside, np.ones((7, 7), np.uint8))
    components = find_components(mask)
    min_length = _min_rule_length(components)
    slope = tilt_of_lines(mask, min_length=min_length)
    level = np.eye(3)
    is_tilted = slope is not None and abs(slope) >= np.tan(np.deg2rad(RULES.min_tilt_deg))
    if slope is not None and is_tilted:
        turn = rotation(float(np.rad2deg(np.arctan(slope))))
        border = cv2.dilate(as_levelled(border, turn)[0], np.ones((3, 3), np.uint8))
        mask, level = as_levelled(mask, turn)
    rules = np.zeros((0, 4), np.int32)
    if slope is not None:
        lines, rules = find_rules(mask, min_length=min_length)
        mask = without_lines(mask, lines) if len(rules) else mask
    uprights, upright_boxes = _upright_lines(mask)
    if len(upright_boxes):
        mask = np.ascontiguousarray(without_lines(np.ascontiguousarray(mask.T), uprights).T)
    if is_tilted or len(rules) or len(upright_boxes):
        components = find_components(mask)
    rest, from_border, edges = without_edges(mask, components, border, is_sheet=outside is not None)
    if edges:
        components = find_components(rest)
    at_border = np.setdiff1d(components.labels[from_border > 0], [0])
    ignored = [Ignored("rule", picture_box(sheet, level, box)) for box in (*rules, *upright_boxes)]
    ignored += [Ignored("edge", picture_box(sheet, level, box)) for box in edges]
    return Writing(level, components, at_border, mask & ~rest, rules), ignored


def _min_rule_length(components: Components) -> float:
    """The minimum length of a ruled line in pixels: longer than the strokes of the picture's digits."""
    heights = components.boxes[1:, 3]
    w = components.labels.shape[1]
    if not heights.size:
        return float(RULES.min_rule_share * w)
    height = float(np.median(heights[heights >= CONFIG.tall_share * heights.max()]))
    return float(max(RULES.min_rule_share * w, min(RULES.rule_to_digit * height, RULES.enough_share * w)))


def _upright_lines(mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Vertical lines much longer than the height of the digits beside them: edges of books and walls of tables.

    (H, W) uint8 mask -> (W, H) uint8 mask of the lines, transposed, and their (n, 4) boxes in `mask`.
    """
    min_length = max(RULES.min_rule_share * len(mask), RULES.min_upright_px)
    none = np.zeros(mask.shape[::-1], np.uint8), np.zeros((0, 4), np.int32)
    if len(mask) < min_length:
        return none
    lines, boxes = find_rules(np.ascontiguousarray(mask.T), min_length=min_length)
    if not len(boxes):
        return none
    components = find_components(mask)
    heights = np.delete(components.boxes[:, 3], np.append(np.unique(components.labels[lines.T > 0]), 0))
    if not heights.size or boxes[:, 2].min() < RULES.rule_to_digit * heights.max():
        return none
    return lines, boxes[:, [1, 0, 3, 2]]


def _strong(rows: list[list[int]], writing: Writing, contrast: np.ndarray) -> list[list[int]]:
    """Drop rows that are low or faint compared with the others: dirt, graph-paper squares, show-through."""
    if len(rows) < 2:
        return rows
    if not np.allclose(writing.level, np.eye(3)):
        size_wh = writing.components.labels.shape[::-1]
        contrast = cv2.warpAffine(contrast, writing.level[:2], size_wh)
    boxes = writing.components.boxes
    heights, strengths = [], []
    for row in rows:
        highest = boxes[row][:, 3].max()
        tallest = [i for i in row if boxes[i, 3] >= CONFIG.tall_share * highest][: CONFIG.sampled_components]
        levels = []
        for part, own in (writing.components.cut(i) for i in tallest):
            levels.append(float(np.median(contrast[part][own > 0])))
        heights.append(float(np.median(boxes[tallest][:, 3])))
        strengths.append(float(np.median(levels)))
    highest, strongest = max(heights), max(strengths)
    return [
        row
        for row, height, strength in zip(rows, heights, strengths, strict=True)
        if height >= CONFIG.min_row_share * highest and strength >= CONFIG.min_strength * strongest
    ]


def _lies_at_border(writing: Writing, row: list[int]) -> bool:
    """Whether all tall components of a row touch the picture's border: parts of an adjacent row, a frame or a line."""
    heights = writing.components.boxes[row][:, 3]
    tall = np.array(row)[heights >= CONFIG.tall_share * heights.max()]
    return bool(np.isin(tall, writing.at_border).all())


def _free_row(sheet: Sheet, writing: Writing, row: list[int], in_rows: np.ndarray) -> Row:
    """One row of components -> its picture, leveled separately, without ink from other rows.

    `in_rows`: (n + 1,) uint8, 1 for the components of all rows.
    """
    labels = writing.components.labels
    x, y, w, h = union(writing.components.boxes[row])
    own = _member(writing, row)
    v, u = np.nonzero(own[labels[y : y + h, x : x + w]])
    points = np.stack([u + x, v + y], axis=1)
    slope = row_tilt(points[:: -(-len(points) // CONFIG.sampled_points)])
    level = writing.level
    if slope:
        turn = rotation(float(np.rad2deg(np.arctan(slope))))
        points, level = points @ turn[:2, :2].T, turn @ level
    left, top = points.min(axis=0).astype(float)
    right, base = points.max(axis=0).astype(float) + 1
    # Corners of the whole picture, leveled: limits of the row if nothing was rotated.
    whole = box_corners(np.array([0, 0, *sheet.size_wh])) @ level[:2, :2].T + level[:2, 2]
    is_upright = np.allclose(level, np.eye(3))
    if not slope:  # a row on a ruled line is cut out with the line, because it may hide a decimal point
        for x, y, w, h in writing.rules.tolist():
            if (
                x < right
                and left < x + w
                and base - CONFIG.level_reach * (base - top) < y + h < base + _margin(base - top)
            ):
                base = max(base, float(y + h))
    margin = _margin(base - top)
    fills = is_upright and base - top >= CONFIG.keep_share * sheet.size_wh[1] and not writing.strange.any()
    left, right, top, base = left - margin, right + margin, top - margin, base + margin
    if fills:
        top, base = 0.0, float(sheet.size_wh[1])
    if is_upright:
        (low_x, low_y), (high_x, high_y) = whole.min(axis=0), whole.max(axis=0)
        left, right, top, base = max(left, low_x), min(right, high_x), max(top, low_y), min(base, high_y)
    box = left, top, right - left, base - top
    part, at = _part_within(writing, level, box)
    mask = own[labels[part]]
    others = writing.strange[part] | (in_rows & ~own)[labels[part]]
    others = cv2.dilate(others, np.ones((2 * REACH + 1, 2 * REACH + 1), np.uint8)) & ~mask
    shown = cut(sheet, level, box, others, at)
    return replace(shown, strokes=Strokes(mask, at @ sheet.to_work))


def _part_within(
    writing: Writing, level: np.ndarray, box: tuple[float, float, float, float]
) -> tuple[tuple[slice, slice], np.ndarray]:
    """The part of the labels that a leveled box covers, and the (3, 3) matrix from the work picture to that part."""
    labels = writing.components.labels
    corners = mapped_corners(box, writing.level @ np.linalg.inv(level))
    low = np.clip(np.floor(corners.min(axis=0)).astype(int) - REACH, 0, np.array(labels.shape[::-1]) - 1)
    high = np.ceil(corners.max(axis=0)).astype(int) + REACH
    part = slice(low[1], high[1]), slice(low[0], high[0])
    return part, np.array([[1.0, 0, -low[0]], [0, 1, -low[1]], [0, 0, 1]]) @ writing.level


def _margin(height: float) -> float:
    """The margin of paper around a row of the given height, in pixels."""
    return max(CONFIG.margin * height, 1.0)


def _member(writing: Writing, chosen: list[int]) -> np.ndarray:
    """(n + 1,) uint8: 1 for each chosen component."""
    member = np.zeros(len(writing.components.boxes), np.uint8)
    member[chosen] = 1
    return member
