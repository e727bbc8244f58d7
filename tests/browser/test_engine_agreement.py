"""The engine combines two readings of a picture (`static/js/engine/agreement.js`) as the pipeline does."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser

from inkling.pipeline.agreement import agreed
from inkling.pipeline.box import Box
from inkling.pipeline.quality import QualityWarning
from inkling.pipeline.result import Digit, Other, Outcome, Reading, refused
from tests.browser.engine_modules import ADDRESS, Engine

pytestmark = pytest.mark.browser

N = 400  # pairs of readings
OUTCOMES: tuple[Outcome, ...] = ("read", "unsure", "empty", "not_digit")
WARNINGS = (
    QualityWarning("page", "this looks like a page of text; show only the number."),
    QualityWarning("many", "there are too many rows; show a part."),
    QualityWarning("small", "the digits are small; come nearer."),
)
AGREED = f"""async (pairs) => {{
  const {{ agreed }} = await import("{ADDRESS}/static/js/engine/agreement.js");
  return pairs.map(([rows, glyphs, complete]) => agreed(rows, glyphs, {{ complete }}));
}}"""


def some_reading(rng: np.random.Generator, *, by_rows: bool) -> Reading:
    """Digits and other ink at repeated places, so that two readings often share them."""
    outcome = OUTCOMES[int(rng.choice(4, p=[0.45, 0.35, 0.1, 0.1]))]
    n = int(rng.integers(1, 5)) if outcome in ("read", "unsure") else 0
    digits = tuple(_digit(rng, i) for i in range(n))
    text = "".join(str(digit.digit) for digit in digits)
    if by_rows and n > 2 and rng.random() < 0.3:
        text = f"{text[:1]}\n{text[1:]}"
    others: list[Other] = []
    if outcome != "empty" and rng.random() < 0.5:
        glyph = _digit(rng, int(rng.integers(6)))
        others.append(Other("mark" if rng.random() < 0.5 else "point", glyph.box) if by_rows else refused(glyph))
    warnings = tuple(one for one in WARNINGS if rng.random() < 0.15)
    confidence = float(rng.choice([0.01, 0.04, 0.3, 0.7, 0.97])) if n else 0.0
    reason = "" if outcome == "read" else "it is unclear; write it again."
    return Reading(outcome, text, confidence, digits, (300, 120), reason, tuple(others), warnings, text)


def _digit(rng: np.random.Generator, place: int) -> Digit:
    probs = rng.dirichlet(np.full(10, 0.1))
    best = int(probs.argmax())
    x, y, w, h = (usual + int(rng.integers(-4, 5)) for usual in (20 + 45 * place, 30, 34, 50))
    box: Box = (x, y, w, h if rng.random() < 0.8 else h // 3)
    return Digit(
        best, float(probs[best]), bool(probs[best] > 0.8), tuple(probs.tolist()), box, float(rng.random() ** 4)
    )


def as_engine_has_it(reading: Reading) -> dict[str, Any]:
    """The fields of the engine's answer, without rounding."""

    def digit(one: Digit) -> dict[str, Any]:
        return {**one.to_json(), "confidence": one.confidence, "probs": list(one.probs), "not_digit": one.not_digit}

    others = [{**(digit(one.resembles) if one.resembles else {}), **_place(one)} for one in reading.others]
    return {
        **reading.to_json(),
        "confidence": reading.confidence,
        "digits": [digit(one) for one in reading.digits],
        "others": others,
    }


def _place(other: Other) -> dict[str, Any]:
    return {"kind": other.kind, "box": list(other.box)}


def test_the_answer_of_two_readings(chromium: Browser) -> None:
    rng = np.random.default_rng(11)
    pairs = [
        (some_reading(rng, by_rows=True), some_reading(rng, by_rows=False), bool(rng.random() < 0.5)) for _ in range(N)
    ]
    page = chromium.new_page()
    Engine(page)
    given = [(as_engine_has_it(rows), as_engine_has_it(glyphs), complete) for rows, glyphs, complete in pairs]
    answers = page.evaluate(AGREED, given)
    page.close()
    for (rows, glyphs, complete), answer in zip(pairs, answers, strict=True):
        expected = as_engine_has_it(agreed(rows, glyphs, complete=complete))
        assert answer == {**expected, "confidence": pytest.approx(expected["confidence"], abs=1e-12)}
