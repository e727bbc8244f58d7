"""Filled-in grids and tables, rendered with fixed seeds, with the content of each cell.

Sudokus, tables of marks, score cards, tables of measurements and column additions; flat, scanned or photographed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np

from benchmarks.common import Digits
from benchmarks.rendering.printed_boxes import cross_out
from benchmarks.rendering.printed_sheet import CAPTURES, Sheet
from benchmarks.rendering.surfaces import Image
from benchmarks.rendering.written_numbers import Writer, Written, random_number

SEED = 22
CROSSED_OUT = "x"
FITS = 0.95  # maximum width of a number, relative to its cell


@dataclass(frozen=True)
class Grid:
    """An image of a grid, and its cells."""

    image: Image  # (H, W, 3) uint8 RGB
    cells: list[list[str]]  # by row and column: the number as written, "" if empty, or CROSSED_OUT


def draw(kind: str, capture: str, digits: Digits, rng: np.random.Generator) -> Grid:
    """A grid of a kind, captured in one of `CAPTURES`."""
    sheet, cells = KINDS[kind](digits, rng)
    return Grid(CAPTURES[capture](sheet.image(), rng), cells)


def sudoku(digits: Digits, rng: np.random.Generator) -> tuple[Sheet, list[list[str]]]:
    """Nine by nine cells with thick lines around each block of three by three; about a third of them are filled."""
    side = rng.uniform(42, 80)
    cells = [[str(rng.integers(1, 10)) if rng.random() < 0.35 else "" for _ in range(9)] for _ in range(9)]
    sheet, lines = _paper([side] * 9, [side] * 9, rng)
    thin = rng.uniform(1, 0.04 * side)
    _rules(sheet, lines, lambda k, _: thin * rng.uniform(2, 3.5) if k % 3 == 0 else thin)
    _fill(sheet, Writer(digits, rng, height=side * rng.uniform(0.5, 0.75)), lines, cells)
    return sheet, cells


def marks(digits: Digits, rng: np.random.Generator) -> tuple[Sheet, list[list[str]]]:
    """Marks for nine tasks: one or two digits per cell, some cells empty, some crossed out."""
    h = rng.uniform(42, 70)
    rows, columns = int(rng.integers(4, 8)), 9
    cells = [[_mark(rng) for _ in range(columns)] for _ in range(rows)]
    sheet, lines = _paper([h * rng.uniform(1.1, 1.6)] * columns, [h] * rows, rng)
    thin = rng.uniform(1, 0.05 * h)
    _rules(sheet, lines, lambda *_: thin)
    _fill(sheet, Writer(digits, rng, height=h * rng.uniform(0.5, 0.72)), lines, cells)
    return sheet, cells


def score_card(digits: Digits, rng: np.random.Generator) -> tuple[Sheet, list[list[str]]]:
    """Single digits in narrow columns, and sums in a wide last column after a thick line."""
    h = rng.uniform(40, 64)
    rows = int(rng.integers(3, 7))
    cells = [[str(rng.integers(1, 10)) if rng.random() < 0.9 else "" for _ in range(9)] for _ in range(rows)]
    cells = [[*row, str(sum(map(int, filter(None, row))))] for row in cells]
    sheet, lines = _paper([h * rng.uniform(0.85, 1.0)] * 9 + [1.8 * h], [h] * rows, rng)
    thin = rng.uniform(1, 0.04 * h)
    _rules(sheet, lines, lambda k, is_upright: 3 * thin if is_upright and k in (0, 9, 10) else thin)
    _fill(sheet, Writer(digits, rng, height=h * rng.uniform(0.5, 0.7)), lines, cells)
    return sheet, cells


def measurements(digits: Digits, rng: np.random.Generator) -> tuple[Sheet, list[list[str]]]:
    """Numbers, some with a point or a minus sign, in columns of different widths."""
    h = rng.uniform(44, 64)
    rows, columns = int(rng.integers(5, 11)), int(rng.integers(3, 5))
    cells = [[_measured(rng) for _ in range(columns)] for _ in range(rows)]
    sheet, lines = _paper([h * rng.uniform(3.2, 4.6) for _ in range(columns)], [h] * rows, rng)
    thin = rng.uniform(1, 0.05 * h)
    _rules(sheet, lines, lambda *_: thin)
    _fill(sheet, Writer(digits, rng, height=h * rng.uniform(0.5, 0.68)), lines, cells)
    return sheet, cells


def addition(digits: Digits, rng: np.random.Generator) -> tuple[Sheet, list[list[str]]]:
    """A column addition: one digit per cell, right-aligned, with a thick line above the sum."""
    side = rng.uniform(46, 72)
    terms = [int(rng.integers(10, 10 ** int(rng.integers(2, 6)))) for _ in range(rng.integers(2, 4))]
    numbers = [*map(str, terms), str(sum(terms))]
    columns = max(map(len, numbers)) + int(rng.integers(0, 2))
    cells = [[each.strip() for each in number.rjust(columns)] for number in numbers]
    sheet, lines = _paper([side] * columns, [side] * len(numbers), rng)
    thin, last = rng.uniform(1, 0.04 * side), len(numbers) - 1
    _rules(sheet, lines, lambda k, is_upright: 3 * thin if k == last and not is_upright else thin)
    _fill(sheet, Writer(digits, rng, height=side * rng.uniform(0.5, 0.72)), lines, cells)
    return sheet, cells


KINDS: dict[str, Callable[[Digits, np.random.Generator], tuple[Sheet, list[list[str]]]]] = {
    "sudoku": sudoku, "marks": marks, "score card": score_card, "measurements": measurements, "addition": addition,
}  # fmt: skip
Lines = tuple[np.ndarray, np.ndarray]  # x of the vertical lines, y of the horizontal lines


def _paper(widths: list[float], heights: list[float], rng: np.random.Generator) -> tuple[Sheet, Lines]:
    """A sheet with a margin around a grid of these columns and rows, and the positions of its lines."""
    room = rng.uniform(0.8, 1.6) * heights[0]
    xs, ys = (room + np.cumsum([0, *sizes]) for sizes in (widths, heights))
    return Sheet((xs[-1] + room, ys[-1] + room), rng), (xs, ys)


def _rules(sheet: Sheet, lines: Lines, width: Callable[[int, bool], float]) -> None:
    """Print the lines; `width`: (line number, whether it is vertical) -> line width."""
    xs, ys = lines
    for k, x in enumerate(xs):
        sheet.stroke((x, ys[0]), (x, ys[-1]), width=width(k, True))
    for k, y in enumerate(ys):
        sheet.stroke((xs[0], y), (xs[-1], y), width=width(k, False))


def _fill(sheet: Sheet, writer: Writer, lines: Lines, cells: list[list[str]]) -> None:
    """Write each number near the center of its cell, narrowed to fit; it may touch the lines."""
    xs, ys = lines
    for k, row in enumerate(cells):
        for j, text in enumerate(row):
            x, y, w, h = xs[j], ys[k], xs[j + 1] - xs[j], ys[k + 1] - ys[k]
            if text == CROSSED_OUT:
                cross_out(sheet, (x, y, w, h), 0.1 * writer.height)
            elif text:
                number = _narrowed(writer.write(text), FITS * w)
                dx, dy = sheet.rng.normal(0, 0.05, 2) * (h, h)
                baseline = y + (h + writer.height) / 2 + dy
                sheet.write(number, x + (w - number.ink.shape[1]) / 2 + dx, baseline)


def _narrowed(number: Written, most: float) -> Written:
    """A number, narrowed to the width `most` if it is wider."""
    h, w = number.ink.shape
    if w <= most:
        return number
    ink = cv2.resize(number.ink, (round(most), h), interpolation=cv2.INTER_AREA)
    return replace(number, ink=ink)


def _mark(rng: np.random.Generator) -> str:
    kind = rng.random()
    return "" if kind < 0.12 else CROSSED_OUT if kind < 0.16 else str(rng.integers(0, 26))


def _measured(rng: np.random.Generator) -> str:
    kind = rng.random()
    if kind < 0.08:
        return ""
    if kind < 0.4:
        return random_number(rng, int(rng.integers(1, 4)))
    sign = "-" if rng.random() < 0.25 else ""
    return f"{sign}{rng.integers(0, 100)}.{rng.integers(0, 100):02d}"
