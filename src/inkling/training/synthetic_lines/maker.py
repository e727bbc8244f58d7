"""START HERE: makes one synthetic line, from its text to the gray image that a camera takes of it."""

from __future__ import annotations

import cv2
import numpy as np

from inkling.pipeline.symbols import MARK
from inkling.training.recipe import Texts
from inkling.training.synthetic_lines import camera, cells, handwriting, paper
from inkling.training.synthetic_lines.handwriting import HEIGHT, DigitImages, Hand
from inkling.training.synthetic_lines.texts import random_plain_text, random_text

COMBS = 0.28  # share of lines in cells
SIGNS_IN_COMBS = 0.12  # share of lines in cells that can have signs
ENDED = 0.09  # share of lines without cells that end in a stroke or a raised mark, so that nobody can add digits
MARGIN = 0.15  # mean margin on each side, as a share of HEIGHT
WIDE_MARGIN = 0.08  # share of lines with wide margins
_ROOM = 2 * HEIGHT  # pixels of canvas around the line

Rng = np.random.Generator


def make_line(digits: DigitImages, rng: Rng, how: Texts | None = None) -> tuple[np.ndarray, list[str]]:
    """(h, w) uint8 gray image, mostly dark ink on light paper, and its symbols from left to right."""
    how = how or Texts()
    hand = Hand.random(rng)
    comb = None
    if rng.random() < COMBS:
        plain = rng.random() > SIGNS_IN_COMBS
        symbols = (
            random_plain_text(rng, longest=10) if plain else [each for each in random_text(rng, how) if each != " "]
        )
        comb = cells.fill(symbols, hand, digits, rng, curved_crosses=how.curved_crosses)
        glyphs, symbols = comb.glyphs, comb.symbols
    else:
        symbols = random_text(rng, how)
        slope = rng.normal(0, 0.035)
        glyphs = handwriting.write(symbols, hand, digits, rng, slope=slope, long_ones=how.long_ones)
        symbols = [symbol for symbol in symbols if symbol != " "]
    right = max([glyph.x + glyph.ink.shape[1] for glyph in glyphs] + ([comb.cells[-1][1]] if comb else []))
    ink = np.zeros((HEIGHT + 2 * _ROOM, right + 2 * _ROOM), np.float32)
    printed = np.zeros_like(ink)
    at_xy = (_ROOM, _ROOM)
    for glyph in glyphs:
        handwriting.paste(ink, glyph.ink, _ROOM + glyph.x, _ROOM + glyph.y)
    if comb:
        cv2.polylines(ink, [stroke + np.int32(_ROOM) for stroke in comb.crosses], False, (1.0,), hand.pen, cv2.LINE_AA)
        cells.draw_frames(printed, comb, rng, at_xy=at_xy)
    else:
        handwriting.join(ink, glyphs, hand, rng, at_xy=at_xy)
        if rng.random() < ENDED:
            _draw_end(ink, (_ROOM + right, _ROOM), hand, rng)
            symbols = [*symbols, MARK]
    ink = _with_stroke_width(ink, rng)
    x0, y0, x1, y1 = _frame(np.maximum(ink, printed), rng)
    ink, printed = ink[y0:y1, x0:x1], printed[y0:y1, x0:x1]
    if rng.random() < paper.NEIGHBOURS:
        paper.neighbours(ink, [glyph.ink for glyph in glyphs], _ROOM - y0, _ROOM + HEIGHT - y0, rng)
    return camera.capture(_on_paper(ink, printed, _ROOM + HEIGHT - y0, rng), rng), symbols


def _draw_end(ink: np.ndarray, at_xy: tuple[int, int], hand: Hand, rng: Rng) -> None:
    """Draws a mark that people write after an amount: a long stroke, or a small raised ring, curl or pair of dashes."""
    kind, x, y = rng.random(), at_xy[0] + round(HEIGHT * rng.uniform(0.02, 0.35)), at_xy[1]
    if kind < 0.35:
        foot = y + round(HEIGHT * rng.uniform(0.3, 0.8))
        end = (x + round(HEIGHT * rng.uniform(1.2, 1.9)), foot + round(rng.normal(0, 4)))
        cv2.line(ink, (x, foot), end, (1.0,), hand.pen, cv2.LINE_AA)
        return
    size = HEIGHT * rng.uniform(0.12, 0.32)
    middle = np.array([x + size, y + HEIGHT * rng.uniform(-0.1, 0.25)])
    if kind < 0.6:
        turn = np.linspace(rng.uniform(0, 6.3), rng.uniform(0, 6.3) + 6.3, 14)
        ring = np.stack([np.cos(turn) * rng.uniform(0.6, 1.1), np.sin(turn)], axis=1) * size / 2
        strokes = [middle + ring]
    elif kind < 0.8:
        dash = np.array([[-0.5, 0], [0.5, rng.normal(0, 0.15)]]) * size * 1.5
        strokes = [middle + dash, middle + dash + (rng.normal(0, 1), size * rng.uniform(0.35, 0.7))]
    else:
        curl = np.array([[-0.4, -0.3], [0.2, -0.5], [0.3, 0.0], [-0.4, 0.5], [0.5, 0.4]])
        strokes = [middle + (curl + rng.normal(0, 0.12, curl.shape)) * size]
    cv2.polylines(
        ink, [np.rint(stroke).astype(np.int32) for stroke in strokes], False, (1.0,), max(1, hand.pen - 1), cv2.LINE_AA
    )


def _with_stroke_width(ink: np.ndarray, rng: Rng) -> np.ndarray:
    """The ink, in some lines with thicker strokes."""
    k = round(abs(rng.normal(0, 1.3)))
    if k == 0 or rng.random() < 0.3:
        return ink
    return np.asarray(cv2.dilate(ink, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (k + 1, k + 1))))


def _frame(shown: np.ndarray, rng: Rng) -> tuple[int, int, int, int]:
    """The crop of the picture: x0, y0, x1, y1 around all ink and print, with random margins."""
    found = shown > 0.25
    rows, columns = np.flatnonzero(found.any(axis=1)), np.flatnonzero(found.any(axis=0))
    wide = rng.random() < WIDE_MARGIN
    room = rng.uniform(0.1, 0.9, 4) if wide else rng.exponential(MARGIN, 4)
    above, below, left, right = (room * HEIGHT).astype(int).tolist()
    return (
        max(0, int(columns[0]) - left),
        max(0, int(rows[0]) - above),
        min(shown.shape[1], int(columns[-1]) + 1 + right),
        min(shown.shape[0], int(rows[-1]) + 1 + below),
    )


def _on_paper(ink: np.ndarray, printed: np.ndarray, baseline: float, rng: Rng) -> np.ndarray:
    """Ink and print on paper -> (h, w) float32 brightness, 0 = black, 1 = white."""
    in_cells = bool(printed.any())
    bright = 1 - paper.pattern(ink.shape, rng)
    if in_cells:
        bright *= 1 - printed * np.float32(rng.uniform(0.25, 1))
    bright *= 1 - paper.edges(ink.shape, rng)
    if not in_cells or rng.random() < 0.15:
        bright *= 1 - paper.rules(ink.shape, baseline, rng) * np.float32(rng.uniform(0.4, 1))
    pen = rng.uniform(0.35, 1.0) if rng.random() < 0.45 else rng.uniform(0.75, 1.0)
    bright *= 1 - np.float32(pen) * cv2.GaussianBlur(ink, (0, 0), rng.uniform(0.4, 1.1))
    return np.asarray(bright * paper.shade(ink.shape, rng), np.float32)
