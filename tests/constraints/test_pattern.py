import itertools
import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from inkling.constraints.automata import intersection, length_automaton
from inkling.constraints.pattern import N_WRITTEN, compile_pattern
from inkling.errors import BadRequest
from inkling.pipeline.ctc import N_DIGITS
from inkling.pipeline.symbols import CLASSES

TEXTS = ["".join(digits) for n in range(4) for digits in itertools.product("0123456789", repeat=n)]


def numbers_of(text: str) -> list[int]:
    """The symbol number of each character in a text."""
    return [CLASSES.index(symbol) for symbol in text]


digits = st.sampled_from("0123456789")
ranges = st.tuples(digits, digits).map(lambda two: "-".join(sorted(two)))
classes = st.builds(
    lambda invert, parts: f"[{'^' if invert else ''}{''.join(parts)}]",
    st.booleans(),
    st.lists(digits | ranges | st.just(r"\d"), min_size=1, max_size=3),
)
atoms = digits | classes | st.sampled_from([".", r"\d"])
patterns = st.recursive(
    atoms,
    lambda inner: (
        st.tuples(inner, inner).map("".join)
        | st.tuples(inner, inner).map(lambda two: f"({two[0]}|{two[1]})")
        | st.tuples(inner, st.sampled_from(["?", "*", "+", "{2}", "{0,2}", "{1,}"])).map(
            lambda two: f"(?:{two[0]}){two[1]}"
        )
    ),
    max_leaves=6,
)


@pytest.mark.slow
@settings(deadline=None, max_examples=150)
@given(patterns)
@example(r"0(?:[^\d]){0,2}")
@example(r"0(?:[^\d])?")
def test_accepts_what_re_matches(pattern: str) -> None:
    expected = [text for text in TEXTS if re.fullmatch(pattern, text)]
    if not any(expected):
        return  # no short number fits: the pattern may be rejected, and there is nothing to compare
    automaton = compile_pattern(pattern)
    assert [text for text in TEXTS if automaton.accepts(numbers_of(text))] == expected
    for n in (1, 2, 3):
        of_length = intersection(automaton, length_automaton(n, n, 10), what="")
        assert of_length.final.any() == any(len(text) == n for text in expected)


@pytest.mark.parametrize("pattern", ["[01][0-9]{3}", "^[01][0-9]{3}$", r"(0|1)\d\d\d", r"[01]...", r"[^2-9]\d{3,3}"])
def test_several_ways_to_write_one_pattern(pattern: str) -> None:
    automaton = compile_pattern(pattern)
    assert [automaton.accepts(numbers_of(text)) for text in ("0123", "1999", "2123", "012", "01234")] == [
        True,
        True,
    ] + [False] * 3


@pytest.mark.parametrize(
    ("pattern", "says"),
    [
        ("", "is empty"),
        ("  ", "is empty"),
        ("[0-9", "is not a regular expression (unterminated character set at position 0)"),
        ("12)", "unbalanced parenthesis"),
        ("*1", "nothing to repeat"),
        ("{2}", "nothing to repeat"),
        ("1|{2}", "nothing to repeat"),
        ("1+?", "a repetition of a repetition"),
        (r"\d{2}?", "a repetition of a repetition"),
        ("1{}", "contains '{'"),
        ("1{,}", "contains '{'"),
        ("[[1]", "contains '['"),
        ("[5-1]", "bad character range"),
        ("A[0-9]", "contains 'A'"),
        (r"\w+", "contains '\\\\'"),
        (r"(\d)\1", "contains '\\\\'"),
        (r"(?=1)\d", "contains '('"),
        (r"(?!1)\d", "contains '('"),
        ("1^2", "contains '^'"),
        ("[0-9]{5000}", "more than 200 times"),
        ("1.5)", "unbalanced"),
        ("12=3", "contains '='"),
        ("[a]", "contains '['"),
        ("-", "no number fits"),
        (r"(0|1)*1(0|1){20}", "too many states"),
        (r"((\d{50}){50}){50}", "too many states"),
        (r"(1*2*3*4*5*6*7*8*9*){30}", "too many states"),
        ("[^0-9]", "no number fits"),
        ("(1[^0-9])?", "no number fits"),
        ("1" * 300, "has 300 characters"),
    ],
)
def test_errors_of_a_pattern_are_one_sentence(pattern: str, says: str) -> None:
    with pytest.raises(BadRequest) as error:
        compile_pattern(pattern)
    assert says in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("pattern", "accepted", "refused"),
    [
        (r"\d+\.\d{2}", ["3.14", "12.50"], ["314", "3.1", "3,14"]),
        (r"-?\d+[.,]\d", ["-3,1", "3.1"], ["+3.1", "31"]),
        (r"\d{2}/\d{2}/\d{4}", ["12/03/2024"], ["12032024", "12/3/2024"]),
        (r"\(\d+\)", ["(12)"], ["12"]),
        ("[$€¤]?5:3%", ["¤5:3%", "5:3%"], ["5:3"]),
        (r"\$\d", ["¤5"], ["5"]),
        (r"\d+\+\d+", ["1+2"], ["12"]),
    ],
)
def test_a_pattern_may_name_signs(pattern: str, accepted: list[str], refused: list[str]) -> None:
    automaton = compile_pattern(pattern)
    assert automaton.step.shape[1] == N_WRITTEN
    assert all(automaton.accepts(numbers_of(text)) for text in accepted)
    assert not any(automaton.accepts(numbers_of(text)) for text in refused)


def test_a_point_and_a_class_of_what_is_not_are_digits() -> None:
    assert compile_pattern("...[^7]").step.shape[1] == N_DIGITS
    assert not compile_pattern(r".\.[^7]").accepts(numbers_of("1.."))
