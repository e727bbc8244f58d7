"""Pages without a single readable number, at most 2.2 megapixels, which a reader must decline in bounded time."""

from __future__ import annotations

import calendar
from collections.abc import Callable

import cv2
import numpy as np

from benchmarks.common import Digits
from benchmarks.rendering.paper_sets import Picture
from benchmarks.rendering.printed_boxes import BOXES, cells_in_row
from benchmarks.rendering.printed_sheet import Point, Sheet, photographed, scanned
from benchmarks.rendering.stroke_rendering import smooth_line
from benchmarks.rendering.written_numbers import Writer, random_number

A4_WH = (1240, 1754)  # pixels: A4 at 150 dpi
LETTERS = "abcdefghijklmnopqrstuvwxyz"
CLEF = ((22, 62), (10, 50), (26, 40), (36, 54), (20, 66), (4, 46), (28, 10), (22, -14), (16, 4), (30, 84))  # pixels
BLACK, WHITE = (20, 20, 24), (252, 252, 250)


def handwriting(digits: Digits, rng: np.random.Generator) -> Sheet:
    """A page of cursive writing: lines of words made of loops and waves."""
    sheet = Sheet(A4_WH, rng)
    size, width = rng.uniform(14, 24), rng.uniform(1.6, 3.4)
    for y in np.arange(120, sheet.h - 100, 3.4 * size):
        x = 110 + rng.uniform(0, 20)
        while x < sheet.w - 200:
            n = int(rng.integers(4, 16))
            up = rng.choice([0.9, 1.0, 1.1, 2.2], n, p=[0.3, 0.3, 0.2, 0.2])
            down = rng.choice([0.0, 0.1, -0.9], n, p=[0.5, 0.4, 0.1])
            steps = np.cumsum(rng.uniform(0.35, 0.75, 2 * n)) * size
            points = np.stack([x + steps, y - np.ravel(np.stack([up, down], axis=1)) * size], axis=1)
            points[::2, 0] += rng.uniform(0, 0.5) * size  # slanted loops
            sheet.scribble(smooth_line(points, steps=6), width)
            x = points[-1, 0] + size
    return sheet


def crossword(digits: Digits, rng: np.random.Generator) -> Sheet:
    """An empty crossword: a grid, black cells and small printed numbers."""
    sheet = Sheet((1240, 1240), rng, paper=WHITE)
    n, edge, number = 15, 110, 1
    side = (1240 - 2 * edge) / n
    black = rng.random((n, n)) < 0.18
    for row in range(n):
        for column in range(n):
            x, y = edge + column * side, edge + row * side
            if black[row, column]:
                sheet.fill(x, y, side, side, BLACK)
            elif row == 0 or column == 0 or black[row - 1, column] or black[row, column - 1]:
                sheet.label(str(number), x + 4, y + 3, 15, colour=BLACK)
                number += 1
    _grid(sheet, (edge, edge), (side, side), (n, n))
    return sheet


def barcode(digits: Digits, rng: np.random.Generator) -> Sheet:
    """A bar code on a label, with bars of one to three modules; half of the labels have a number printed below."""
    sheet = Sheet((900, 520), rng, paper=WHITE)
    x, unit = 110.0, 6
    for k in range(56):
        width = unit * int(rng.integers(1, 4))
        if k % 2 == 0:
            sheet.fill(x, 90, width, 300, BLACK)
        x += width
        if x > 780:
            break
    if rng.random() < 0.5:
        sheet.label(random_number(rng, 13), 230, 400, 46, colour=BLACK)
    return sheet


def sheet_music(digits: Digits, rng: np.random.Generator) -> Sheet:
    """Sheet music: staves with bar lines, a clef, and notes, some with a flag."""
    sheet = Sheet(A4_WH, rng, paper=WHITE)
    gap = 15
    for top in np.arange(150, sheet.h - 200, 170):
        for k in range(5):
            sheet.stroke((90, top + k * gap), (sheet.w - 90, top + k * gap), width=2, colour=BLACK)
        for x in np.linspace(90, sheet.w - 90, 5):
            sheet.stroke((x, top), (x, top + 4 * gap), width=3, colour=BLACK)
        sheet.stroke(*map(tuple, smooth_line(np.array(CLEF) + np.array((104, top)), steps=6)), width=4, colour=BLACK)
        for x in np.arange(190, sheet.w - 120, 62) + rng.uniform(-8, 8):
            y = top + gap / 2 * int(rng.integers(-1, 10))
            head = np.zeros((28, 28), np.uint8)
            thickness = -1 if rng.random() < 0.75 else 3
            cv2.ellipse(head, (14, 14), (10, 7), -20, 0, 360, 255, thickness, cv2.LINE_AA)
            sheet.print(head, BLACK, at=(round(x) - 14, round(y) - 14))
            sheet.stroke((x + 9, y), (x + 9, y - 48), width=2, colour=BLACK)
            if rng.random() < 0.3:
                sheet.stroke((x + 9, y - 48), (x + 24, y - 26), width=4, colour=BLACK)
    return sheet


def keyboard(digits: Digits, rng: np.random.Generator) -> Sheet:
    """A computer keyboard from above."""
    sheet = Sheet((1600, 640), rng, paper=(70, 72, 76))
    light = bool(rng.random() < 0.5)
    key, ink = ((228, 228, 230), (40, 40, 44)) if light else ((34, 35, 38), (225, 225, 228))
    rows = ("1234567890-=", "QWERTYUIOP[]", "ASDFGHJKL;'", "ZXCVBNM,./")
    for row, letters in enumerate(rows):
        for k, letter in enumerate(letters):
            x, y = 70 + 34 * row + 118 * k, 50 + 112 * row
            sheet.fill(x, y, 102, 98, key)
            sheet.label(letter, x + 14, y + 8, 34, colour=ink)
    sheet.fill(370, 500, 700, 98, key)
    return sheet


def calendar_month(digits: Digits, rng: np.random.Generator) -> Sheet:
    """A printed month."""
    sheet = Sheet((1240, 1000), rng, paper=WHITE)
    year, month = int(rng.integers(1990, 2040)), int(rng.integers(1, 13))
    sheet.label(f"{calendar.month_name[month]} {year}", 90, 50, 70, colour=(180, 40, 40))
    w, h, top = 150, 120, 200
    for k, day in enumerate(calendar.day_abbr):
        sheet.label(day, 100 + k * w, top - 50, 36, colour=BLACK)
    weeks = calendar.monthcalendar(year, month)
    for row, week in enumerate(weeks):
        for k, day in enumerate(week):
            if day:
                sheet.label(str(day), 105 + k * w, top + 20 + row * h, 54, colour=BLACK)
    _grid(sheet, (90, top), (w, h), (7, len(weeks)))
    return sheet


def receipt(digits: Digits, rng: np.random.Generator) -> Sheet:
    """A shop's receipt: printed names and prices."""
    sheet = Sheet((620, 1500), rng, paper=WHITE)
    for y in np.arange(200, 1200, 44):
        sheet.label(_word(rng) + " " + _word(rng), 50, y, 30, colour=(60, 60, 66))
        sheet.label(f"{rng.integers(0, 60)}.{rng.integers(0, 100):02d}", 460, y, 30, colour=(60, 60, 66))
    sheet.label(_word(rng).upper(), 190, 70, 64, colour=BLACK)
    sheet.label(f"TOTAL   {rng.integers(20, 400)}.{rng.integers(0, 100):02d}", 90, 1260, 52, colour=BLACK)
    return sheet


def qr_code(digits: Digits, rng: np.random.Generator) -> Sheet:
    """A QR code: random modules with the three finder patterns."""
    n, side = 33, 24
    sheet = Sheet((n * side + 200, n * side + 200), rng, paper=WHITE)
    modules = rng.random((n, n)) < 0.5
    for y, x in ((0, 0), (0, n - 7), (n - 7, 0)):
        modules[max(y - 1, 0) : y + 8, max(x - 1, 0) : x + 8] = False
        modules[y : y + 7, x : x + 7] = True
        modules[y + 1 : y + 6, x + 1 : x + 6] = False
        modules[y + 2 : y + 5, x + 2 : x + 5] = True
    for y, x in np.argwhere(modules):
        sheet.fill(100 + x * side, 100 + y * side, side, side, BLACK)
    return sheet


def thousand_cells(digits: Digits, rng: np.random.Generator) -> Sheet:
    """A table of 25 columns and 40 rows, each cell with a written number."""
    sheet = Sheet(A4_WH, rng)
    w, h = 43, 39
    _grid(sheet, (80, 90), (w, h), (25, 40))
    writer = Writer(digits, rng, height=20)
    for k in range(1000):
        number = writer.write(random_number(rng, int(rng.integers(1, 3))))
        sheet.write(number, 80 + k % 25 * w + 6, 90 + k // 25 * h + 29)
    return sheet


def empty_form(digits: Digits, rng: np.random.Generator) -> Sheet:
    """A blank form with words, lines and boxes."""
    sheet = Sheet(A4_WH, rng, paper=WHITE)
    sheet.label(f"{_word(rng)} {_word(rng)}".title(), 110, 90, 56)
    for y in np.arange(260, 1600, 130):
        sheet.label(_word(rng).title(), 110, y, 30)
        if rng.random() < 0.5:
            sheet.stroke((420, y + 40), (1120, y + 40), width=2)
        else:
            cells = cells_in_row(int(rng.integers(4, 11)), 420, y - 10, (56, 66), 0)
            BOXES[rng.choice(["joined", "open comb", "separate"])].draw(sheet, cells, 2)
    return sheet


def empty_comb(digits: Digits, rng: np.random.Generator) -> Sheet:
    """Nine adjacent empty boxes."""
    sheet = Sheet((1000, 300), rng)
    cells = cells_in_row(9, 130, 110, (82, 90), 0)
    BOXES["joined"].draw(sheet, cells, rng.uniform(1, 4))
    return sheet


PAGES: dict[str, Callable[[Digits, np.random.Generator], Sheet]] = {
    "handwriting": handwriting, "crossword": crossword, "barcode": barcode, "sheet music": sheet_music,
    "keyboard": keyboard, "calendar": calendar_month, "receipt": receipt, "QR code": qr_code,
    "table of 1,000 cells": thousand_cells, "empty form": empty_form, "empty comb": empty_comb,
}  # fmt: skip


def not_a_number(kind: str, digits: Digits, rng: np.random.Generator, i: int) -> Picture:
    """A page of a kind, alternately scanned and photographed; its text is empty."""
    sheet = PAGES[kind](digits, rng)
    return Picture((scanned, photographed)[i % 2](sheet.image(), rng), "")


def _grid(sheet: Sheet, at: Point, size_wh: tuple[float, float], n_xy: tuple[int, int]) -> None:
    (x, y), (w, h), (columns, rows) = at, size_wh, n_xy
    for k in range(columns + 1):
        sheet.stroke((x + k * w, y), (x + k * w, y + rows * h), width=2)
    for k in range(rows + 1):
        sheet.stroke((x, y + k * h), (x + columns * w, y + k * h), width=2)


def _word(rng: np.random.Generator) -> str:
    return "".join(rng.choice(list(LETTERS), int(rng.integers(3, 9))))
