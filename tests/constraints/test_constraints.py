import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inkling.constraints import n_best_texts
from inkling.constraints.constraints import Constraints, best_text, join_digits, parse_constraints
from inkling.constraints.pattern import ANY_TEXT, compile_pattern
from inkling.errors import BadRequest
from inkling.pipeline.hypothesis import Hypothesis
from tests.constraints.numbers import every_text, hypothesis_of, sharp

PATTERNS = ["[01][0-9]*", "(12|34|5)+", r"\d{2,3}", "[^3]{3}", "7.?7", r"1*\d"]


@st.composite
def hypotheses(draw: st.DrawFn, *, most: int = 3, longest: int = 3) -> list[Hypothesis]:
    """One to `most` hypotheses of one to `longest` digits, from flat to sharp."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    found = []
    for _ in range(draw(st.integers(1, most))):
        n = draw(st.integers(1, longest))
        logits = rng.normal(0, draw(st.sampled_from([0.3, 1.5, 5.0])), (n, 10))
        probs = np.exp(logits - logits.max(axis=1, keepdims=True))
        found.append(hypothesis_of(probs / probs.sum(axis=1, keepdims=True), log_weight=float(rng.normal())))
    return found


def assert_is_the_best(found: list[Hypothesis], constraints: Constraints, texts: dict[str, float]) -> None:
    """The answer of `best_text` against every text that satisfies, enumerated."""
    best = best_text(found, constraints)
    if not texts:
        assert not best.satisfied
        assert best.text == best.first
        assert best.why.endswith("look for touching or stray ones.") or "by eye" in best.why
        return
    total = sum(texts.values())
    assert best.satisfied
    assert texts[best.text] == pytest.approx(max(texts.values()), rel=1e-6)
    assert best.changed == (best.text != best.first)
    assert best.confidence <= texts[best.text] / total * (1 + 1e-6)
    assert best.fits <= total * (1 + 1e-6)
    if best.exact:
        assert best.confidence == pytest.approx(texts[best.text] / total, rel=2e-3)
        assert best.fits == pytest.approx(total, rel=2e-3)
        same = [text for text in texts if len(text) == len(best.text)]
        mass = sum(texts[text] for text in same)
        assert best.length_probability == pytest.approx(mass / total, abs=2e-3)
        counted = np.zeros((len(best.text), 10))
        for text in same:
            counted[range(len(text)), list(map(int, text))] += texts[text] / mass
        assert best.probs == pytest.approx(counted, abs=2e-3 * total / mass)
    assert best.probs.sum(axis=1) == pytest.approx(np.ones(len(best.text)))


@pytest.mark.slow
@settings(deadline=None, max_examples=100)
@given(hypotheses(), st.sampled_from([None, "1", "2-3", "3"]), st.sampled_from([None, *PATTERNS]))
@pytest.mark.slow
def test_length_and_pattern_rank_as_enumeration_does(
    found: list[Hypothesis], length: str | None, pattern: str | None
) -> None:
    try:
        constraints = parse_constraints(length=length, pattern=pattern)
    except BadRequest:
        return
    least, greatest = constraints.length or (1, 9)
    texts = every_text(found, lambda t: least <= len(t) <= greatest and bool(re.fullmatch(pattern or ".*", t)))
    assert_is_the_best(found, constraints, texts)
    assert not texts or best_text(found, constraints).exact


@pytest.mark.slow
@settings(deadline=None, max_examples=60)
@given(hypotheses(), st.sampled_from(["luhn", "damm", "verhoeff", "mod_97_10"]), st.sampled_from([None, *PATTERNS]))
@pytest.mark.slow
def test_a_checksum_ranks_as_enumeration_does(found: list[Hypothesis], check: str, pattern: str | None) -> None:
    constraints = parse_constraints(check=check, pattern=pattern)
    texts = every_text(found, constraints.allow)
    assert_is_the_best(found, constraints, texts)


@pytest.mark.slow
@settings(deadline=None, max_examples=60)
@given(hypotheses(), st.sets(st.text("0123456789", min_size=1, max_size=4), min_size=1, max_size=30))
def test_an_allowlist_ranks_as_enumeration_does(
    tmp_path_factory: pytest.TempPathFactory, found: list[Hypothesis], allowlist: set[str]
) -> None:
    path = tmp_path_factory.mktemp("allowlist") / "allowlist.txt"
    path.write_text("\n".join(allowlist))
    assert_is_the_best(found, parse_constraints(among=path), every_text(found, allowlist.__contains__))


@pytest.mark.slow
@settings(deadline=None, max_examples=60)
@given(hypotheses(most=1), st.sampled_from([None, *PATTERNS]))
def test_texts_come_in_the_order_of_their_probability(found: list[Hypothesis], pattern: str | None) -> None:
    automaton = ANY_TEXT if pattern is None else compile_pattern(pattern)
    expected = every_text(found, automaton.accepts)
    log_probs = n_best_texts.safe_log(found[0].probs)
    ranked = list(n_best_texts.n_best(log_probs, automaton))
    scores = [text.score for text in ranked]
    assert scores == pytest.approx(sorted(scores, reverse=True))
    texts = {"".join(map(str, text.digits)): np.exp(text.score) for text in ranked}
    assert texts == pytest.approx(dict(expected))
    assert len(ranked) == len(expected)  # none comes twice
    assert np.exp(n_best_texts.log_mass(log_probs, automaton)[0, 0]) == pytest.approx(sum(expected.values()))


def test_a_checksum_changes_the_one_doubtful_digit() -> None:
    best = best_text([sharp("79927398719", sure=0.99, doubt={10: (3, 0.4)})], parse_constraints(check="luhn"))
    assert (best.text, best.first, best.changed) == ("79927398713", "79927398719", True)
    assert best.confidence > 0.9
    assert 0.1 < best.fits < 0.5


def test_the_length_chooses_among_hypotheses() -> None:
    touching = [sharp("40"), hypothesis_of(sharp("407").probs, log_weight=-2.0)]
    best = best_text(touching, parse_constraints(length="3"))
    assert (best.text, best.first, best.changed, best.hypothesis) == ("407", "40", True, 1)
    assert best.length_probability == pytest.approx(1)
    assert best_text(touching, parse_constraints(length="2-3")).length_probability < 0.95


def test_hypotheses_that_share_a_text_add_up() -> None:
    """One hypothesis alone is likelier, but two others share a text and are likelier together."""
    hypotheses = [hypothesis_of(sharp("1").probs, log_weight=np.log(0.4))]
    hypotheses += [hypothesis_of(sharp("2").probs, log_weight=np.log(0.3)) for _ in range(2)]
    assert best_text(hypotheses, parse_constraints(length="1")).text == "2"


def test_the_search_gives_up() -> None:
    flat = hypothesis_of(np.full((12, 10), 0.1))
    best = best_text([flat], parse_constraints(check="mod_97_10"), max_texts=3)
    assert not best.satisfied
    assert best.why.startswith("none of the 3 likeliest ways to read these 12 digits passes mod_97_10")
    bounded = best_text([flat], parse_constraints(check="luhn"), max_texts=300)
    assert bounded.satisfied
    assert not bounded.exact
    assert bounded.confidence <= 1e-10


@pytest.mark.parametrize(
    ("stated", "says"),
    [
        ({"length": "3"}, "2 digits found where 3 digits are expected"),
        ({"length": "3-4"}, "2 digits found where 3 to 4 digits are expected"),
        ({"pattern": "[0-9]{5}"}, "2 digits found, and no number of as many fits [0-9]{5}"),
        ({"check": "ean"}, "no way to read these 2 digits passes ean"),
    ],
)
def test_why_nothing_satisfies(stated: dict[str, str], says: str) -> None:
    best = best_text([sharp("40")], parse_constraints(**stated))
    assert not best.satisfied
    assert (best.text, best.first, best.changed, best.fits) == ("40", "40", False, 0.0)
    assert best.confidence == pytest.approx(0.95**2)
    assert best.why.startswith(says)


def test_a_hypothesis_without_digits_satisfies_nothing() -> None:
    nothing = Hypothesis(0.0, [], np.zeros((0, 10), np.float32))
    assert not best_text([nothing], parse_constraints(pattern="[0-9]*")).satisfied


def test_lines_stay_lines() -> None:
    two = Hypothesis(0.0, [[(0, 0, 1, 1)] * 2, [(0, 9, 1, 1)]], sharp("407").probs)
    assert join_digits((4, 0, 7), two) == "40\n7"
    best = best_text([two], parse_constraints(length="3"))
    assert (best.text, best.changed) == ("40\n7", False)


def test_constraints_combine(tmp_path: Path) -> None:
    path = tmp_path / "allowlist.csv"
    path.write_text("18\n26\n34\n42\n59\n67\n123\n")
    constraints = parse_constraints(length="2", pattern="[1-4].", check="luhn", among=path)
    assert constraints.allowlist is not None
    assert len(constraints.allowlist) == 4  # 18, 26, 34, 42
    assert best_text([sharp("66")], constraints).text == "26"


@pytest.mark.parametrize("length", ["0", "0-3", "8-6", "-1", "6-", "many", "", "99999", "1.5"])
def test_a_bad_length(length: str) -> None:
    with pytest.raises(BadRequest, match=r"length is .*; expected a number of digits"):
        parse_constraints(length=length)


def test_constraints_that_no_number_satisfies(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match=r"no number of 8 digits fits the pattern '\[01\]\[0-9\]\{3\}'"):
        parse_constraints(length="8", pattern="[01][0-9]{3}")
    path = tmp_path / "allowlist.csv"
    path.write_text("123\n456\n")
    with pytest.raises(BadRequest, match=r"none of the 2 numbers of .*allowlist.csv satisfies"):
        parse_constraints(among=path, length="4")


def test_nothing_stated() -> None:
    assert not parse_constraints().stated
    assert parse_constraints(length=8).stated
    best = best_text([sharp("40")], parse_constraints())
    assert (best.text, best.satisfied) == ("40", True)
    assert best.fits == pytest.approx(1)
