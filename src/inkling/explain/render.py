"""Render numbers as images, (h, w, 3 or 4) uint8, and as PNG, in colors for light and dark pages."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image, ImageDraw

from inkling.pipeline.downscaling import reduced_by
from inkling.pipeline.normalize import SIDE

Colour = tuple[int, int, int]
OFF_SCALE = 0.02  # fraction of the pixels; the strongest may exceed the scale, so that the rest is visible


@dataclass(frozen=True)
class Theme:
    """RGB colors."""

    paper: Colour
    ink: Colour
    quiet: Colour  # secondary text and lines
    rule: Colour  # lines and empty bars
    well: Colour  # background of bars and heat maps, for a value of 0
    plus: Colour  # blue: support. Blue and orange are distinguishable with common kinds of color blindness
    minus: Colour  # orange: opposition (after Okabe and Ito, "Color Universal Design", 2008)


LIGHT = Theme(
    (255, 253, 249), (23, 35, 60), (93, 96, 105), (221, 213, 197), (244, 239, 228), (0, 98, 168), (205, 84, 0)
)
DARK = Theme((28, 31, 38), (245, 239, 224), (164, 168, 178), (62, 68, 80), (38, 42, 51), (92, 176, 245), (247, 144, 62))


def gray_image(image: np.ndarray, side: int) -> np.ndarray:
    """(H, W) uint8 -> (h, w, 3) uint8, longer side at most `side` pixels."""
    return np.asarray(cv2.cvtColor(_fitted(image, side), cv2.COLOR_GRAY2RGB))


def ink_image(ink: np.ndarray, side: int, theme: Theme = LIGHT) -> np.ndarray:
    """(H, W) float32, 1 = ink -> (h, w, 3) uint8: ink on paper, longer side at most `side` pixels."""
    share = np.clip(_fitted(ink, side), 0, 1)[..., None]
    return _bytes(np.array(theme.paper) * (1 - share) + np.array(theme.ink) * share)


def tile_image(tile: np.ndarray, factor: int, theme: Theme = LIGHT) -> np.ndarray:
    """(S, S) float32 -> (S f, S f, 3) uint8: each pixel enlarged to a square of side f = `factor`."""
    return ink_image(tile, len(tile), theme).repeat(factor, 0).repeat(factor, 1)


def tile_grid(tiles: np.ndarray, side: int, theme: Theme = LIGHT) -> np.ndarray:
    """(N, 28, 28) float32, N >= 1 -> (h, w, 3) uint8: the tiles in a grid, at most `side` pixels wide."""
    columns = min(len(tiles), 6)
    gap = 12
    factor = max(1, min(10, ((side - gap) // columns - gap) // SIDE))
    step = factor * SIDE + gap
    rows = -(-len(tiles) // columns)
    canvas = np.full((rows * step + gap, columns * step + gap, 3), theme.rule, np.uint8)
    for i, tile in enumerate(tiles):
        y, x = gap + i // columns * step, gap + i % columns * step
        canvas[y : y + step - gap, x : x + step - gap] = tile_image(tile, factor, theme)
    canvas[rows * step - step + gap : -gap, gap + (len(tiles) - (rows - 1) * columns) * step :] = theme.rule
    return canvas


def attribution_image(values: np.ndarray, theme: Theme = LIGHT) -> np.ndarray:
    """(S, S) signed values -> (S, S, 4) uint8: blue above 0, orange below, transparent at 0."""
    share = np.clip(values / color_scale(values), -1, 1)
    colours = np.where(share[..., None] > 0, theme.plus, theme.minus)
    # Half the full value gives two thirds of the color, because pale tints of blue and orange are hard to distinguish.
    alpha = 255 * np.abs(share) ** 0.6
    return _bytes(np.concatenate([colours, alpha[..., None]], axis=2))


def color_scale(values: np.ndarray) -> float:
    """The value to show in full color: nearly the largest absolute value."""
    sizes = np.sort(np.abs(values[values != 0]))
    if sizes.size == 0:
        return 1.0
    return float(sizes[int((1 - OFF_SCALE) * (sizes.size - 1))])


def ink_outline(tile: np.ndarray) -> list[list[tuple[float, float]]]:
    """(S, S) tile -> closed outlines of the ink, each a list of x, y in pixels of the tile, 0..S."""
    factor = 8
    large = cv2.resize(np.pad(tile, 1), None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC)
    found, _ = cv2.findContours((large > 0.45).astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    smooth = [cv2.approxPolyDP(line, 0.8, closed=True) for line in found]
    return [
        [(round((x + 0.5) / factor - 1, 2), round((y + 0.5) / factor - 1, 2)) for x, y in line[:, 0].tolist()]
        for line in smooth
        if len(line) > 2
    ]


def attribution_map(values: np.ndarray, tile: np.ndarray, side: int) -> np.ndarray:
    """`attribution_image` on paper, with the outline of the ink: (side, side, 3) uint8."""
    layer = Image.fromarray(attribution_image(values)).resize((side, side), Image.Resampling.NEAREST)
    canvas = Image.new("RGBA", (side, side), (*LIGHT.paper, 255))
    canvas.alpha_composite(layer)
    draw = ImageDraw.Draw(canvas)
    for line in ink_outline(tile):
        scaled = [(x * side / len(tile), y * side / len(tile)) for x, y in line]
        draw.line([*scaled, scaled[0]], fill=LIGHT.quiet, width=max(1, side // 200))
    return np.asarray(canvas.convert("RGB"))


def png(picture: np.ndarray) -> bytes:
    """(h, w, 3 or 4) uint8 -> a PNG file."""
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "PNG")
    return buffer.getvalue()


def data_uri(picture: np.ndarray) -> str:
    """(h, w, 3 or 4) uint8 -> a PNG as a data: URI."""
    return "data:image/png;base64," + base64.b64encode(png(picture)).decode("ascii")


def _fitted(image: np.ndarray, side: int) -> np.ndarray:
    """(H, W) -> (h, w), longer side at most `side`. Small images are enlarged by an integer factor."""
    h, w = image.shape
    factor = side / max(h, w)
    if factor >= 1:
        return image.repeat(int(factor), 0).repeat(int(factor), 1)
    return reduced_by(image, factor)


def _bytes(values: np.ndarray) -> np.ndarray:
    return np.asarray(np.rint(values), dtype=np.uint8)
