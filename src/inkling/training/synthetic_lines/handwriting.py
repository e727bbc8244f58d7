"""The writing of a line: one writer's digits and signs, placed side by side as gray ink."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise, takewhile

import cv2
import numpy as np

from inkling.training import stroke_signs
from inkling.training.stroke_forms import Form
from inkling.training.synthetic_digits import draw_form, random_form
from inkling.training.synthetic_lines.texts import GAP

HEIGHT = 44  # pixels: typical height of a digit on the canvas
DRAWN = 0.38  # share of digits drawn from strokes
DRAWN_1_AND_7 = 0.55  # that share for 1 and 7, whose forms differ most between countries
SAME_FORM = 0.75  # how often a writer repeats the form used before
SLANTED = 0.25  # share of writers with a strong slant
TOUCHING = 0.27  # share of writers whose digits overlap
JOINED = 0.07  # share of neighboring digits that most writers join by a stroke
JOINED_ZEROS = 0.2  # minimum of that share for two zeros
INK_AT = 0.3  # ink, 0..1, above which a pixel belongs to the digit's box
_GRID = 4  # nodes of the elastic field in each direction

Rng = np.random.Generator


class DigitImages:
    """MNIST's digits, by class."""

    def __init__(self, images: np.ndarray, labels: np.ndarray) -> None:
        """(N, 28, 28) uint8 and (N,) 0..9"""
        self.images = images
        self.of = [np.flatnonzero(labels == digit) for digit in range(10)]


@dataclass(frozen=True)
class Hand:
    """The style of one writer."""

    slant: float  # horizontal shift per unit of height
    width: float  # factor of a digit's width
    height_spread: float  # standard deviation of the logarithm of a digit's height
    baseline_spread: float  # standard deviation, as a share of HEIGHT
    gap: float  # pixels between neighbors; if negative, they overlap
    gap_spread: float  # standard deviation, in pixels
    pen: int  # pixels, for signs and strokes between or after digits; a drawn digit has a random pen
    joined: float  # share of neighboring digits joined by a stroke
    forms: dict[int, Form | None]  # of digits written before; None: an MNIST image

    @staticmethod
    def random(rng: Rng) -> Hand:
        overlaps = rng.random() < TOUCHING
        gap = rng.uniform(-0.25, 0.02) if overlaps else rng.normal(0.12, 0.15)
        return Hand(
            slant=rng.normal(0.36, 0.13) if rng.random() < SLANTED else rng.normal(0.1, 0.15),
            width=float(np.exp(rng.normal(-0.12, 0.22))),
            height_spread=rng.uniform(0.02, 0.17),
            baseline_spread=rng.uniform(0.01, 0.07),
            gap=float(gap) * HEIGHT,
            gap_spread=rng.uniform(0.01, 0.09) * HEIGHT,
            pen=int(rng.integers(2, 7)),
            joined=JOINED if rng.random() < 0.7 else 0.4,
            forms={},
        )


@dataclass(frozen=True)
class Glyph:
    """One symbol as ink, with its position: x from the start of the line, y from the top of the digits."""

    symbol: str
    ink: np.ndarray  # (h, w) float32, 0..1
    x: int
    y: int


def write(
    symbols: list[str], hand: Hand, digits: DigitImages, rng: Rng, *, slope: float = 0.0, long_ones: float = 0.0
) -> list[Glyph]:
    """The glyphs of a line, left to right, without glyphs for gaps. `slope`: dy per dx of the baseline.

    `long_ones`: how often 1s at the start are longer and more slanted than the other digits, as on checks.
    """
    glyphs: list[Glyph] = []
    x = 0.0
    n_long = sum(1 for _ in takewhile(lambda symbol: symbol == "1", symbols))
    if not (n_long and long_ones and rng.random() < long_ones):
        n_long = 0
    for i, symbol in enumerate(symbols):
        if symbol == GAP:
            x += rng.uniform(0.35, 1.6) * HEIGHT
            continue
        if i < n_long:
            ink, top = _long_one(hand, digits, rng)
        else:
            ink, top = draw_symbol(symbol, hand, digits, rng)
        if symbol.isdigit():
            top += rng.normal(0, hand.baseline_spread) * HEIGHT
        elif glyphs and symbol in ".,":  # partly below the previous digit
            x -= min(0.2 * HEIGHT, max(hand.gap, 0) * 0.7) * rng.random()
        glyphs.append(Glyph(symbol, ink, round(x), round(top + slope * x)))
        x += max(ink.shape[1] + hand.gap + rng.normal(0, hand.gap_spread), 0.3 * ink.shape[1], 2)
        if not symbol.isdigit() and hand.gap < 0:
            x -= hand.gap  # signs rarely touch
    return glyphs


def draw_symbol(symbol: str, hand: Hand, digits: DigitImages, rng: Rng) -> tuple[np.ndarray, float]:
    """One symbol -> (h, w) float32 ink, and its top in pixels down from the top of the digits."""
    if not symbol.isdigit():
        sign = stroke_signs.draw_sign(symbol, rng, height=HEIGHT * rng.uniform(0.8, 1.1), pen=hand.pen)
        return sign.ink, float(sign.top)
    height = HEIGHT * float(np.exp(rng.normal(0, hand.height_spread)))
    if symbol == "0" and rng.random() < 0.12:
        height *= rng.uniform(0.5, 0.85)  # small zeros, as in cents
    ink = _digit(int(symbol), hand, digits, rng, height=max(10.0, height))
    return ink, float(HEIGHT - ink.shape[0])


def _long_one(hand: Hand, digits: DigitImages, rng: Rng) -> tuple[np.ndarray, float]:
    """A long, slanted 1 that extends above or below the other digits. Returns what `draw_symbol` returns."""
    height = HEIGHT * rng.uniform(1.0, 1.5)
    slanted = replace(hand, slant=hand.slant + rng.uniform(0.05, 0.45), width=hand.width * rng.uniform(0.5, 1))
    ink = _digit(1, slanted, digits, rng, height=height)
    return ink, rng.uniform(-0.2, 1.0) * (HEIGHT - height)


def _digit(digit: int, hand: Hand, digits: DigitImages, rng: Rng, *, height: float) -> np.ndarray:
    """(h, w) float32 ink of one digit, cropped to the ink, with h about `height`."""
    if digit not in hand.forms or rng.random() > SAME_FORM:
        drawn = rng.random() < (DRAWN_1_AND_7 if digit in (1, 7) else DRAWN)
        hand.forms[digit] = random_form(digit, rng) if drawn else None
    form = hand.forms[digit]
    if form is None:
        source = digits.images[rng.choice(digits.of[digit])].astype(np.float32) / np.float32(255)
        inner = 20.0  # height of most digits in a 28x28 image
    else:
        source = draw_form(form, rng)
        inner = float(source.shape[0] - 12)
    ink = _warp(source, hand, rng, scale=height / inner)
    found = ink > INK_AT
    rows, columns = np.flatnonzero(found.any(axis=1)), np.flatnonzero(found.any(axis=0))
    if rows.size == 0:
        return np.ones((round(height), 3), np.float32)
    ink = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return ink[:, : round(1.7 * height)]


def _warp(source: np.ndarray, hand: Hand, rng: Rng, *, scale: float) -> np.ndarray:
    """Applies slant, width, a small rotation and an elastic field with one interpolation."""
    h, w = source.shape
    slant, width = hand.slant + rng.normal(0, 0.05), hand.width * np.exp(rng.normal(0, 0.1))
    turn = rng.normal(0, 0.05)
    forward = np.array([[width, -slant], [turn, 1.0]]) * scale
    size_wh = int(scale * (w * width + abs(slant) * h) + 8), int(scale * (h + abs(turn) * w) + 8)
    inverse = np.linalg.inv(forward)
    y, x = np.mgrid[: size_wh[1], : size_wh[0]].astype(np.float32)
    x -= size_wh[0] / 2
    y -= size_wh[1] / 2
    map_x = np.float32(inverse[0, 0]) * x + np.float32(inverse[0, 1]) * y + np.float32((w - 1) / 2)
    map_y = np.float32(inverse[1, 0]) * x + np.float32(inverse[1, 1]) * y + np.float32((h - 1) / 2)
    if rng.random() < 0.7:
        strength = rng.uniform(0.3, 1.3) * h / 28
        field = rng.standard_normal((2, _GRID, _GRID), np.float32) * np.float32(strength)
        map_x += cv2.resize(field[0], size_wh, interpolation=cv2.INTER_CUBIC)
        map_y += cv2.resize(field[1], size_wh, interpolation=cv2.INTER_CUBIC)
    return np.asarray(cv2.remap(source, map_x, map_y, cv2.INTER_LINEAR))


def paste(canvas: np.ndarray, ink: np.ndarray, x: int, y: int) -> None:
    """Pastes (h, w) ink onto an (H, W) float32 canvas with its upper-left corner at (x, y), clipped to the canvas."""
    top, left = max(0, -y), max(0, -x)
    bottom, right = min(ink.shape[0], canvas.shape[0] - y), min(ink.shape[1], canvas.shape[1] - x)
    if bottom > top and right > left:
        target = canvas[y + top : y + bottom, x + left : x + right]
        np.maximum(target, ink[top:bottom, left:right], out=target)


def join(canvas: np.ndarray, glyphs: list[Glyph], hand: Hand, rng: Rng, *, at_xy: tuple[int, int]) -> None:
    """Draws strokes that join some neighboring digits on the canvas. The line starts at `at_xy`."""
    for a, b in pairwise(glyphs):
        share = max(hand.joined, JOINED_ZEROS) if a.symbol == b.symbol == "0" else hand.joined
        if not (a.symbol.isdigit() and b.symbol.isdigit()) or rng.random() > share:
            continue
        start = (
            at_xy[0] + a.x + int(a.ink.shape[1] * rng.uniform(0.5, 1)),
            at_xy[1] + a.y + int(a.ink.shape[0] * rng.uniform(0.05, 0.95)),
        )
        end = (
            at_xy[0] + b.x + int(b.ink.shape[1] * rng.uniform(0, 0.5)),
            at_xy[1] + b.y + int(b.ink.shape[0] * rng.uniform(0.05, 0.95)),
        )
        if abs(end[0] - start[0]) < HEIGHT:
            cv2.line(canvas, start, end, (1.0,), max(1, hand.pen - int(rng.integers(0, 3))), cv2.LINE_AA)
