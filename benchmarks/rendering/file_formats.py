"""A number in every kind of image file that users may send: (H, W) float32 ink -> bytes."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import numpy as np
from PIL import Image

Encoding = Callable[[np.ndarray, np.random.Generator], bytes]


def _saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def _grey(ink: np.ndarray) -> np.ndarray:
    return np.asarray(np.rint(255 - 235 * ink), np.uint8)


def white_ink_on_nothing(ink: np.ndarray, rng: np.random.Generator) -> bytes:
    alpha = np.rint(255 * ink).astype(np.uint8)
    return _saved(Image.fromarray(np.dstack([np.full_like(alpha, 255)] * 3 + [alpha])), "PNG")


def yellow_ink_on_nothing(ink: np.ndarray, rng: np.random.Generator) -> bytes:
    alpha = np.rint(255 * ink).astype(np.uint8)
    full = np.full_like(alpha, 255)
    return _saved(Image.fromarray(np.dstack([full, full * 0 + 235, full * 0 + 60, alpha])), "PNG")


def palette_png(ink: np.ndarray, rng: np.random.Generator) -> bytes:
    return _saved(Image.fromarray(_grey(ink)).convert("RGB").quantize(16), "PNG")


def palette_with_clear_colour(ink: np.ndarray, rng: np.random.Generator) -> bytes:
    indexed = Image.fromarray((ink > 0.5).astype(np.uint8), "P")
    indexed.putpalette([10, 10, 10, 20, 40, 150])
    return _saved(indexed, "PNG", transparency=0)


def grey_16_png(ink: np.ndarray, rng: np.random.Generator) -> bytes:
    return _saved(Image.fromarray((60000 - 52000 * ink).astype(np.uint16)), "PNG")


def grey_12_in_16_png(ink: np.ndarray, rng: np.random.Generator) -> bytes:
    """Like images from sensors and X-ray detectors: 12-bit values, which use only part of the 16-bit range."""
    return _saved(Image.fromarray((2600 - 900 * ink + rng.normal(0, 10, ink.shape)).astype(np.uint16)), "PNG")


def cmyk_jpeg(ink: np.ndarray, rng: np.random.Generator) -> bytes:
    return _saved(Image.fromarray(_grey(ink)).convert("CMYK"), "JPEG", quality=80)


def bilevel_tiff(ink: np.ndarray, rng: np.random.Generator) -> bytes:
    return _saved(Image.fromarray(ink < 0.5), "TIFF", compression="group4")


def dithered_gif(ink: np.ndarray, rng: np.random.Generator) -> bytes:
    return _saved(Image.fromarray(np.rint(200 - 160 * ink).astype(np.uint8)).convert("1"), "GIF")


def animated(kind: str) -> Encoding:
    def encoding(ink: np.ndarray, rng: np.random.Generator) -> bytes:
        first = Image.fromarray(_grey(ink)).convert("RGB")
        others = [Image.new("RGB", first.size, colour) for colour in ("red", "black")]
        return _saved(first, kind, save_all=True, append_images=others, duration=80)

    return encoding


def turned(orientation: int) -> Encoding:
    """A JPEG stored rotated or mirrored, with its EXIF orientation (CIPA DC-008)."""
    undo: dict[int, Callable[[np.ndarray], np.ndarray]] = {
        1: lambda a: a,
        2: np.fliplr,
        3: lambda a: np.rot90(a, 2),
        4: np.flipud,
        5: np.transpose,
        6: lambda a: np.rot90(a, 1),
        7: lambda a: np.rot90(a, 2).T,
        8: lambda a: np.rot90(a, -1),
    }

    def encoding(ink: np.ndarray, rng: np.random.Generator) -> bytes:
        exif = Image.Exif()
        exif[0x0112] = orientation
        stored = np.ascontiguousarray(undo[orientation](_grey(ink)))
        return _saved(Image.fromarray(stored), "JPEG", exif=exif, quality=85)

    return encoding


ENCODINGS: dict[str, Encoding] = {
    **{each.__name__: each for each in (
        white_ink_on_nothing, yellow_ink_on_nothing, palette_png, palette_with_clear_colour, grey_16_png,
        grey_12_in_16_png, cmyk_jpeg, bilevel_tiff, dithered_gif,
    )},
    "animated_gif": animated("GIF"),
    "animated_webp": animated("WEBP"),
    **{f"exif_{orientation}": turned(orientation) for orientation in range(1, 9)},
}  # fmt: skip
