"""Thirteen kinds of printed digit boxes, like those on forms. Each is drawn around cells (x, y, w, h) in one row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.rendering.printed_sheet import Sheet

Cell = tuple[float, float, float, float]  # x, y, w, h
Cells = Sequence[Cell]
PALE = ((240, 150, 140), (235, 175, 110), (140, 200, 150), (140, 180, 230), (190, 160, 215))  # drop-out colors


@dataclass(frozen=True)
class BoxKind:
    """A style of printed boxes, and the space between them as a fraction of a cell's width."""

    draw: Callable[[Sheet, Cells, float], None]  # the last argument is the line width
    gap: float = 0.0


def _separate(sheet: Sheet, cells: Cells, width: float) -> None:
    for cell in cells:
        sheet.box(*cell, width=width)


def _open_comb(sheet: Sheet, cells: Cells, width: float) -> None:
    """A baseline with half-height separators."""
    (x, y, _, h), (last, _, w, _) = cells[0], cells[-1]
    sheet.stroke((x, y + h), (last + w, y + h), width=width)
    for edge in (*(cell[0] for cell in cells), last + w):
        sheet.stroke((edge, y + 0.5 * h), (edge, y + h), width=width)


def _frame(sheet: Sheet, cells: Cells, width: float) -> list[float]:
    """Draw one frame around all cells; returns the positions of the inner separators."""
    (x, y, _, h), (last, _, w, _) = cells[0], cells[-1]
    sheet.box(x, y, last + w - x, h, width=width)
    return [cell[0] for cell in cells[1:]]


def _ticks(sheet: Sheet, cells: Cells, width: float) -> None:
    """A frame with short ticks instead of separators."""
    _, y, _, h = cells[0]
    for edge in _frame(sheet, cells, width):
        sheet.stroke((edge, y), (edge, y + 0.16 * h), width=width)
        sheet.stroke((edge, y + 0.84 * h), (edge, y + h), width=width)


def _dotted_walls(sheet: Sheet, cells: Cells, width: float) -> None:
    _, y, _, h = cells[0]
    for edge in _frame(sheet, cells, width):
        sheet.stroke((edge, y), (edge, y + h), width=max(1, 0.7 * width), gaps=(1, 3 + width))


def _dashed(sheet: Sheet, cells: Cells, width: float) -> None:
    for cell in cells:
        sheet.box(*cell, width=width, gaps=(0.12 * cell[3], 0.08 * cell[3]))


def _rounded(sheet: Sheet, cells: Cells, width: float) -> None:
    for x, y, w, h in cells:
        r = 0.22 * min(w, h)
        turn = np.linspace(0, np.pi / 2, 7)
        around = [
            (cx + r * np.cos(a), cy + r * np.sin(a))
            for k, (cx, cy) in enumerate(
                ((x + w - r, y + h - r), (x + r, y + h - r), (x + r, y + r), (x + w - r, y + r))
            )
            for a in turn + k * np.pi / 2
        ]
        sheet.stroke(*around, around[0], width=width)


def _thick(sheet: Sheet, cells: Cells, width: float) -> None:
    for cell in cells:
        sheet.box(*cell, width=max(3, 0.07 * cell[3]))


def _coloured(sheet: Sheet, cells: Cells, width: float) -> None:
    sheet.printed = PALE[sheet.rng.integers(len(PALE))]
    _separate(sheet, cells, 1.5 * width)


def _on_grey(sheet: Sheet, cells: Cells, width: float) -> None:
    """White windows in a gray band."""
    (x, y, w, h), last = cells[0], cells[-1]
    grey, rim = int(sheet.rng.integers(185, 225)), 0.2 * w
    sheet.fill(x - rim, y - rim, last[0] + w - x + 2 * rim, h + 2 * rim, (grey, grey, grey))
    for cell in cells:
        sheet.fill(*cell, colour=(253, 253, 252))


def _dashes(sheet: Sheet, cells: Cells, width: float) -> None:
    """No boxes: a dash below each digit."""
    for x, y, w, h in cells:
        sheet.stroke((x, y + h), (x + w, y + h), width=width)


def _double(sheet: Sheet, cells: Cells, width: float) -> None:
    """A double frame around each cell."""
    for x, y, w, h in cells:
        rim = 0.06 * h
        sheet.box(x, y, w, h, width=width)
        sheet.box(x - rim, y - rim, w + 2 * rim, h + 2 * rim, width=width)


def _labelled(sheet: Sheet, cells: Cells, width: float) -> None:
    """Adjacent boxes with words above and a small letter in each."""
    x, y, _, h = cells[0]
    words = ("Student number", "Account no.", "Date of birth", "Kundennummer", "Total")
    sheet.label(words[sheet.rng.integers(len(words))], x, y - 0.42 * h, 0.26 * h)
    _separate(sheet, cells, width)
    for (left, top, w, _), letter in zip(cells, "DDMMYYYYY", strict=False):
        sheet.label(letter, left + 0.08 * w, top + 0.03 * h, 0.17 * h, colour=(150, 150, 150))


BOXES: dict[str, BoxKind] = {
    "separate": BoxKind(_separate, 0.25),
    "joined": BoxKind(_separate),
    "open comb": BoxKind(_open_comb),
    "ticks": BoxKind(_ticks),
    "dotted walls": BoxKind(_dotted_walls),
    "dashed": BoxKind(_dashed),
    "rounded": BoxKind(_rounded, 0.2),
    "thick": BoxKind(_thick),
    "coloured": BoxKind(_coloured),
    "on grey": BoxKind(_on_grey, 0.15),
    "dashes": BoxKind(_dashes, 0.3),
    "double": BoxKind(_double, 0.3),
    "labelled": BoxKind(_labelled),
}


def cells_in_row(n: int, x: float, y: float, size_wh: tuple[float, float], gap: float) -> list[Cell]:
    """`n` cells from (x, y) to the right."""
    w, h = size_wh
    return [(x + i * w * (1 + gap), y, w, h) for i in range(n)]


def cross_out(sheet: Sheet, cell: Cell, pen_width: float) -> None:
    """Strike a cell out with a cross or a zigzag."""
    x, y, w, h = cell
    rng = sheet.rng

    def at(*points: tuple[float, float]) -> np.ndarray:
        return np.array(points) * (w, h) + (x, y) + rng.normal(0, 0.03, (len(points), 2)) * (w, h)

    if rng.random() < 0.6:
        sheet.scribble(at((0.15, 0.15), (0.85, 0.85)), pen_width)
        sheet.scribble(at((0.85, 0.15), (0.15, 0.85)), pen_width)
    else:
        sheet.scribble(at(*((0.12 + 0.095 * k, 0.2 if k % 2 else 0.8) for k in range(9))), pen_width)
