"""The line recognizer's symbols: digits, signs that occur in numbers, and other marks."""

from __future__ import annotations

from collections.abc import Sequence

MARK = "mark"  # a mark that is neither a digit nor one of the signs
CROSSED_OUT = "crossed_out"  # a mark in an unused cell; not an output class
CURRENCY = "\N{CURRENCY SIGN}"  # stands for any currency
SIGNS = (".", ",", "-", "+", "/", ":", "%", "(", ")", CURRENCY)
CLASSES = (*map(str, range(10)), *SIGNS, MARK)  # in the order of the network's outputs, before the blank
BLANK = len(CLASSES)  # the output "no new symbol", the last one
KINDS = {  # names of non-digit symbols in results
    ".": "point", ",": "comma", "-": "minus", "+": "plus", "/": "slash", ":": "colon", "%": "percent",
    "(": "bracket", ")": "bracket", CURRENCY: "currency", MARK: "mark",
    CROSSED_OUT: "crossed_out",
}  # fmt: skip


def as_written(text: Sequence[int]) -> str:
    """Symbol numbers -> the text, without marks."""
    return "".join(CLASSES[k] for k in text if CLASSES[k] != MARK)
