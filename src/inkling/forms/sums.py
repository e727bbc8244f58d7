"""Fields that add up, read together: `total = q1 + .. + q8`.

Each field has candidates with probabilities. That the sum holds makes all of them depend on one another; what each
field shows is then found exactly, by convolution over the sums of some fields from the left and of the rest from the
right (the forward-backward algorithm on sums). Where the total of one sum is a part of another, the two exchange
messages (Kschischang, Frey, Loeliger, "Factor Graphs and the Sum-Product Algorithm", 2001), which is exact as long as
sums make no circle.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from inkling.batch.sheet import added_up
from inkling.forms.config import SUMS as CONFIG
from inkling.forms.fields import Candidates
from inkling.forms.template import Sum

Values = tuple[np.ndarray, np.ndarray]  # (n,) int64 numbers, and (n,) their probabilities


def with_sums(found: Mapping[str, Candidates], sums: Sequence[Sum]) -> dict[str, Candidates]:
    """Candidates by field -> the same, given that the sums hold as far as the writing lets them."""
    messages: dict[tuple[int, str], np.ndarray] = {}
    usable = {i: each for i, each in enumerate(sums) if _is_usable(each, found)}
    for _ in usable:  # so many rounds take every message as far as there are sums
        said: dict[tuple[int, str], np.ndarray] = {}
        for i, each in usable.items():
            beliefs = {
                name: _numbers(found[name], _belief(name, found, messages, i)) for name in (each.total, *each.of)
            }
            said |= {(i, name): message for name, message in _messages(each, beliefs).items()}
        messages = said
    after = dict(found)
    for name in {name for _, name in messages if found[name].texts}:
        probs = _belief(name, found, messages, None)
        order = np.argsort(-probs, kind="stable")
        before, known = found[name], sum(found[name].probs)
        texts = tuple(before.texts[i] for i in order)
        after[name] = Candidates(texts, tuple((known * probs[order]).tolist()), before.doubt)
    return after


def holds(each: Sum, texts: Mapping[str, str | None]) -> bool | None:
    """Whether a sum holds for its fields' texts, where an empty part counts 0; None if one is no whole number."""
    total, parts = texts[each.total], added_up(texts[name] for name in each.of)
    return None if parts is None or not total or not total.isdigit() else int(total) == parts


def _is_usable(each: Sum, found: Mapping[str, Candidates]) -> bool:
    """Whether the sum says something: there is a total, and numbers are added up, none of them too long."""
    texts = [text for name in (each.total, *each.of) for text in found[name].texts]
    is_known = all(found[name].texts or found[name].is_empty for name in each.of)
    return bool(found[each.total].texts) and is_known and max(map(len, texts)) <= CONFIG.max_digits


def _numbers(field: Candidates, probs: np.ndarray) -> Values:
    """The numbers that a field may show; an empty one counts 0."""
    values = np.array([int(text) for text in field.texts] or [0], np.int64)
    return values, np.where(probs >= CONFIG.min_share * probs.max(), probs, 0.0)


def _belief(
    name: str, found: Mapping[str, Candidates], messages: Mapping[tuple[int, str], np.ndarray], but: int | None
) -> np.ndarray:
    """(n,) probabilities of a field's candidates by its ink and by all sums but one; [1.0] of an empty field."""
    if not found[name].texts:
        return np.ones(1)
    probs = np.array(found[name].probs) / max(sum(found[name].probs), 1e-300)
    for (i, of), message in messages.items():
        if of == name and i != but:
            probs = probs * message
    return np.asarray(probs / max(float(probs.sum()), 1e-300))


def _messages(each: Sum, beliefs: Mapping[str, Values]) -> dict[str, np.ndarray]:
    """What a sum says of each of its fields, by the beliefs in the others: (n,) for its n candidates."""
    nothing = np.zeros(1, np.int64), np.ones(1)
    parts = [beliefs[name] for name in each.of]
    before, after = [nothing], [nothing]
    for part in parts:
        before.append(_added(before[-1], part))
    for part in reversed(parts):
        after.append(_added(after[-1], part))
    total = beliefs[each.total]
    said = {each.total: _probs_at(before[-1], total[0])}
    for k, (name, (values, _)) in enumerate(zip(each.of, parts, strict=True)):
        others = _added(before[k], after[len(parts) - 1 - k])
        said[name] = _probs_at(others, total[0] - values[:, None]) @ total[1]
    return {name: CONFIG.holds * CONFIG.other_sums * probs + (1 - CONFIG.holds) for name, probs in said.items()}


def _added(one: Values, other: Values) -> Values:
    """The distribution of the sum of two independent numbers; the least probable of very many are left out."""
    weights = one[1][:, None] * other[1]
    values, place = np.unique((one[0][:, None] + other[0])[weights > 0], return_inverse=True)
    probs = np.bincount(place, weights=weights[weights > 0])
    if len(values) > CONFIG.max_values:
        kept = np.sort(np.argsort(-probs)[: CONFIG.max_values])
        values, probs = values[kept], probs[kept]
    return values, probs


def _probs_at(numbers: Values, at: np.ndarray) -> np.ndarray:
    """The probabilities of numbers, 0 for those that are none of them; of the shape of `at`."""
    values, probs = numbers
    place = np.minimum(np.searchsorted(values, at), len(values) - 1)
    return np.where(values[place] == at, probs[place], 0.0)
