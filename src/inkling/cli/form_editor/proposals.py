"""Detects likely regions of a blank form: empty boxes in a row are a comb, those in a column are a table."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from inkling.pipeline.layout.cell_rows import find_cells
from inkling.pipeline.layout.light import MOST_CONTRAST, ink_threshold
from inkling.pipeline.layout.sheet import straighten

INSET = 0.12  # share of a cell's sides that is ignored at each edge; the rest of an empty cell has no print
MAX_INK = 0.004  # maximum share of ink in that rest, to allow for grain
ALIKE = 0.06  # share of a cell's width by which neighbors may differ, in addition to 4 pixels
MIN_COMB = 3  # minimum number of boxes in a row; with fewer, they may be part of a table

Cells = list[tuple[float, float, float, float]]


def proposals(picture: np.ndarray) -> list[dict[str, Any]]:
    """(H, W) uint8 gray blank form -> `kind`, `box`, `rows` and `columns` of likely regions, from top to bottom."""
    sheet, _ = straighten(picture, None)
    contrast = sheet.paper.contrast
    threshold = ink_threshold(contrast)
    if threshold > MOST_CONTRAST:
        return []
    rows, level = find_cells(contrast, threshold)
    found: list[dict[str, Any]] = []
    singles: Cells = []
    for row in rows:
        corners = cv2.transform(row[None, :, :2].astype(float), np.linalg.inv(level)[:2])[0]
        cells: Cells = [
            (float(x), float(y), float(w), float(h)) for (x, y), (_, _, w, h) in zip(corners, row, strict=True)
        ]
        empty = [cell for cell in cells if _is_empty(contrast, cell, threshold)]
        if len(empty) == len(cells) >= MIN_COMB:
            found.append(_region("comb", empty, 1, len(empty), sheet.scale))
        else:
            singles += empty
    while singles:
        column = [singles.pop(0)]
        for cell in list(singles):
            x, y, w, h = column[-1]
            if max(abs(cell[0] - x), abs(cell[2] - w), abs(cell[3] - h), abs(cell[1] - y - h)) <= ALIKE * w + 4:
                column.append(cell)
                singles.remove(cell)
        kind = "table" if len(column) > 1 else "number"
        found.append(_region(kind, column, len(column), 1, sheet.scale))
    return sorted(found, key=lambda region: (region["box"][1], region["box"][0]))


def _is_empty(contrast: np.ndarray, cell: tuple[float, float, float, float], threshold: int) -> bool:
    x, y, w, h = cell
    inner = contrast[round(y + INSET * h) : round(y + h - INSET * h), round(x + INSET * w) : round(x + w - INSET * w)]
    return bool(inner.size) and float((inner >= threshold).mean()) <= MAX_INK


def _region(kind: str, cells: Cells, rows: int, columns: int, scale: float) -> dict[str, Any]:
    left, top = (min(cell[k] for cell in cells) / scale for k in (0, 1))
    right, base = (max(cell[k] + cell[k + 2] for cell in cells) / scale for k in (0, 1))
    region: dict[str, Any] = {"kind": kind, "box": [round(left), round(top), round(right - left), round(base - top)]}
    return region | ({"rows": rows} if kind == "table" else {}) | ({"columns": columns} if kind != "number" else {})
