"""A sheet of paper with print and handwriting, and ways to capture it as an image: flat, scanned, photographed.

Images are (H, W, 3) RGB. Lengths are in pixels; x points right, y down.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import cv2
import numpy as np
from PIL import Image as PillowImage
from PIL import ImageDraw, ImageFont

from benchmarks.rendering.surfaces import BIRO, BLACK, CREAM, GRAPHITE, Colour, Image, as_bytes, jpeg, laid, sheet
from benchmarks.rendering.written_numbers import Written, lay

PAPERS: tuple[Colour, ...] = (CREAM, (252, 252, 250), (244, 242, 236), (250, 246, 232), (238, 240, 242))
PENS: tuple[Colour, ...] = (BIRO, BIRO, BLACK, BLACK, GRAPHITE, (24, 40, 96), (150, 30, 40))
SHIFT = 4  # fractional bits in OpenCV's coordinates
LIGHT_SIDE = 48  # pixels: the longer side of the map of uneven light

Point = tuple[float, float]
Capture = Callable[[Image, np.random.Generator], Image]  # (H, W, 3) float32 -> uint8


class Sheet:
    """Paper that is printed first and written on afterwards."""

    def __init__(self, size_wh: tuple[float, float], rng: np.random.Generator, *, paper: Colour | None = None) -> None:
        self.w, self.h = (round(side) for side in size_wh)
        self.rng = rng
        colour = paper or PAPERS[rng.integers(len(PAPERS))]
        self.paper = sheet((self.h, self.w), rng, colour, grain=rng.uniform(0.4, 1.6))
        self.ink = np.zeros((self.h, self.w), np.float32)
        self.pen = PENS[rng.integers(len(PENS))]
        grey = int(rng.integers(30, 120))
        self.printed: Colour = (grey, grey, int(grey + rng.choice([0, 0, 30])))

    def stroke(
        self, *points: Point, width: float = 1, colour: Colour | None = None, gaps: tuple[float, float] = (1, 0)
    ) -> None:
        """Print a polyline. `gaps`: the lengths of dashes and of the gaps between them; a gap of 0 makes it solid."""
        thickness = max(1, round(width))
        x, y, mask = self._around(np.array(points), thickness)
        for a, b in pairwise(np.array(points, float) - (x, y)):
            for start, end in _dashes(a, b, *gaps):
                cv2.line(mask, _fixed(start), _fixed(end), 255, thickness, cv2.LINE_AA, SHIFT)
        self.print(mask, colour, at=(x, y))

    def box(self, x: float, y: float, w: float, h: float, **style: float | Colour | tuple[float, float]) -> None:
        """Print a rectangle, with the options of `stroke`."""
        self.stroke((x, y), (x + w, y), (x + w, y + h), (x, y + h), (x, y), **style)  # type: ignore[arg-type]

    def fill(self, x: float, y: float, w: float, h: float, colour: Colour) -> None:
        """Fill an area with one color, keeping the paper's grain."""
        part = self.paper[round(y) : round(y + h), round(x) : round(x + w)]
        part += np.array(colour, np.float32) - part.mean(axis=(0, 1))

    def label(self, text: str, x: float, y: float, size: float, *, colour: Colour | None = None) -> None:
        """Print text with its top-left corner at (x, y); `size`: font size in pixels."""
        font = ImageFont.load_default(size)
        left, top, right, bottom = font.getbbox(text)
        w, h = (int(np.ceil(side)) for side in (right - min(left, 0), bottom - min(top, 0)))
        patch = PillowImage.new("L", (w, h))
        ImageDraw.Draw(patch).text((-min(left, 0), -min(top, 0)), text, 255, font)
        self.print(np.asarray(patch), colour, at=(round(x), round(y)))

    def print(self, mask: np.ndarray, colour: Colour | None = None, *, at: tuple[int, int] = (0, 0)) -> None:
        """Print an (h, w) uint8 mask with its top-left corner at (x, y). `colour`: None for the sheet's color."""
        x, y = at
        part = self.paper[max(y, 0) : y + len(mask), max(x, 0) : x + mask.shape[1]]
        h, w = part.shape[:2]
        share = mask[max(-y, 0) :, max(-x, 0) :][:h, :w].astype(np.float32) / 255
        part[:] = laid(0.95 * share, part, colour or self.printed)

    def write(self, number: Written, x: float, baseline: float) -> None:
        """Write a number with its left edge at x, on a baseline."""
        lay(self.ink, number.ink, x, baseline - number.baseline)

    def scribble(self, points: np.ndarray, width: float) -> None:
        """Draw a line with the pen through (N, 2) points."""
        thickness = max(1, round(width))
        x, y, mask = self._around(points, thickness)
        whole = np.rint((points - (x, y)) * 2**SHIFT).astype(np.int32)
        cv2.polylines(mask, [whole], isClosed=False, color=255, thickness=thickness, lineType=cv2.LINE_AA, shift=SHIFT)
        lay(self.ink, mask.astype(np.float32) / 255, x, y)

    def image(self) -> Image:
        """The uncaptured sheet, (H, W, 3) float32."""
        return laid(self.rng.uniform(0.82, 0.97) * self.ink, self.paper, self.pen)

    def _around(self, points: np.ndarray, thickness: int) -> tuple[int, int, np.ndarray]:
        """The top-left corner of the sheet's area around the points' line, and an empty mask of that area."""
        low = np.clip(np.floor(points.min(axis=0)) - thickness - 2, 0, (self.w - 1, self.h - 1)).astype(int)
        high = np.clip(np.ceil(points.max(axis=0)) + thickness + 3, low + 1, (self.w, self.h)).astype(int)
        return int(low[0]), int(low[1]), np.zeros((high[1] - low[1], high[0] - low[0]), np.uint8)


def flat(image: Image, rng: np.random.Generator) -> Image:
    """The undistorted sheet."""
    return as_bytes(image)


def scanned(image: Image, rng: np.random.Generator) -> Image:
    """A slightly rotated scan: soft, noisy and JPEG-compressed, or black and white in one of four cases."""
    turned = turn(image, rng.uniform(-2.5, 2.5))
    soft = cv2.GaussianBlur(turned, (0, 0), rng.uniform(0.4, 0.9))
    noisy = as_bytes(soft + rng.uniform(1, 4) * rng.standard_normal(soft.shape, np.float32))
    if rng.random() < 0.25:
        grey = cv2.cvtColor(noisy, cv2.COLOR_RGB2GRAY)
        level, _ = cv2.threshold(grey, 0, 255, cv2.THRESH_OTSU)
        return cv2.cvtColor(np.where(grey > level, 255, 0).astype(np.uint8), cv2.COLOR_GRAY2RGB)
    return jpeg(noisy, int(rng.integers(45, 85)))


def photographed(image: Image, rng: np.random.Generator) -> Image:
    """A phone photograph from one side, with uneven light, lens blur, noise and JPEG compression."""
    h, w = image.shape[:2]
    spread = 0.05 * min(h, w)
    target = _corners(w, h) + rng.uniform(-spread, spread, (4, 2)).astype(np.float32)
    turned = turn(image, rng.uniform(-4, 4))
    seen = cv2.warpPerspective(
        turned, cv2.getPerspectiveTransform(_corners(w, h), target), (w, h), borderMode=cv2.BORDER_REFLECT_101
    )
    lit = seen * light((h, w), rng)
    soft = cv2.GaussianBlur(lit, (0, 0), rng.uniform(0.6, 1.3))
    return jpeg(soft + rng.uniform(2, 5) * rng.standard_normal(soft.shape, np.float32), int(rng.integers(60, 90)))


CAPTURES: dict[str, Capture] = {each.__name__: each for each in (flat, scanned, photographed)}


def turn(image: Image, angle_deg: float) -> Image:
    """The image rotated counterclockwise about its center; the border is filled by reflection."""
    h, w = image.shape[:2]
    rotation = cv2.getRotationMatrix2D((w / 2, h / 2), angle_deg, 1.0)
    return cv2.warpAffine(image, rotation, (w, h), borderMode=cv2.BORDER_REFLECT_101)


def light(shape: tuple[int, int], rng: np.random.Generator) -> Image:
    """The light of a lamp on one side, half of the time with a shadow: (h, w, 3) float32, at most about 1."""
    h, w = shape
    small_w, small_h = (max(8, round(LIGHT_SIDE * side / max(h, w))) for side in (w, h))
    y, x = np.mgrid[:small_h, :small_w].astype(np.float32) / LIGHT_SIDE
    angle = rng.uniform(0, 2 * np.pi)
    fall = np.exp(-rng.uniform(0, 0.7) * ((x - 0.5) * np.cos(angle) + (y - 0.4) * np.sin(angle) + 0.6))
    if rng.random() < 0.5:
        angle, place = rng.uniform(0, 2 * np.pi), rng.uniform(-0.3, 0.3)
        across = ((x - 0.5) * np.cos(angle) + (y - 0.4) * np.sin(angle) - place) / rng.uniform(0.02, 0.2)
        fall = fall * (1 - rng.uniform(0.15, 0.5) / (1 + np.exp(np.clip(across, -30, 30))))
    tint = np.array([1, 1, 1], np.float32) - rng.uniform(0, 1) * np.array([0, 0.03, 0.14], np.float32)
    shade = (rng.uniform(0.7, 1.0) * fall / fall.max())[..., None] * tint
    return np.asarray(cv2.resize(shade.astype(np.float32), (w, h), interpolation=cv2.INTER_CUBIC))


def middle(image: Image, size_wh: tuple[float, float]) -> Image:
    """The central part of an image."""
    w, h = (min(round(side), has) for side, has in zip(size_wh, image.shape[1::-1], strict=True))
    y, x = (image.shape[0] - h) // 2, (image.shape[1] - w) // 2
    return image[y : y + h, x : x + w]


def _corners(w: float, h: float) -> np.ndarray:
    return np.array([(0, 0), (w, 0), (w, h), (0, h)], np.float32)


def _fixed(point: Sequence[float]) -> tuple[int, int]:
    return round(point[0] * 2**SHIFT), round(point[1] * 2**SHIFT)


def _dashes(a: np.ndarray, b: np.ndarray, dash: float, gap: float) -> list[tuple[np.ndarray, np.ndarray]]:
    way = b - a
    if not gap:
        return [(a, b)]
    length = float(np.hypot(*way))
    steps = np.arange(0, length, dash + gap)
    return [(a + way * t / length, a + way * min(t + dash, length) / length) for t in steps]
