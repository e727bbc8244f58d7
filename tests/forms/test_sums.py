import itertools
from collections.abc import Sequence

import numpy as np
import pytest

from inkling.forms.config import SUMS
from inkling.forms.fields import Candidates
from inkling.forms.sums import holds, with_sums
from inkling.forms.template import Sum


def marginals(found: dict[str, Candidates], sums: Sequence[Sum]) -> dict[str, dict[str, float]]:
    """The posterior of each field by enumerating all combinations, as an oracle."""
    names = list(found)
    result: dict[str, dict[str, float]] = {name: {} for name in names}
    options = [list(zip(found[name].texts or ("0",), found[name].probs or (1.0,), strict=True)) for name in names]
    for combination in itertools.product(*options):
        texts = {name: text for name, (text, _) in zip(names, combination, strict=True)}
        weight = float(np.prod([prob for _, prob in combination]))
        for each in sums:
            is_right = int(texts[each.total]) == sum(int(texts[name]) for name in each.of)
            weight *= (1 - SUMS.holds) + is_right * SUMS.holds * SUMS.other_sums
        for name, text in texts.items():
            result[name][text] = result[name].get(text, 0.0) + weight
    return {name: {text: p / sum(each.values()) for text, p in each.items()} for name, each in result.items()}


FIELDS = {
    "a": Candidates(("7", "1"), (0.6, 0.4)),
    "b": Candidates(("3", "8", "5"), (0.5, 0.3, 0.2)),
    "c": Candidates((), ()),  # empty: counts as 0
    "d": Candidates(("12", "42"), (0.9, 0.1)),
    "s": Candidates(("9", "4", "15"), (0.5, 0.3, 0.2)),
    "t": Candidates(("16", "21", "46"), (0.4, 0.3, 0.3)),
}
ONE = [Sum("s", ("a", "b", "c"))]
CHAIN = [Sum("s", ("a", "b", "c")), Sum("t", ("s", "d"))]


@pytest.mark.parametrize("sums", [ONE, CHAIN, CHAIN[::-1]], ids=["one", "chain", "chain reversed"])
def test_probabilities_are_exact(sums: list[Sum]) -> None:
    after = with_sums(FIELDS, sums)
    expected = marginals(FIELDS, sums)
    for name in {name for each in sums for name in (each.total, *each.of)} - {"c"}:
        found = dict(zip(after[name].texts, after[name].probs, strict=True))
        assert found == pytest.approx(expected[name], abs=1e-9), name
        assert list(after[name].probs) == sorted(after[name].probs, reverse=True)


def test_a_sum_corrects_a_doubtful_digit() -> None:
    found = {
        "a": Candidates(("7", "1"), (0.6, 0.4)),
        "b": Candidates(("5",), (1.0,)),
        "t": Candidates(("6",), (1.0,)),
    }
    after = with_sums(found, [Sum("t", ("a", "b"))])
    assert after["a"].texts[0] == "1"
    assert after["a"].probs[0] > 0.99


def test_what_is_known_of_a_field_stays() -> None:
    found = {"a": Candidates(("7", "1"), (0.3, 0.1)), "t": Candidates(("7",), (1.0,))}
    assert sum(with_sums(found, [Sum("t", ("a",))])["a"].probs) == pytest.approx(0.4)


@pytest.mark.parametrize("found", [
    {"a": Candidates(("7",), (1.0,)), "t": Candidates((), ())},
    {"a": Candidates((), (), "no digit"), "t": Candidates(("7",), (1.0,))},
    {"a": Candidates(("9" * 20,), (1.0,)), "t": Candidates(("7",), (1.0,))},
], ids=["no total", "a part that cannot be read", "too long"])  # fmt: skip
def test_a_sum_that_says_nothing_changes_nothing(found: dict[str, Candidates]) -> None:
    assert with_sums(found, [Sum("t", ("a",))]) == found


def test_many_values_stay_bounded() -> None:
    rng = np.random.default_rng(1)
    options = {f"f{i}": Candidates(tuple(map(str, rng.integers(0, 10**9, 60))), (1 / 60,) * 60) for i in range(6)}
    total = sum(int(each.texts[0]) for each in options.values())
    after = with_sums(options | {"t": Candidates((str(total),), (1.0,))}, [Sum("t", tuple(options))])
    assert sum(after["f0"].probs) == pytest.approx(1.0)


@pytest.mark.parametrize(("texts", "expected"), [
    ({"t": "12", "a": "7", "b": "5"}, True),
    ({"t": "12", "a": "12", "b": ""}, True),
    ({"t": "13", "a": "7", "b": "5"}, False),
    ({"t": "", "a": "7", "b": "5"}, None),
    ({"t": "5", "a": None, "b": "5"}, None),  # ink without a text is not 0
    ({"t": None, "a": "7", "b": "5"}, None),
])  # fmt: skip
def test_holds(texts: dict[str, str | None], expected: bool | None) -> None:
    assert holds(Sum("t", ("a", "b")), texts) is expected
