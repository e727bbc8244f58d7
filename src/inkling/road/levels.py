"""The usual one of many levels: asked of pictures, their paper and their grain."""

from __future__ import annotations

import numpy as np


def middle(values: np.ndarray) -> float:
    """The median, the upper one of two, without the cost of NumPy's general one; 0 of nothing."""
    flat = values.ravel()
    return float(np.partition(flat, flat.size // 2)[flat.size // 2]) if flat.size else 0.0
