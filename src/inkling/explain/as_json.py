"""explanation -> the field `explanation` of the API's answer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from inkling.explain import words
from inkling.explain.explanation import Explanation
from inkling.explain.filmstrip import Step
from inkling.explain.log_odds import Attribution, DigitExplanation
from inkling.explain.render import data_uri

STEPS = ("image", "ink", "glyphs")  # as pictures; what follows them is in the answer as numbers
STEP_SIDE = 512  # pixels: the longer side of a picture


def explanation_json(explanation: Explanation) -> dict[str, Any]:
    """Every value is JSON; points are rounded to four decimals, pictures are PNGs of at most STEP_SIDE pixels."""
    return {
        "steps": steps_json(explanation.steps),
        "digits": [_why(why) for why in explanation.digits],
        "left_out": explanation.left_out,
    }


def steps_json(steps: Iterable[Step], *, side: int = STEP_SIDE) -> list[dict[str, Any]]:
    """The steps that are pictures, the longer side of each at most `side` pixels."""
    return [_step(step, side) for step in steps if step.name in STEPS]


def _step(step: Step, side: int) -> dict[str, Any]:
    picture = step.picture(side)
    h, w, _ = picture.shape
    about = {"name": step.name, "title": step.title, "caption": step.caption}
    return {**about, "picture": data_uri(picture), "size": [w, h]}


def _why(why: DigitExplanation) -> dict[str, Any]:
    leads = {"for": why.for_answer, "against": why.against_runner_up}
    return {
        "answer": why.answer,
        "runner_up": why.runner_up,
        "method": why.method,
        "sentence": words.sentence(why),
        **{name: _rounded(lead.points) for name, lead in leads.items()},
        "missing": _rounded(why.missing),
        "totals": {name: round(lead.total, 4) for name, lead in leads.items()},
        "biases": _biases(leads),
    }


def _biases(leads: dict[str, Attribution]) -> dict[str, float] | None:
    known = {name: round(lead.bias, 4) for name, lead in leads.items() if lead.bias is not None}
    return known or None


def _rounded(points: np.ndarray) -> list[list[float]]:
    rows: list[list[float]] = (points.round(4) + 0.0).tolist()  # + 0.0: no "-0.0"
    return rows
