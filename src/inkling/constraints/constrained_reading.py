"""A reading, and what is known about the number -> a reading that agrees with it, and says so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np

from inkling.constraints.constraints import Best, Constraints, best_text
from inkling.pipeline.decode import ImageSource
from inkling.pipeline.hypothesis import Hypothesis
from inkling.pipeline.reader import Mode, Reader, Trace
from inkling.pipeline.result import Box, Digit, Reading

# How often the probabilities leave the true text out altogether: ink lost, a speck taken for a digit, a wrong parting.
# The less a picture fits what is known, the likelier that this is why. Chosen by the likelihood of right answers on
# MNIST's validation images, composed to rows on hard paper: python -m benchmarks.accuracy.constraints --choose
ASTRAY = 0.0003
STRANGE = 0.01  # of being no digit: a mark that is as strange may be left out; and no mark is stranger than 1 less this
MOST_STRANGE = 3  # marks of a candidate, those in the greatest doubt
NEAREST = 0.5  # of trust: below, the text is only the nearest that satisfies


@dataclass(frozen=True)
class Constrained:
    """A reading under constraints."""

    reading: Reading  # its confidences are given the constraints
    satisfied: bool
    changed: bool
    first: str  # what is read without constraints
    fits: float  # probability, given the picture alone, that it shows a text that satisfies the constraints, 0..1

    def to_json(self) -> dict[str, Any]:
        """The fields of the reading's JSON answer, and `constraint`."""
        return {
            **self.reading.to_json(),
            "constraint": {
                "satisfied": self.satisfied,
                "changed": self.changed,
                "first": self.first,
                "fits": round(self.fits, 6),
            },
        }


def read(reader: Reader, source: ImageSource, constraints: Constraints, *, mode: Mode = "auto") -> Constrained:
    """Reads one picture whose number satisfies the constraints. Raises a BadPicture for what cannot be opened."""
    return of_trace(reader.trace(source, mode=mode), constraints, sure_at=reader.bundle.sure_at)


def of_trace(trace: Trace, constraints: Constraints, *, sure_at: float) -> Constrained:
    """A reading with every step -> the reading under constraints."""
    reading = trace.reading
    if not reading.digits:
        return Constrained(reading, satisfied=False, changed=False, first="", fits=0.0)
    return apply(reading, with_and_without(trace.hypotheses, reading), constraints, sure_at=sure_at)


def apply(
    reading: Reading, candidates: Sequence[Hypothesis], constraints: Constraints, *, sure_at: float
) -> Constrained:
    """A reading with digits and its picture's candidates -> the reading under constraints."""
    best = best_text(candidates, constraints)
    if not best.satisfied:
        unsure = replace(reading, outcome="unsure", reason=best.why)
        return Constrained(unsure, satisfied=False, changed=False, first=reading.text, fits=0.0)
    chosen = candidates[best.candidate]
    trust = trust_in(best.fits)
    probs = trust * best.probs + (1 - trust) * chosen.probs
    strange = {digit.box: digit.not_digit for digit in (*reading.digits, *reading.others)}
    boxes = [box for line in chosen.lines for box in line]
    digits = tuple(
        _digit(digit, row, box, strange.get(box, 0.0), sure_at=sure_at)
        for digit, row, box in zip(best.digits, probs, boxes, strict=True)
    )
    others = tuple(
        mark for mark in (*reading.digits, *reading.others) if not any(_overlap(mark.box, box) for box in boxes)
    )
    changed = best.text != reading.text
    doubt = _doubt(best, digits, reading, len(others), sure_at=sure_at)
    answer = replace(
        reading,
        outcome="unsure" if doubt else "read",
        text=best.text,
        confidence=trust * best.confidence,
        digits=digits,
        reason=doubt or (f"read first as {_flat(reading.text)}, changed to what is known." if changed else ""),
        others=others,
    )
    return Constrained(answer, satisfied=True, changed=changed, first=reading.text, fits=best.fits)


def trust_in(fits: float) -> float:
    """Probability that the true text was among those weighed, given that it satisfies what is known.

    It satisfies with probability `fits` by the picture, or surely where the picture leads astray (Bayes' rule).
    """
    return (1 - ASTRAY) * fits / ((1 - ASTRAY) * fits + ASTRAY)


def with_and_without(candidates: Sequence[Hypothesis], reading: Reading) -> list[Hypothesis]:
    """Adds, for each candidate, the same with and without the marks that may be no digits.

    The first of each is without those that the reading refused, so the very first is the reading. Leaving a mark out
    that is no digit with probability p multiplies a candidate's share by p / (1 - p), for its share was worked out as
    if it were one.
    """
    strange = {mark.box: min(mark.not_digit, 1 - STRANGE) for mark in (*reading.digits, *reading.others)}
    refused = {mark.box for mark in reading.others}
    found = []
    for candidate in candidates:
        boxes = {box for line in candidate.lines for box in line}
        open_ones = sorted(
            (box for box in boxes if strange.get(box, 0.0) >= STRANGE), key=lambda box: abs(strange[box] - 0.5)
        )[:MOST_STRANGE]
        for n in range(len(open_ones) + 1):
            for turned in combinations(open_ones, n):
                found.append(_without(candidate, boxes & refused ^ set(turned), strange))
    return [one for one in found if len(one.probs)]


def _without(candidate: Hypothesis, left_out: set[Box], strange: dict[Box, float]) -> Hypothesis:
    if not left_out:
        return candidate
    kept = np.array([box not in left_out for line in candidate.lines for box in line])
    lines = [[box for box in line if box not in left_out] for line in candidate.lines]
    odds = sum(float(np.log(max(p, STRANGE) / (1 - p))) for box, p in strange.items() if box in left_out)
    return Hypothesis(candidate.log_weight + odds, [line for line in lines if line], candidate.probs[kept])


def _digit(digit: int, probs: np.ndarray, box: Box, not_digit: float, *, sure_at: float) -> Digit:
    confidence = float(min(probs[digit], 1.0))
    return Digit(digit, confidence, confidence * (1 - not_digit) >= sure_at, tuple(probs.tolist()), box, not_digit)


def _doubt(best: Best, digits: Sequence[Digit], reading: Reading, left_out: int, *, sure_at: float) -> str:
    """Why the answer is not sure, for a person; "" when it is."""
    text, first = _flat(best.text), _flat(reading.text)
    if trust_in(best.fits) < NEAREST:
        return f"it looks like {first}, and {text} is the nearest that agrees with what is known; check it by eye."
    if best.parted < sure_at:
        return f"{text} is the likeliest, but other numbers of digits agree with what is known too; check it by eye."
    doubtful = [at for at, digit in enumerate(digits) if not digit.sure]
    if doubtful:
        at = doubtful[0]
        second = next(d for d in np.argsort(digits[at].probs)[::-1] if d != digits[at].digit)
        which = f"digit {at + 1} of {len(digits)}" if len(digits) > 1 else "it"
        return f"{which} looks like {digits[at].digit} but could be {second}, as far as is known; check it by eye."
    if left_out:
        which = "one mark was" if left_out == 1 else f"{left_out} marks were"
        return f"{which} left out as no digit; check it by eye."
    return ""


def _overlap(one: Box, other: Box) -> bool:
    """Whether the middle of one box lies within the other."""

    def within(inner: Box, outer: Box) -> bool:
        x, y = inner[0] + inner[2] / 2, inner[1] + inner[3] / 2
        return outer[0] <= x <= outer[0] + outer[2] and outer[1] <= y <= outer[1] + outer[3]

    return within(one, other) or within(other, one)


def _flat(text: str) -> str:
    return text.replace("\n", " / ")
