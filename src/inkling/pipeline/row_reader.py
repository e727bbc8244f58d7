"""Read an image row by row: find its layout, recognize each row as a whole, decode it, compose the reading."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from inkling.models.bundle import Bundle
from inkling.pipeline import result
from inkling.pipeline.decode import DecodedImage
from inkling.pipeline.layout import Layout, Row, find_layout
from inkling.pipeline.line_recognizer import LineRecognizer
from inkling.pipeline.quality import too_much
from inkling.pipeline.recognized_row import DecodedRow, decode_row
from inkling.pipeline.result import Other, Reading

REPORTED = ("edge", "crossed_out", "text")  # kinds of ignored ink that a reading names; rules and specks go without


@dataclass(frozen=True)
class ReadRows:
    """The rows of an image and what they say together."""

    layout: Layout
    rows: tuple[DecodedRow, ...]  # in reading order; () where the layout has too much of them
    reading: Reading


class RowReader:
    """Reads rows with the line network. Safe to call from several threads."""

    def __init__(self, bundle: Bundle) -> None:
        """`bundle`: a line network's. Raises BadBundle."""
        self.recognize = LineRecognizer(bundle)
        self.sure_at = bundle.sure_at

    def read(self, decoded: DecodedImage) -> ReadRows:
        """(H, W) uint8 upright grey image, perhaps reduced -> its rows."""
        layout = find_layout(decoded.image)
        h, w = decoded.image.shape
        to_original = np.diag([decoded.size_wh[0] / w, decoded.size_wh[1] / h, 1.0])
        if layout.too_much:
            reading = result.with_warnings(result.compose_empty(decoded.size_wh), (too_much(layout.too_much),))
            return ReadRows(layout, (), reading)
        rows = tuple(self._read_row(row, to_original) for row in layout.rows)
        others = [Other(each.kind, _scaled(each.box, to_original)) for each in layout.ignored if each.kind in REPORTED]
        reading = result.compose_rows(rows, sure_at=self.sure_at, size_wh=decoded.size_wh, others=others)
        return ReadRows(layout, rows, reading)

    def _read_row(self, row: Row, to_original: np.ndarray) -> DecodedRow:
        """A row of the layout, its crossed-out cells told from other marks."""
        read = decode_row(self.recognize.read(row.image, to_original @ row.to_image))
        cells = [_scaled(row.to_image_box(cell.box), to_original) for cell in row.cells]
        return read.with_crossed_out(cells) if cells else read


def _scaled(box: result.Box, to_original: np.ndarray) -> result.Box:
    """A box in pixels of the reduced image -> pixels of the upright image."""
    (fx, fy), (x, y, w, h) = np.diag(to_original)[:2], box
    return int(x * fx), int(y * fy), max(1, round(w * fx)), max(1, round(h * fy))
