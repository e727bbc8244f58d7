"""Compose the reading: a typed, calibrated answer from probabilities, and its doubts."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from inkling.pipeline.box import Box
from inkling.pipeline.config.line import RESULT as CONFIG
from inkling.pipeline.config.quality import TEXT_PAGE
from inkling.pipeline.symbols import KINDS, MARK

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inkling.pipeline.classifier import Prediction
    from inkling.pipeline.quality import QualityWarning

Outcome = Literal["read", "unsure", "empty", "not_digit"]
OTHER_KINDS = (*dict.fromkeys(KINDS.values()), "refused", "edge", "text")
UNEXPLAINED = (KINDS[MARK], "refused")  # kinds of unidentified ink, which may be a missing digit


@dataclass(frozen=True)
class Digit:
    """One digit of a reading."""

    digit: int  # 0..9; the most probable, except in some texts of rows
    confidence: float  # its calibrated probability, 0..1, given that it is a digit
    sure: bool  # whether confidence * (1 - not_digit) is at least `sure_at`
    probs: tuple[float, ...]  # ten calibrated probabilities that sum to 1
    box: Box  # in pixels of the upright image
    not_digit: float = 0.0  # probability 0..1 that it is not a digit; 0 if the network cannot detect non-digits

    @property
    def runner_up(self) -> int:
        """The most probable other digit."""
        return max((k for k in range(10) if k != self.digit), key=lambda k: self.probs[k])

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
class Other:
    """Ink that is not a digit."""

    kind: str  # one of OTHER_KINDS
    box: Box  # in pixels of the upright image
    resembles: Digit | None = None  # the digit that a rejected glyph resembles most

    @property
    def is_explained(self) -> bool:
        """Whether the ink is identified, so that it cannot be a missing digit."""
        return self.kind not in UNEXPLAINED

    def to_json(self) -> dict[str, Any]:
        resembles = {} if self.resembles is None else self.resembles.to_json()
        return {**resembles, "kind": self.kind, "box": list(self.box)}


@dataclass(frozen=True)
class Reading:
    """The result of reading one image."""

    outcome: Outcome  # "read": everything is sure; "unsure"; "empty": no ink; "not_digit": ink, but no digit
    text: str  # digits in reading order, lines joined by "\n"; "" if there are none
    confidence: float  # probability that the whole text is right, 0..1; 0 if there is no text
    digits: tuple[Digit, ...]  # in reading order
    size_wh: tuple[int, int]  # of the upright image, pixels
    reason: str = ""  # for the user: why the outcome is not "read", and what to do about it
    others: tuple[Other, ...] = ()  # ink that is not a digit, including signs
    warnings: tuple[QualityWarning, ...] = ()  # why the image is hard to read, the most important first
    written: str = ""  # the number as written: `text` with its signs, and a tab between columns

    def to_json(self) -> dict[str, Any]:
        """The fields of the API's JSON response that describe the reading."""
        return {
            "outcome": self.outcome,
            "text": self.text,
            "written": self.written,
            "confidence": round(self.confidence, 4),
            "digits": [digit.to_json() for digit in self.digits],
            "size": list(self.size_wh),
            "reason": self.reason,
            "others": [other.to_json() for other in self.others],
            "warnings": [warning.to_json() for warning in self.warnings],
        }


def calibrate(probs: np.ndarray, temperature: float) -> np.ndarray:
    """Temperature scaling on probabilities: softmax(log(probs) / temperature). (N, 10) -> (N, 10).

    log(softmax(z)) differs from the logits z by a constant per row, so this equals the scaling of logits by Guo et al.,
    "On Calibration of Modern Neural Networks" (2017). A temperature above 1 reduces confidence; 1 changes nothing.
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
    """The calibrated prediction for the N boxes in `lines`, in the same order -> Reading.

    A digit is sure if its confidence times its probability of being a digit is at least `sure_at`. A glyph is rejected
    if its probability of being a non-digit is at least `reject_at`; 1, for networks that cannot detect non-digits,
    rejects none.
    """
    boxes = [box for line in lines for box in line]
    if not boxes:
        return compose_empty(size_wh)
    glyphs = [
        most_probable_digit(probs, float(not_digit), box, sure_at=sure_at)
        for probs, not_digit, box in zip(prediction.probs, prediction.not_digit, boxes, strict=True)
    ]
    drops = [reject_at < 1 and glyph.not_digit >= reject_at for glyph in glyphs]
    others = tuple(refused(glyph) for glyph, drop in zip(glyphs, drops, strict=True) if drop)
    rest = zip(glyphs, drops, strict=True)
    kept_lines = [[glyph for glyph, drop in islice(rest, len(line)) if not drop] for line in lines]
    digits = tuple(digit for line in kept_lines for digit in line)
    if not digits:
        return compose_without_digits(others, size_wh)
    text = "\n".join("".join(str(digit.digit) for digit in line) for line in kept_lines if line)
    confidence = math.prod(digit.confidence * (1 - digit.not_digit) for digit in digits)
    reading = Reading("read", text, confidence, digits, size_wh, others=others, written=text)
    least_sure = min(digits, key=lambda digit: digit.confidence * (1 - digit.not_digit))
    return judged(reading, _reason_unsure([least_sure], len(digits)), sure_at=sure_at)


def with_others(reading: Reading, others: Sequence[Other]) -> Reading:
    """Add ink that is not a digit to a reading. Unidentified ink makes the reading doubtful."""
    more = replace(reading, others=(*reading.others, *others))
    n = sum(not other.is_explained for other in others)
    return doubted(more, _reason_left_out(n)) if n and reading.outcome == "read" else more


def doubted(reading: Reading, reason: str) -> Reading:
    """Mark a reading as doubtful for a reason outside its probabilities, such as a contradicting second reading.

    If the outcome was "read", the confidence is halved, so that it agrees with the new outcome, "unsure".
    """
    factor = CONFIG.right_despite_doubt if reading.outcome == "read" else 1.0
    return replace(reading, outcome="unsure", confidence=factor * reading.confidence, reason=reason)


def judged(reading: Reading, other_text: str, *, sure_at: float) -> Reading:
    """Mark a reading with the outcome "read" as doubtful if necessary.

    `other_text`: the reason to give if no digit is doubtful.
    """
    unsure = [digit for digit in reading.digits if not digit.sure]
    reason = _reason_unsure(unsure, len(reading.digits)) if unsure else other_text
    if reading.confidence < sure_at:
        reading = replace(reading, outcome="unsure", reason=reason)
    elif unsure:
        reading = doubted(reading, reason)
    unexplained = sum(not other.is_explained for other in reading.others)
    if unexplained and reading.outcome == "read":
        return doubted(reading, _reason_left_out(unexplained))
    return reading


def compose_empty(size_wh: tuple[int, int]) -> Reading:
    """The reading of an image without ink."""
    return Reading("empty", "", 0.0, (), size_wh, "no ink was found; draw or photograph a digit, larger or darker.")


def compose_without_digits(others: tuple[Other, ...], size_wh: tuple[int, int]) -> Reading:
    """The reading of an image with ink but no digit."""
    what = "this does not look" if len(others) == 1 else f"none of the {len(others)} marks looks"
    reason = f"{what} like a digit; write 0 to 9 upright and whole, or show only the number."
    return Reading("not_digit", "", 0.0, (), size_wh, reason, others)


def with_warnings(reading: Reading, warnings: tuple[QualityWarning, ...]) -> Reading:
    """Add quality warnings to a reading. The first warning becomes the reason if it is more informative.

    If the image is a page of text or a pattern and most glyphs were rejected, the remaining ones are not digits either.
    """
    if not warnings:
        return reading
    digits, others = reading.digits, reading.others
    if warnings[0].code == "page" and _is_mostly_refused(reading):
        return replace(
            reading,
            outcome="not_digit",
            text="",
            written="",
            confidence=0.0,
            digits=(),
            others=(*map(refused, digits), *others),
            reason=warnings[0].text,
            warnings=warnings,
        )
    reason = reading.reason
    if reading.outcome in ("empty", "not_digit"):
        reason = warnings[0].text
    elif warnings[0].code == "page":
        reading = doubted(reading, reason := warnings[0].text)
    elif reading.outcome == "unsure":  # the alternative, then the warning
        reason = f"{reason.partition(';')[0]}; {warnings[0].text}"
    return replace(reading, reason=reason, warnings=warnings)


def _is_mostly_refused(reading: Reading) -> bool:
    """Whether most glyphs of a page were rejected. If there are many, unsure ones count as rejected."""
    n = len(reading.digits) + len(reading.others)
    accepted = [digit for digit in reading.digits if digit.sure or n < TEXT_PAGE.min_glyphs]
    return n > 2 * len(accepted)


def most_probable_digit(probs: np.ndarray, not_digit: float, box: Box, *, sure_at: float) -> Digit:
    """(10,) digit probabilities of a glyph, and its probability of being a non-digit -> Digit."""
    best = int(probs.argmax())
    confidence = float(probs[best])
    sure = confidence * (1 - not_digit) >= sure_at
    return Digit(best, confidence, sure, tuple(probs.tolist()), box, not_digit)


def refused(glyph: Digit) -> Other:
    """A rejected glyph, with the digit that it resembles."""
    return Other("refused", glyph.box, glyph)


def _reason_left_out(n: int) -> str:
    what = "one mark was left out: it does" if n == 1 else f"{n} marks were left out: they do"
    return f"{what} not look like a digit; check the picture by eye, or show only the number."


def _reason_unsure(unsure: Sequence[Digit], n: int) -> str:
    first = unsure[0]
    which = "it" if n == 1 else "one digit" if len(unsure) == 1 else f"{len(unsure)} of {n} digits"
    verb = "looks" if len(unsure) == 1 else "are unclear; the first looks"
    return (
        f"{which} {verb} like {first.digit} but could be {first.runner_up}; write it more clearly or check it by eye."
    )
