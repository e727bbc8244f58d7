"""probs -> reading: the typed answer, and when to doubt it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

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

    def to_json(self) -> dict[str, Any]:
        return {
            "digit": self.digit,
            "confidence": round(self.confidence, 4),
            "sure": self.sure,
            "probs": [round(p, 5) for p in self.probs],
            "box": list(self.box),
        }


@dataclass(frozen=True)
class Reading:
    """What was read in one picture."""

    outcome: Outcome  # "read": every digit is sure; "unsure": some are not; "empty": no ink; "not_digit"
    text: str  # digits in reading order, lines joined by "\n"; "" when there is none
    confidence: float  # probability that the whole text is right, 0..1; 0 when there is no text
    digits: tuple[Digit, ...]  # in reading order
    size_wh: tuple[int, int]  # the upright picture, pixels
    reason: str = ""  # for a person: why it is not plainly "read", and what to do about it

    def to_json(self) -> dict[str, Any]:
        """The fields of the contract's JSON answer that describe the reading."""
        return {
            "outcome": self.outcome,
            "text": self.text,
            "confidence": round(self.confidence, 4),
            "digits": [digit.to_json() for digit in self.digits],
            "size": list(self.size_wh),
            "reason": self.reason,
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


def compose(probs: np.ndarray, lines: Sequence[Sequence[Box]], *, sure_at: float, size_wh: tuple[int, int]) -> Reading:
    """Calibrated probs (N, 10) of the N boxes in `lines`, in the same order -> Reading."""
    boxes = [box for line in lines for box in line]
    if not boxes:
        return Reading("empty", "", 0.0, (), size_wh, "no ink was found; draw or photograph a digit, larger or darker.")
    best = probs.argmax(axis=1)
    digits = []
    for row, digit, box in zip(probs, best, boxes, strict=True):
        confidence = float(row[digit])
        digits.append(Digit(int(digit), confidence, confidence >= sure_at, tuple(row.tolist()), box))
    rest = iter(digits)
    text = "\n".join("".join(str(next(rest).digit) for _ in line) for line in lines)
    confidence = float(np.prod([digit.confidence for digit in digits]))
    doubtful = [digit for digit in digits if not digit.sure]
    if not doubtful:
        return Reading("read", text, confidence, tuple(digits), size_wh)
    return Reading("unsure", text, confidence, tuple(digits), size_wh, _doubt(doubtful, len(digits)))


def _doubt(doubtful: Sequence[Digit], n: int) -> str:
    first = doubtful[0]
    second = int(np.argsort(first.probs)[-2])
    which = "it" if n == 1 else "one digit" if len(doubtful) == 1 else f"{len(doubtful)} of {n} digits"
    verb = "looks" if len(doubtful) == 1 else "are unclear; the first looks"
    return f"{which} {verb} like {first.digit} but could be {second}; write it more clearly or check it by eye."
