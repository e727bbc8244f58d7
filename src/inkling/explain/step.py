"""One step of a reading, to be drawn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from inkling.explain.render import LIGHT, Theme

SIDE = 1024  # pixels: the longer side of a step's picture, unless another is asked for


@dataclass(frozen=True)
class Step:
    """One step of the pipeline."""

    name: str  # of glyphs "image", "ink", "glyphs", "tiles", "probs", "answer";
    # of rows "image", "layout", "rows", "columns", "symbols", "texts", "answer"
    title: str
    caption: str  # one or two sentences for a beginner
    draw: Callable[[int, Theme], np.ndarray]  # longer side in pixels at most, colours -> (h, w, 3) uint8

    def image(self, side: int = SIDE, theme: Theme = LIGHT) -> np.ndarray:
        """(h, w, 3) uint8, its longer side at most `side` pixels."""
        return self.draw(side, theme)
