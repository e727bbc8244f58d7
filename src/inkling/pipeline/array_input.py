"""Convert arrays of any type to levels 0..255. Ambiguous values are rejected with advice on how to convert them.

| type | meaning |
| --- | --- |
| bool | False is 0, True is 255 |
| uint8 | levels |
| another integer | levels 0..255; if some are higher, the maximum is white, as in 16-bit images |
| float | 0..1 if the maximum is at most 1, 0..255 if it is 64 to 255 |

Rejected: integers with a maximum of 1 (except uint8), floats with another maximum, negative values, nan and infinity.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from inkling.errors import BadRequest
from inkling.pipeline.normalize import SIDE

OVERSHOOT = 1.001  # maximum of floats in 0..1, with the overshoot from resizing and rounding
LEAST_BRIGHT = 64.0  # lowest maximum of floats that are levels 0..255; scikit-learn's digits have a range of 0..16


def as_array(source: Any) -> np.ndarray:
    """Convert an object with `__array__` (a tensor, a data frame, ..) to an array. Raises BadRequest."""
    try:
        return np.asarray(source)
    except (TypeError, ValueError, RuntimeError) as error:  # such as for a PyTorch tensor on a GPU or with a gradient
        raise BadRequest(
            f"a {type(source).__name__} cannot become an array ({str(error).rstrip('.')}); expected numbers in main "
            "memory. Convert it first, for example t.detach().cpu().numpy()."
        ) from error


def to_levels(array: np.ndarray) -> np.ndarray:
    """An array of bool or real numbers, of any shape -> uint8 levels 0..255. Raises BadRequest."""
    if array.dtype == np.uint8:
        return array
    if array.dtype == bool:
        return np.asarray(np.where(array, 255, 0), np.uint8)
    if array.dtype.kind not in "iuf":
        raise BadRequest(
            f"array has type {array.dtype}; expected bool, integers of 0 to 255 or floats of 0 to 1. Convert it first, "
            "for example a.astype('uint8')."
        )
    if not array.size:
        return np.zeros(array.shape, np.uint8)
    low, high = float(array.min()), float(array.max())
    if not (np.isfinite(low) and np.isfinite(high)):
        raise _refusal(array, "contains nan or infinity", "np.where(np.isfinite(a), a, 0)")
    if low < 0:
        raise _refusal(array, f"has values from {low:g} to {high:g}", "(a - a.min()) / (a.max() - a.min())")
    if array.dtype.kind == "f":
        if high <= OVERSHOOT:
            return np.asarray(np.rint(np.minimum(array.astype(np.float32), 1) * 255), np.uint8)
        if not LEAST_BRIGHT <= high <= 255:
            raise _refusal(array, f"has values up to {high:g}", "a / a.max()")
    elif high == 1:
        raise _refusal(array, "contains only 0 and 1", "a.astype(bool)")
    return np.asarray(np.rint(array.astype(np.float32) * (255 / max(high, 255.0))), np.uint8)


def to_picture(array: np.ndarray) -> np.ndarray:
    """(H, W), (H, W, C) or PyTorch's (C, H, W), C in 1 to 4 -> (H, W) or (H, W, C) uint8. Raises BadRequest."""
    if array.ndim == 3 and array.shape[2] > 4 and array.shape[0] <= 4:
        array = np.moveaxis(array, 0, 2)
    if array.ndim not in (2, 3) or 0 in array.shape or array.shape[2:] > (4,):
        several = " Read several pictures with read_many, or digits of 28x28 px with predict." * (array.ndim == 4)
        raise BadRequest(
            f"array has shape {array.shape}; expected a picture as (H, W) or (H, W, C) with 1 to 4 channels. Reshape "
            f"it.{several}"
        )
    return to_levels(array)


def to_tiles(x: Any) -> np.ndarray:
    """MNIST images as (N, 28, 28), (N, 28, 28, 1) or (N, 784), of any real type -> (N, 28, 28) float32, 1 = ink.

    Raises BadRequest for any other shape, and for the values that `to_levels` rejects.
    """
    array = as_array(x)
    if array.shape[1:] not in ((SIDE, SIDE), (SIDE, SIDE, 1), (SIDE * SIDE,)):
        raise BadRequest(
            f"array has shape {array.shape}; expected MNIST's images as (N, 28, 28), (N, 28, 28, 1) or (N, 784). "
            "Reshape it; a picture of another size goes to Reader.read."
        )
    array = array.reshape(-1, SIDE, SIDE)
    if array.dtype.kind == "f" and array.size and array.min() >= 0 and array.max() <= OVERSHOOT:
        return np.asarray(np.minimum(array, 1), np.float32)  # without rounding to levels
    return to_levels(array).astype(np.float32) / 255


def _refusal(array: np.ndarray, what: str, how: str) -> BadRequest:
    return BadRequest(
        f"array of {array.dtype} {what}; expected floats of 0 to 1, or numbers of 0 to 255. Convert it first, for "
        f"example {how}."
    )
