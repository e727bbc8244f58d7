"""The field `explanation` of the API's response."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from inkling.explain import words
from inkling.explain.explanation import Explanation
from inkling.explain.log_odds import Attribution, DigitExplanation
from inkling.explain.render import data_uri
from inkling.explain.step import Step

STEPS = (
    *("image", "ink", "glyphs"),  # as images; the response has the later steps of glyphs as numbers
    *("layout", "rows", "columns", "symbols", "texts"),
)
WIDE = ("rows", "columns")  # twice as large, because rows are long
STEP_SIDE = 512  # pixels: the longer side of an image


def explanation_json(explanation: Explanation) -> dict[str, Any]:
    """JSON values. Points are rounded to four decimals; images are PNGs with a side of at most twice STEP_SIDE."""
    return {
        "steps": steps_json(explanation.steps),
        "digits": [_digit(why) for why in explanation.digits],
        "left_out": explanation.left_out,
    }


def steps_json(steps: Iterable[Step], *, side: int = STEP_SIDE) -> list[dict[str, Any]]:
    """The steps that are images, with a longer side of at most `side` pixels, or twice that for WIDE ones."""
    return [_step(step, side) for step in steps if step.name in STEPS]


def _step(step: Step, side: int) -> dict[str, Any]:
    image = step.image(2 * side if step.name in WIDE else side)
    h, w, _ = image.shape
    about = {"name": step.name, "title": step.title, "caption": step.caption}
    return {**about, "picture": data_uri(image), "size": [w, h]}


def _digit(why: DigitExplanation) -> dict[str, Any]:
    attributions = {"for": why.for_answer, "against": why.against_runner_up}
    return {
        "answer": why.answer,
        "runner_up": why.runner_up,
        "method": why.method,
        "sentence": words.sentence(why),
        **{name: _rounded(each.points) for name, each in attributions.items()},
        "missing": _rounded(why.missing),
        "totals": {name: round(each.total, 4) for name, each in attributions.items()},
        "biases": _biases(attributions),
    }


def _biases(attributions: dict[str, Attribution]) -> dict[str, float] | None:
    known = {name: round(each.bias, 4) for name, each in attributions.items() if each.bias is not None}
    return known or None


def _rounded(points: np.ndarray) -> list[list[float]]:
    rows: list[list[float]] = (points.round(4) + 0.0).tolist()  # + 0.0: no "-0.0"
    return rows
