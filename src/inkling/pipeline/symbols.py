"""The symbols that the line recognizer tells apart: digits, the signs that stand in numbers, and other marks."""

from __future__ import annotations

MARK = "mark"  # a mark that is neither a digit nor one of the signs
CURRENCY = "\N{CURRENCY SIGN}"  # any currency's
SIGNS = (".", ",", "-", "+", "/", ":", "%", "(", ")", CURRENCY)
CLASSES = (*map(str, range(10)), *SIGNS, MARK)  # in the order of the network's outputs, before the blank
BLANK = len(CLASSES)  # the output "no new symbol", the last one
