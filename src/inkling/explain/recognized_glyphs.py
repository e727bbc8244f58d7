"""The digits and rejected glyphs of a trace, each with its network input."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from inkling.explain.row_digits import row_digits
from inkling.pipeline.reader import Trace
from inkling.pipeline.result import Digit

MAX_DIGITS = 16  # explained per image, the first in reading order; limits the time and the response size


def recognized_glyphs(trace: Trace) -> Iterator[tuple[Digit, np.ndarray, bool]]:
    """Each glyph in reading order, its (28, 28) tile, and whether it was read as a digit.

    For rows that were read as a whole: each digit, and the (32, 32) part of the row's image around it. The reading's
    digits and rejected glyphs are both in the order of the tiles, and each glyph has the probabilities of its tile.
    """
    for one in row_digits(trace):
        yield one.digit, one.tile, one.is_read
    digits = list(trace.reading.digits[::-1])
    refused = [other.resembles for other in trace.reading.others[::-1] if other.resembles]
    boxes = [box for line in trace.lines for box in line]
    for box, tile, probs in zip(boxes, trace.tiles, trace.probs.tolist(), strict=True):
        is_digit = bool(digits) and (digits[-1].box, digits[-1].probs) == (box, tuple(probs))
        yield (digits if is_digit else refused).pop(), tile, is_digit
