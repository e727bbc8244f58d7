"""An explanation in plain words."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from inkling.explain.log_odds import Attribution, DigitExplanation
from inkling.pipeline.box import Box
from inkling.pipeline.how_sure import verdict
from inkling.pipeline.result import Digit, Reading

NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
ROWS, COLUMNS = ("top", "", "bottom"), ("left", "", "right")
_PATCHES = "Small patches of ink were erased one at a time."
MIN_SHOWN = 0.5  # points; smaller effects are not mentioned


def how_sure(reading: Reading) -> str:
    """How sure the reading is, in one to three words."""
    word, share = verdict(reading.outcome, reading.confidence)
    return word if share is None else f"{word}: {percent(share)}"


def overruled(reading: Reading) -> str:
    """The sentence for a text that constraints have changed."""
    return f"The picture alone reads {reading.text.replace(chr(10), ' / ') or 'nothing'}; the constraints changed it."


def percent(share: float) -> str:
    """A probability as text; never "100%", because no network is certain."""
    if share > 0.999:
        return "over 99.9%"
    return f"{share:.1%}" if share > 0.99 else f"{share:.0%}"


def short_percent(share: float) -> str:
    """A short percentage: "97%", ">99%", "<1%"."""
    if share < 0.005:
        return "<1%"
    return f"{share:.0%}" if share < 0.995 else ">99%"


def counted(n: int, what: str) -> str:
    """1, "digit" -> "One digit"."""
    number = NUMBERS[n] if n < len(NUMBERS) else str(n)
    return f"{number[0].upper()}{number[1:]} {what}{'' if n == 1 else 's'}"


def times(points: float) -> str:
    """Points -> the ratio of probabilities, in words."""
    ratio = math.exp(min(abs(points), 30.0))
    if ratio >= 1e6:
        return "over a million times"
    if ratio < 1.05:
        return "about"
    return f"{ratio:,.1f} times" if ratio < 10 else f"{float(f'{ratio:.2g}'):,.0f} times"


def signed(points: float) -> str:
    """1.26 -> "+1.3", with a true minus sign."""
    text = f"{abs(points):.1f}"
    return text if text == "0.0" else f"{'+' if points > 0 else chr(0x2212)}{text}"


def sentence(why: DigitExplanation) -> str:
    """Why the answer was read and not the runner-up, in one or two sentences."""
    answer, runner_up, lead = why.answer, why.runner_up, why.against_runner_up
    ahead = f"{answer} is {lead.total:.1f} points ahead of {runner_up}, so it is {times(lead.total)} as probable."
    if lead.total < MIN_SHOWN:
        ahead = f"{answer} and {runner_up} are {lead.total:.1f} points apart: they are almost equally probable."
    best, worst = strongest_places(lead.points, why.tile, why.box)
    if best and worst:
        return f"{ahead} The ink {best} supports {answer} most, the ink {worst} supports {runner_up}."
    if best:
        return f"{ahead} The ink {best} supports {answer} most."
    return ahead


def total(why: DigitExplanation, attribution: Attribution) -> str:
    """How the points add up."""
    plus = float(attribution.points[attribution.points > 0].sum())
    minus = float(attribution.points[attribution.points < 0].sum())
    if attribution.bias is None:
        return f"{_PATCHES} The lead shrinks without blue ink and grows without orange ink."
    rest = signed(attribution.bias)
    return (
        f"Blue ink {signed(plus)}, orange ink {signed(minus)}, and {rest} from the biases, which belong to no pixel: "
        f"{signed(attribution.total)} points. These contributions are exact, not estimated."
    )


def for_caption(why: DigitExplanation) -> str:
    """The caption of the first map."""
    if why.method == "occlusion":
        return (
            f"{_PATCHES} Blue: without this ink, {why.answer} loses against the other nine digits. Orange: without "
            f"it, {why.answer} gains."
        )
    return (
        f"The points that the ink of each pixel adds to the average lead of {why.answer} over the other nine digits. "
        "Blue increases the lead, orange decreases it."
    )


def against_caption(why: DigitExplanation) -> str:
    """The caption of the second map."""
    return f"The same against {why.runner_up} alone. Blue ink supports {why.answer}, orange ink {why.runner_up}."


def units(why: DigitExplanation) -> str:
    """The caption of the hidden units."""
    active, of = why.active
    return (
        f"{active} of the {of} hidden units are active; these contribute most. Blue: ink there excites the unit. "
        f"Orange: ink there inhibits it. The number is the unit's contribution to the lead of {why.answer} over "
        f"{why.runner_up}."
    )


def refused(glyph: Digit) -> str:
    """Why a glyph is not in the text."""
    return f"Not a digit: {percent(glyph.not_digit)}. It resembles {glyph.digit} most."


def about(digits: Sequence[DigitExplanation], left_out: int) -> list[str]:
    """How to interpret the numbers, for the bottom of a page."""
    told = []
    if digits:
        told.append(
            "Points are natural units of log-odds: a lead of 1 point makes a digit 2.7 times as probable as the other, "
            "3 points 20 times, 7 points 1,100 times."
        )
    if any(why.method == "occlusion" for why in digits):
        told.append(
            "This network has many layers, so its output is not a simple sum over pixels. It was run again many times "
            "with ink erased (occlusion; Zeiler and Fergus, 2014). These points do not add up to the lead, because "
            "strokes are redundant."
        )
    if any(why.box for why in digits):
        told.append(
            "The digits of a row were read together, from the image of the whole row. The lead of a digit is the lead "
            "of the whole text over the same text with a different digit at that position."
        )
    elif digits:
        told.append(
            "While the same hidden units are active, a network with one hidden layer of ReLUs is a weighted sum of the "
            "pixels, so each pixel's contribution to a lead is exact."
        )
    if left_out:
        told.append(
            f"{counted(left_out, 'more digit')} of this picture {'is' if left_out == 1 else 'are'} not explained."
        )
    return told


def as_sentence(text: str) -> str:
    """The text with an initial capital letter."""
    return text[:1].upper() + text[1:]


def missing(why: DigitExplanation) -> str:
    """The caption of the map of missing ink."""
    low = float(why.missing.min())
    start = (
        "White paper is 0 and contributes no points, but its emptiness can matter. So a dot of ink was tried at each "
        "place around the strokes."
    )
    if low > -MIN_SHOWN:
        return f"{start} No dot would help {why.runner_up} much."
    spot = place(why.missing == low, why.tile, why.box)
    return (
        f"{start} It would help {why.runner_up} most {spot} (orange), so the empty paper there supports {why.answer}."
    )


def strongest_places(points: np.ndarray, tile: np.ndarray, box: Box | None = None) -> tuple[str, str]:
    """Where in the digit most of the positive and most of the negative points are; "" below MIN_SHOWN in total."""
    plus, minus = np.maximum(points, 0), np.minimum(points, 0)
    best = place(plus, tile, box) if plus.sum() >= MIN_SHOWN else ""
    worst = place(minus, tile, box) if -minus.sum() >= MIN_SHOWN else ""
    return (best, "") if best == worst else (best, worst)


def place(values: np.ndarray, tile: np.ndarray, box: Box | None = None) -> str:
    """Where in the digit most of the (S, S) values of one sign are: "at the top left", "in the middle".

    `box`: the digit's box in its tile; None if all ink of the tile belongs to the digit.
    """
    ys, xs = np.nonzero(tile > 0.1)
    if box is not None:
        x, y, w, h = box
        ys, xs = np.array([y, y + h - 1]), np.array([x, x + w - 1])
    elif ys.size == 0:
        ys = xs = np.array([0, len(tile) - 1])
    edges_y = np.linspace(ys.min(), ys.max() + 1, 4)[1:3]
    edges_x = np.linspace(xs.min(), xs.max() + 1, 4)[1:3]
    middles = np.arange(len(tile)) + 0.5
    row, column = np.searchsorted(edges_y, middles), np.searchsorted(edges_x, middles)
    sums = np.zeros((3, 3))
    np.add.at(sums, (row[:, None], column[None, :]), np.abs(values))
    best_row, best_column = divmod(int(sums.argmax()), 3)
    words = f"{ROWS[best_row]} {COLUMNS[best_column]}".strip()
    return f"at the {words}" if words else "in the middle"
