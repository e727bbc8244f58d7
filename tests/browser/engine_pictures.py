"""500 typical pictures, drawn from a seed, which the page and the server must read alike.

Digits drawn with several pens, MNIST's test digits on the surfaces and in the scenes of the benchmarks, rows,
scribbles, symbols, empty pictures, transparency, and colors that disappear in grayscale.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from PIL import Image

from benchmarks.rendering import paper_rendering, scenes, surfaces
from benchmarks.rendering.scribbles import SCRIBBLES
from benchmarks.rendering.stroke_rendering import draw
from benchmarks.rendering.symbols import SYMBOLS
from inkling.pipeline.reader import Mode
from tests.browser.engine_modules import STATIC
from tests.browser.strokes import DIGITS, Stroke, smooth
from tests.browser.writing_styles import FORMS
from tests.pictures import encoded, enlarged, row_of

SEED = 7
BOARD = 150  # pixels: the shorter side of the drawing board's picture
PENS = (0.012, 0.046, 0.1)  # width relative to the board's side: fine, the page's default, a brush
LONGEST_PX = 900  # longer side of a picture on a surface: large enough to be downscaled, and fast to read
SHIFT = 4  # fractional bits of stroke coordinates


class Picture(NamedTuple):
    """One picture and how it was made."""

    name: str
    png: bytes
    mode: Mode = "auto"


def pictures(digits: np.ndarray) -> Iterator[Picture]:
    """Yield all pictures. `digits`: MNIST's, (N, 28, 28) uint8, 255 = ink."""
    rng = np.random.default_rng(SEED)
    for kind, made in (
        ("board", _board()),
        ("size", _sizes(digits, rng)),
        ("surface", _surfaces(digits, rng)),
        ("row", _rows(digits, rng)),
        ("scribble", _no_digits(rng)),
        ("bare", _bare(rng)),
        ("colour", _colours(digits, rng)),
        ("example", _examples()),
    ):
        for i, (name, image) in enumerate(made):
            mode: Mode = "single" if kind in ("board", "size") and i % 10 == 9 else "auto"
            yield Picture(f"{kind} {i} {name}", encoded(image), mode)


def _board() -> Iterator[tuple[str, np.ndarray]]:
    """80 pictures: each digit in two forms with three pens, dark on light, and with one pen also light on dark."""
    for forms in (DIGITS, FORMS):
        for digit, strokes in forms.items():
            for pen in PENS:
                yield f"{digit} with a pen of {pen}", 255 - _drawn(strokes, pen)
            yield f"{digit} light on dark", _drawn(strokes, PENS[1])


def _drawn(strokes: tuple[Stroke, ...], pen: float) -> np.ndarray:
    board = np.zeros((BOARD, BOARD), np.uint8)
    for stroke in strokes:
        points = np.rint((np.array(smooth(stroke)) * 0.62 + 0.19) * BOARD * 2**SHIFT).astype(np.int32)
        cv2.polylines(board, [points], False, (255,), max(1, round(pen * BOARD)), cv2.LINE_AA, SHIFT)
    return board


def _sizes(digits: np.ndarray, rng: np.random.Generator) -> Iterator[tuple[str, np.ndarray]]:
    """80 pictures: a digit of MNIST, from 28 to 600 pixels, at any position, in either polarity."""
    for i in range(80):
        side = int(rng.choice([28, 28, 40, 64, 90, 150, 260, 420, 600]))
        digit = cv2.resize(digits[rng.integers(len(digits))], (side, side), interpolation=cv2.INTER_CUBIC)
        top, bottom, left, right = (int(each) for each in rng.integers(0, 1 + side // 2, 4))
        image = cv2.copyMakeBorder(digit, top, bottom, left, right, cv2.BORDER_CONSTANT)
        yield f"{side} px", image if i % 3 == 2 else 255 - image


def _surfaces(digits: np.ndarray, rng: np.random.Generator) -> Iterator[tuple[str, np.ndarray]]:
    """150 pictures: a digit on every surface and in every scene of the benchmarks, twice; then rows."""
    every = {**paper_rendering.SURFACES, **surfaces.SURFACES, **scenes.SCENES}
    makers = list(every.items())
    for i in range(150):
        name, surface = makers[i % len(makers)]
        n = 1 if i < 2 * len(makers) else int(rng.integers(2, 5))
        chosen = [digits[k] for k in rng.integers(0, len(digits), n)]
        image = surface(paper_rendering.written_row(chosen, rng), rng)
        factor = min(1.0, LONGEST_PX / max(image.shape))
        yield name, cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)


def _rows(digits: np.ndarray, rng: np.random.Generator) -> Iterator[tuple[str, np.ndarray]]:
    """70 pictures: two to six digits side by side, separate or touching, some in two rows."""
    for i in range(70):
        gap = int(rng.choice([-24, 0, 12, 30, 60]))
        factor = int(rng.integers(2, 6))
        rows = []
        for _ in range(1 + (i % 7 == 6)):
            chosen = [digits[k] for k in rng.integers(0, len(digits), rng.integers(2, 7))]
            rows.append(_joined(chosen, factor, gap))
        width = max(row.shape[1] for row in rows)
        image = np.concatenate(
            [np.pad(row, ((20, 20), (20, 20 + width - row.shape[1])), constant_values=255) for row in rows]
        )
        yield f"gap {gap}", 255 - image if i % 5 == 4 else image


def _joined(digits: list[np.ndarray], factor: int, gap: int) -> np.ndarray:
    """Dark digits side by side; with a negative gap the margins of MNIST's images overlap."""
    if gap >= 0:
        return row_of(digits, factor=factor, gap=gap)
    height, step = 28 * factor, 28 * factor + gap
    row = np.full((height, step * (len(digits) - 1) + height), 255, np.uint8)
    for i, digit in enumerate(digits):
        part = row[:, i * step : i * step + height]
        np.minimum(part, enlarged(digit, factor), out=part)
    return row


def _no_digits(rng: np.random.Generator) -> Iterator[tuple[str, np.ndarray]]:
    """70 pictures: scribbles and symbols."""
    drawings = [*SCRIBBLES.items(), *SYMBOLS.items()]
    for i in range(70):
        name, drawing = drawings[i % len(drawings)]
        yield name, _on_paper(255 * draw(drawing(rng), rng), rng)


def _on_paper(ink: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    margin = int(rng.integers(10, 80))
    padded = cv2.copyMakeBorder(ink, margin, margin, margin, margin, cv2.BORDER_CONSTANT)
    return np.asarray(np.rint(255 - padded), np.uint8)


def _bare(rng: np.random.Generator) -> Iterator[tuple[str, np.ndarray]]:
    """18 pictures without digits: plain, noisy and unevenly lit paper, specks, a frame, a dot."""
    for h, w in ((60, 60), (320, 320), (240, 500)):
        fall = np.linspace(0.4, 1, w)[None]
        noisy = 200 + rng.normal(0, 5, (h, w))
        specks = 255.0 - 200 * (rng.random((h, w)) < 0.002)
        frame = np.full((h, w), 250.0)
        cv2.rectangle(frame, (3, 3), (w - 4, h - 4), (40.0,), 2)
        dot = np.full((h, w), 255.0)
        cv2.circle(dot, (w // 2, h // 2), 4, (0.0,), -1)
        for name, image in (
            ("white", np.full((h, w), 255.0)),
            ("noise", noisy),
            ("falling light", noisy * fall),
            ("specks", specks),
            ("frame", frame),
            ("dot", dot),
        ):
            yield name, np.clip(np.rint(image), 0, 255).astype(np.uint8)


def _colours(digits: np.ndarray, rng: np.random.Generator) -> Iterator[tuple[str, np.ndarray | Image.Image]]:
    """20 pictures of colored ink, on colored paper or on a transparent background; most of it is faint in grayscale."""
    pairs = {
        "yellow on white": ((250, 245, 90), (255, 255, 255)),
        "red on green": ((190, 60, 60), (60, 130, 60)),
        "blue on black": ((0, 0, 160), (0, 0, 0)),
        "pink on grey": ((220, 150, 170), (170, 175, 172)),
        "blue on white": ((30, 60, 160), (255, 255, 255)),
    }
    for i in range(20):
        digit = cv2.resize(digits[rng.integers(len(digits))], (200, 200), interpolation=cv2.INTER_LINEAR) / 255.0
        ink = cv2.copyMakeBorder(digit, 30, 30, 30, 50, cv2.BORDER_CONSTANT)[..., None]
        name = list(pairs)[i % len(pairs)]
        colour, paper = (np.array(each, float) for each in pairs[name])
        if i < 10:
            yield name, np.rint(ink * colour + (1 - ink) * paper).astype(np.uint8)
        else:
            alpha = np.rint(255 * ink)
            rgba = np.concatenate([np.broadcast_to(colour, (*ink.shape[:2], 3)), alpha], axis=2)
            yield f"{name.split()[0]} on nothing", Image.fromarray(rgba.astype(np.uint8), "RGBA")


def _examples() -> Iterator[tuple[str, np.ndarray]]:
    """The 12 example pictures of the drawing page."""
    for path in sorted((STATIC / "examples").glob("*.webp")):
        yield path.stem, np.asarray(Image.open(io.BytesIO(Path(path).read_bytes())).convert("RGB"))
