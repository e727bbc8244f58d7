"""Joint reading of fields that add up: `total = q1 + .. + q8`.

Each field has candidates with probabilities, and the sum makes the fields depend on each other. The posterior of each
field is computed by convolving the distributions of partial sums from the left and from the right (the forward-backward
algorithm on sums). It is exact unless improbable values are dropped (`SumsConfig`). If two sums share a field, they
exchange messages (Kschischang, Frey, Loeliger, "Factor Graphs and the Sum-Product Algorithm", 2001), which is exact
unless the sums form a cycle.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from inkling.batch.form_status import added_up
from inkling.forms.config import SUMS as CONFIG
from inkling.forms.fields import Candidates
from inkling.forms.template import Sum

Values = tuple[np.ndarray, np.ndarray]  # (n,) int64 numbers, and (n,) their probabilities


def with_sums(found: Mapping[str, Candidates], sums: Sequence[Sum]) -> dict[str, Candidates]:
    """Candidates by field -> the candidates, reweighted by the sums."""
    messages: dict[tuple[int, str], np.ndarray] = {}
    usable = {i: each for i, each in enumerate(sums) if _is_usable(each, found)}
    for _ in usable:  # one round per sum lets every message reach all sums
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
    """Whether a sum is correct for its fields' texts; an empty part is 0. None if a text is not a whole number."""
    total, parts = texts[each.total], added_up(texts[name] for name in each.of)
    return None if parts is None or not total or not total.isdigit() else int(total) == parts


def _is_usable(each: Sum, found: Mapping[str, Candidates]) -> bool:
    """Whether the sum carries information: it has a total and known parts, none of them too long."""
    texts = [text for name in (each.total, *each.of) for text in found[name].texts]
    is_known = all(found[name].texts or found[name].is_empty for name in each.of)
    return bool(found[each.total].texts) and is_known and max(map(len, texts)) <= CONFIG.max_digits


def _numbers(field: Candidates, probs: np.ndarray) -> Values:
    """The candidate numbers of a field; 0 for an empty field."""
    values = np.array([int(text) for text in field.texts] or [0], np.int64)
    return values, np.where(probs >= CONFIG.min_share * probs.max(), probs, 0.0)


def _belief(
    name: str, found: Mapping[str, Candidates], messages: Mapping[tuple[int, str], np.ndarray], but: int | None
) -> np.ndarray:
    """(n,) probabilities of a field's candidates from its ink and all sums except `but`; [1.0] for an empty field."""
    if not found[name].texts:
        return np.ones(1)
    probs = np.array(found[name].probs) / max(sum(found[name].probs), 1e-300)
    for (i, of), message in messages.items():
        if of == name and i != but:
            probs = probs * message
    return np.asarray(probs / max(float(probs.sum()), 1e-300))


def _messages(each: Sum, beliefs: Mapping[str, Values]) -> dict[str, np.ndarray]:
    """The message of a sum to each of its fields, from the beliefs of the others: (n,) for n candidates."""
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
    """The distribution of the sum of two independent numbers, limited to the `max_values` most probable values."""
    weights = one[1][:, None] * other[1]
    values, place = np.unique((one[0][:, None] + other[0])[weights > 0], return_inverse=True)
    probs = np.bincount(place, weights=weights[weights > 0])
    if len(values) > CONFIG.max_values:
        kept = np.sort(np.argsort(-probs)[: CONFIG.max_values])
        values, probs = values[kept], probs[kept]
    return values, probs


def _probs_at(numbers: Values, at: np.ndarray) -> np.ndarray:
    """The probabilities of the numbers `at`, in the same shape; 0 for numbers that have none."""
    values, probs = numbers
    place = np.minimum(np.searchsorted(values, at), len(values) - 1)
    return np.where(values[place] == at, probs[place], 0.0)
