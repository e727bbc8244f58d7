"""Explain why a digit was read as it was. START HERE: explanation.py.

from inkling import Reader
from inkling.explain import explain
explain(Reader("ann"), "photo.jpg").digits[0].against_runner_up.points   # (28, 28)
"""

from inkling.explain.as_json import explanation_json
from inkling.explain.explanation import Explanation, explain, explain_digit, explain_trace
from inkling.explain.log_odds import Attribution, DigitExplanation, HiddenUnit
from inkling.explain.recognized_glyphs import MAX_DIGITS, recognized_glyphs

__all__ = [
    "MAX_DIGITS",
    "Attribution",
    "DigitExplanation",
    "Explanation",
    "HiddenUnit",
    "explain",
    "explain_digit",
    "explain_trace",
    "explanation_json",
    "recognized_glyphs",
]
