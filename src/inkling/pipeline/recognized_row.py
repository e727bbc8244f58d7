"""A row as column probabilities, and its text: symbols with their boxes.

A `LineRow` is read by the line network; a `GlyphRow` is read digit by digit by the classifier. `decode_row` decodes
both.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import cv2
import numpy as np

from inkling.pipeline.box import Box
from inkling.pipeline.config.line import COLUMNS, LINE_IMAGE, LINE_RECOGNIZER
from inkling.pipeline.ctc import (
    N_DIGITS,
    Text,
    align,
    fits,
    from_digits,
    greedy_decode,
    keep_symbols,
    log_likelihoods,
    substitution_probs,
)
from inkling.pipeline.prefix_search import PrefixSearch, ScoredText, with_symbols_between
from inkling.pipeline.symbol_boxes import symbol_boxes, without_rules
from inkling.pipeline.symbols import CLASSES, CROSSED_OUT, MARK

MAJORITY = 0.5  # a text with a higher probability, given its digits, is the most probable one with these digits


@dataclass(frozen=True)
class LineRow:
    """A row that the line network read."""

    probs: np.ndarray  # (T, 22) calibrated column probabilities
    image: np.ndarray  # (32, 4 T) float32 line image
    to_picture: np.ndarray  # (3, 3) pixels of the line image -> pixels of the picture
    more_views: Callable[[], Sequence[np.ndarray]] = tuple  # -> (T_i, 22) of the row at other widths
    strokes: Callable[[], np.ndarray | None] = lambda: None  # -> (32, 4 T) uint8 mask of the writing, if known

    _boxes: dict[Text, np.ndarray] = field(default_factory=dict, init=False, repr=False, compare=False)

    @cached_property
    def ink(self) -> np.ndarray:
        """(32, 4 T) float32: the line image without ruled lines and walls."""
        strokes = self.strokes()
        return without_rules(self.image) if strokes is None else self.image * strokes

    def line_boxes(self, text: Text) -> np.ndarray:
        """The boxes of a text's n symbols, in pixels of the line image: (n, 4) float64 x, y, w, h."""
        if text not in self._boxes:
            spans = align(self.probs, text) if text else []
            self._boxes[text] = symbol_boxes(self.ink, spans, column_px=LINE_IMAGE.width_step_px)
        return self._boxes[text]

    def boxes(self, text: Text) -> list[Box]:
        """The box of each symbol of a text, in pixels of the picture."""
        return self.in_picture(self.line_boxes(text))

    def in_picture(self, line_boxes: np.ndarray) -> list[Box]:
        """(n, 4) boxes in pixels of the line image -> upright boxes around them in the picture."""
        if not len(line_boxes):
            return []
        x, y, w, h = line_boxes.T
        corners = np.stack([x, y, x + w, y, x, y + h, x + w, y + h], axis=1).reshape(-1, 4, 2)
        mapped = cv2.perspectiveTransform(corners, self.to_picture)  # (n, 4, 2)
        return [_box_around(each) for each in mapped]


@dataclass(frozen=True)
class GlyphRow:
    """Digits that the classifier read one by one; created by `glyph_row`."""

    probs: np.ndarray  # (2 N - 1, 22) columns: digits separated by blanks
    glyph_boxes: tuple[Box, ...]  # of the N digits, pixels of the picture

    def boxes(self, text: Text) -> list[Box]:
        """The box of each symbol of a text, in pixels of the picture."""
        return [self.glyph_boxes[start // 2] for start, _ in align(self.probs, text)] if text else []


Row = LineRow | GlyphRow


def glyph_row(probs: np.ndarray, not_digit: np.ndarray, boxes: Sequence[Box]) -> GlyphRow:
    """(N, 10) calibrated probabilities of digits from left to right, (N,) of non-digits, N boxes -> their row."""
    return GlyphRow(from_digits(probs, not_digit), tuple(boxes))


@dataclass(frozen=True)
class Symbol:
    """One symbol of a row's text."""

    name: str  # of `symbols.CLASSES`: a digit, a sign or "mark"; or "crossed_out"
    confidence: float  # its probability, 0..1, given the rest of the text
    probs: tuple[float, ...]  # of the ten digits, given that the symbol is a digit; they sum to 1
    not_digit: float  # probability 0..1 that it is a sign or a mark
    box: Box  # pixels of the picture
    is_glyph: bool = False  # read in isolation by the classifier; a mark is then a glyph that the classifier rejected

    @property
    def is_digit(self) -> bool:
        return self.name.isdigit()


@dataclass(frozen=True)
class DecodedRow:
    """A row and its text."""

    row: Row
    symbols: tuple[Symbol, ...]  # from left to right, including signs and marks
    prob: float  # probability of its digits, 0..1, with any signs
    signs_prob: float  # probability of its signs and marks, 0..1, given the digits
    texts: tuple[ScoredText, ...]  # candidates for the digits, the best first: given to `decode_row`, or found there
    cells: tuple[Box, ...] = ()  # of the comb or table that contains the row, pixels of the picture
    judge: Callable[[Sequence[ScoredText]], list[ScoredText]] = list  # rescores other texts; returns the best first

    def in_cells(self, cells: Sequence[Box]) -> DecodedRow:
        """The same row in the cells of a comb or table, boxes in pixels of the picture.

        A mark in a cell becomes "crossed_out".
        """
        found = tuple(
            replace(symbol, name=CROSSED_OUT)
            if symbol.name == MARK and cell_of(symbol.box, cells) is not None
            else symbol
            for symbol in self.symbols
        )
        return replace(self, symbols=found, cells=tuple(cells))

    def crossed_out_cells(self) -> set[int | None]:
        """The numbers of the cells that contain a mark."""
        return {cell_of(symbol.box, self.cells) for symbol in self.symbols if symbol.name == CROSSED_OUT}

    def cells_with_digits(self) -> set[int | None]:
        """The numbers of the cells that contain a digit."""
        return {cell_of(symbol.box, self.cells) for symbol in self.symbols if symbol.is_digit}

    @property
    def text(self) -> str:
        """Only the digits."""
        return "".join(symbol.name for symbol in self.symbols if symbol.is_digit)

    @property
    def written(self) -> str:
        """The digits and signs, with a tab between two columns: cells of a table, or numbers far apart."""
        shown = [symbol for symbol in self.symbols if symbol.name not in (MARK, CROSSED_OUT)]
        parts = [symbol.name for symbol in shown[:1]]
        is_apart = self._are_in_columns if self.cells else self._are_far_apart
        for left, right in itertools.pairwise(shown):
            parts.append(f"\t{right.name}" if is_apart(left, right) else right.name)
        return "".join(parts)

    def _are_far_apart(self, left: Symbol, right: Symbol) -> bool:
        heights = [symbol.box[3] for symbol in self.symbols if symbol.is_digit]
        gap = right.box[0] - left.box[0] - left.box[2]
        return bool(heights) and gap > COLUMNS.max_gap * float(np.median(heights))

    def _are_in_columns(self, left: Symbol, right: Symbol) -> bool:
        """Whether two symbols are in different cells of a table. The cells of a comb hold the digits of one number."""
        used = {cell_of(symbol.box, self.cells) for symbol in self.symbols if symbol.is_digit} - {None}
        is_comb = are_of_comb(self.cells) and len(self.text) < COLUMNS.min_digits * len(used)
        return not is_comb and cell_of(left.box, self.cells) != cell_of(right.box, self.cells)


def are_of_comb(cells: Sequence[Box]) -> bool:
    """Whether cells are narrow enough to belong to a comb, with one digit each. False without cells."""
    return bool(cells) and float(np.median([w / h for _, _, w, h in cells])) < COLUMNS.min_aspect_ratio


def cell_of(box: Box, cells: Sequence[Box]) -> int | None:
    """The number of the cell that contains the center of a symbol's box; None if no cell does."""
    x, y, w, h = box
    middle = x + w / 2, y + h / 2
    inside = (a <= middle[0] <= a + c and b <= middle[1] <= b + d for a, b, c, d in cells)
    return next((i for i, is_inside in enumerate(inside) if is_inside), None)


def decode_row(row: Row, texts: Sequence[ScoredText] | None = None) -> DecodedRow:
    """A row -> its most probable digits, and the most probable signs between them.

    Signs (is a dot a point, a comma or dirt?) are doubtful more often than digits. So the digits are decoded first,
    with their probabilities summed over all possible signs between them. `texts`: candidates for the digits, the best
    first.
    """
    texts = list(texts or best_digits(row))
    if not len(row.probs):
        return DecodedRow(row, (), 1.0, 1.0, tuple(texts))
    text = tuple(greedy_decode(row.probs))
    if tuple(k for k in text if k < N_DIGITS) == texts[0].text:
        signs_prob = _signs_prob(row, text)
        if signs_prob > MAJORITY:
            return _decoded(row, text, texts, signs_prob=signs_prob)
    search = PrefixSearch(row.probs, with_symbols_between(texts[0].text, N_DIGITS, row.probs.shape[1] - 1))
    [(text, prob)] = search.n_best(1)
    return _decoded(row, text, texts, signs_prob=prob / search.accepted)


def decode_row_as(row: Row, text: Text) -> DecodedRow:
    """Decode a row as `text`: digits and signs, which must fit into its columns."""
    if not len(row.probs):
        return decode_row(row)
    digits = tuple(k for k in text if k < N_DIGITS)
    texts = [ScoredText(digits, float(np.exp(_log_digits(row, digits))))]
    return _decoded(row, text, texts, signs_prob=_signs_prob(row, text))


def _signs_prob(row: Row, text: Text) -> float:
    """The probability of a text given its digits, 0..1."""
    log_digits = _log_digits(row, tuple(k for k in text if k < N_DIGITS))
    return float(np.exp(min(0.0, log_likelihoods(row.probs, [text])[0] - log_digits)))


def _log_digits(row: Row, digits: Text) -> float:
    """The logarithm of the probability of the digits, with any signs between them."""
    return float(log_likelihoods(keep_symbols(row.probs, N_DIGITS), [digits])[0])


def _decoded(row: Row, text: Text, texts: Sequence[ScoredText], *, signs_prob: float) -> DecodedRow:
    given = substitution_probs(row.probs, text)  # (n, 21)
    prob = texts[0].prob
    symbols = tuple(
        _symbol(k, of_place, box, least=prob if k < N_DIGITS else prob * signs_prob, is_glyph=isinstance(row, GlyphRow))
        for k, of_place, box in zip(text, given, row.boxes(text), strict=True)
    )
    return DecodedRow(row, symbols, prob, signs_prob, tuple(texts))


def best_digits(row: Row) -> list[ScoredText]:
    """The most probable digits of a row, with any signs, the best first.

    If no text is certain, the probabilities are averaged over more views of the row.
    """
    return of_more_views(row, of_one_view(row))


def of_one_view(row: Row) -> list[ScoredText]:
    """Like `best_digits`, from a single view. If a text is certain, it is the only one returned."""
    greedy = greedy_text(row)
    if greedy.prob >= LINE_RECOGNIZER.certain_at:
        return [greedy]
    return PrefixSearch(keep_symbols(row.probs, N_DIGITS)).n_best()


def averaged(row: Row, texts: Sequence[ScoredText]) -> list[ScoredText]:
    """Texts of digits, rescored by averaging over more views, the best first. The sum of probabilities is kept."""
    views = row.more_views() if isinstance(row, LineRow) else ()
    found = _mean_probs([one.text for one in texts], [keep_symbols(view, N_DIGITS) for view in (row.probs, *views)])
    scale = sum(one.prob for one in texts) / max(sum(one.prob for one in found), 1e-300)
    return [ScoredText(one.text, scale * one.prob) for one in found]


def _mean_probs(texts: Sequence[Text], views: Sequence[np.ndarray]) -> list[ScoredText]:
    """Texts with their mean probability over the views, (T, 11) columns of digits; the best first."""
    probs = np.mean([np.exp(log_likelihoods(view, texts)) for view in views], axis=0)
    return sorted(map(ScoredText, texts, probs.tolist()), key=lambda one: -one.prob)


def greedy_text(row: Row) -> ScoredText:
    """The digits of the most probable path, which are nearly always the best of `of_one_view`."""
    if not len(row.probs):
        return ScoredText((), 1.0)
    text = tuple(greedy_decode(keep_symbols(row.probs, N_DIGITS)))
    return ScoredText(text, float(np.exp(_log_digits(row, text))))


def of_more_views(row: Row, texts: list[ScoredText]) -> list[ScoredText]:
    """Test-time augmentation: average the probabilities of texts from `of_one_view` over more views of the row.

    Nothing changes if a text is certain.
    """
    views = row.more_views() if isinstance(row, LineRow) and texts[0].prob < LINE_RECOGNIZER.certain_at else ()
    if not views:
        return texts
    of_digits = [keep_symbols(view, N_DIGITS) for view in (row.probs, *views)]
    known = {tuple(greedy_decode(view)) for view in of_digits[1:]} | {one.text for one in texts}
    return _mean_probs([text for text in known if fits(text, len(row.probs))], of_digits)


def _symbol(k: int, probs: np.ndarray, box: Box, *, least: float, is_glyph: bool) -> Symbol:
    """A symbol from (C - 1,) probabilities at its position. `least`: lower bound of its probability."""
    if probs[k] < least:
        probs = probs * (1 - least) / (1 - probs[k])
        probs[k] = least
    digits = np.maximum(probs[:N_DIGITS], 1e-30)
    share = float(digits.sum())
    return Symbol(CLASSES[k], float(probs[k]), tuple((digits / share).tolist()), max(0.0, 1 - share), box, is_glyph)


def _box_around(corners: np.ndarray) -> Box:
    """(4, 2) corners -> the upright box around them, in whole pixels."""
    left, top = np.floor(corners.min(axis=0) + 1e-6).astype(int)
    right, bottom = np.ceil(corners.max(axis=0) - 1e-6).astype(int)
    return int(left), int(top), max(1, int(right - left)), max(1, int(bottom - top))
