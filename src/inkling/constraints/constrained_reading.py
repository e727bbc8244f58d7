"""Apply constraints to a reading: choose the most probable text that satisfies them, and say so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np

from inkling.constraints.constraints import BestText, Constraints, best_text
from inkling.pipeline.decode import ImageSource
from inkling.pipeline.hypothesis import Hypothesis
from inkling.pipeline.reader import Mode, Reader, Trace
from inkling.pipeline.result import Box, Digit, Other, Reading

# How often the hypotheses leave out the true text: lost ink, a speck taken for a digit, a wrong segmentation. The less
# an image fits the constraints, the more probable this is. Chosen by the likelihood of right answers on rows composed
# of MNIST's validation images: python -m benchmarks.accuracy.constraints --choose
MISS_RATE = 0.0003
MIN_DOUBT = 0.01  # `not_digit` from which a component may be left out; `not_digit` itself counts as 1 - this at most
MAX_OPTIONAL = 3  # components of a hypothesis that may be left out, the most doubtful ones
MIN_TRUST = 0.5  # below, the text is called the nearest that satisfies the constraints


@dataclass(frozen=True)
class ConstrainedReading:
    """A reading under constraints."""

    reading: Reading  # its confidences are given the constraints
    satisfied: bool
    changed: bool
    first: str  # the text read without constraints
    fits: float  # probability, given the image alone, that it shows a text that satisfies the constraints, 0..1

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


def read(reader: Reader, source: ImageSource, constraints: Constraints, *, mode: Mode = "auto") -> ConstrainedReading:
    """Read one image whose number satisfies the constraints. Raises a BadPicture if it cannot be opened."""
    return from_trace(reader.trace(source, mode=mode), constraints, sure_at=reader.bundle.sure_at)


def from_trace(trace: Trace, constraints: Constraints, *, sure_at: float) -> ConstrainedReading:
    """Apply constraints to a reading with its intermediate results."""
    reading = trace.reading
    if not reading.digits:
        return ConstrainedReading(reading, satisfied=False, changed=False, first="", fits=0.0)
    return apply(reading, with_optional_digits(trace.hypotheses, reading), constraints, sure_at=sure_at)


def apply(
    reading: Reading, hypotheses: Sequence[Hypothesis], constraints: Constraints, *, sure_at: float
) -> ConstrainedReading:
    """Apply constraints to a reading that has digits, given the image's hypotheses."""
    best = best_text(hypotheses, constraints)
    if not best.satisfied:
        unsure = replace(reading, outcome="unsure", reason=best.why)
        return ConstrainedReading(unsure, satisfied=False, changed=False, first=reading.text, fits=0.0)
    chosen = hypotheses[best.hypothesis]
    trust = trust_in(best.fits)
    refused = {one.box: one for one in reading.others if one.resembles}
    components = (*reading.digits, *(one.resembles for one in refused.values() if one.resembles))
    probs = trust * best.probs + (1 - trust) * chosen.probs
    not_digit = {component.box: component.not_digit for component in components}
    boxes = [box for line in chosen.lines for box in line]
    digits = tuple(
        _digit(digit, row, box, not_digit.get(box, 0.0), sure_at=sure_at)
        for digit, row, box in zip(best.digits, probs, boxes, strict=True)
    )
    others = tuple(
        refused.get(one.box) or Other("refused", one.box, one)
        for one in components
        if not any(_overlap(one.box, box) for box in boxes)
    )
    changed = best.text != reading.text
    doubt = _doubt(best, digits, reading, len(others), sure_at=sure_at)
    answer = replace(
        reading,
        outcome="unsure" if doubt else "read",
        text=best.text,
        written=best.text,
        confidence=trust * best.confidence,
        digits=digits,
        reason=doubt or (f"read first as {_on_one_line(reading.text)}, changed to what is known." if changed else ""),
        others=others,
    )
    return ConstrainedReading(answer, satisfied=True, changed=changed, first=reading.text, fits=best.fits)


def trust_in(fits: float) -> float:
    """Probability that the hypotheses hold the true text, given that it satisfies the constraints (Bayes' rule).

    The true text satisfies them with probability `fits` if the hypotheses hold it, and surely if they do not.
    """
    return (1 - MISS_RATE) * fits / ((1 - MISS_RATE) * fits + MISS_RATE)


def with_optional_digits(hypotheses: Sequence[Hypothesis], reading: Reading) -> list[Hypothesis]:
    """Each hypothesis with and without the components that may not be digits.

    The first variant of each leaves out what the reading refused, so the very first is the reading. Leaving out a
    component that is no digit with probability p multiplies the weight by p / (1 - p), because the weight was computed
    as if it were a digit.
    """
    glyphs = (*reading.digits, *(one.resembles for one in reading.others if one.resembles))
    not_digit = {one.box: min(one.not_digit, 1 - MIN_DOUBT) for one in glyphs}
    refused = {one.box for one in reading.others}
    variants = []
    for hypothesis in hypotheses:
        boxes = {box for line in hypothesis.lines for box in line}
        optional = sorted(
            (box for box in boxes if not_digit.get(box, 0.0) >= MIN_DOUBT), key=lambda box: abs(not_digit[box] - 0.5)
        )[:MAX_OPTIONAL]
        for n in range(len(optional) + 1):
            for toggled in combinations(optional, n):
                variants.append(_without(hypothesis, boxes & refused ^ set(toggled), not_digit))
    return [one for one in variants if len(one.probs)]


def _without(hypothesis: Hypothesis, left_out: set[Box], not_digit: dict[Box, float]) -> Hypothesis:
    if not left_out:
        return hypothesis
    kept = np.array([box not in left_out for line in hypothesis.lines for box in line])
    lines = [[box for box in line if box not in left_out] for line in hypothesis.lines]
    odds = sum(float(np.log(max(p, MIN_DOUBT) / (1 - p))) for box, p in not_digit.items() if box in left_out)
    return Hypothesis(hypothesis.log_weight + odds, [line for line in lines if line], hypothesis.probs[kept])


def _digit(digit: int, probs: np.ndarray, box: Box, not_digit: float, *, sure_at: float) -> Digit:
    confidence = float(min(probs[digit], 1.0))
    return Digit(digit, confidence, confidence * (1 - not_digit) >= sure_at, tuple(probs.tolist()), box, not_digit)


def _doubt(best: BestText, digits: Sequence[Digit], reading: Reading, left_out: int, *, sure_at: float) -> str:
    """Why the answer is not sure, for a person; "" if it is."""
    text, first = _on_one_line(best.text), _on_one_line(reading.text)
    if trust_in(best.fits) < MIN_TRUST:
        return f"it looks like {first}, and {text} is the nearest that agrees with what is known; check it by eye."
    if best.length_probability < sure_at:
        return f"{text} is the likeliest, but other numbers of digits agree with what is known too; check it by eye."
    doubtful = [i for i, digit in enumerate(digits) if not digit.sure]
    if doubtful:
        i = doubtful[0]
        second = next(d for d in np.argsort(digits[i].probs)[::-1] if d != digits[i].digit)
        which = f"digit {i + 1} of {len(digits)}" if len(digits) > 1 else "it"
        return f"{which} looks like {digits[i].digit} but could be {second}, as far as is known; check it by eye."
    if left_out:
        which = "one mark was" if left_out == 1 else f"{left_out} marks were"
        return f"{which} left out as no digit; check it by eye."
    return ""


def _overlap(one: Box, other: Box) -> bool:
    """Whether the center of one box lies within the other."""

    def within(inner: Box, outer: Box) -> bool:
        x, y = inner[0] + inner[2] / 2, inner[1] + inner[3] / 2
        return outer[0] <= x <= outer[0] + outer[2] and outer[1] <= y <= outer[1] + outer[3]

    return within(one, other) or within(other, one)


def _on_one_line(text: str) -> str:
    return text.replace("\n", " / ")
