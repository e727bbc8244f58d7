"""START HERE: read an image and explain each digit.

trace -> for each digit: tile -> attributions for the answer and against the runner-up, and the effect of missing ink
"""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby, islice

import numpy as np

from inkling.explain.attribution import exact_attributions, strongest_units
from inkling.explain.filmstrip import filmstrip
from inkling.explain.log_odds import DigitExplanation, contrasts
from inkling.explain.occlusion import missing_ink_effect, occlusion_attributions
from inkling.explain.recognized_glyphs import MAX_DIGITS, recognized_glyphs
from inkling.explain.row_digits import row_digits
from inkling.explain.row_occlusion import explain_row
from inkling.explain.step import Step
from inkling.explain.weights import Weights, read_weights
from inkling.pipeline.deadline import check_deadline
from inkling.pipeline.decode import ImageSource
from inkling.pipeline.reader import Mode, Reader, Trace
from inkling.pipeline.result import Digit

_weights: weakref.WeakKeyDictionary[Reader, Weights | None] = weakref.WeakKeyDictionary()


@dataclass(frozen=True)
class Explanation:
    """Every step of one reading, and an explanation of each digit."""

    trace: Trace
    digits: tuple[DigitExplanation, ...]  # the first MAX_DIGITS digits of the reading, in reading order

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps from the image to the answer, for display."""
        return filmstrip(self.trace)

    @property
    def left_out(self) -> int:
        """The number of digits of the reading that are not explained."""
        return len(self.trace.reading.digits) - len(self.digits)


def explain(reader: Reader, source: ImageSource, *, mode: Mode = "auto") -> Explanation:
    """Read one image (see Reader.read) and explain each digit. Raises the same errors as Reader.read.

    >>> import numpy as np
    >>> from inkling import Reader
    >>> from inkling.explain import explain
    >>> board = np.full((64, 64), 255, np.uint8)
    >>> board[12:52, 29:35] = 0
    >>> why = explain(Reader("ann-tutorial"), board).digits[0]
    >>> why.answer, why.method
    (1, 'exact contributions')
    >>> found = why.against_runner_up
    >>> bool(abs(found.points.sum() + found.bias - found.total) < 1e-9)
    True
    """
    return explain_trace(reader, reader.trace(source, mode=mode))


def explain_trace(reader: Reader, trace: Trace) -> Explanation:
    """Explain a reading that `reader` has already made."""
    if trace.rows:
        return Explanation(trace, tuple(_explain_rows(reader, trace)))
    read = [(digit, tile) for digit, tile, is_digit in recognized_glyphs(trace) if is_digit]
    return Explanation(trace, tuple(explain_digit(reader, digit, tile) for digit, tile in read[:MAX_DIGITS]))


def _explain_rows(reader: Reader, trace: Trace) -> Iterator[DigitExplanation]:
    """Explain the first MAX_DIGITS digits of rows that were read as a whole, one row at a time."""
    if reader.row_reader is None:
        return
    read = [one for one in islice(row_digits(trace), MAX_DIGITS) if one.is_read]
    for _, digits in groupby(read, key=lambda one: id(one.decoded)):
        check_deadline()
        yield from explain_row(reader.row_reader.recognize, list(digits))


def explain_digit(reader: Reader, digit: Digit, tile: np.ndarray) -> DigitExplanation:
    """Explain one digit from its (28, 28) tile, by exact attribution if the network allows it, else by occlusion."""
    check_deadline()
    temperature = reader.bundle.temperature
    both = contrasts(digit.digit, digit.runner_up)  # (2, 10)
    missing = missing_ink_effect(reader.classifier, tile, both[1], temperature)
    weights = weights_of(reader)
    if weights is None:
        over_all, over_one = occlusion_attributions(reader.classifier, tile, both, temperature)
        return DigitExplanation(digit, tile, "occlusion", over_all, over_one, missing)
    over_all, over_one = exact_attributions(weights, tile, both, temperature)
    units, active = strongest_units(weights, tile, both[1], temperature)
    return DigitExplanation(digit, tile, "exact contributions", over_all, over_one, missing, units, active)


def weights_of(reader: Reader) -> Weights | None:
    """The weights of a network with one hidden layer; None for any other. Read once per reader."""
    if reader not in _weights:
        _weights[reader] = read_weights(reader.bundle, reader.classifier)
    return _weights[reader]
