"""The texts of synthetic lines."""

from __future__ import annotations

import numpy as np
import pytest

from inkling.pipeline.symbols import CLASSES, MARK
from inkling.training.recipe import Texts
from inkling.training.synthetic_lines import texts
from inkling.training.synthetic_lines.texts import GAP, random_plain_text, random_text


@pytest.fixture(scope="module")
def many() -> list[list[str]]:
    rng = np.random.default_rng(0)
    return [random_text(rng) for _ in range(2_000)]


def test_every_class_is_written_and_nothing_else(many: list[list[str]]) -> None:
    assert {symbol for text in many for symbol in text} == {*CLASSES, GAP}


def test_gaps_stand_between_symbols(many: list[list[str]]) -> None:
    for text in many:
        assert text[0] != GAP
        assert text[-1] != GAP
        assert f"{GAP}{GAP}" not in "".join(text)


def test_the_shares_are_kept(many: list[list[str]]) -> None:
    marked = np.mean([text[0] == MARK or text[-1] == MARK for text in many])
    assert texts.MARKED < marked < texts.MARKED + 0.03  # a few expressions also end in a mark


@pytest.mark.parametrize("signs", [0.0, 0.35, Texts().signs, 1.0])
def test_the_recipe_says_how_many_have_signs(signs: float) -> None:
    rng = np.random.default_rng(0)
    written = (random_text(rng, Texts(signs=signs)) for _ in range(1_000))
    signed = np.mean([any(not symbol.isdigit() and symbol not in (GAP, MARK) for symbol in text) for text in written])
    assert signs - 0.06 <= signed <= signs + 0.03  # a grouped number may have only gaps


@pytest.mark.parametrize(("benford", "share"), [(0.0, 0.1), (1.0, 0.301)])
def test_the_recipe_says_how_many_numbers_begin_as_amounts_do(benford: float, share: float) -> None:
    rng = np.random.default_rng(0)
    written = (random_text(rng, Texts(signs=0.0, benford=benford)) for _ in range(1_500))
    numbers = [text for text in written if len(text) > 1 and text[0].isdigit() and text[1].isdigit()]
    assert np.mean([text[0] == "1" for text in numbers]) == pytest.approx(share, abs=0.04)
    assert any(text[0] == "0" for text in numbers) == (benford == 0)


def test_plain_numbers_have_digits_alone() -> None:
    rng = np.random.default_rng(0)
    found = [random_plain_text(rng, longest=4) for _ in range(300)]
    assert {len(text) for text in found} == {1, 2, 3, 4}
    assert {symbol for text in found for symbol in text} == set("0123456789")


def test_many_numbers_end_in_zeros() -> None:
    rng = np.random.default_rng(0)
    long = [text for text in (random_plain_text(rng, longest=8) for _ in range(2_000)) if len(text) > 3]
    zeros = np.mean([text[-2:] == ["0", "0"] for text in long])
    # A round number ends in 0 to 3 zeros, so half of them end in two or three. 1% of the others do by chance.
    assert zeros == pytest.approx(texts.ROUND / 2, abs=0.03)
