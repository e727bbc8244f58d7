"""What a person is told of how sure a reading is: a word and a number that never contradict each other.

| outcome | probability that the text is right | told |
| --- | --- | --- |
| read | any; it is at least the network's threshold | Read, 97 % |
| unsure | 50 to 95 % | Probably, 84 % |
| unsure | less | Not sure, 32 % |
| unsure | more: something else than the network has doubts, and the reason tells what | Not sure |
| not_digit | | Not a digit |
| empty | | No ink found |

The page has the same rule in `server/static/js/common/how_sure.js`.
"""

from __future__ import annotations

from typing import NamedTuple

PROBABLY = (0.5, 0.95)  # of an unsure reading: from and to which probability its number goes with "Probably"


class Verdict(NamedTuple):
    """How sure a reading is."""

    word: str
    share: float | None  # 0..1, to be shown beside the word; None for none


def verdict(outcome: str, confidence: float) -> Verdict:
    """The outcome of a reading and the probability, 0..1, that its text is right -> what is told."""
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
