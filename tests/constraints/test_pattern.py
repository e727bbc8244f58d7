import itertools
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inkling.constraints.pattern import compile_pattern
from inkling.errors import BadRequest

TEXTS = ["".join(digits) for n in range(4) for digits in itertools.product("0123456789", repeat=n)]

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
@pytest.mark.slow
def test_accepts_what_re_matches(pattern: str) -> None:
    expected = [text for text in TEXTS if re.fullmatch(pattern, text)]
    if not any(expected):
        return  # a pattern that no number fits is refused; others that fit only longer numbers are of no interest here
    automaton = compile_pattern(pattern)
    assert [text for text in TEXTS if automaton.accepts(text)] == expected
    assert automaton.accepted_lengths(3).tolist() == [any(len(t) == n for t in expected) for n in range(4)]


@pytest.mark.parametrize("pattern", ["[01][0-9]{3}", "^[01][0-9]{3}$", r"(0|1)\d\d\d", r"[01]...", r"[^2-9]\d{3,3}"])
def test_several_ways_to_write_one_pattern(pattern: str) -> None:
    automaton = compile_pattern(pattern)
    assert [automaton.accepts(text) for text in ("0123", "1999", "2123", "012", "01234")] == [True, True] + [False] * 3


@pytest.mark.parametrize(
    ("pattern", "says"),
    [
        ("", "is empty"),
        ("  ", "is empty"),
        ("[0-9", "is no regular expression (unterminated character set at position 0)"),
        ("12)", "unbalanced parenthesis"),
        ("*1", "nothing to repeat"),
        ("[5-1]", "bad character range"),
        ("12-34", "holds '-'"),
        ("A[0-9]", "holds 'A'"),
        (r"\w+", "holds '\\\\'"),
        (r"(\d)\1", "holds '\\\\'"),
        (r"(?=1)\d", "holds '('"),
        (r"(?!1)\d", "holds '('"),
        ("1^2", "holds '^'"),
        ("[0-9]{5000}", "more than 1024 times"),
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
