"""What layout finds: rows of writing, their cells, and what was left out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

Box = tuple[int, int, int, int]  # x, y, w, h in pixels
CellState = Literal["written", "empty", "crossed_out"]


@dataclass(frozen=True)
class Cell:
    """One box of a comb or table."""

    box: Box  # pixels of the row's image
    state: CellState  # "crossed_out": it looks so; the line network and the classifier decide


@dataclass(frozen=True)
class Strokes:
    """Which ink is writing of this row: no rules, no cell walls, nothing of other rows."""

    mask: np.ndarray  # (h, w) uint8, 1 = written
    from_image: np.ndarray  # (3, 3) float64: pixels of the picture -> pixels of the mask

    def seen(self, to_image: np.ndarray, size_wh: tuple[int, int]) -> np.ndarray:
        """The mask in an image of `size_wh`, (h, w) uint8; `to_image`: its pixels -> pixels of the picture."""
        flags = cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP
        return np.asarray(cv2.warpPerspective(self.mask, self.from_image @ to_image, size_wh, flags=flags))


@dataclass(frozen=True)
class Row:
    """One row of writing, cut out and straightened."""

    image: np.ndarray  # (h, w) uint8, ink dark on light
    to_image: np.ndarray  # (3, 3) float64: pixels of the row's image -> pixels of the picture, homogeneous
    cells: tuple[Cell, ...] = ()  # from left to right; () where the row is written freely
    strokes: Strokes | None = None  # None: all of the image's ink
    cut_cells: Callable[[], Sequence[np.ndarray | None]] = tuple  # -> what is written in each, (h, w) uint8, no walls

    def written(self, to_row: np.ndarray, size_wh: tuple[int, int]) -> np.ndarray:
        """The mask of its strokes in an image of `size_wh`, (h, w) uint8; `to_row`: its pixels -> those of the row."""
        if self.strokes is None:
            return np.ones(size_wh[::-1], np.uint8)
        return self.strokes.seen(self.to_image @ to_row, size_wh)

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
