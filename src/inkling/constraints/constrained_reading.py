"""Apply constraints to a reading: choose the most probable text that satisfies them, and report the change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from inkling.constraints.constraints import Constraints, best_texts, count_digits, length_in_words
from inkling.constraints.solver import MAX_TEXTS, Solution
from inkling.pipeline.box import inside
from inkling.pipeline.config.line import LINE_RECOGNIZER
from inkling.pipeline.ctc import N_DIGITS, Text, align, join, keep_symbols, substitution_probs
from inkling.pipeline.decode import ImageSource
from inkling.pipeline.prefix_search import PrefixSearch, with_symbols_between
from inkling.pipeline.reader import Mode, Reader, Trace
from inkling.pipeline.recognized_row import DecodedRow, decode_row, decode_row_as, glyph_row
from inkling.pipeline.result import Digit, Reading, doubted, with_warnings
from inkling.pipeline.row_result import compose_rows
from inkling.pipeline.symbols import as_written

# How often the columns miss the true text: lost ink, a speck mistaken for a digit, a wrong row. Maximum likelihood
# estimates are below 0.0003 on clean rows of MNIST's validation images, and 0.02 on handwritten amounts and forms.
MISS_RATE = 0.003
UNEXPLAINED_MISS_RATE = 0.3  # .. if ink was left out as a non-digit, because it may be a digit of the number
# How often a number is not on the list, and the minimum rate of listed numbers with a wrong digit. Chance hardly ever
# matches a sparse list, so even a small fit to a listed number is evidence: the fit of an unlisted number to the
# nearest of 10,000 numbers of eight digits is at most 0.0001 (benchmarks.accuracy.constraints).
UNLISTED_RATE, WRONGLY_LISTED_RATE = 0.1, 1e-5
MIN_TRUST = 0.5  # with less, the text is reported as the closest one that satisfies the constraints


@dataclass(frozen=True)
class ConstrainedReading:
    """A reading under constraints."""

    reading: Reading  # with confidences given the constraints
    satisfied: bool
    changed: bool
    first: str  # the text read without constraints
    fits: float  # probability, given only the image, that its text satisfies the constraints, 0..1

    def to_json(self) -> dict[str, Any]:
        """The fields of the reading's JSON response, and `constraint`."""
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
    """Read one image under constraints. Raises the same errors as `Reader.read`."""
    return from_trace(reader.trace(source, mode=mode), constraints)


def from_trace(trace: Trace, constraints: Constraints) -> ConstrainedReading:
    """Apply constraints to a reading with its intermediate results."""
    return apply(trace.reading, rows_of(trace), constraints, sure_at=trace.sure_at)


def rows_of(trace: Trace) -> Sequence[DecodedRow]:
    """The rows of a trace. Lines of digits that the classifier read one by one are converted to rows."""
    if trace.rows:
        return trace.rows
    glyphs = (*trace.reading.digits, *(other.resembles for other in trace.reading.others if other.resembles))
    not_digit = {glyph.box: glyph.not_digit for glyph in glyphs}
    rows, start = [], 0
    for line in trace.lines:
        probs = trace.probs[start : start + len(line)]
        rows.append(decode_row(glyph_row(probs, np.array([not_digit.get(box, 0.0) for box in line]), line)))
        start += len(line)
    return rows


def apply(
    reading: Reading, rows: Sequence[DecodedRow], constraints: Constraints, *, sure_at: float
) -> ConstrainedReading:
    """Apply constraints to a reading of rows.

    `rows`: the rows of the reading, in reading order. `sure_at`: lowest probability, 0..1, at which the text, and each
    of its digits, is sure. Ink in `reading.others` that is not in a row is kept.
    """
    if not reading.digits:
        return ConstrainedReading(reading, satisfied=False, changed=False, first="", fits=0.0)
    columns, starts = join([row.row.probs for row in rows])
    solution = best_texts(columns, constraints)
    if solution is None:
        unsure = replace(reading, outcome="unsure", reason=_why_not(reading, constraints))
        return ConstrainedReading(unsure, satisfied=False, changed=False, first=reading.text, fits=0.0)
    # The classifier rescores the texts, unless there is only one or the image alone makes one certain.
    is_certain = len(solution.texts) == 1 or solution.texts[0].prob >= max(sure_at, LINE_RECOGNIZER.certain_at)
    if len(rows) == 1 and constraints.n_symbols == N_DIGITS and not is_certain:
        solution = replace(solution, texts=tuple(rows[0].judge(solution.texts)))
    decoded = _decode(rows, columns, starts, solution.texts[0].text, constraints.n_symbols)
    in_rows = {inside(symbol.box, reading.size_wh) for row in rows for symbol in row.symbols}
    others = [other for other in reading.others if other.box not in in_rows]
    answer = compose_rows(decoded, sure_at=sure_at, size_wh=reading.size_wh, others=others)
    left_out = sum(not other.is_explained for other in answer.others)
    trust = trust_in(
        solution.fits,
        by_chance=constraints.by_chance,
        left_out=left_out > 0,
    )
    probs, same_length = _digit_probs(columns, solution, trust)
    digits = [
        _digit(old, row, not_digit=trust * (1 - same_length) + (1 - trust) * old.not_digit, sure_at=sure_at)
        for old, row in zip(answer.digits, probs, strict=True)
    ]
    answer = replace(answer, digits=tuple(digits), confidence=trust * solution.confidence)
    changed = answer.text != reading.text or (constraints.n_symbols > N_DIGITS and answer.written != reading.written)
    doubt = _doubt(solution, answer, reading, trust, left_out, sure_at=sure_at)
    note = f"first read as {_on_one_line(reading.text)}, changed to satisfy the constraints." if changed else ""
    answer = replace(answer, outcome="read" if answer.confidence >= sure_at else "unsure", reason=note)
    answer = with_warnings(doubted(answer, doubt) if doubt else answer, reading.warnings)
    return ConstrainedReading(answer, satisfied=True, changed=changed, first=reading.text, fits=solution.fits)


def trust_in(fits: float, *, by_chance: float | None = None, left_out: bool = False) -> float:
    """Probability that the columns contain the true text, given that it satisfies the constraints (Bayes' rule).

    The true text satisfies them with probability `fits` if the columns contain it, and with certainty if they do not.
    For a list, that certainty is replaced by the probability `by_chance` of a random match. `left_out`: there is ink
    that was left out as a non-digit.
    """
    rate = UNEXPLAINED_MISS_RATE if left_out else MISS_RATE
    if by_chance is not None:
        rate = min(rate, max(UNLISTED_RATE * by_chance, WRONGLY_LISTED_RATE))
    return (1 - rate) * fits / ((1 - rate) * fits + rate)


def _decode(
    rows: Sequence[DecodedRow], columns: np.ndarray, starts: Sequence[int], text: Text, n_symbols: int
) -> list[DecodedRow]:
    """Decode the rows as `text`, which has only the first `n_symbols`, with the most probable others between them."""
    [whole] = PrefixSearch(columns, with_symbols_between(text, n_symbols, columns.shape[1] - 1)).n_best(1)
    row_of = [int(np.searchsorted(starts, start, side="right")) - 1 for start, _ in align(columns, whole.text)]
    texts = [tuple(k for k, i in zip(whole.text, row_of, strict=True) if i == number) for number in range(len(rows))]
    return [decode_row_as(row.row, part).in_cells(row.cells) for row, part in zip(rows, texts, strict=True)]


def _digit_probs(columns: np.ndarray, solution: Solution, trust: float) -> tuple[np.ndarray, float]:
    """(n, 10) probabilities of each digit of the best text, given the constraints to the extent that they are trusted.

    They come from the texts found with the same number of digits; the remaining probability is distributed by the
    columns alone. Also returns the fraction, 0..1, of the satisfying probability that has this number of digits.
    """
    found = [(tuple(k for k in text if k < N_DIGITS), prob) for text, prob in solution.texts]
    best = found[0][0]
    alone = substitution_probs(keep_symbols(columns, N_DIGITS), best)  # (n, 10)
    given = np.zeros_like(alone)
    for digits, prob in found:
        if len(digits) == len(best):
            given[np.arange(len(best)), list(digits)] += prob
    left = max(0.0, solution.fits + solution.unseen - sum(prob for _, prob in found))
    same_length = given[:1].sum() + left
    given = (given + left * alone) / same_length
    return np.asarray(trust * given + (1 - trust) * alone), float(same_length / (solution.fits + solution.unseen))


def _digit(digit: Digit, probs: np.ndarray, *, not_digit: float, sure_at: float) -> Digit:
    confidence = float(min(probs[digit.digit], 1.0))
    sure = confidence * (1 - not_digit) >= sure_at
    return replace(digit, confidence=confidence, sure=sure, probs=tuple(probs.tolist()), not_digit=not_digit)


def _doubt(
    solution: Solution, answer: Reading, reading: Reading, trust: float, left_out: int, *, sure_at: float
) -> str:
    """Why the answer is not sure, for the user; "" if it is sure."""
    text, first = _on_one_line(answer.text), _on_one_line(reading.text)
    if left_out and answer.confidence < sure_at:
        which = "one mark was" if left_out == 1 else f"{left_out} marks were"
        return f"{which} left out as not a digit; check it by eye."
    if trust < MIN_TRUST:
        return f"it looks like {first}, and {text} is the closest that satisfies the constraints; check it by eye."
    best, *others = solution.texts
    same_length = sum(prob for found, prob in solution.texts if len(found) == len(best.text))
    if same_length < sure_at * sum(prob for _, prob in solution.texts):
        return f"{text} is most likely, but other lengths satisfy the constraints too; check it by eye."
    doubtful = [i for i, digit in enumerate(answer.digits) if not digit.sure]
    if doubtful:
        digit = answer.digits[doubtful[0]]
        which = f"digit {doubtful[0] + 1} of {len(answer.digits)}" if len(answer.digits) > 1 else "it"
        return (
            f"{which} looks like {digit.digit} but could be {digit.runner_up} under the constraints; check it by eye."
        )
    if answer.confidence < sure_at:
        also = f"{as_written(others[0].text)} satisfies" if others else "others may satisfy"
        return f"{text} is most likely, but {also} the constraints too; check it by eye."
    return ""


def _why_not(reading: Reading, constraints: Constraints) -> str:
    """The message that names the unsatisfied constraint and says what to do about it."""
    n = len(reading.digits)
    found = count_digits(n)
    if constraints.length and not constraints.length[0] <= n <= constraints.length[1]:
        expected = length_in_words(constraints.length)
        return f"{found} found instead of {expected}; look for touching or stray digits."
    if constraints.allowlist is not None:
        return f"{found} found, but no number of {constraints.allowlist.name} is similar; check it by eye."
    if constraints.check is not None:
        lead = f"none of the {MAX_TEXTS:,} most likely ways" if 10**n > MAX_TEXTS else "no way"
        pattern = f" and fits {constraints.pattern}" if constraints.pattern else ""
        return f"{lead} to read these {found} passes {constraints.check.name}{pattern}; check it by eye."
    return f"{found} found, but no similar number fits {constraints.pattern}; check it by eye."


def _on_one_line(text: str) -> str:
    return text.replace("\n", " / ")
