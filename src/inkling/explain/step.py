"""A drawable step of a reading."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from inkling.explain.render import LIGHT, Theme

SIDE = 1024  # pixels: default longer side of a step's picture


@dataclass(frozen=True)
class Step:
    """One step of the pipeline."""

    name: str  # for glyphs "image", "ink", "glyphs", "tiles", "probs", "answer";
    # for rows "image", "layout", "rows", "columns", "symbols", "texts", "answer"
    title: str
    caption: str  # one or two sentences for beginners
    draw: Callable[[int, Theme], np.ndarray]  # maximum longer side in pixels, colors -> (h, w, 3) uint8

    def image(self, side: int = SIDE, theme: Theme = LIGHT) -> np.ndarray:
        """(h, w, 3) uint8, longer side at most `side` pixels."""
        return self.draw(side, theme)
