"""The digits of a row that was read as a whole, each with the part of the row's image around it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from inkling.pipeline.ctc import Text
from inkling.pipeline.line_image import HEIGHT
from inkling.pipeline.reader import Trace
from inkling.pipeline.recognized_row import DecodedRow, LineRow
from inkling.pipeline.result import Box, Digit
from inkling.pipeline.symbols import CLASSES, CROSSED_OUT, MARK


@dataclass(frozen=True)
class RowDigit:
    """One digit of a row."""

    digit: Digit
    is_read: bool  # False where the reading refused it after all, as on a page of text
    row: LineRow
    decoded: DecodedRow
    place: int  # of its symbol among those of the row
    left: int  # the first column of pixels of its tile in the row's image

    @property
    def tile(self) -> np.ndarray:
        """(32, 32) float32, 0 paper .. 1 ink: the row's image around the digit; a neighbour's ink may be in it."""
        part = self.row.image[:, self.left : self.left + HEIGHT]
        return np.pad(np.clip(part, 0, 1), ((0, 0), (0, HEIGHT - part.shape[1])))

    @property
    def box(self) -> Box:
        """Where the digit lies in its tile: x, y, w, h in pixels."""
        x, y, right, bottom = _in_row_image(self.digit.box, self.row)
        left, top = int(np.clip(x - self.left, 0, HEIGHT - 1)), int(np.clip(y, 0, HEIGHT - 1))
        w, h = round(right - self.left) - left, round(bottom) - top
        return left, top, int(np.clip(w, 1, HEIGHT - left)), int(np.clip(h, 1, HEIGHT - top))


def text_of(row: DecodedRow) -> Text:
    """The symbols of a row by their numbers; what is crossed out is a mark."""
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
    x, y, w, h = box
    corners = np.array([[x, y], [x + w, y], [x, y + h], [x + w, y + h]], float)
    found = cv2.perspectiveTransform(corners[None], np.linalg.inv(row.to_picture))[0]
    (left, top), (right, bottom) = found.min(axis=0).tolist(), found.max(axis=0).tolist()
    return left, top, right, bottom
