"""Read the fields of a page that is aligned with its blank: candidate texts with probabilities.

Two networks read each field: the classifier reads each digit separately, the line network reads the field as a row. The
print is removed for both. Their predictions are combined as a product of experts, each with a trust weight (Hinton,
"Training Products of Experts by Minimizing Contrastive Divergence", 2002), under the field's constraints.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from inkling.constraints.constrained_reading import trust_in
from inkling.constraints.constraints import Constraints, parse_stated
from inkling.constraints.solver import best_in_allowlist
from inkling.forms.config import FIELDS as CONFIG
from inkling.forms.ink import Glyph, PageInk
from inkling.forms.template import Field
from inkling.pipeline.box import Box
from inkling.pipeline.classifier import Prediction
from inkling.pipeline.ctc import (
    N_DIGITS,
    Text,
    fits,
    from_digits,
    keep_symbols,
    log_likelihoods,
    substitution_probs,
)
from inkling.pipeline.deadline import check_deadline
from inkling.pipeline.normalize import SIDE, normalize_crop
from inkling.pipeline.prefix_search import PrefixSearch
from inkling.pipeline.reader import Reader
from inkling.pipeline.symbols import as_written

Parts = list[tuple[Box, np.ndarray]]  # components of ink: `PageInk.in_box`
ANYTHING = parse_stated()


@dataclass(frozen=True)
class Candidates:
    """The candidate texts of a field."""

    texts: tuple[str, ...]  # the most probable first; () without ink
    probs: tuple[float, ...]  # given the field's constraints; they sum to at most 1
    doubt: str = ""  # a message: why none of the texts is sure

    @property
    def is_empty(self) -> bool:
        return not self.texts and not self.doubt


@dataclass(frozen=True)
class _Ink:
    """The ink of a field."""

    parts: Parts  # all components
    glyphs: list[Glyph]  # one per digit, if the digits are separate
    is_gap: bool = False  # whether a box between filled boxes is empty


def read_fields(fields: Sequence[Field], ink: PageInk, reader: Reader) -> list[Candidates]:
    """The candidates of each field of a page; all digits are classified in one batch."""
    inks = [_ink_of(field, ink) for field in fields]
    prediction = reader.classify(_tiles([glyph for each in inks for glyph in each.glyphs]))
    found, start = [], 0
    for field, own in zip(fields, inks, strict=True):
        check_deadline()
        end = start + len(own.glyphs)
        of_field = Prediction(prediction.probs[start:end], prediction.not_digit[start:end])
        found.append(_candidates(field, own, of_field, ink, reader))
        start = end
    return found


def field_tiles(field: Field, ink: PageInk) -> np.ndarray:
    """The separate digits of a field as the classifier's input, from left to right: (n, 28, 28) float32."""
    return _tiles(_ink_of(field, ink).glyphs)


def _tiles(glyphs: Sequence[Glyph]) -> np.ndarray:
    tiles = np.zeros((len(glyphs), SIDE, SIDE), np.float32)
    for tile, glyph in zip(tiles, glyphs, strict=True):
        tile[:] = normalize_crop(glyph)
    return tiles


def _ink_of(field: Field, ink: PageInk) -> _Ink:
    if not field.cells:
        parts = ink.in_box(field.box)
        return _Ink(parts, [ink.glyph(group)[1] for group in _grouped(parts)])
    cells = [ink.in_box(cell) for cell in field.cells]
    written = [i for i, cell in enumerate(cells) if cell]
    is_gap = bool(written) and len(written) != written[-1] - written[0] + 1
    return _Ink([part for cell in cells for part in cell], [ink.glyph(cells[i])[1] for i in written], is_gap)


def _grouped(parts: Parts) -> list[Parts]:
    """Group components into digits: those that overlap horizontally belong together."""
    groups: list[Parts] = []
    for part in parts:
        (x, _, w, _) = part[0]
        if groups:
            left = min(box[0] for box, _ in groups[-1])
            right = max(box[0] + box[2] for box, _ in groups[-1])
            if min(right, x + w) - x >= CONFIG.min_common * min(w, right - left):
                groups[-1].append(part)
                continue
        groups.append([part])
    return groups


def _candidates(field: Field, own: _Ink, prediction: Prediction, ink: PageInk, reader: Reader) -> Candidates:
    if not own.parts:
        return Candidates((), ())
    by_line = _line_columns(own.parts, field.box[3], ink, reader)
    n = len(own.glyphs)
    if field.cells:
        by_line = _as_cells(by_line, n) if by_line is not None else None
        experts = [from_digits(_pooled(prediction.probs, by_line))]
    else:
        experts = [from_digits(prediction.probs, prediction.not_digit)]
        experts += [] if by_line is None else [by_line]
    texts, probs_of, known = _best(experts, field.constraints)
    doubt = _doubt(field, own, prediction)
    if not texts:
        texts, probs_of, _ = _best(experts, ANYTHING)
        expected = field.constraints.in_words()
        return Candidates(texts, probs_of, doubt or f"it resembles no allowed number ({expected}); check it by eye.")
    shown = tuple(text if field.signs else "".join(c for c in text if c.isdigit()) for text in texts)
    return Candidates(shown, tuple(known * prob for prob in probs_of), doubt)


def _doubt(field: Field, own: _Ink, prediction: Prediction) -> str:
    """Why no text of a field can be sure, whatever the networks' predictions; "" if there is no reason."""
    n, none = len(own.glyphs), int((prediction.not_digit >= CONFIG.not_digit_at).sum())
    if field.cells:
        length = field.constraints.length
        if length is not None and n < length[0]:
            return f"{n} of {len(field.cells)} boxes are filled in; expected {length[0]}. Check it by eye."
        if own.is_gap:
            return "a box between filled boxes is empty; check it by eye."
        if none:
            what = "a box contains" if none == 1 else f"{none} boxes contain"
            return f"{what} something that is not a digit; check it by eye."
    return ""


def _line_columns(parts: Parts, height: int, ink: PageInk, reader: Reader) -> np.ndarray | None:
    """(T, 22): the line network's prediction for the ink as a row; None without a line network."""
    if reader.row_reader is None:
        return None
    return reader.row_reader.recognize.read(ink.row_image(parts, height), np.eye(3)).probs


def _as_cells(columns: np.ndarray, n: int) -> np.ndarray | None:
    """(T, 22) columns -> (n, 10) probabilities of n digits; None if no likely text has n digits."""
    of_digits = keep_symbols(columns, N_DIGITS)
    for text, prob in PrefixSearch(of_digits).n_best():
        if len(text) == n and prob >= CONFIG.min_opinion:
            return substitution_probs(of_digits, text)
    return None


def _pooled(probs: np.ndarray, others: np.ndarray | None) -> np.ndarray:
    """(n, 10) probabilities of n digits from two experts -> the combined probabilities."""
    if others is None:
        return probs
    both = _trusted(probs, CONFIG.trust_classifier) * _trusted(others, CONFIG.trust_line)
    return np.asarray(both / both.sum(axis=1, keepdims=True))


def _trusted(probs: np.ndarray, trust: float) -> np.ndarray:
    return np.asarray(trust * probs + (1 - trust) / probs.shape[-1])


def _best(experts: Sequence[np.ndarray], constraints: Constraints) -> tuple[tuple[str, ...], tuple[float, ...], float]:
    """Columns of experts, the classifier's first -> the allowed texts, their probabilities, and the trust in them.

    A text is a candidate if it is among the best of one of the experts.
    """
    named: dict[Text, None] = {}
    fit = 0.0
    for columns in experts:
        found, share = _texts(columns, constraints)
        named |= dict.fromkeys(found)
        fit = max(fit, share)
    if not named:
        return (), (), 0.0
    texts = list(named)
    of_digits = [tuple(k for k in text if k < N_DIGITS) for text in texts]
    scores = np.zeros(len(named))
    trusts = (CONFIG.trust_classifier, CONFIG.trust_line) if len(experts) > 1 else (1.0,)
    for columns, trust in zip(experts, trusts, strict=True):
        knows_signs = columns is not experts[0]  # the classifier sees only digits
        kept = keep_symbols(columns, constraints.n_symbols if knows_signs else N_DIGITS)
        possible = [text if fits(text, len(kept)) else () for text in (texts if knows_signs else of_digits)]
        probs = np.exp(log_likelihoods(kept, possible))
        probs[[not text for text in possible]] = 0.0
        given = probs / max(float(probs.sum()), 1e-300)
        scores += np.log(np.maximum(trust * given + (1 - trust) / len(named), 1e-300))
    shares = np.exp(scores - scores.max())
    shares /= shares.sum()
    order = np.argsort(-shares, kind="stable")
    trusted = trust_in(fit, by_chance=constraints.by_chance)
    return tuple(as_written(texts[i]) for i in order), tuple(shares[order].tolist()), trusted


def _texts(columns: np.ndarray, constraints: Constraints) -> tuple[list[Text], float]:
    """The most probable texts that the constraints allow, and the total probability of allowed texts."""
    columns = keep_symbols(columns, constraints.n_symbols)
    if constraints.allowlist is not None:
        solution = best_in_allowlist(columns, constraints.allowlist)
        return ([], 0.0) if solution is None else ([one.text for one in solution.texts], solution.fits)
    search = PrefixSearch(columns, constraints.automaton)
    found = search.n_best(CONFIG.n_texts, max_columns=CONFIG.max_columns)
    if constraints.check is None:
        return [one.text for one in found], search.accepted
    passes = constraints.check.passes
    kept = [one for one in found if passes("".join(str(k) for k in one.text if k < N_DIGITS))]
    return [one.text for one in kept], sum(one.prob for one in kept)
