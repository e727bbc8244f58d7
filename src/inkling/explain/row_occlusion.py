"""Occlusion on rows that were read as a whole: which ink supports a digit of the text against other digits.

Like `occlusion`, but with the line network and CTC: a patch of the row's image is erased, and the probability of the
text is compared with that of the text with each other digit at the same position (probability: Graves et al. 2006;
occlusion: Zeiler and Fergus 2014). All patches of a row's digits are one batch. Only a window of the row around the
digit is read again, with the symbols of the text in that window.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from inkling.explain.log_odds import Attribution, DigitExplanation, contrasts, log_odds
from inkling.explain.occlusion import FAINT, Window, spread
from inkling.explain.row_digits import RowDigit, text_of
from inkling.pipeline.config.line import LINE_IMAGE
from inkling.pipeline.ctc import N_DIGITS, align, log_likelihoods
from inkling.pipeline.line_image import HEIGHT

COLUMN = LINE_IMAGE.width_step_px  # pixels of the row's image per column of probabilities
WINDOW = 96  # pixels of the row's image that are read again: a digit and its neighbors, three times the height
EDGE = 2  # columns at a window's end that are not used, because the network does not see the row beyond
PATCH, DOT = 5, 4  # pixels; a stroke in a row's image is three to four wide
STEPS = (2, 3, 4, 5, 6, 8, 11)  # pixels between patches: the first that needs at most MAX_RUNS windows, or the last
MAX_RUNS = 240  # windows per row, about 1 ms each; limits the time
MAX_INK = 0.5  # mean of a square; no dot is tried on more ink
MAX_LOG_ODDS = 60.0  # points: limit of log-odds differences


@dataclass(frozen=True)
class _Question:
    """The window, texts and changes to evaluate for one digit."""

    one: RowDigit
    start: int  # the window's first column of probabilities
    columns: slice  # the columns of the window that are used
    texts: list[tuple[int, ...]]  # ten: the symbols within these columns, with each digit at this position
    patches: list[Window]  # in the tile
    dots: list[Window]  # in the tile


def explain_row(recognize: Callable[[np.ndarray], np.ndarray], digits: Sequence[RowDigit]) -> list[DigitExplanation]:
    """Explain the digits of one row. `recognize`: like LineRecognizer.__call__.

    Runs one batch, of at most MAX_RUNS windows unless the sparsest patches need more.
    """
    if not digits:
        return []
    asked = _ask(digits)
    row = digits[0].row.image
    width = min(row.shape[1], WINDOW)
    probs = recognize(np.concatenate([_windows(question, row, width) for question in asked]))  # (N, width / 4, 22)
    ends = np.cumsum([_n_runs(question) for question in asked])[:-1]
    return [_explain(question, own) for question, own in zip(asked, np.split(probs, ends), strict=True)]


def _n_runs(question: _Question) -> int:
    return 1 + len(question.patches) + len(question.dots)


def _ask(digits: Sequence[RowDigit]) -> list[_Question]:
    """The questions about all digits of a row, with patches as dense as MAX_RUNS allows."""
    asked: list[_Question] = []
    for step in STEPS:
        asked = [_question(one, step) for one in digits]
        if sum(map(_n_runs, asked)) <= MAX_RUNS:
            break
    return asked


def _question(one: RowDigit, step: int) -> _Question:
    row = one.row
    n_columns, n_window = len(row.probs), min(row.image.shape[1], WINDOW) // COLUMN
    text = text_of(one.decoded)
    spans = align(row.probs, text)
    middle = (one.left + HEIGHT / 2) / COLUMN
    start = int(np.clip(round(middle - n_window / 2), 0, n_columns - n_window))
    first = 0 if start == 0 else EDGE
    last = n_window if start + n_window == n_columns else n_window - EDGE
    inside = [i for i, (a, b) in enumerate(spans) if (a >= start + first and b <= start + last) or i == one.place]
    texts = [tuple(digit if i == one.place else text[i] for i in inside) for digit in range(N_DIGITS)]
    tile = one.tile
    patches = [at for at in _squares(_around(one, PATCH // 2), max(PATCH, step), step) if tile[at].max() > FAINT]
    dots = [at for at in _squares(_around(one, DOT), max(DOT, step), max(DOT, step)) if tile[at].mean() < MAX_INK]
    return _Question(one, start, slice(first, last), texts, patches, dots)


def _around(one: RowDigit, margin: int) -> Window:
    """The part of the tile covered by the digit and a margin around it."""
    x, y, w, h = one.box
    return slice(max(y - margin, 0), y + h + margin), slice(max(x - margin, 0), x + w + margin)


def _squares(around: Window, side: int, step: int) -> list[Window]:
    """Squares that cover a part of the tile, clipped at the tile's border."""
    ys, xs = (range(part.start, min(part.stop, HEIGHT), step) for part in around)
    return [(slice(y, min(y + side, HEIGHT)), slice(x, min(x + side, HEIGHT))) for y in ys for x in xs]


def _windows(question: _Question, row: np.ndarray, width: int) -> np.ndarray:
    """(32, W) row image -> (runs, 32, width): unchanged, then without each patch, then with each dot."""
    begin = COLUMN * question.start
    windows = np.repeat(row[None, :, begin : begin + width], _n_runs(question), axis=0)
    shift = question.one.left - begin
    values = [0.0] * len(question.patches) + [1.0] * len(question.dots)
    for window, (ys, xs), value in zip(windows[1:], question.patches + question.dots, values, strict=True):
        window[ys, max(0, xs.start + shift) : xs.stop + shift] = value
    return windows


def _explain(question: _Question, probs: np.ndarray) -> DigitExplanation:
    """(runs, T, 22) column probabilities of one digit's windows -> its explanation."""
    one, tile = question.one, question.one.tile
    both = contrasts(one.digit.digit, one.digit.runner_up)  # (2, 10)
    logs = log_likelihoods(probs[:, question.columns], question.texts)  # (runs, 10)
    points = np.maximum(logs - logs.max(axis=1, keepdims=True), -MAX_LOG_ODDS) @ both.T  # (runs, 2)
    n = 1 + len(question.patches)
    drops = spread(points[0] - points[1:n], question.patches, HEIGHT) * tile  # (2, 32, 32)
    gains = spread(points[n:, 1:] - points[0, 1:], question.dots, HEIGHT)[0] * (tile <= FAINT)
    totals = log_odds(np.array([one.digit.probs]), both, 1.0)[0].tolist()
    over_all, over_one = (Attribution(total, drop, None) for total, drop in zip(totals, drops, strict=True))
    return DigitExplanation(one.digit, tile, "occlusion", over_all, over_one, gains, box=one.box)
