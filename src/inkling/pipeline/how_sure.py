"""Describe to the user how sure a reading is, with a word and a percentage that never contradict each other.

| outcome | probability that the text is right | shown |
| --- | --- | --- |
| read | any; it is at least the network's threshold | Read, 97 % |
| unsure | 50 to 95 % | Probably, 84 % |
| unsure | less | Not sure, 32 % |
| unsure | more: the doubt is not from the network; the reason explains it | Not sure |
| not_digit | | Not a digit |
| empty | | No ink found |

The web page implements the same rule in `server/static/js/common/how_sure.js`.
"""

from __future__ import annotations

from typing import NamedTuple

PROBABLY = (0.5, 0.95)  # range of probabilities of an unsure reading that are shown as "Probably"


class Verdict(NamedTuple):
    """How sure a reading is."""

    word: str
    share: float | None  # 0..1, shown beside the word; None if nothing is shown


def verdict(outcome: str, confidence: float) -> Verdict:
    """The outcome of a reading and the probability, 0..1, that its text is right -> Verdict."""
    if outcome == "read":
        return Verdict("Read", confidence)
    if outcome == "empty":
        return Verdict("No ink found", None)
    if outcome == "not_digit":
        return Verdict("Not a digit", None)
    least, most = PROBABLY
    if confidence > most:
        return Verdict("Not sure", None)
    return Verdict("Probably" if confidence >= least else "Not sure", confidence)
