"""Parsing and combining constraints given by the user."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inkling.constraints.constraints import best_texts, parse_constraints, parse_stated
from inkling.errors import BadRequest, UnknownName
from inkling.pipeline.ctc import from_digits
from tests.constraints.columns import sharp


def best(digits: np.ndarray, **stated: Any) -> str:
    """The best text of isolated digits; "" if none satisfies the constraints."""
    found = best_texts(from_digits(digits), parse_constraints(**stated))
    return "".join(map(str, found.texts[0].text)) if found else ""


def test_a_checksum_changes_the_one_doubtful_digit() -> None:
    assert best(sharp("79927398719", sure=0.99, doubt={10: (3, 0.4)}), check="luhn") == "79927398713"


def test_constraints_combine(tmp_path: Path) -> None:
    path = tmp_path / "allowlist.csv"
    path.write_text("18\n26\n34\n42\n59\n67\n123\n")
    constraints = parse_constraints(length="2", pattern="[1-4].", check="luhn", among=path)
    assert constraints.allowlist is not None
    assert constraints.allowlist.numbers == ("18", "26", "34", "42")
    assert best(sharp("66"), length="2", pattern="[1-4].", check="luhn", among=path) == "26"
    assert constraints.in_words() == "2 digits, fits [1-4]., passes luhn, one of 4 in allowlist.csv"


@pytest.mark.parametrize(
    ("stated", "number", "allowed"),
    [
        ({"length": "2-3"}, "12", True),
        ({"length": "2-3"}, "1", False),
        ({"length": "2-3"}, "1234", False),
        ({"pattern": "1[0-9]+"}, "12", True),
        ({"pattern": "1[0-9]+", "length": "3"}, "12", False),
        ({"check": "luhn"}, "18", True),
        ({"check": "luhn"}, "19", False),
        ({}, "7", True),
        ({}, "", False),
    ],
)
def test_what_is_allowed(stated: dict[str, str], number: str, allowed: bool) -> None:
    assert parse_constraints(**stated).allow(number) == allowed


@pytest.mark.parametrize("length", ["0", "0-3", "8-6", "-1", "6-", "many", "", "99999", "1.5", "201"])
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
    with pytest.raises(BadRequest, match="contains signs"):
        parse_constraints(among=path, pattern=r"\d\.\d")


def test_length_counts_digits_and_not_signs() -> None:
    stated = parse_constraints(length="3", pattern=r"-?\d+\.?\d*")
    assert stated.n_symbols == 20
    assert stated.automaton.accepts([12, 3, 10, 1, 4])  # -3.14
    assert not stated.automaton.accepts([3, 10, 1])


def test_nothing_stated() -> None:
    assert not parse_constraints().stated
    assert parse_constraints(length=8).stated
    assert best(sharp("40")) == "40"
    assert best_texts(from_digits(np.zeros((0, 10))), parse_constraints()) is None


def test_constraints_of_a_request() -> None:
    stated = parse_stated(length="2", among="18, 26;123")
    assert stated.allowlist is not None
    assert stated.allowlist.numbers == ("18", "26")
    assert not parse_stated().stated
    assert parse_stated(pattern="1.", among="18 26").in_words() == "fits 1., one of 1 in the list"
    with pytest.raises(BadRequest, match="none of the 2 numbers of the list satisfies"):
        parse_stated(length="3", among="18 26")
    with pytest.raises(UnknownName):
        parse_stated(check="lun")


def test_a_long_word_in_a_list_is_shortened() -> None:
    with pytest.raises(BadRequest, match=f"contains '{'x' * 30}';"):
        parse_stated(among="x" * 30)
    with pytest.raises(BadRequest, match=rf"contains '{'x' * 27}\.\.\.';"):
        parse_stated(among="x" * 31)


def test_half_is_the_lowest_probability_of_a_read_number() -> None:
    assert parse_constraints(sure="0.5").sure_at == 0.5


def test_a_pattern_with_a_length_of_too_many_states() -> None:
    with pytest.raises(BadRequest, match="too many states"):
        parse_constraints(pattern="(12345|67890123){1,30}", length="1-200")
