"""probs -> reading: the typed answer, and when to doubt it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from inkling.pipeline.text_page_filter import MANY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inkling.pipeline.classifier import Prediction
    from inkling.pipeline.quality import QualityWarning

Outcome = Literal["read", "unsure", "empty", "not_digit"]
Box = tuple[int, int, int, int]  # x, y, w, h in pixels of the upright picture; x to the right, y down


@dataclass(frozen=True)
class Digit:
    """One digit of a reading."""

    digit: int  # 0..9, the most probable
    confidence: float  # its calibrated probability, 0..1
    sure: bool  # confidence is at least the bundle's sure_at
    probs: tuple[float, ...]  # ten calibrated probabilities that sum to 1
    box: Box  # where it stands in the upright picture
    not_digit: float = 0.0  # probability 0..1 that it is no digit at all; 0 from a network that cannot tell

    def to_json(self) -> dict[str, Any]:
        return {
            "digit": self.digit,
            "confidence": round(self.confidence, 4),
            "sure": self.sure,
            "probs": [round(p, 5) for p in self.probs],
            "box": list(self.box),
            "not_digit": round(self.not_digit, 4),
        }


@dataclass(frozen=True)
class Reading:
    """What was read in one picture."""

    outcome: Outcome  # "read": all is sure; "unsure": something is not; "empty": no ink; "not_digit": ink, but no digit
    text: str  # digits in reading order, lines joined by "\n"; "" when there is none
    confidence: float  # probability that the whole text is right, 0..1; 0 when there is no text
    digits: tuple[Digit, ...]  # in reading order
    size_wh: tuple[int, int]  # the upright picture, pixels
    reason: str = ""  # for a person: why it is not plainly "read", and what to do about it
    others: tuple[Digit, ...] = ()  # ink that was refused: no digits, and not in `text`; what each resembles most
    warnings: tuple[QualityWarning, ...] = ()  # what about the picture made it hard, the most important first

    def to_json(self) -> dict[str, Any]:
        """The fields of the contract's JSON answer that describe the reading."""
        return {
            "outcome": self.outcome,
            "text": self.text,
            "confidence": round(self.confidence, 4),
            "digits": [digit.to_json() for digit in self.digits],
            "size": list(self.size_wh),
            "reason": self.reason,
            "others": [other.to_json() for other in self.others],
            "warnings": [warning.to_json() for warning in self.warnings],
        }


def calibrate(probs: np.ndarray, temperature: float) -> np.ndarray:
    """Temperature scaling on probabilities: softmax(log(probs) / temperature). (N, 10) -> (N, 10).

    log(softmax(z)) differs from the logits z by a constant a row, so this is the scaling of Guo et al.,
    "On Calibration of Modern Neural Networks" (2017), without needing the logits. Temperature above 1
    makes the answer less certain, 1 changes nothing.
    """
    if temperature == 1.0:
        return probs
    scaled = np.log(np.maximum(probs, 1e-12)) / temperature
    scaled = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    return np.asarray(scaled / scaled.sum(axis=1, keepdims=True))


def compose(
    prediction: Prediction,
    lines: Sequence[Sequence[Box]],
    *,
    sure_at: float,
    reject_at: float = 1.0,
    size_wh: tuple[int, int],
) -> Reading:
    """The calibrated prediction of the N boxes in `lines`, in the same order -> Reading."""
    boxes = [box for line in lines for box in line]
    if not boxes:
        return Reading("empty", "", 0.0, (), size_wh, "no ink was found; draw or photograph a digit, larger or darker.")
    marks = [
        _digit(row, float(strange), box, sure_at=sure_at)
        for row, strange, box in zip(prediction.probs, prediction.not_digit, boxes, strict=True)
    ]

    def refused(mark: Digit) -> bool:
        return mark.not_digit >= reject_at and reject_at < 1  # a network that cannot tell refuses nothing

    rest = iter(marks)
    rows = [[mark for mark in (next(rest) for _ in line) if not refused(mark)] for line in lines]
    digits = tuple(digit for row in rows for digit in row)
    others = tuple(filter(refused, marks))
    if not digits:
        return Reading("not_digit", "", 0.0, (), size_wh, _refusal(len(others)), others)
    text = "\n".join("".join(str(digit.digit) for digit in row) for row in rows if row)
    confidence = math.prod(digit.confidence * (1 - digit.not_digit) for digit in digits)
    doubtful = [digit for digit in digits if not digit.sure]
    if not doubtful and not others:
        return Reading("read", text, confidence, digits, size_wh)
    reason = _doubt(doubtful, len(digits)) if doubtful else _left_out(len(others))
    return Reading("unsure", text, confidence, digits, size_wh, reason, others)


def with_warnings(reading: Reading, warnings: tuple[QualityWarning, ...]) -> Reading:
    """The reading with what is wrong about its picture, which becomes the reason where it says more.

    Of a page of text or a pattern, of which most marks were refused, the few that resemble digits are none either.
    """
    if not warnings:
        return reading
    digits, others = reading.digits, reading.others
    if warnings[0].code == "page" and _resemble_nothing(reading):
        return replace(
            reading,
            outcome="not_digit",
            text="",
            confidence=0.0,
            digits=(),
            others=(*digits, *others),
            reason=warnings[0].text,
            warnings=warnings,
        )
    reason, outcome = reading.reason, reading.outcome
    if outcome in ("empty", "not_digit"):
        reason = warnings[0].text
    elif warnings[0].code == "page":
        reason, outcome = warnings[0].text, "unsure"
    elif outcome == "unsure":  # what it may be, then what to do about it
        reason = f"{reason.partition(';')[0]}; {warnings[0].text}"
    return replace(reading, outcome=outcome, reason=reason, warnings=warnings)


def _resemble_nothing(reading: Reading) -> bool:
    """Whether most marks of a page were refused; of many marks, the doubted ones count as refused."""
    n = len(reading.digits) + len(reading.others)
    believed = [digit for digit in reading.digits if digit.sure or n < MANY]
    return n > 2 * len(believed)


def _digit(probs: np.ndarray, not_digit: float, box: Box, *, sure_at: float) -> Digit:
    best = int(probs.argmax())
    confidence = float(probs[best])
    sure = confidence * (1 - not_digit) >= sure_at
    return Digit(best, confidence, sure, tuple(probs.tolist()), box, not_digit)


def _refusal(n: int) -> str:
    what = "this does not look" if n == 1 else f"none of the {n} marks looks"
    return f"{what} like a digit; write 0 to 9 upright and whole, or show the number alone."


def _left_out(n: int) -> str:
    what = "one mark was left out: it does" if n == 1 else f"{n} marks were left out: they do"
    return f"{what} not look like a digit; check the picture by eye, or show the number alone."


def _doubt(doubtful: Sequence[Digit], n: int) -> str:
    first = doubtful[0]
    second = int(np.argsort(first.probs)[-2])
    which = "it" if n == 1 else "one digit" if len(doubtful) == 1 else f"{len(doubtful)} of {n} digits"
    verb = "looks" if len(doubtful) == 1 else "are unclear; the first looks"
    return f"{which} {verb} like {first.digit} but could be {second}; write it more clearly or check it by eye."
