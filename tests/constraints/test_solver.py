"""The most probable texts under constraints, compared with enumeration of all texts that satisfy them."""

from __future__ import annotations

import re
import time
from pathlib import Path

import numpy as np
import pytest

from inkling.constraints.allowlist import build_allowlist
from inkling.constraints.automata import length_automaton
from inkling.constraints.checks import Check, find_check
from inkling.constraints.constraints import parse_constraints
from inkling.constraints.pattern import compile_pattern
from inkling.constraints.solver import MAX_UNSEEN, Solution, best_in_allowlist, best_texts
from inkling.pipeline.ctc import from_digits, keep_symbols
from inkling.pipeline.symbols import CLASSES
from tests.constraints.columns import allowed_texts, sharp
from tests.pipeline.ctc_oracle import random_columns

PATTERNS = ["[01][0-9]*", "(12|34|5)+", r"\d{2,3}", "[^3]{3}", "7.?7", r"1*\d"]


def assert_is_the_best(solution: Solution | None, texts: dict[str, float], symbols: str = "0123456789") -> None:
    """Compare a solution with `texts`: all texts that satisfy the constraints, found by enumeration."""
    if not texts:
        assert solution is None
        return
    assert solution is not None
    total, best = sum(texts.values()), max(texts.values())
    found = {"".join(symbols[k] for k in text): prob for text, prob in solution.texts}
    assert found == pytest.approx({text: texts[text] for text in found})
    assert next(iter(found.values())) == pytest.approx(best)
    assert list(found.values()) == sorted(found.values(), reverse=True)
    assert solution.confidence <= best / total * (1 + 1e-6)
    assert solution.fits <= total * (1 + 1e-6)
    assert solution.unseen <= MAX_UNSEEN * solution.fits
    assert solution.confidence == pytest.approx(best / total, rel=2 * MAX_UNSEEN)
    assert solution.fits == pytest.approx(total, rel=2 * MAX_UNSEEN)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("length", [None, "1", "2-3"])
@pytest.mark.parametrize("pattern", [None, *PATTERNS])
def test_length_and_pattern_rank_as_enumeration_does(seed: int, length: str | None, pattern: str | None) -> None:
    if (length, pattern) in {("1", r"\d{2,3}"), ("1", "[^3]{3}"), ("1", "7.?7")}:
        return  # no number satisfies both
    columns = random_columns(seed, 4, 11, sharpness=1 + seed)
    stated = parse_constraints(length=length, pattern=pattern)
    least, greatest = stated.length or (1, 9)
    texts = allowed_texts(columns, lambda t: least <= len(t) <= greatest and bool(re.fullmatch(pattern or r"\d+", t)))
    assert_is_the_best(best_texts(columns, stated.automaton, None), texts)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("check", ["luhn", "damm", "verhoeff", "mod_97_10"])
def test_a_checksum_ranks_as_enumeration_does(seed: int, check: str) -> None:
    columns, check_of = random_columns(seed, 4, 11, sharpness=12), find_check(check)
    texts = allowed_texts(columns, check_of.passes)
    assert_is_the_best(best_texts(columns, length_automaton(1, None, 10), check_of), texts)


@pytest.mark.parametrize("seed", range(6))
def test_an_allowlist_ranks_as_enumeration_does(seed: int) -> None:
    rng = np.random.default_rng(seed)
    listed = {"".join(map(str, rng.integers(0, 10, rng.integers(1, 6)))) for _ in range(40)}
    columns = random_columns(seed, 4, 11, sharpness=1 + seed)
    texts = {text: p for text, p in allowed_texts(columns, listed.__contains__).items() if p > 0}
    assert_is_the_best(best_in_allowlist(columns, build_allowlist(listed, "list")), texts)


@pytest.mark.parametrize("pattern", [r"\d\.\d", r"-?\d+", r"(\d|1,)%", r"[.,]\d", r"€\d|\(\d\)"])
def test_a_pattern_with_signs_ranks_as_enumeration_does(pattern: str) -> None:
    symbols, columns = "".join(CLASSES[:20]), random_columns(1, 3, 21, sharpness=2)
    regex = pattern.replace("€", "¤")
    texts = allowed_texts(columns, lambda t: bool(re.fullmatch(regex, t)), symbols)
    assert_is_the_best(best_texts(columns, compile_pattern(pattern), None), texts, symbols)


def test_signs_do_not_matter_where_none_is_named() -> None:
    columns = random_columns(3, 4, 22, sharpness=4)
    digits = keep_symbols(columns, 10)
    solution = best_texts(digits, parse_constraints(length="2").automaton, None)
    assert solution is not None
    assert solution.fits == pytest.approx(sum(allowed_texts(digits, lambda t: len(t) == 2).values()))


def test_of_a_list_too_large_for_memory_the_best_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inkling.constraints.allowlist.MAX_CELLS", 400)
    listed = [f"{number:04d}" for number in range(0, 10_000, 7)]
    columns = keep_symbols(from_digits(sharp("3507", sure=0.9)), 10)
    solution = best_in_allowlist(columns, build_allowlist(listed, "list"))
    assert solution is not None
    assert solution.texts[0].text == (3, 5, 0, 7)
    assert solution.unseen > 0
    everything = sum(allowed_texts_of_list(columns, listed))
    assert solution.confidence <= solution.texts[0].prob / everything
    assert solution.fits <= everything <= solution.fits + solution.unseen


def allowed_texts_of_list(columns: np.ndarray, listed: list[str]) -> list[float]:
    """The probability of each listed number, for isolated digits: the product of its digits' probabilities."""
    return [float(np.prod(columns[range(0, len(columns), 2), list(map(int, text))])) for text in listed]


def test_the_search_gives_up(monkeypatch: pytest.MonkeyPatch) -> None:
    flat = keep_symbols(from_digits(np.full((12, 10), 0.1)), 10)
    start = time.process_time()
    bounded = best_texts(flat, length_automaton(1, None, 10), find_check("luhn"))
    assert time.process_time() - start < 1
    assert bounded is None or (bounded.unseen > MAX_UNSEEN * bounded.fits and bounded.confidence < 1e-9)
    doubtful = keep_symbols(from_digits(sharp("111", sure=0.5)), 10)
    monkeypatch.setattr("inkling.constraints.solver.MAX_TEXTS", 3)
    assert best_texts(doubtful, length_automaton(1, None, 10), find_check("mod_97_10")) is None


def test_what_was_not_tried_is_unseen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inkling.constraints.solver.MAX_TEXTS", 1)
    columns = keep_symbols(from_digits(sharp("11", sure=0.6)), 10)
    solution = best_texts(columns, length_automaton(1, None, 10), Check("any", lambda _: True))
    assert solution is not None
    total = sum(allowed_texts(columns, bool).values())
    assert len(solution.texts) == 1
    assert solution.unseen == pytest.approx(total - solution.fits)


def test_a_large_list_is_read(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("\n".join(f"{number:05d}" for number in range(0, 100_000, 3)))
    stated = parse_constraints(among=path, check="luhn")
    assert stated.allowlist is not None
    assert len(stated.allowlist) == pytest.approx(3333, abs=60)
    solution = best_in_allowlist(keep_symbols(from_digits(sharp("00018")), 10), stated.allowlist)
    assert solution is not None
    assert solution.texts[0].text == (0, 0, 0, 1, 8)
