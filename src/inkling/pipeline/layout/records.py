"""The results of layout: rows of writing, their cells, and ignored ink."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

from inkling.pipeline.box import Box

CellState = Literal["written", "empty", "crossed_out"]


@dataclass(frozen=True)
class Cell:
    """One box of a comb or table."""

    box: Box  # pixels of the row's image
    state: CellState  # "crossed_out": it looks crossed out; the line network and the classifier decide


@dataclass(frozen=True)
class Strokes:
    """The ink of one row's writing, without ruled lines, cell walls and other rows."""

    mask: np.ndarray  # (h, w) uint8, 1 = written
    from_image: np.ndarray  # (3, 3) float64: pixels of the picture -> pixels of the mask

    def seen(self, to_image: np.ndarray, size_wh: tuple[int, int]) -> np.ndarray:
        """The mask in an image of `size_wh`, (h, w) uint8. `to_image`: its pixels -> pixels of the picture."""
        flags = cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP
        return np.asarray(cv2.warpPerspective(self.mask, self.from_image @ to_image, size_wh, flags=flags))


@dataclass(frozen=True)
class Row:
    """A row of writing, cut out and straightened."""

    image: np.ndarray  # (h, w) uint8, ink dark on light
    to_image: np.ndarray  # (3, 3) float64: pixels of the row's image -> pixels of the picture, homogeneous
    cells: tuple[Cell, ...] = ()  # from left to right; () if the row has no cells
    strokes: Strokes | None = None  # None: all ink of the image
    cut_cells: Callable[[], Sequence[np.ndarray | None]] = tuple  # -> (h, w) uint8 writing of each cell, without walls

    def written(self, to_row: np.ndarray, size_wh: tuple[int, int]) -> np.ndarray:
        """The mask of the strokes in an image of `size_wh`, (h, w) uint8. `to_row`: its pixels -> the row's pixels."""
        if self.strokes is None:
            return np.ones(size_wh[::-1], np.uint8)
        return self.strokes.seen(self.to_image @ to_row, size_wh)

    @property
    def box(self) -> Box:
        """The upright box that encloses the row in the picture."""
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
    """Ink in the picture that is not writing."""

    kind: str  # "edge", "rule", "text"
    box: Box  # pixels of the picture


@dataclass(frozen=True)
class Layout:
    """The rows of a picture in reading order."""

    rows: tuple[Row, ...]
    ignored: tuple[Ignored, ...] = ()
    too_much: str = ""  # "texture", "table" or "rows" if there is too much for one answer
    is_page: bool = False  # whether a sheet was found on a desk and straightened
    whole: Row | None = None  # the whole picture, if it is about one row tall: a second view of that row
