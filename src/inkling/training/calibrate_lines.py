"""Calibration of the line network: its temperature, `sure_at` and scores, from lines that it was not trained on.

A line counts as right if its digits are right, because the confidence of a reading is that of its digits.
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

RIGHT = 0.97  # required accuracy of the pictures called read; decides `sure_at`. About one synthetic line in a
# hundred is illegible, so 99% would leave most real pictures unsure.
EVERY = 3  # the temperature is fitted on every third line, which is enough
TEMPERATURES = (0.5, 2.0)  # search range of the temperature
PRECISION = 0.02  # of the search, in the temperature's logarithm: a smaller change moves no probability by 0.01
TINY = 1e-6  # probabilities are clipped this far from 0 and 1, so that one line cannot decide the temperature
LENGTHS = (1, 3, 6, 10)  # upper ends of the length bins, in symbols; the last bin is open

Infer = Callable[[np.ndarray], np.ndarray]  # (N, 32, w) float32 -> (N, w / 4, 22) float32


@dataclass(frozen=True)
class Line:
    """A line image with its text and the network's output."""

    image: np.ndarray  # (32, 4 T) float32 line image
    probs: np.ndarray  # (T, 22) column probabilities, not calibrated
    text: list[int]  # symbol numbers

    @property
    def digits(self) -> list[int]:
        return [k for k in self.text if k < N_DIGITS]


def fit_temperature(lines: Sequence[Line]) -> float:
    """The temperature with the lowest binary cross-entropy between the digits' probabilities and their correctness.

    Uses every third line (`EVERY`).
    """

    def loss(log_temperature: float) -> float:
        probs, right = _decode(lines[::EVERY], float(np.exp(log_temperature)))
        probs = np.clip(probs, TINY, 1 - TINY)
        return float(-np.mean(np.log(np.where(right, probs, 1 - probs))))

    low, high = np.log(TEMPERATURES)
    return round(float(np.exp(scores.golden_section(loss, low, high, width=PRECISION))), 3)


def fit_sure_at(bundle: Bundle, digits: DigitImages, how: Texts, *, n: int, seed: int) -> float:
    """The lowest confidence threshold at which the accuracy on the pictures called read is at least RIGHT.

    At least 0.5, and 1 if no threshold is high enough. `n` pictures of lines pass through the whole pipeline, with
    layout, second views and the packaged classifier.
    """
    reader = Reader()
    reader.row_reader = RowReader(bundle, reader.classify, sure_at=0.0)
    rng = np.random.default_rng((seed, 0x5CA1E))
    confidence, right = [], []
    for _ in range(n):
        picture, symbols = make_line(digits, rng, how)
        trace = reader.trace(picture)
        reading = trace.reading
        if trace.rows and reading.outcome == "read":  # a single digit uses the classifier's threshold
            confidence.append(reading.confidence)
            right.append(reading.text.replace("\n", "") == "".join(filter(str.isdigit, symbols)))
    return round(scores.least_confidence(np.array(confidence), np.array(right, bool), rate=RIGHT), 4)


def line_scores(lines: Sequence[Line], infer: Infer, *, temperature: float, sure_at: float) -> dict[str, Any]:
    """The scores of one set of lines, in the manifest's format.

    accuracy              share with the right digits, and its 95% interval
    accuracy_written      share with the right digits and signs
    accuracy_by_length    share with the right digits, by number of symbols
    coverage              share called read
    selective_accuracy    share of the lines called read with the right digits; None if no line is called read
    calibration_error     expected calibration error of the digits' probability (Guo et al. 2017), raw and calibrated
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
    """Reads a line with the line network alone; for a doubtful line, also reads stretched copies."""

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
    """(N,) probabilities of the most probable digits, ignoring signs, and (N,) bools: whether they are right."""
    probs, right = [], []
    for line in lines:
        columns = keep_symbols(calibrate_columns(line.probs, temperature), N_DIGITS)
        [(digits, prob)] = PrefixSearch(columns).n_best(1)
        probs.append(prob)
        right.append(list(digits) == line.digits)
    return np.array(probs), np.array(right)


def _are_right(readings: Sequence[Reading], lines: Sequence[Line]) -> np.ndarray:
    """(N,) bool: whether the digits are right"""
    pairs = zip(readings, lines, strict=True)
    return np.array([reading.text == "".join(map(str, line.digits)) for reading, line in pairs])


def _by_length(right: np.ndarray, lines: Sequence[Line]) -> dict[str, float]:
    """Share of right lines with 1, 2-3, 4-6, 7-10, 11 or more symbols; empty bins are left out."""
    length = np.digitize([len(line.text) for line in lines], LENGTHS, right=True)
    starts = [1, *(last + 1 for last in LENGTHS)]
    names = [f"{a}-{b}" if a < b else f"{a}" for a, b in zip(starts, LENGTHS, strict=False)] + [f"{starts[-1]} or more"]
    return {name: round(float(right[length == k].mean()), 4) for k, name in enumerate(names) if (length == k).any()}
