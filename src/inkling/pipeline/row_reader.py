"""Read an image row by row: find its layout, recognize each row as a whole, decode it, compose the reading."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from inkling.models.bundle import Bundle
from inkling.pipeline import result
from inkling.pipeline.config.line import ROW_READER as CONFIG
from inkling.pipeline.decode import DecodedImage
from inkling.pipeline.layout import Layout, Row, find_layout
from inkling.pipeline.line_recognizer import LineRecognizer
from inkling.pipeline.quality import too_much
from inkling.pipeline.recognized_row import DecodedRow, decode_row
from inkling.pipeline.result import Other, Reading
from inkling.pipeline.row_result import compose_rows

REPORTED = ("edge", "crossed_out", "text")  # kinds of ignored ink that a reading names; rules and specks go without


@dataclass(frozen=True)
class ReadRows:
    """The rows of an image and what they say together."""

    layout: Layout
    rows: tuple[DecodedRow, ...]  # in reading order; () where the layout has too much of them
    reading: Reading


class RowReader:
    """Reads rows with the line network. Safe to call from several threads."""

    def __init__(self, bundle: Bundle, *, sure_at: float | None = None) -> None:
        """`bundle`: a line network's. `sure_at`: another threshold than the bundle's. Raises BadBundle."""
        self.recognize = LineRecognizer(bundle)
        self.sure_at = bundle.sure_at if sure_at is None else sure_at

    def read(self, decoded: DecodedImage) -> ReadRows:
        """(H, W) uint8 upright grey image, perhaps reduced -> its rows."""
        layout = find_layout(decoded.image)
        h, w = decoded.image.shape
        to_original = np.diag([decoded.size_wh[0] / w, decoded.size_wh[1] / h, 1.0])
        if layout.too_much:
            nothing = replace(result.compose_empty(decoded.size_wh), outcome="not_digit")
            return ReadRows(layout, (), result.with_warnings(nothing, (too_much(layout.too_much),)))
        few = len(layout.rows) <= CONFIG.max_read_again
        rows = tuple(self._read_row(row, to_original, in_doubt_again=few) for row in layout.rows)
        other = ""  # what a second view of the only row says instead
        if layout.whole is not None:
            whole = self._read_row(layout.whole, to_original)
            rows, other = _surer(rows, whole.in_cells(rows[0].cells) if rows else whole)
        others = [Other(each.kind, _scaled(each.box, to_original)) for each in layout.ignored if each.kind in REPORTED]
        reading = compose_rows(rows, sure_at=self.sure_at, size_wh=decoded.size_wh, others=others)
        if other:
            doubt = f"with more of the picture it looks like {other}; check it by eye, or show the number alone."
            reading = result.doubted(reading, doubt)
        return ReadRows(layout, rows, reading)

    def _read_row(self, row: Row, to_original: np.ndarray, *, in_doubt_again: bool = True) -> DecodedRow:
        """A row of the layout, in its cells. `in_doubt_again`: a doubtful one is read at more widths."""
        line = self.recognize.read(row.image, to_original @ row.to_image)
        read = decode_row(line if in_doubt_again else replace(line, more_views=tuple))
        cells = [_scaled(row.to_image_box(cell.box), to_original) for cell in row.cells]
        return read.in_cells(cells)


def _surer(rows: tuple[DecodedRow, ...], whole: DecodedRow) -> tuple[tuple[DecodedRow, ...], str]:
    """The more probable of two views of a picture's only row, and what the other says, if it is something else.

    Layout may have cut off a digit that it took for a rule; the whole picture may show what is no part of the row.
    """
    if not rows:
        return (whole,) if whole.prob >= CONFIG.min_opinion else (), ""
    first, second = sorted([rows[0], whole], key=lambda row: -row.prob)
    differs = second.text != first.text and second.prob >= CONFIG.min_opinion
    return (first,), second.text if differs else ""


def _scaled(box: result.Box, to_original: np.ndarray) -> result.Box:
    """A box in pixels of the reduced image -> pixels of the upright image."""
    (fx, fy), (x, y, w, h) = np.diag(to_original)[:2], box
    return int(x * fx), int(y * fy), max(1, round(w * fx)), max(1, round(h * fy))
