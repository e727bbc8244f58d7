"""Writing styles: the ten digits in different forms, slants, sizes and speeds. Strokes as in strokes.py."""

from __future__ import annotations

import math
from dataclasses import dataclass

from tests.browser.strokes import DIGITS, Point, Stroke, smooth

# A second way to write each digit.
FORMS: dict[int, tuple[Stroke, ...]] = {
    0: (
        (
            (0.62, 0.06), (0.44, 0.0), (0.3, 0.22), (0.27, 0.6), (0.4, 0.96), (0.6, 0.94), (0.72, 0.6),
            (0.7, 0.24), (0.58, 0.03), (0.4, 0.05),
        ),
    ),
    1: (
        (
            (0.3, 0.26), (0.42, 0.14), (0.54, 0.0), (0.54, 0.35), (0.54, 0.7), (0.54, 1.0),
        ),
        (
            (0.34, 1.0), (0.54, 1.0), (0.74, 1.0),
        ),
    ),
    2: (
        (
            (0.2, 0.2), (0.34, 0.03), (0.56, 0.02), (0.7, 0.18), (0.62, 0.44), (0.4, 0.74), (0.24, 0.9),
            (0.22, 0.98), (0.34, 0.9), (0.5, 0.92), (0.66, 1.0), (0.84, 0.94),
        ),
    ),
    3: (
        (
            (0.22, 0.02), (0.45, 0.02), (0.72, 0.02), (0.58, 0.22), (0.44, 0.4), (0.64, 0.44), (0.76, 0.62),
            (0.7, 0.86), (0.48, 0.98), (0.22, 0.9),
        ),
    ),
    4: (
        (
            (0.62, 0.0), (0.4, 0.32), (0.16, 0.68), (0.5, 0.68), (0.86, 0.68),
        ),
        (
            (0.62, 0.0), (0.62, 0.5), (0.62, 1.0),
        ),
    ),
    5: (
        (
            (0.74, 0.02), (0.5, 0.02), (0.3, 0.03), (0.28, 0.22), (0.26, 0.44), (0.46, 0.38), (0.66, 0.46),
            (0.72, 0.68), (0.58, 0.92), (0.36, 0.98), (0.2, 0.88),
        ),
    ),
    6: (
        (
            (0.58, 0.0), (0.42, 0.26), (0.3, 0.56), (0.3, 0.84), (0.46, 0.99), (0.66, 0.92), (0.72, 0.72),
            (0.58, 0.58), (0.4, 0.64), (0.31, 0.8),
        ),
    ),
    7: (
        (
            (0.18, 0.04), (0.48, 0.03), (0.8, 0.02), (0.64, 0.36), (0.5, 0.7), (0.4, 1.0),
        ),
        (
            (0.32, 0.5), (0.52, 0.49), (0.74, 0.48),
        ),
    ),
    8: (
        (
            (0.5, 0.46), (0.32, 0.34), (0.32, 0.12), (0.5, 0.01), (0.68, 0.12), (0.67, 0.33), (0.5, 0.46),
            (0.28, 0.62), (0.27, 0.86), (0.5, 0.99), (0.73, 0.87), (0.72, 0.62), (0.5, 0.46),
        ),
    ),
    9: (
        (
            (0.72, 0.1), (0.5, 0.0), (0.3, 0.1), (0.27, 0.32), (0.44, 0.46), (0.64, 0.38), (0.72, 0.12),
            (0.72, 0.5), (0.72, 0.8), (0.6, 0.98), (0.36, 0.96),
        ),
    ),
}  # fmt: skip


@dataclass(frozen=True)
class WritingStyle:
    """One person's way of writing."""

    name: str
    forms: dict[int, tuple[Stroke, ...]]
    slant: float = 0.0  # shift of the top to the right, per unit of height
    width: float = 1.0  # relative to the usual width
    height: float = 0.62  # of the board
    steps: int = 3  # pointer events between two points of the form: many for slow writing
    tremor: float = 0.0  # in units of the height

    def strokes(self, digit: int) -> list[list[Point]]:
        """The strokes of a digit centered on (0, 0), in units of its height."""
        return [
            [self._placed(x, y, i) for i, (x, y) in enumerate(smooth(stroke, self.steps))]
            for stroke in self.forms[digit]
        ]

    def _placed(self, x: float, y: float, i: int) -> Point:
        shake = self.tremor * math.sin(2.3 * i)
        return (x - 0.5) * self.width + self.slant * (0.5 - y) + shake, y - 0.5 + shake / 2


STYLES = (
    WritingStyle("even", DIGITS),
    WritingStyle("slanting and hasty", FORMS, slant=0.28, height=0.5, steps=2),
    WritingStyle("upright and printed", FORMS, width=0.85, height=0.75, steps=4),
    WritingStyle("leaning back, wide and slow", DIGITS, slant=-0.12, width=1.15, height=0.4, steps=6),
    WritingStyle("small and shaky", DIGITS, slant=0.1, height=0.24, steps=6, tremor=0.012),
)
