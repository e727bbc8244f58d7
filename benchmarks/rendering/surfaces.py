"""Rendered surfaces on which ink and paper are hard to distinguish.

A surface takes (H, W) float32 ink, 0..1, and a random generator, and returns an (H, W, 3) uint8 RGB image.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

Image = np.ndarray
Colour = tuple[int, int, int]
Surface = Callable[[Image, np.random.Generator], Image]

WHITE, CREAM, BIRO, BLACK, GRAPHITE = (255, 255, 255), (248, 245, 236), (36, 56, 148), (28, 28, 32), (96, 96, 100)


def sheet(shape: tuple[int, ...], rng: np.random.Generator, colour: Colour = CREAM, *, grain: float = 2) -> Image:
    """Paper of one color with fibers that vary by a few gray levels, (h, w, 3) float32."""
    h, w = shape[:2]
    fibres = cv2.GaussianBlur(rng.normal(0, 2 * grain, (h, w)).astype(np.float32), (0, 0), 0.8)
    return np.asarray(np.array(colour, np.float32) + fibres[..., None], np.float32)


def laid(ink: Image, paper: Image, colour: Colour) -> Image:
    """Opaque ink on paper, (h, w, 3) float32."""
    share = ink[..., None]
    return np.asarray(paper * (1 - share) + np.array(colour, np.float32) * share, np.float32)


def camera(image: Image, rng: np.random.Generator, *, soft: float = 1.0, noise: float = 3, quality: int = 75) -> Image:
    """Apply lens blur in pixels, sensor noise in gray levels and a phone's JPEG compression."""
    seen = cv2.GaussianBlur(np.asarray(image, np.float32), (0, 0), soft)
    return jpeg(seen + rng.normal(0, noise, seen.shape), quality)


def jpeg(image: Image, quality: int) -> Image:
    _, content = cv2.imencode(".jpg", as_bytes(image), [cv2.IMWRITE_JPEG_QUALITY, quality])
    return cv2.imdecode(content, cv2.IMREAD_COLOR)


def as_bytes(image: Image) -> Image:
    return np.asarray(np.clip(np.rint(image), 0, 255), np.uint8)


def felt_pen(colour: Colour, paper: Colour = WHITE) -> Surface:
    """A colored pen, photographed in even light."""

    def surface(ink: Image, rng: np.random.Generator) -> Image:
        return camera(laid(0.95 * ink, sheet(ink.shape, rng, paper), colour), rng, noise=2, quality=85)

    return surface


def pencil_10(ink: Image, rng: np.random.Generator) -> Image:
    """Scanned pencil whose contrast is about a tenth of the paper's brightness."""
    texture = 0.8 + 0.4 * rng.random(ink.shape, dtype=np.float32)
    return jpeg(sheet(ink.shape, rng, grain=1) * (1 - 0.1 * ink * texture)[..., None], 85)


def dots(ink: Image, rng: np.random.Generator) -> Image:
    """A dotted journal."""
    paper = sheet(ink.shape, rng)
    pitch, radius = int(rng.integers(24, 44)), int(rng.integers(1, 4))
    y0, x0 = rng.integers(0, pitch, 2)
    for y in range(int(y0), ink.shape[0], pitch):
        for x in range(int(x0), ink.shape[1], pitch):
            cv2.circle(paper, (x, y), radius, (150, 150, 155), -1, cv2.LINE_AA)
    return camera(laid(0.95 * ink, paper, BIRO), rng)


def millimetre(ink: Image, rng: np.random.Generator) -> Image:
    """Graph paper: fine orange lines, every fifth one bold."""
    paper = sheet(ink.shape, rng, (252, 250, 244))
    pitch = int(rng.integers(9, 16))
    for n, y in enumerate(range(0, ink.shape[0], pitch)):
        paper[y : y + 1 + (n % 5 == 0)] = (232, 176, 140)
    for n, x in enumerate(range(0, ink.shape[1], pitch)):
        paper[:, x : x + 1 + (n % 5 == 0)] = (232, 176, 140)
    return camera(laid(0.95 * ink, paper, BLACK), rng, soft=0.7)


def two_tone(ink: Image, rng: np.random.Generator) -> Image:
    """A page with a color gradient, as on a greeting card."""
    ends = np.array([(250, 214, 190), (150, 190, 236)], np.float32)[:: int(rng.choice([1, -1]))]
    h, w = ink.shape
    y, x = np.mgrid[:h, :w].astype(np.float32)
    angle = rng.uniform(0, 2 * np.pi)
    t = np.cos(angle) * x + np.sin(angle) * y
    t = ((t - t.min()) / np.ptp(t))[..., None]
    return jpeg(laid(ink, ends[0] * (1 - t) + ends[1] * t, BLACK), 85)


def wood(ink: Image, rng: np.random.Generator) -> Image:
    """Marker on a light board with horizontal grain."""
    h, w = ink.shape
    rings = cv2.resize(
        rng.normal(0, 1, (h, max(2, w // 120))).astype(np.float32), (w, h), interpolation=cv2.INTER_CUBIC
    )
    rings = cv2.GaussianBlur(rings, (0, 0), 1.2)
    paper = np.array((214, 176, 130), np.float32) * (1 + 0.07 * rings[..., None])
    return camera(laid(0.95 * ink, paper, BLACK), rng)


def crumpled(ink: Image, rng: np.random.Generator) -> Image:
    """Crumpled paper: facets toward or away from the lamp, with creases between them."""
    h, w = ink.shape
    y, x = np.mgrid[:h, :w].astype(np.float32)
    centres = rng.random((28, 2)) * (h, w)
    slopes = rng.uniform(-1, 1, (28, 3)) * (0.0006, 0.0006, 0.1)
    far = np.stack([(y - cy) ** 2 + (x - cx) ** 2 for cy, cx in centres])
    nearest = far.argmin(axis=0)
    own = slopes[nearest]
    light = 0.85 + own[..., 2] + own[..., 0] * (y - centres[nearest, 0]) + own[..., 1] * (x - centres[nearest, 1])
    light = cv2.GaussianBlur(light.astype(np.float32), (0, 0), 2.5).clip(0.4, 1)
    return camera(laid(0.95 * ink, sheet(ink.shape, rng), BIRO) * light[..., None], rng)


def notebook(ink: Image, rng: np.random.Generator) -> Image:
    """Ruled paper with a red margin line and binder holes; the number is to the right of the line."""
    left = int(rng.integers(60, 110))
    ink = np.pad(ink, ((0, 0), (left, 0)))
    paper = sheet(ink.shape, rng)
    pitch = int(rng.integers(44, 80))
    for y in range(int(rng.integers(0, pitch)), len(paper), pitch):
        paper[y : y + 2] = (160, 184, 220)
    paper[:, left : left + 3] = (222, 96, 100)
    for y in range(70, len(paper), 150):
        cv2.circle(paper, (left // 2, y), 14, (54, 44, 40), -1, cv2.LINE_AA)
    return camera(laid(0.95 * ink, paper, BIRO), rng)


def torn(ink: Image, rng: np.random.Generator) -> Image:
    """A page torn from a spiral pad: one ragged edge in front of a dark table."""
    depth = int(rng.integers(30, 60))
    ink = np.pad(ink, ((depth, 0), (0, 0)))
    paper = laid(0.95 * ink, sheet(ink.shape, rng), BLACK)
    edge = np.cumsum(rng.normal(0, 1.6, ink.shape[1]))
    edge = depth / 2 + cv2.GaussianBlur((edge - edge.mean()).astype(np.float32)[None], (0, 0), 3)[0]
    edge += 12 * (np.sin(np.arange(ink.shape[1]) / 6) > 0.3)
    gone = np.arange(len(ink))[:, None] < edge[None]
    return camera(np.where(gone[..., None], (70, 56, 48), paper), rng)


def thermal(ink: Image, rng: np.random.Generator) -> Image:
    """A faded, curled receipt: gray print, roller bands, and light that falls off at both sides."""
    h, w = ink.shape
    bands = 1 + 0.03 * cv2.GaussianBlur(rng.normal(0, 3, (h, 1)).astype(np.float32), (0, 0), 4)
    curl = 1 - 0.45 * np.linspace(-1, 1, w, dtype=np.float32)[None] ** 4
    broken = 0.8 + 0.4 * (rng.random((h, w), dtype=np.float32) > 0.2)
    lit = laid(0.6 * ink * broken.clip(0, 1), sheet(ink.shape, rng, (236, 234, 228), grain=3), (120, 116, 124))
    return camera(lit * (bands * curl)[..., None], rng)


def guilloche(ink: Image, rng: np.random.Generator) -> Image:
    """A check: fine waves in two pastel inks under the writing."""
    h, w = ink.shape
    paper = sheet(ink.shape, rng, (242, 246, 240), grain=1)
    x = np.arange(w, dtype=np.float32)
    for colour in ((186, 214, 196), (206, 200, 226)):
        period, depth, pitch = rng.uniform(60, 160), rng.uniform(8, 22), int(rng.integers(9, 16))
        for y in range(-30, h + 30, pitch):
            wave = y + depth * np.sin(2 * np.pi * x / period + y / 40)
            line = np.stack([x, wave], axis=1).astype(np.int32)
            cv2.polylines(paper, [line], isClosed=False, color=colour, thickness=1, lineType=cv2.LINE_AA)
    return camera(laid(0.95 * ink, paper, BIRO), rng, soft=0.7)


def flowers(ink: Image, rng: np.random.Generator) -> Image:
    """Wrapping paper: large pale blots of several colors."""
    paper = sheet(ink.shape, rng, (250, 246, 240), grain=1)
    for _ in range(40):
        centre = (int(rng.integers(0, ink.shape[1])), int(rng.integers(0, ink.shape[0])))
        colour = tuple(int(value) for value in rng.integers(205, 250, 3))
        cv2.circle(paper, centre, int(rng.integers(10, 36)), colour, -1, cv2.LINE_AA)
    return camera(laid(0.95 * ink, paper, BLACK), rng)


def blackboard(ink: Image, rng: np.random.Generator) -> Image:
    """Chalk on a board that was wiped many times."""
    h, w = ink.shape
    clouds = cv2.resize(
        rng.normal(0, 1, (max(2, h // 60), max(2, w // 60))).astype(np.float32), (w, h), interpolation=2
    )
    dust = 0.55 + 0.45 * rng.random((h, w), dtype=np.float32)
    board = sheet(ink.shape, rng, (58, 74, 66), grain=3) + 9 * clouds[..., None]
    return camera(laid(ink * dust, board, (232, 234, 226)), rng)


SURFACES: dict[str, Surface] = {
    "yellow": felt_pen((250, 226, 60)),
    "highlighter": felt_pen((255, 250, 110)),
    "orange": felt_pen((255, 170, 60)),
    "light_green": felt_pen((170, 235, 120)),
    "pink": felt_pen((255, 175, 205)),
    "sky_blue": felt_pen((160, 214, 250)),
    "white_on_yellow": felt_pen((255, 255, 250), (250, 222, 90)),
    "white_on_pink": felt_pen((255, 252, 252), (246, 168, 190)),
    "red_on_green": felt_pen((214, 92, 82), (120, 146, 92)),
    "blue_on_orange": felt_pen((70, 140, 255), (226, 128, 50)),
    "gold_on_grey": felt_pen((196, 160, 60), (158, 158, 160)),
    **{each.__name__: each for each in (
        pencil_10, dots, millimetre, two_tone, wood, crumpled, notebook, torn, thermal, guilloche, flowers,
        blackboard,
    )},
}  # fmt: skip
