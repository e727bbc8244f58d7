"""Ablation: run the pipeline without some of its steps, to show the effect of each on an image.

Each step has a naive replacement:

| step | purpose | without it |
| --- | --- | --- |
| `ink` | separates ink from paper | the image's gray levels are used directly: white paper counts as ink |
| `glyphs` | finds each digit | the whole image is one digit |
| `shape` | scales to a length of 20 pixels, keeping the aspect ratio | stretched to 28 x 28 pixels |
| `centre` | centers by mass | copied into the corner |
| `pen` | normalizes stroke widths | original stroke widths |

All other steps are those of the pipeline.
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

SWITCHES = ("ink", "glyphs", "shape", "centre", "pen")  # in the order of the pipeline


def trace_without(reader: Reader, source: ImageSource, off: Collection[str] = ()) -> Trace:
    """Read an image without the steps named in `off`, a subset of SWITCHES. If there are none, this is `reader.trace`.

    >>> import numpy as np
    >>> from inkling import Reader
    >>> image = np.full((64, 64), 255, np.uint8)
    >>> image[12:52, 29:35] = 0
    >>> trace_without(Reader("ann"), image).reading.text
    '1'
    >>> trace_without(Reader("ann"), image, ["ink"]).ink[0, 0]  # white paper counts as ink
    1.0
    """
    prepared = reader.prepare(source)
    return reader.trace_prepared(_without(prepared, frozenset(off)) if off else prepared)


def _without(prepared: PreparedImage, off: frozenset[str]) -> PreparedImage:
    """Prepare the image without some steps, to be read glyph by glyph."""
    # (H, W) float32; without the step "ink": 0 black .. 1 white
    ink = prepared.decoded.image.astype(np.float32) / 255 if "ink" in off else prepared.ink
    if off & {"ink", "glyphs"}:  # without ink, no digits can be found
        segmentation = _whole(ink)
        crops = [ink]
    else:
        segmentation = prepared.segmentation
        crops = [normalize.trim(crop) for crop in normalize.glyph_crops(ink, segmentation)]
    tiles = [tile_without(crop, off) for crop in crops]
    shape = (len(tiles), normalize.SIDE, normalize.SIDE)
    tiles_array = np.array(tiles, np.float32).reshape(shape)
    return replace(prepared, ink=ink, segmentation=segmentation, tiles=tiles_array, mode="single")


def _whole(ink: np.ndarray) -> Segmentation:
    """The whole image as one glyph; none if it is blank."""
    h, w = ink.shape
    lines = [[Glyph((0, 0, w, h), (1,))]] if ink.any() else []
    return Segmentation(lines, np.ones((h, w), np.uint16), (0, 0))


def tile_without(crop: np.ndarray, off: Collection[str]) -> np.ndarray:
    """(h, w) float32 -> (28, 28) float32, like `normalize.normalize_crop`, without the steps in `off`."""
    crop = normalize.downscale_large(crop)
    if not {"pen", "ink"} & set(off):  # without ink, there are no strokes to measure
        crop = normalize.normalize_stroke_width(crop)
    if "shape" in off:
        interpolation = cv2.INTER_AREA if max(crop.shape) > normalize.SIDE else cv2.INTER_CUBIC
        size_wh = (normalize.SIDE, normalize.SIDE)
        return normalize.scale_to_peak(cv2.resize(crop, size_wh, interpolation=interpolation))
    small = normalize.scale_to_peak(normalize.resize_by(crop, normalize.LONGEST / max(crop.shape)))
    if "centre" not in off:
        return normalize.center_by_mass(small)
    h, w = small.shape
    corner = np.zeros((normalize.SIDE, normalize.SIDE), np.float32)
    corner[:h, :w] = small
    return corner
