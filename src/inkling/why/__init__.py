"""Why a digit was read as it was. START HERE: explanation.py.

from inkling import Reader
from inkling.why import explain
explain(Reader("ann"), "photo.jpg").digits[0].against_runner_up.points   # (28, 28)
"""

from inkling.why.as_json import explanation_json
from inkling.why.evidence import Evidence, Unit, Why
from inkling.why.explanation import Explanation, explain, explain_digit, explain_trace
from inkling.why.marks import MAX_DIGITS, marks

__all__ = [
    "MAX_DIGITS",
    "Evidence",
    "Explanation",
    "Unit",
    "Why",
    "explain",
    "explain_digit",
    "explain_trace",
    "explanation_json",
    "marks",
]
