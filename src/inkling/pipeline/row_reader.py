"""Read an image row by row: find its layout, recognize each row as a whole, decode it, compose the reading."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from inkling.models.bundle import Bundle
from inkling.pipeline import result
from inkling.pipeline.binarize import binarize
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
from inkling.pipeline.result import Box, Other, Reading
from inkling.pipeline.row_result import compose_rows
from inkling.pipeline.second_opinion import Classify, Weights, pooled

REPORTED = ("edge", "text")  # kinds of ignored ink that a reading names; rules go without


@dataclass(frozen=True)
class ReadRows:
    """The rows of an image and what they say together."""

    layout: Layout
    rows: tuple[DecodedRow, ...]  # in reading order; () where the layout has too much of them
    reading: Reading


@dataclass(frozen=True)
class Recognized:
    """A row that the line network read, not decoded yet."""

    line: LineRow
    texts: list[ScoredText]  # the most probable digits, the best first
    cells: Sequence[Box]  # of the comb or table that the row is in, pixels of the picture
    crossed_out: Sequence[Box]  # those that look crossed out
    cut_cells: Callable[[], Sequence[np.ndarray | None]]  # `layout.Row.cut_cells`


class RowReader:
    """Reads rows with the line network. Safe to call from several threads."""

    def __init__(self, bundle: Bundle, classify: Classify, *, sure_at: float | None = None) -> None:
        """`bundle`: a line network's. `classify`: is asked about each digit of a row that is in doubt.

        `sure_at`: another threshold than the bundle's. Raises BadBundle.
        """
        self.recognize = LineRecognizer(bundle)
        self.classify = classify
        self.weights = Weights.of(bundle.manifest)
        self.sure_at = bundle.sure_at if sure_at is None else sure_at

    def read(self, decoded: DecodedImage) -> ReadRows:
        """(H, W) uint8 upright grey image, perhaps reduced -> its rows."""
        check_deadline()
        layout = find_layout(decoded.image)
        h, w = decoded.image.shape
        to_original = np.diag([decoded.size_wh[0] / w, decoded.size_wh[1] / h, 1.0])
        if layout.too_much:
            nothing = replace(result.compose_empty(decoded.size_wh), outcome="not_digit")
            return ReadRows(layout, (), result.with_warnings(nothing, (too_much(layout.too_much),)))
        read_again = len(layout.rows) <= CONFIG.max_read_again
        recognized = [self._recognize(row, to_original, search=read_again) for row in layout.rows]
        other = ""  # what a second view of the only row says instead
        if layout.whole is not None and not (recognized and _is_certain(recognized[0])):
            recognized, other = _surer(recognized, self._recognize(layout.whole, to_original))
        if read_again:
            recognized = [_of_more_views(each) for each in recognized]
        rows = tuple(self._decode(each, ask=read_again) for each in recognized)
        others = [Other(each.kind, _scaled(each.box, to_original)) for each in layout.ignored if each.kind in REPORTED]
        reading = compose_rows(rows, sure_at=self.sure_at, size_wh=decoded.size_wh, others=others)
        if other:
            doubt = f"with more of the picture it looks like {other}; check it by eye, or show the number alone."
            reading = result.doubted(reading, doubt)
        return ReadRows(_with_crossed_out_cells(layout, rows), rows, reading)

    def _recognize(self, row: Row, to_original: np.ndarray, *, search: bool = True) -> Recognized:
        """A row of the layout, read as it is. `search`: for other texts, even if none is probable."""
        check_deadline()
        line = self.recognize.read(row.image, to_original @ row.to_image, row.written if row.strokes else None)
        cells = [_scaled(row.to_image_box(cell.box), to_original) for cell in row.cells]
        crossed_out = [box for box, cell in zip(cells, row.cells, strict=True) if cell.state == "crossed_out"]
        if not search and (greedy := greedy_text(line)).prob < CONFIG.min_opinion:
            return Recognized(line, [greedy], cells, crossed_out, row.cut_cells)
        return Recognized(line, of_one_view(line), cells, crossed_out, row.cut_cells)

    def _decode(self, row: Recognized, *, ask: bool) -> DecodedRow:
        """The signs between the digits, and where each symbol stands. `ask`: the classifier, about doubtful digits."""
        texts = row.texts
        if ask and texts[0].prob < LINE_RECOGNIZER.certain_at:
            texts = self.judge(texts, row)
        decoded = decode_row(row.line, texts).in_cells(row.cells)
        return replace(decoded, judge=lambda others: self._judged(row, others)) if ask else decoded

    def _judged(self, row: Recognized, texts: Sequence[ScoredText]) -> list[ScoredText]:
        return self.judge(averaged(row.line, texts), row)

    def judge(self, texts: Sequence[ScoredText], row: Recognized) -> list[ScoredText]:
        """Texts of a row with the classifier's opinion."""
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
    """(k, 28, 28) float32: the digits in the written cells of a comb. None for a table, whose cells hold several."""
    if not are_of_comb(row.cells):
        return None
    images = [image for image in row.cut_cells() if image is not None]
    return np.array([normalize_crop(binarize(image)) for image in images], np.float32).reshape(-1, SIDE, SIDE)


def _is_certain(row: Recognized) -> bool:
    return row.texts[0].prob >= LINE_RECOGNIZER.certain_at


def _of_more_views(row: Recognized) -> Recognized:
    """The same row, read at more widths if it is in doubt."""
    return replace(row, texts=of_more_views(row.line, row.texts))


def _surer(rows: list[Recognized], whole: Recognized) -> tuple[list[Recognized], str]:
    """The more probable of two views of a picture's only row, and what the other says, if it is something else.

    Layout may have cut off a digit that it took for a rule; the whole picture may show what is no part of the row.
    """
    if not rows:
        return [whole] if whole.texts[0].prob >= CONFIG.min_opinion else [], ""
    whole = replace(whole, cells=rows[0].cells, crossed_out=rows[0].crossed_out, cut_cells=rows[0].cut_cells)
    first, second = sorted([rows[0], whole], key=lambda row: -row.texts[0].prob)
    differs = second.texts[0].text != first.texts[0].text and second.texts[0].prob >= CONFIG.min_opinion
    return [first], "".join(map(str, second.texts[0].text)) if differs else ""


def _with_crossed_out_cells(layout: Layout, rows: Sequence[DecodedRow]) -> Layout:
    """The layout, with the state of each cell changed in which there is a mark, or a digit after all."""
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


def _scaled(box: result.Box, to_original: np.ndarray) -> result.Box:
    """A box in pixels of the reduced image -> pixels of the upright image."""
    (fx, fy), (x, y, w, h) = np.diag(to_original)[:2], box
    return int(x * fx), int(y * fy), max(1, round(w * fx)), max(1, round(h * fy))
