"""The symbols that the line recognizer tells apart: digits, the signs that stand in numbers, and other marks."""

from __future__ import annotations

from collections.abc import Sequence

MARK = "mark"  # a mark that is neither a digit nor one of the signs
CROSSED_OUT = "crossed_out"  # a mark in a cell that is not used; no class of its own
CURRENCY = "\N{CURRENCY SIGN}"  # any currency's
SIGNS = (".", ",", "-", "+", "/", ":", "%", "(", ")", CURRENCY)
CLASSES = (*map(str, range(10)), *SIGNS, MARK)  # in the order of the network's outputs, before the blank
BLANK = len(CLASSES)  # the output "no new symbol", the last one
KINDS = {  # what a symbol that is no digit is called in a result
    ".": "point", ",": "comma", "-": "minus", "+": "plus", "/": "slash", ":": "colon", "%": "percent",
    "(": "bracket", ")": "bracket", CURRENCY: "currency", MARK: "mark",
    CROSSED_OUT: "crossed_out",
}  # fmt: skip


def as_written(text: Sequence[int]) -> str:
    """A text of symbol numbers as it is written; marks are left out."""
    return "".join(CLASSES[k] for k in text if CLASSES[k] != MARK)
