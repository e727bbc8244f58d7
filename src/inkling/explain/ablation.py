"""The road with some of its steps switched off, to see what each is worth: a picture -> the trace it would have had.

What stands in for a step is what one does who does not know of it:

| step | does | without it |
| --- | --- | --- |
| `ink` | tells ink from paper | the grey of the picture as it is: white paper counts as ink |
| `glyphs` | finds each digit | the whole picture is one |
| `shape` | keeps the shape, 20 pixels long | stretched over all 28 x 28 pixels |
| `centre` | centres by mass | copied into the corner |
| `pen` | evens out the width of strokes | as wide as they come |

All that remains is the road's own code.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import cv2
import numpy as np

from inkling.pipeline import normalize
from inkling.pipeline.decode import ImageSource
from inkling.pipeline.reader import PreparedImage, Reader, Trace
from inkling.pipeline.segmentation import Glyph, Segmentation

SWITCHES = ("ink", "glyphs", "shape", "centre", "pen")  # in the order of the road


def trace_without(reader: Reader, source: ImageSource, off: Collection[str] = ()) -> Trace:
    """Reads a picture without the steps named in `off`, from SWITCHES; with none off, as `reader.trace` does.

    >>> import numpy as np
    >>> from inkling import Reader
    >>> image = np.full((64, 64), 255, np.uint8)
    >>> image[12:52, 29:35] = 0
    >>> trace_without(Reader("ann"), image).reading.text
    '1'
    >>> trace_without(Reader("ann"), image, ["ink"]).ink[0, 0]  # white paper is taken for ink
    1.0
    """
    one = reader.prepare(source)
    return reader.trace_prepared(_without(reader, one, frozenset(off)) if off else one)


def _without(reader: Reader, one: PreparedImage, off: frozenset[str]) -> PreparedImage:
    ink = one.decoded.image.astype(np.float32) / 255 if "ink" in off else one.ink  # (H, W), 0 black .. 1 white
    if off & {"ink", "glyphs"}:  # without ink there is nothing to find digits in
        glyphs = _whole(ink)
        found = [ink]
    else:
        glyphs = Segmentation(reader.segmentations(one)[0].lines, one.segmentation.labels, one.segmentation.corner_xy)
        found = [normalize.trim(crop) for crop in normalize.glyph_crops(ink, glyphs)]
    tiles = [tile_without(crop, off) for crop in found]
    shape = (len(tiles), normalize.SIDE, normalize.SIDE)
    return replace(one, ink=ink, segmentation=glyphs, tiles=np.array(tiles, np.float32).reshape(shape), mode="single")


def _whole(ink: np.ndarray) -> Segmentation:
    """The whole picture as one glyph; none where it is blank."""
    h, w = ink.shape
    lines = [[Glyph((0, 0, w, h), (1,))]] if ink.any() else []
    return Segmentation(lines, np.ones((h, w), np.uint16), (0, 0))


def tile_without(crop: np.ndarray, off: Collection[str]) -> np.ndarray:
    """(h, w) float32 -> (28, 28) float32, as `tile.make_tile` but for the steps that are off."""
    crop = normalize.downscale_large(crop, max(crop.shape))
    if not {"pen", "ink"} & set(off):  # without ink there are no strokes to measure
        crop = normalize.normalize_stroke_width(crop, max(crop.shape))
    if "shape" in off:
        smaller = max(crop.shape) > normalize.SIDE
        size_wh = (normalize.SIDE, normalize.SIDE)
        return normalize.scale_to_peak(
            cv2.resize(crop, size_wh, interpolation=cv2.INTER_AREA if smaller else cv2.INTER_CUBIC)
        )
    small = normalize.scale_to_peak(normalize.resize_by(crop, normalize.LONGEST / max(crop.shape)))
    if "centre" not in off:
        return normalize.center_by_mass(small)
    h, w = small.shape
    corner = np.zeros((normalize.SIDE, normalize.SIDE), np.float32)
    corner[:h, :w] = small
    return corner
