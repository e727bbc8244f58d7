"""The displayed word and percentage never contradict each other."""

from __future__ import annotations

import pytest

from inkling.pipeline.how_sure import verdict

TABLE = [
    ("read", 0.999, "Read", 0.999),
    ("read", 0.81, "Read", 0.81),
    ("unsure", 0.997, "Not sure", None),
    ("unsure", 0.96, "Not sure", None),
    ("unsure", 0.95, "Probably", 0.95),
    ("unsure", 0.66, "Probably", 0.66),
    ("unsure", 0.5, "Probably", 0.5),
    ("unsure", 0.49, "Not sure", 0.49),
    ("unsure", 0.0, "Not sure", 0.0),
    ("not_digit", 0.0, "Not a digit", None),
    ("empty", 0.0, "No ink found", None),
]


@pytest.mark.parametrize(("outcome", "confidence", "word", "share"), TABLE)
def test_word_and_number(outcome: str, confidence: float, word: str, share: float | None) -> None:
    assert verdict(outcome, confidence) == (word, share)


@pytest.mark.parametrize("percent", range(101))
def test_a_doubt_is_never_told_with_a_high_number(percent: int) -> None:
    word, share = verdict("unsure", percent / 100)
    assert word != "Read"
    assert share is None or share <= 0.95
    assert (word == "Probably") == (0.5 <= percent / 100 <= 0.95)
