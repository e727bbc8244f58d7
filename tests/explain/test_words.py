import numpy as np
import pytest

from inkling.explain import words
from inkling.explain.log_odds import Attribution, DigitExplanation
from inkling.pipeline.result import Digit


@pytest.mark.parametrize(
    ("points", "expected"),
    [(0.0, "about"), (0.7, "2.0 times"), (3.0, "20 times"), (9.6, "15,000 times"), (40.0, "over a million times")],
)
def test_times(points: float, expected: str) -> None:
    assert words.times(points) == expected


@pytest.mark.parametrize(
    ("share", "expected"), [(0.5, "50%"), (0.97, "97%"), (0.9951, "99.5%"), (0.99999, "over 99.9%"), (1, "over 99.9%")]
)
def test_percent_is_never_all(share: float, expected: str) -> None:
    assert words.percent(share) == expected


@pytest.mark.parametrize(("points", "expected"), [(1.26, "+1.3"), (-1.26, "\N{MINUS SIGN}1.3"), (-0.01, "0.0")])
def test_signed(points: float, expected: str) -> None:
    assert words.signed(points) == expected


@pytest.mark.parametrize(("n", "expected"), [(0, "No digits"), (1, "One digit"), (9, "Nine digits"), (12, "12 digits")])
def test_counted(n: int, expected: str) -> None:
    assert words.counted(n, "digit") == expected


def square() -> np.ndarray:
    tile = np.zeros((28, 28), np.float32)
    tile[5:23, 5:23] = 1
    return tile


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ((6, 6), "at the top left"),
        ((6, 14), "at the top"),
        ((6, 27), "at the top right"),
        ((14, 6), "at the left"),
        ((14, 14), "in the middle"),
        ((22, 14), "at the bottom"),
        ((27, 27), "at the bottom right"),
    ],
)
def test_places_are_seen_from_the_digit(at: tuple[int, int], expected: str) -> None:
    values = np.zeros((28, 28))
    values[at] = -3
    assert words.place(values, square()) == expected


def why(total: float, points: dict[tuple[int, int], float]) -> DigitExplanation:
    values = np.zeros((28, 28))
    for at, value in points.items():
        values[at] = value
    digit = Digit(4, 0.9, True, (0.0,) * 4 + (0.9,) + (0.0,) * 4 + (0.1,), (0, 0, 5, 5))
    lead = Attribution(total, values, total - values.sum())
    return DigitExplanation(digit, square(), "exact contributions", lead, lead, values)


def test_the_sentence_says_who_leads_and_where_from() -> None:
    told = words.sentence(why(3.0, {(6, 6): 4.0, (20, 20): -2.0}))
    assert told == (
        "4 is 3.0 points ahead of 9, so it is 20 times as probable. The ink at the top left supports 4 most, "
        "the ink at the bottom right supports 9."
    )
    assert "almost equally probable" in words.sentence(why(0.1, {(6, 6): 4.0}))
    assert words.sentence(why(3.0, {})).endswith("as probable.")


def test_the_sum_is_told_and_is_one() -> None:
    told = words.total(why(3.0, {(6, 6): 4.0, (20, 20): -2.0}), why(3.0, {(6, 6): 4.0, (20, 20): -2.0}).for_answer)
    assert "Blue ink +4.0, orange ink \N{MINUS SIGN}2.0, and +1.0 from the biases" in told
    assert "+3.0 points" in told


def test_missing_ink_is_placed_where_one_dot_helps_most() -> None:
    """It is not placed where many dots together help more."""
    told = words.missing(why(3.0, {(6, 6): -2.0, (21, 20): -1.5, (21, 21): -1.5}))
    assert "It would help 9 most at the top left (orange)" in told
    assert words.missing(why(3.0, {(6, 6): -0.4})).endswith("No dot would help 9 much.")
