"""What layout finds: rows of writing, their cells, and what was left out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

Box = tuple[int, int, int, int]  # x, y, w, h in pixels
CellState = Literal["written", "empty", "crossed_out"]


@dataclass(frozen=True)
class Cell:
    """One box of a comb or table."""

    box: Box  # pixels of the row's image
    state: CellState  # what is crossed out, the line network tells


@dataclass(frozen=True)
class Row:
    """One row of writing, cut out and straightened."""

    image: np.ndarray  # (h, w) uint8, ink dark on light
    to_image: np.ndarray  # (3, 3) float64: pixels of the row's image -> pixels of the picture, homogeneous
    cells: tuple[Cell, ...] = ()  # from left to right; () where the row is written freely
    cut_cells: Callable[[], Sequence[np.ndarray | None]] = tuple  # -> what is written in each, (h, w) uint8, no walls

    @property
    def box(self) -> Box:
        """Where the row lies in the picture."""
        return self.to_image_box((0, 0, self.image.shape[1], self.image.shape[0]))

    def to_image_box(self, box: Box) -> Box:
        """The upright box in the picture that encloses a box of the row's image."""
        x, y, w, h = box
        corners = np.array([[x, y, 1], [x + w, y, 1], [x, y + h, 1], [x + w, y + h, 1]], float) @ self.to_image.T
        points = corners[:, :2] / corners[:, 2:]
        left, top = (int(value) for value in np.floor(points.min(axis=0) + 0.01))
        right, bottom = (int(value) for value in np.ceil(points.max(axis=0) - 0.01))
        return left, top, max(1, right - left), max(1, bottom - top)


@dataclass(frozen=True)
class Ignored:
    """Something in the picture that is no writing."""

    kind: str  # "edge", "rule", "text"
    box: Box  # pixels of the picture


@dataclass(frozen=True)
class Layout:
    """The rows of a picture in reading order."""

    rows: tuple[Row, ...]
    ignored: tuple[Ignored, ...] = ()
    too_much: str = ""  # "texture", "table" or "rows" where there is more than one answer can hold
    is_page: bool = False  # whether a sheet was found on a desk and straightened
    whole: Row | None = None  # all of a picture that is about one row high, as a second view of that row
