"""PIL image -> pixels: whatever its mode, plain ones of 8 bits, reduced where there are very many.

This goes tile by tile, so that beside Pillow's one copy of a large picture only the small result is held.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from PIL import Image

TILE_SIDE = 512  # pixels: about so much is made plain and reduced at a time


def pixels_of(picture: Image.Image, side: int) -> np.ndarray:
    """PIL image of any mode -> (h, w[, C]) uint8, grey or RGB, perhaps with alpha.

    Where it is twice as long as `side` or longer, it is reduced by the largest whole factor that keeps that side.
    """
    picture.load()
    excess = max(1, max(picture.size) // side)
    levels = _levels(picture) if _is_deep(picture) else (0.0, 0.0)
    w, h = (-(-length // excess) for length in picture.size)
    pixels = np.empty(0, np.uint8)
    for x, y, tile in _tiles(picture, excess * max(1, TILE_SIDE // excess)):
        plain = _deep_to_grey(tile, *levels) if _is_deep(tile) else _plain(tile)
        part = np.asarray(plain.reduce(excess))
        if not pixels.size:
            pixels = np.empty((h, w, *part.shape[2:]), np.uint8)
        pixels[y // excess :, x // excess :][: part.shape[0], : part.shape[1]] = part
    return pixels


def _tiles(picture: Image.Image, side: int) -> Iterator[tuple[int, int, Image.Image]]:
    """The left and upper edge of each tile of a picture, and a copy of its pixels."""
    w, h = picture.size
    for y in range(0, h, side):
        for x in range(0, w, side):
            yield x, y, picture.crop((x, y, min(x + side, w), min(y + side, h)))


def _plain(picture: Image.Image) -> Image.Image:
    """An image of 8 bits a channel or fewer -> one of mode L, LA, RGB or RGBA."""
    mode = picture.mode
    if mode == "1":
        return picture.convert("L")
    if mode in ("PA", "La", "RGBa") or (mode in ("P", "L", "RGB") and "transparency" in picture.info):
        return picture.convert("RGBA")
    return picture if mode in ("L", "LA", "RGB", "RGBA") else picture.convert("RGB")


def _is_deep(picture: Image.Image) -> bool:
    """Whether its samples have 16 or 32 bits, or are floats."""
    return picture.mode.startswith("I") or picture.mode == "F"


def _samples(picture: Image.Image) -> np.ndarray:
    """(H, W) float32, with 0 for what is no number."""
    return np.nan_to_num(np.asarray(picture).astype(np.float32), nan=0.0, posinf=0.0, neginf=0.0)


def _levels(picture: Image.Image) -> tuple[float, float]:
    """The lowest sample of a deep image, or 0 where that is lower, and the highest."""
    ends = [
        (float(values.min()), float(values.max()))
        for values in (_samples(tile) for *_, tile in _tiles(picture, TILE_SIDE))
    ]
    return min(0.0, *(low for low, _ in ends)), max(high for _, high in ends)


def _deep_to_grey(picture: Image.Image, low: float, high: float) -> Image.Image:
    """A deep image -> mode L. The highest sample becomes white when it exceeds 255."""
    values = _samples(picture)
    if picture.mode == "F" and low == 0.0 and 0.0 < high <= 1.0:
        grey = np.rint(values * 255)
    else:
        grey = np.rint((values - low) * (255.0 / max(high - low, 255.0)))
    return Image.fromarray(grey.astype(np.uint8))
