"""Small arithmetic of measurements."""

from __future__ import annotations

import math
from collections.abc import Sequence


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` (0..1) of them do not exceed: the nearest rank, never between two. 0.0 of none."""
    if not values:
        return 0.0
    return sorted(values)[max(math.ceil(share * len(values)) - 1, 0)]


def ms(seconds: float) -> float:
    """Seconds -> milliseconds, to a tenth."""
    return round(1000 * seconds, 1)


def growth(samples: Sequence[tuple[float, float]], *, warm_s: float) -> tuple[float, float]:
    """Medians of the first and the last fifth of (time_s, value) samples, those before `warm_s` left out.

    A single sample would show what the moment's largest picture takes. (0.0, 0.0) when fewer than five are left.
    """
    late = [value for at_s, value in samples if at_s >= warm_s]
    part = len(late) // 5
    if not part:
        return 0.0, 0.0
    return percentile(late[:part], 0.5), percentile(late[-part:], 0.5)
