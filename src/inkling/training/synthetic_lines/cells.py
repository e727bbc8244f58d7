"""Combs and boxes: one printed cell for each digit; the writing can cross the edges."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from inkling.pipeline.symbols import MARK
from inkling.training.synthetic_digits import smooth_curve
from inkling.training.synthetic_lines.handwriting import HEIGHT, DigitImages, Glyph, Hand, draw_symbol

CROSSED_OUT = 0.5  # share of combs whose empty cells are crossed out
MAX_CELLS = 12
CURVED_CROSSES = (  # strokes of a handwritten x: points x, y in -1..1, relative to half its size
    (((-1.0, -0.8), (-0.3, -0.6), (0.1, 0.1), (0.5, 0.9), (1.0, 0.7)), ((0.9, -1.0), (0.1, 0.0), (-0.9, 1.0))),
    (((-1.0, -1.0), (0.0, 0.0), (1.0, 1.0)), ((1.0, -0.9), (0.2, 0.1), (-1.0, 0.9))),
    (((-0.9, -0.9), (0.0, -0.5), (0.0, 0.5), (-0.9, 0.9)), ((0.9, -0.9), (0.1, -0.5), (0.1, 0.5), (0.9, 0.9))),
    (((-1.0, -0.9), (0.0, 0.1), (0.9, 1.0), (1.0, 0.3), (0.9, -0.9), (0.0, 0.0), (-1.0, 0.9)),),
    (((0.9, -1.0), (0.0, 0.1), (-1.0, 0.9), (-0.9, 0.2), (-0.7, -0.8), (0.0, 0.0), (1.0, 0.8)),),
    (((-0.6, -1.0), (0.0, 0.0), (0.6, 1.0)), ((1.0, -0.4), (0.0, 0.0), (-1.0, 0.4))),
)

Rng = np.random.Generator


@dataclass(frozen=True)
class Comb:
    """A row of cells with its contents."""

    glyphs: list[Glyph]
    crosses: list[np.ndarray]  # strokes through empty cells: (n, 2) int32 points x, y
    symbols: list[str]  # the text, left to right; a crossed-out cell is a mark
    cells: list[tuple[int, int]]  # left and right x of each cell
    top: int  # pixels down from the top of the digits
    bottom: int


def fill(symbols: list[str], hand: Hand, digits: DigitImages, rng: Rng, *, curved_crosses: float = 0.0) -> Comb:
    """Writes one symbol per cell; some cells before and after the text are empty or crossed out.

    `curved_crosses`: share of crossed-out combs with small crosses made of curved strokes.
    """
    step = HEIGHT * rng.uniform(0.8, 1.6)
    scale = rng.uniform(0.6, 1.15)
    before = int(rng.integers(1, 4)) if rng.random() < 0.3 else 0
    behind = int(rng.integers(1, 4)) if rng.random() < 0.25 else 0
    symbols = symbols[: MAX_CELLS - before - behind]
    n = before + len(symbols) + behind
    gap = step * rng.uniform(0.05, 0.5) if rng.random() < 0.3 else 0.0  # between separate boxes
    cells = [(round(i * (step + gap)), round(i * (step + gap) + step)) for i in range(n)]
    top, bottom = -round(HEIGHT * rng.uniform(-0.05, 0.3)), round(HEIGHT * rng.uniform(0.95, 1.3))
    middle, jitter = (top + bottom) / 2, rng.uniform(0.02, 0.09)
    glyphs, crosses, shown = [], [], []
    crossed_out = rng.random() < CROSSED_OUT
    cross = _curved_cross if curved_crosses and crossed_out and rng.random() < curved_crosses else _cross
    for i, (left, right) in enumerate(cells):
        if before <= i < before + len(symbols):
            symbol = symbols[i - before]
            ink, sign_top = draw_symbol(symbol, hand, digits, rng)
            if symbol.isdigit():
                w = min(ink.shape[1] * scale, (right - left) * 1.1)
                size_wh = max(3, round(w)), max(8, round(ink.shape[0] * scale))
                ink = cv2.resize(ink, size_wh, interpolation=cv2.INTER_AREA)
                y = middle - ink.shape[0] / 2 + rng.normal(0, jitter) * HEIGHT
            else:
                y = middle + (sign_top - HEIGHT / 2) * scale
            x = (left + right - ink.shape[1]) / 2 + rng.normal(0, jitter) * step
            glyphs.append(Glyph(symbol, ink, round(x), round(y)))
            shown.append(symbol)
        elif crossed_out:
            crosses += cross((left, top, right, bottom), rng)
            shown.append(MARK)
    return Comb(glyphs, crosses, shown, cells, top, bottom)


def _cross(box: tuple[int, int, int, int], rng: Rng) -> list[np.ndarray]:
    """The strokes that cross out a cell, (n, 2) points each: from a small x to one across the whole cell."""
    left, top, right, bottom = box
    reach = rng.uniform(0.25, 0.55)  # from the center, as a share of the cell
    middle = np.array([0.5, 0.5]) + rng.normal(0, 0.06, 2)
    strokes = []
    for ends in ([(-1, -1), (1, 1)], [(1, -1), (-1, 1)]):
        a, b = (middle + reach * np.array(end) + rng.normal(0, 0.07, 2) for end in ends)
        bow = rng.normal(0, 0.08, 2) if rng.random() < 0.5 else np.zeros(2)
        t = np.linspace(0, 1, 7)[:, None]
        points = a + (b - a) * t + 4 * t * (1 - t) * bow
        strokes.append(np.rint(points * (right - left, bottom - top) + (left, top)).astype(np.int32))
    if rng.random() < 0.15:  # a single stroke
        return [strokes[int(rng.integers(2))]]
    return strokes


def _curved_cross(box: tuple[int, int, int, int], rng: Rng) -> list[np.ndarray]:
    """The strokes of an x written like a letter, (n, 2) points each, near the center of a cell."""
    left, top, right, bottom = box
    strokes = CURVED_CROSSES[int(rng.integers(len(CURVED_CROSSES)))]
    half = min(right - left, bottom - top) * rng.uniform(0.14, 0.42) * np.array([rng.uniform(0.7, 1.2), 1.0])
    middle = np.array([left + right, top + bottom]) / 2 + rng.normal(0, 0.08, 2) * (right - left, bottom - top)
    slant, jitter = rng.normal(0.1, 0.2), rng.uniform(0.03, 0.16)
    curves = [smooth_curve(np.array(stroke) + rng.normal(0, jitter, (len(stroke), 2))) for stroke in strokes]
    leaned = [curve - np.stack([slant * curve[:, 1], np.zeros(len(curve))], axis=1) for curve in curves]
    return [np.rint(curve * half + middle).astype(np.int32) for curve in leaned]


def draw_frames(canvas: np.ndarray, comb: Comb, rng: Rng, *, at_xy: tuple[int, int]) -> None:
    """Draws the printed cells on an (H, W) float32 canvas, 0..1, on which the line starts at `at_xy`."""
    kind = str(
        rng.choice(
            ["closed", "ticks", "dotted", "rounded", "double", "underscores", "open"],
            p=[0.55, 0.12, 0.09, 0.07, 0.04, 0.08, 0.05],
        )
    )
    thick = int(rng.integers(1, 5))
    top, bottom = at_xy[1] + comb.top, at_xy[1] + comb.bottom
    tick = round(bottom - (bottom - top) * rng.uniform(0.12, 0.5))
    for cell_left, cell_right in comb.cells:
        left, right = at_xy[0] + cell_left, at_xy[0] + cell_right
        if kind == "underscores":
            inset = round(0.08 * (right - left))
            cv2.line(canvas, (left + inset, bottom), (right - inset, bottom), (1.0,), thick)
        elif kind == "ticks":
            cv2.polylines(
                canvas, [np.array([(left, tick), (left, bottom), (right, bottom), (right, tick)])], False, (1.0,), thick
            )
        elif kind == "open":
            cv2.line(canvas, (left, top), (left, bottom), (1.0,), thick)
            cv2.line(canvas, (right, top), (right, bottom), (1.0,), thick)
        elif kind == "dotted":
            _dotted(canvas, (left, top, right, bottom), thick, period=int(rng.integers(3, 7)))
        elif kind == "rounded":
            _rounded(canvas, (left, top, right, bottom), thick, radius=round(0.15 * (right - left)))
        else:
            cv2.rectangle(canvas, (left, top), (right, bottom), (1.0,), thick)
            if kind == "double":
                cv2.rectangle(
                    canvas, (left + 3 + thick, top + 3 + thick), (right - 3 - thick, bottom - 3 - thick), (1.0,), 1
                )


def _dotted(canvas: np.ndarray, box: tuple[int, int, int, int], thick: int, *, period: int) -> None:
    left, top, right, bottom = box
    frame = np.zeros_like(canvas)
    cv2.rectangle(frame, (left, top), (right, bottom), (1.0,), thick)
    y, x = np.mgrid[: canvas.shape[0], : canvas.shape[1]]
    frame[((x + y) // period) % 2 == 0] = 0
    np.maximum(canvas, frame, out=canvas)


def _rounded(canvas: np.ndarray, box: tuple[int, int, int, int], thick: int, *, radius: int) -> None:
    left, top, right, bottom = box
    cv2.line(canvas, (left + radius, top), (right - radius, top), (1.0,), thick)
    cv2.line(canvas, (left + radius, bottom), (right - radius, bottom), (1.0,), thick)
    cv2.line(canvas, (left, top + radius), (left, bottom - radius), (1.0,), thick)
    cv2.line(canvas, (right, top + radius), (right, bottom - radius), (1.0,), thick)
    corners = [(left, top, 180), (right, top, 270), (right, bottom, 0), (left, bottom, 90)]
    for x, y, start in corners:
        centre = (x + radius if x == left else x - radius, y + radius if y == top else y - radius)
        cv2.ellipse(canvas, centre, (radius, radius), start, 0, 90, (1.0,), thick)
