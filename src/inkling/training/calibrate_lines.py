"""Calibration of the line network: its temperature, `sure_at` and scores, from lines that it has not learned from.

A line is right when its digits are, as the confidence of a reading is that of its digits.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from inkling import scores
from inkling.models.bundle import Bundle
from inkling.pipeline.config.line import LINE_IMAGE, LINE_RECOGNIZER
from inkling.pipeline.ctc import N_DIGITS, calibrate_columns, keep_symbols
from inkling.pipeline.prefix_search import PrefixSearch
from inkling.pipeline.reader import Reader
from inkling.pipeline.recognized_row import LineRow, decode_row
from inkling.pipeline.result import Reading
from inkling.pipeline.row_reader import RowReader
from inkling.pipeline.row_result import compose_rows
from inkling.pipeline.symbols import as_written
from inkling.training.recipe import Texts
from inkling.training.synthetic_lines.handwriting import DigitImages
from inkling.training.synthetic_lines.maker import make_line

RIGHT = 0.97  # share of the pictures called read that are to be right; decides `sure_at`. About one synthetic line in
# a hundred is written so that nobody could tell its text: 99 % would leave most real pictures unsure.
EVERY = 3  # one line of so many is enough for the temperature
TEMPERATURES = (0.5, 2.0)  # among which one is looked for ..
PRECISION = 0.02  # .. to within so much of its logarithm: a smaller change moves no probability by 0.01
TINY = 1e-6  # probabilities nearer to 0 or 1 count as it: one line must not decide the temperature
LENGTHS = (1, 3, 6, 10)  # symbols: lines up to each are counted together, then longer ones

Infer = Callable[[np.ndarray], np.ndarray]  # (N, 32, w) float32 -> (N, w / 4, 22) float32


@dataclass(frozen=True)
class Line:
    """What a line shows, and what the network says of it."""

    image: np.ndarray  # (32, 4 T) float32 line image
    probs: np.ndarray  # (T, 22) column probabilities, not calibrated
    text: list[int]  # numbers of symbols

    @property
    def digits(self) -> list[int]:
        return [k for k in self.text if k < N_DIGITS]


def fit_temperature(lines: Sequence[Line]) -> float:
    """The temperature at which the probabilities of the digits say best which of them are right.

    That is the lowest binary cross-entropy over some of the validation lines.
    """

    def loss(log_temperature: float) -> float:
        probs, right = _decode(lines[::EVERY], float(np.exp(log_temperature)))
        probs = np.clip(probs, TINY, 1 - TINY)
        return float(-np.mean(np.log(np.where(right, probs, 1 - probs))))

    low, high = np.log(TEMPERATURES)
    return round(float(np.exp(scores.golden_section(loss, low, high, width=PRECISION))), 3)


def fit_sure_at(bundle: Bundle, digits: DigitImages, how: Texts, *, n: int, seed: int) -> float:
    """The lowest confidence from which on RIGHT of `n` pictures of lines that a reader calls read are right.

    The pictures pass the whole pipeline, with layout, second views and the packaged classifier, as in use.
    """
    reader = Reader()
    reader.row_reader = RowReader(bundle, reader.classify, sure_at=0.0)
    rng = np.random.default_rng((seed, 0x5CA1E))
    confidence, right = [], []
    for _ in range(n):
        picture, symbols = make_line(digits, rng, how)
        trace = reader.trace(picture)
        reading = trace.reading
        if trace.rows and reading.outcome == "read":  # a lone digit has the classifier's threshold
            confidence.append(reading.confidence)
            right.append(reading.text.replace("\n", "") == "".join(filter(str.isdigit, symbols)))
    return round(scores.least_confidence(np.array(confidence), np.array(right, bool), rate=RIGHT), 4)


def line_scores(lines: Sequence[Line], infer: Infer, *, temperature: float, sure_at: float) -> dict[str, Any]:
    """The scores of one set of lines as a manifest holds them.

    accuracy              share with the right digits, and its 95 % interval
    accuracy_written      share with the right digits and signs
    accuracy_by_length    share with the right digits, by number of symbols
    coverage              share that are called read
    selective_accuracy    share of these with the right digits; None if there is none
    calibration_error     gap between the digits' probability and their accuracy (Guo et al. 2017), and calibrated
    """
    readings = [read(line, infer, temperature=temperature, sure_at=sure_at) for line in lines]
    right = _are_right(readings, lines)
    written = [
        reading.written.replace("\t", "") == as_written(line.text)
        for reading, line in zip(readings, lines, strict=True)
    ]
    called_read = np.array([reading.outcome == "read" for reading in readings])
    n, n_right = len(lines), int(right.sum())
    low, high = scores.wilson_interval(n_right, n)
    return {
        "n": n,
        "accuracy": round(n_right / n, 6),
        "accuracy_95": [round(low, 6), round(high, 6)],
        "accuracy_written": round(float(np.mean(written)), 6),
        "accuracy_by_length": _by_length(right, lines),
        "coverage": round(float(called_read.mean()), 6),
        "selective_accuracy": round(float(right[called_read].mean()), 6) if called_read.any() else None,
        "calibration_error": round(scores.calibration_error(*_decode(lines, 1.0)), 6),
        "calibration_error_calibrated": round(scores.calibration_error(*_decode(lines, temperature)), 6),
    }


def read(line: Line, infer: Infer, *, temperature: float, sure_at: float) -> Reading:
    """A line read by the line network alone, stretched as well where it is doubtful."""

    def more_views() -> list[np.ndarray]:
        views = (_stretched(line.image, factor) for factor in LINE_RECOGNIZER.stretches)
        return [calibrate_columns(infer(view[None])[0], temperature) for view in views]

    h, w = line.image.shape
    row = LineRow(calibrate_columns(line.probs, temperature), line.image, np.eye(3), more_views)
    return compose_rows([decode_row(row)], sure_at=sure_at, size_wh=(w, h))


def _stretched(image: np.ndarray, factor: float) -> np.ndarray:
    """(32, W) -> (32, W'): W' is a multiple of 4."""
    step = LINE_IMAGE.width_step_px
    size_wh = max(LINE_IMAGE.width_range_px[0], step * round(image.shape[1] * factor / step)), len(image)
    return np.asarray(cv2.resize(image, size_wh, interpolation=cv2.INTER_LINEAR))


def _decode(lines: Sequence[Line], temperature: float) -> tuple[np.ndarray, np.ndarray]:
    """(N,) probabilities of the most probable digits, whatever the signs, and (N,) bool whether they are right."""
    probs, right = [], []
    for line in lines:
        columns = keep_symbols(calibrate_columns(line.probs, temperature), N_DIGITS)
        [(digits, prob)] = PrefixSearch(columns).n_best(1)
        probs.append(prob)
        right.append(list(digits) == line.digits)
    return np.array(probs), np.array(right)


def _are_right(readings: Sequence[Reading], lines: Sequence[Line]) -> np.ndarray:
    """(N,) bool: the digits are right"""
    pairs = zip(readings, lines, strict=True)
    return np.array([reading.text == "".join(map(str, line.digits)) for reading, line in pairs])


def _by_length(right: np.ndarray, lines: Sequence[Line]) -> dict[str, float]:
    """Share of right lines of 1, 2-3, 4-6, 7-10, 11 or more symbols, where there are any."""
    length = np.digitize([len(line.text) for line in lines], LENGTHS, right=True)
    starts = [1, *(last + 1 for last in LENGTHS)]
    names = [f"{a}-{b}" if a < b else f"{a}" for a, b in zip(starts, LENGTHS, strict=False)] + [f"{starts[-1]} or more"]
    return {name: round(float(right[length == k].mean()), 4) for k, name in enumerate(names) if (length == k).any()}
