"""Compose the reading of rows: a typed, calibrated answer from decoded rows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from inkling.pipeline.box import inside
from inkling.pipeline.config.line import RESULT as CONFIG
from inkling.pipeline.recognized_row import DecodedRow, Symbol
from inkling.pipeline.result import (
    Digit,
    Other,
    Reading,
    compose_empty,
    compose_without_digits,
    doubted,
    judged,
    most_probable_digit,
    refused,
)
from inkling.pipeline.symbols import KINDS, as_written


def compose_rows(
    rows: Sequence[DecodedRow], *, sure_at: float, size_wh: tuple[int, int], others: Sequence[Other] = ()
) -> Reading:
    """Decoded rows in reading order, and other ink found earlier -> Reading.

    `sure_at`: lowest probability, 0..1, at which a text, and each of its digits, is sure. The confidence is that of the
    digits; doubtful signs make the reading unsure. Rows without digits are not in the text, but their signs are in the
    reading's `others`.
    """
    symbols = [replace(one, box=inside(one.box, size_wh)) for row in rows for one in row.symbols]
    digits = tuple(_digit_of(symbol, sure_at=sure_at) for symbol in symbols if symbol.is_digit)
    others = tuple(replace(other, box=inside(other.box, size_wh)) for other in others)
    found = (*(_other(symbol) for symbol in symbols if not symbol.is_digit), *others)
    if not found and not digits:
        return compose_empty(size_wh)
    if not digits:
        return compose_without_digits(found, size_wh)
    with_digits = [row for row in rows if row.text]
    reading = Reading(
        "read",
        "\n".join(row.text for row in with_digits),
        math.prod(row.prob for row in rows),
        digits,
        size_wh,
        others=found,
        written="\n".join(row.written for row in with_digits),
    )
    reading = judged(reading, _reason_other_text(min(with_digits, key=lambda row: row.prob)), sure_at=sure_at)
    least_sure = min(with_digits, key=lambda row: row.signs_prob)
    if reading.outcome == "read" and least_sure.signs_prob < CONFIG.signs_sure_at:
        return doubted(reading, f"the signs in {least_sure.written} are unclear; check them by eye.")
    return reading


def _digit_of(symbol: Symbol, *, sure_at: float) -> Digit:
    """A digit of a text, which is not always the most probable digit at its position."""
    digit, probs = int(symbol.name), symbol.probs
    return Digit(digit, probs[digit], symbol.confidence >= sure_at, probs, symbol.box, symbol.not_digit)


def _other(symbol: Symbol) -> Other:
    """A sign or a mark. If the classifier rejected it, the digit that it resembles is included."""
    if symbol.is_glyph:
        return refused(most_probable_digit(np.array(symbol.probs), symbol.not_digit, symbol.box, sure_at=1.0))
    return Other(KINDS[symbol.name], symbol.box)


def _reason_other_text(row: DecodedRow) -> str:
    first, *rest = (as_written(text) for text, _ in row.texts)
    others = [text for text in rest if text != first]
    doubt = f"it looks like {first} but could be {others[0]}" if others else f"{first} is unclear"
    return f"{doubt}; write it more clearly or check it by eye."
