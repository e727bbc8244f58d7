"""Read an image row by row: find its layout, recognize each row as a whole, decode it, and compose the reading."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from inkling.models.bundle import Bundle
from inkling.pipeline import result
from inkling.pipeline.binarize import binarize
from inkling.pipeline.box import Box
from inkling.pipeline.config.line import LINE_RECOGNIZER
from inkling.pipeline.config.line import ROW_READER as CONFIG
from inkling.pipeline.deadline import check_deadline
from inkling.pipeline.decode import DecodedImage
from inkling.pipeline.layout import Layout, Row, find_layout
from inkling.pipeline.line_recognizer import LineRecognizer
from inkling.pipeline.normalize import SIDE, normalize_crop
from inkling.pipeline.prefix_search import ScoredText
from inkling.pipeline.quality import too_much
from inkling.pipeline.recognized_row import (
    DecodedRow,
    LineRow,
    are_of_comb,
    averaged,
    decode_row,
    greedy_text,
    of_more_views,
    of_one_view,
)
from inkling.pipeline.result import Other, Reading
from inkling.pipeline.row_result import compose_rows
from inkling.pipeline.second_opinion import Classify, Weights, pooled

REPORTED = ("edge", "text")  # kinds of ignored ink that a reading lists; ruled lines are not listed


@dataclass(frozen=True)
class ReadRows:
    """The rows of an image and their combined reading."""

    layout: Layout
    rows: tuple[DecodedRow, ...]  # in reading order; () if there are too many
    reading: Reading


@dataclass(frozen=True)
class Recognized:
    """A row that the line network has read but that is not decoded yet."""

    line: LineRow
    texts: list[ScoredText]  # the most probable digits, the best first
    cells: Sequence[Box]  # of the comb or table that contains the row, pixels of the picture
    crossed_out: Sequence[Box]  # the cells that look crossed out
    cut_cells: Callable[[], Sequence[np.ndarray | None]]  # `layout.Row.cut_cells`

    @property
    def is_certain(self) -> bool:
        return self.texts[0].prob >= LINE_RECOGNIZER.certain_at


class RowReader:
    """Reads rows with the line network. Safe to call from several threads."""

    def __init__(self, bundle: Bundle, classify: Classify, *, sure_at: float | None = None) -> None:
        """`bundle`: of a line network. `classify`: classifies each digit of a doubtful row.

        `sure_at`: a threshold that replaces the bundle's. Raises BadBundle.
        """
        self.recognize = LineRecognizer(bundle)
        self.classify = classify
        self.weights = Weights.of(bundle.manifest)
        self.sure_at = bundle.sure_at if sure_at is None else sure_at

    def read(self, decoded: DecodedImage) -> ReadRows:
        """(H, W) uint8 upright gray image, possibly downscaled -> its rows."""
        check_deadline()
        layout = find_layout(decoded.image)
        h, w = decoded.image.shape
        to_original = np.diag([decoded.size_wh[0] / w, decoded.size_wh[1] / h, 1.0])
        if layout.too_much:
            nothing = replace(result.compose_empty(decoded.size_wh), outcome="not_digit")
            return ReadRows(layout, (), result.with_warnings(nothing, (too_much(layout.too_much),)))
        read_again = len(layout.rows) <= CONFIG.max_read_again
        recognized = [self._recognize(row, to_original, search=read_again) for row in layout.rows]
        other = ""  # the text of a second view of the only row, if it differs
        if layout.whole is not None and not (recognized and recognized[0].is_certain):
            recognized, other = _surer(recognized, self._recognize(layout.whole, to_original))
        if read_again:
            recognized = [replace(each, texts=of_more_views(each.line, each.texts)) for each in recognized]
        rows = tuple(self._decode(each, ask=read_again) for each in recognized)
        others = [Other(each.kind, _scaled(each.box, to_original)) for each in layout.ignored if each.kind in REPORTED]
        reading = compose_rows(rows, sure_at=self.sure_at, size_wh=decoded.size_wh, others=others)
        if other:
            doubt = f"another view of the row looks like {other}; check it by eye, or show only the number."
            reading = result.doubted(reading, doubt)
        return ReadRows(_with_crossed_out_cells(layout, rows), rows, reading)

    def _recognize(self, row: Row, to_original: np.ndarray, *, search: bool = True) -> Recognized:
        """Read a row of the layout in one view. `search`: look for alternative texts even if none is probable."""
        check_deadline()
        line = self.recognize.read(row.image, to_original @ row.to_image, row.written if row.strokes else None)
        cells = [_scaled(row.to_image_box(cell.box), to_original) for cell in row.cells]
        crossed_out = [box for box, cell in zip(cells, row.cells, strict=True) if cell.state == "crossed_out"]
        greedy = None if search else greedy_text(line)
        texts = [greedy] if greedy and greedy.prob < CONFIG.min_opinion else of_one_view(line)
        return Recognized(line, texts, cells, crossed_out, row.cut_cells)

    def _decode(self, row: Recognized, *, ask: bool) -> DecodedRow:
        """Find the signs between the digits, and each symbol's box. `ask`: classify doubtful digits in isolation."""
        texts = self.judge(row.texts, row) if ask and not row.is_certain else row.texts
        decoded = decode_row(row.line, texts).in_cells(row.cells)
        return replace(decoded, judge=lambda others: self.judge(averaged(row.line, others), row)) if ask else decoded

    def judge(self, texts: Sequence[ScoredText], row: Recognized) -> list[ScoredText]:
        """Rescore the texts of a row with the classifier's opinion."""
        return pooled(
            texts,
            row.line,
            row.cells,
            self.classify,
            self.weights,
            crossed_out=row.crossed_out,
            cell_tiles=_cell_tiles(row),
        )


def _cell_tiles(row: Recognized) -> np.ndarray | None:
    """(k, 28, 28) float32 digits in the written cells of a comb. None for any other row."""
    if not are_of_comb(row.cells):
        return None
    images = [image for image in row.cut_cells() if image is not None]
    return np.array([normalize_crop(binarize(image)) for image in images], np.float32).reshape(-1, SIDE, SIDE)


def _surer(rows: list[Recognized], whole: Recognized) -> tuple[list[Recognized], str]:
    """The more probable of two views of a picture's only row, and the text of the other if it differs.

    Layout may have mistaken a digit for a line and cut it off. The whole picture may show things that are not part of
    the row.
    """
    if not rows:
        return [whole] if whole.texts[0].prob >= CONFIG.min_opinion else [], ""
    whole = replace(whole, cells=rows[0].cells, crossed_out=rows[0].crossed_out, cut_cells=rows[0].cut_cells)
    first, second = sorted([rows[0], whole], key=lambda row: -row.texts[0].prob)
    differs = second.texts[0].text != first.texts[0].text and second.texts[0].prob >= CONFIG.min_opinion
    return [first], "".join(map(str, second.texts[0].text)) if differs else ""


def _with_crossed_out_cells(layout: Layout, rows: Sequence[DecodedRow]) -> Layout:
    """Update the states of the layout's cells: "crossed_out" if a cell contains a mark, "written" if a digit."""
    states = []
    for row, decoded in zip(layout.rows, rows, strict=False):
        crossed_out = decoded.crossed_out_cells()
        digits = decoded.cells_with_digits()
        cells = (
            replace(cell, state="crossed_out" if k in crossed_out else "written") if k in crossed_out | digits else cell
            for k, cell in enumerate(row.cells)
        )
        states.append(replace(row, cells=tuple(cells)))
    return replace(layout, rows=tuple(states))


def _scaled(box: Box, to_original: np.ndarray) -> Box:
    """A box in pixels of the downscaled image -> pixels of the upright original image."""
    (fx, fy), (x, y, w, h) = np.diag(to_original)[:2], box
    return int(x * fx), int(y * fy), max(1, round(w * fx)), max(1, round(h * fy))
