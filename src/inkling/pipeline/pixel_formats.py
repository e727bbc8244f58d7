"""Convert a PIL image of any mode to 8-bit gray or RGB, with or without alpha, and downscale it if it is very large.

This is done tile by tile, so memory holds only Pillow's copy of a large image and the small result.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from PIL import Image

from inkling.pipeline.config.decoding import DECODE as CONFIG
from inkling.pipeline.deadline import check_deadline
from inkling.pipeline.decoder_errors import decoder_errors

PLAIN_MODES = ("L", "LA", "RGB", "RGBA")


def to_plain_image(image: Image.Image, max_side_px: int) -> Image.Image:
    """A loaded PIL image of any mode -> an image in one of PLAIN_MODES; the same object if nothing changes.

    An image at least twice as long as `max_side_px` is downscaled by the largest integer factor that leaves it at least
    that long. Raises BrokenPicture if Pillow cannot convert it.
    """
    factor = max(1, max(image.size) // max_side_px)
    if factor == 1 and _plain_mode(image) == image.mode:
        return image
    levels = _level_range(image) if _is_deep(image) else (0.0, 0.0)
    w, h = (-(-length // factor) for length in image.size)
    whole = Image.new(_plain_mode(image), (w, h))
    for x, y, tile in _tiles(image, factor * max(1, CONFIG.tile_side_px // factor)):
        plain = _deep_to_gray(tile, *levels) if _is_deep(tile) else _to_plain_mode(tile)
        whole.paste(plain.reduce(factor) if factor > 1 else plain, (x // factor, y // factor))
    return whole


def _tiles(image: Image.Image, side: int) -> Iterator[tuple[int, int, Image.Image]]:
    """The x and y of each tile of an image, and a copy of its pixels."""
    w, h = image.size
    for y in range(0, h, side):
        for x in range(0, w, side):
            check_deadline()
            yield x, y, image.crop((x, y, min(x + side, w), min(y + side, h)))


def _plain_mode(image: Image.Image) -> str:
    """The plain mode that preserves an image's color and transparency."""
    mode = image.mode
    if mode in ("PA", "La", "RGBa") or (mode in ("P", "L", "RGB") and "transparency" in image.info):
        return "RGBA"
    if mode in PLAIN_MODES:
        return mode
    return "L" if mode == "1" or _is_deep(image) else "RGB"


def _to_plain_mode(image: Image.Image) -> Image.Image:
    """An image of at most 8 bits per channel -> an image in one of PLAIN_MODES."""
    mode = _plain_mode(image)
    if mode == image.mode:
        return image
    with decoder_errors():  # a damaged file may claim any palette or transparency
        return image.convert(mode)


def _is_deep(image: Image.Image) -> bool:
    """Whether an image's samples have 16 or 32 bits, or are floats."""
    return image.mode.startswith("I") or image.mode == "F"


def _samples(image: Image.Image) -> np.ndarray:
    """(H, W) float32, with 0 instead of nan and infinity."""
    return np.nan_to_num(np.asarray(image).astype(np.float32), nan=0.0, posinf=0.0, neginf=0.0)


def _level_range(image: Image.Image) -> tuple[float, float]:
    """The lowest sample of a deep image, or 0 if all samples are higher, and the highest sample."""
    ends = [
        (float(values.min()), float(values.max()))
        for values in (_samples(tile) for *_, tile in _tiles(image, CONFIG.tile_side_px))
    ]
    return min(0.0, *(low for low, _ in ends)), max(high for _, high in ends)


def _deep_to_gray(image: Image.Image, low: float, high: float) -> Image.Image:
    """A deep image -> mode L. Floats of 0..1, and samples that span more than 255, are scaled to 0..255."""
    values = _samples(image)
    if image.mode == "F" and low == 0.0 and 0.0 < high <= 1.0:
        gray = np.rint(values * 255)
    else:
        gray = np.rint((values - low) * (255.0 / max(high - low, 255.0)))
    return Image.fromarray(gray.astype(np.uint8))
