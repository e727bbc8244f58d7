"""The filmstrip steps of rows that were read as a whole: layout, row images, columns, symbols, texts."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Sequence

import cv2
import numpy as np

from inkling.explain.annotate import (
    LabelledBox,
    as_drawn,
    draw_boxes,
    draw_columns,
    draw_layout,
    draw_row_images,
    draw_texts,
)
from inkling.explain.render import Theme
from inkling.explain.row_digits import text_of
from inkling.explain.step import Step
from inkling.explain.words import counted
from inkling.pipeline.config.line import LINE_IMAGE
from inkling.pipeline.ctc import align
from inkling.pipeline.layout import Layout
from inkling.pipeline.layout.geometry import mapped_corners
from inkling.pipeline.layout.light import separate
from inkling.pipeline.reader import Trace
from inkling.pipeline.recognized_row import DecodedRow, LineRow
from inkling.pipeline.symbols import CROSSED_OUT, CURRENCY, MARK

MAX_ROWS = 6  # rows whose images are shown
MAX_TABLES = 3  # rows whose columns and texts are shown
IGNORED = {"edge": "edge mark", "rule": "ruled line", "text": "outside mark"}
FULL_INK = 0.6  # of the highest contrast; ink with more is drawn black, so that pencil is visible


def row_steps(trace: Trace, layout: Layout) -> tuple[Step, ...]:
    """The steps between the picture and the answer; only the layout if no row was read."""

    @functools.cache
    def ink() -> np.ndarray:
        """(H, W) float32: the picture without the paper's shading and color, 0 paper .. 1 ink."""
        contrast = separate(trace.image).contrast.astype(np.float32)
        return np.asarray(np.minimum(contrast / (FULL_INK * max(float(contrast.max()), 1.0)), 1.0))

    read = [(decoded, decoded.row) for decoded in trace.rows if isinstance(decoded.row, LineRow)]
    corners = [_corners(row, trace) for _, row in read]
    found = Step(
        "layout",
        "The rows",
        _layout_caption(layout, len(read)),
        lambda side, theme: draw_layout(ink(), layout, corners, side, theme),
    )
    if not read:
        return (found,)
    images = [row.image for _, row in read[:MAX_ROWS]]
    rows = Step(
        "rows",
        "What the network sees",
        "Each row is cut out, straightened and scaled to a height of 32 pixels. The line network reads these gray "
        f"levels, not single digits.{_first(len(read), MAX_ROWS)}",
        lambda side, theme: draw_row_images(images, side, theme),
    )
    tables = [(decoded, row) for decoded, row in read if decoded.symbols][:MAX_TABLES]
    if not tables:
        return found, rows
    columns = Step(
        "columns",
        "The probability of each symbol",
        f"For every {LINE_IMAGE.width_step_px} pixels of the row, the network outputs the probability of each symbol; "
        "blank means no new symbol. The frames show the most probable positions of the text's symbols."
        f"{_first(len(read), MAX_TABLES)}",
        lambda side, theme: _stacked([_columns(*each, side, theme) for each in tables], theme, side),
    )
    boxes = [
        LabelledBox(symbol.box, _label(symbol.name), symbol.name not in (MARK, CROSSED_OUT))
        for decoded, _ in read
        for symbol in decoded.symbols
    ]
    symbols = Step(
        "symbols",
        "The symbols in the picture",
        "A box around the ink of each symbol of the text. "
        f"{_counts([symbol.is_digit for decoded, _ in read for symbol in decoded.symbols])}",
        lambda side, theme: draw_boxes(ink(), boxes, size_wh=trace.reading.size_wh, side=side, theme=theme),
    )
    texts = Step(
        "texts",
        "The most probable digits",
        "Many ways to fill the columns give the same digits, with any signs between them; their probabilities are "
        "added. A doubtful row is also read narrower and wider, and the probabilities are averaged."
        f"{_first(len(read), MAX_TABLES)}",
        lambda side, theme: _stacked([_texts(decoded, side, theme) for decoded, _ in tables], theme, side),
    )
    return found, rows, columns, symbols, texts


def _corners(row: LineRow, trace: Trace) -> np.ndarray:
    """(4, 2) corners of a row, in clockwise order, in pixels of the trace's image."""
    h, w = row.image.shape
    return np.asarray(mapped_corners((0, 0, w, h), row.to_picture) * trace.image.shape[1] / trace.reading.size_wh[0])


def _columns(decoded: DecodedRow, row: LineRow, side: int, theme: Theme) -> np.ndarray:
    text = text_of(decoded)
    return draw_columns(row.image, row.probs, align(row.probs, text), text, side=side, theme=theme)


def _texts(decoded: DecodedRow, side: int, theme: Theme) -> np.ndarray:
    return draw_texts([(as_drawn(text) or "nothing", prob) for text, prob in decoded.texts], side, theme)


def _stacked(pictures: Sequence[np.ndarray], theme: Theme, side: int) -> np.ndarray:
    """Stack pictures vertically, downscaled if they are taller than `side`. (h, w, 3) uint8"""
    width, gap = max(picture.shape[1] for picture in pictures), side // 40
    padded: list[np.ndarray] = []
    for picture in pictures:
        h, w, _ = picture.shape
        canvas = np.full((h + (gap if padded else 0), width, 3), theme.paper, np.uint8)
        canvas[-h:, :w] = picture
        padded.append(canvas)
    whole = np.concatenate(padded)
    if len(whole) <= side:
        return whole
    return cv2.resize(whole, (max(1, width * side // len(whole)), side), interpolation=cv2.INTER_AREA)


def _label(name: str) -> str:
    return {MARK: "mark", CROSSED_OUT: "crossed out", CURRENCY: "$"}.get(name, name)


def _counts(is_digit: Sequence[bool]) -> str:
    n = sum(is_digit)
    others = f" and {counted(len(is_digit) - n, 'other mark').lower()}" if n < len(is_digit) else ""
    return f"{counted(n, 'digit')}{others}."


def _layout_caption(layout: Layout, n_rows: int) -> str:
    parts = ["The paper's shading and color are removed."]
    if layout.is_page:
        parts.append("A sheet was found, and its surroundings are ignored.")
    n_cells = sum(len(row.cells) for row in layout.rows)
    rows = f"{counted(n_rows, 'row')} of writing found"
    parts.append(f"{rows}, with {counted(n_cells, 'cell').lower()}." if n_cells else f"{rows}.")
    kinds = Counter(ignored.kind for ignored in layout.ignored)
    if kinds:
        listed = ", ".join(counted(n, IGNORED.get(kind, "mark")).lower() for kind, n in kinds.items())
        parts.append(f"Ignored, in orange: {listed}.")
    return " ".join(parts)


def _first(n: int, most: int) -> str:
    return f" The first {most} of {n} rows are shown." if n > most else ""
