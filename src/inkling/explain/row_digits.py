"""The digits of rows that were read as a whole, each with the part of the row's image around it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from inkling.pipeline.box import Box
from inkling.pipeline.ctc import Text
from inkling.pipeline.layout.geometry import mapped_corners
from inkling.pipeline.line_image import HEIGHT
from inkling.pipeline.reader import Trace
from inkling.pipeline.recognized_row import DecodedRow, LineRow
from inkling.pipeline.result import Digit
from inkling.pipeline.symbols import CLASSES, CROSSED_OUT, MARK


@dataclass(frozen=True)
class RowDigit:
    """One digit of a row."""

    digit: Digit
    is_read: bool  # False if the reading rejected it, as on a page of text
    row: LineRow
    decoded: DecodedRow
    place: int  # index of its symbol in the row
    left: int  # x of its tile in the row's image

    @property
    def tile(self) -> np.ndarray:
        """(32, 32) float32, 0 paper .. 1 ink: the row's image around the digit. It may contain a neighbor's ink."""
        part = self.row.image[:, self.left : self.left + HEIGHT]
        return np.pad(np.clip(part, 0, 1), ((0, 0), (0, HEIGHT - part.shape[1])))

    @property
    def box(self) -> Box:
        """The digit's box in its tile: x, y, w, h in pixels."""
        x, y, right, bottom = _in_row_image(self.digit.box, self.row)
        left, top = int(np.clip(x - self.left, 0, HEIGHT - 1)), int(np.clip(y, 0, HEIGHT - 1))
        w, h = round(right - self.left) - left, round(bottom) - top
        return left, top, int(np.clip(w, 1, HEIGHT - left)), int(np.clip(h, 1, HEIGHT - top))


def text_of(row: DecodedRow) -> Text:
    """The symbol numbers of a row; crossed-out symbols are marks."""
    return tuple(CLASSES.index(MARK if symbol.name == CROSSED_OUT else symbol.name) for symbol in row.symbols)


def row_digits(trace: Trace) -> Iterator[RowDigit]:
    """The digits of all rows, in reading order."""
    refused = [other.resembles for other in trace.reading.others if other.resembles]
    digits = iter(trace.reading.digits or refused)
    for decoded in trace.rows:
        if not isinstance(decoded.row, LineRow):
            continue
        for place, symbol in enumerate(decoded.symbols):
            if not symbol.is_digit:
                continue
            digit = next(digits, None)
            if digit is None:
                return
            x, _, right, _ = _in_row_image(digit.box, decoded.row)
            width = decoded.row.image.shape[1]
            left = int(np.clip(round((x + right) / 2) - HEIGHT // 2, 0, max(0, width - HEIGHT)))
            yield RowDigit(digit, bool(trace.reading.digits), decoded.row, decoded, place, left)


def _in_row_image(box: Box, row: LineRow) -> tuple[float, float, float, float]:
    """A box in pixels of the picture -> left, top, right, bottom in pixels of the row's image."""
    corners = mapped_corners(box, np.linalg.inv(row.to_picture))
    (left, top), (right, bottom) = corners.min(axis=0).tolist(), corners.max(axis=0).tolist()
    return left, top, right, bottom
