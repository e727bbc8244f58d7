"""What the page shows of one picture: a view with the digits marked, and each doubtful digit enlarged."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from inkling.errors import InklingError
from inkling.pipeline import decode
from inkling.pipeline.decode import DecodedImage
from inkling.pipeline.result import Box

VIEW = 560  # pixels: longest side of a view; twice what most screens give it
MARK = 88  # pixels: longer side of one enlarged digit
MOST_MARKS = 6  # enlarged digits of one picture
QUALITY = 60  # of JPEG: strokes keep their shape at a third of the size of 90
AROUND = 0.8  # of the tallest digit: how much is shown around all digits
WHOLE = 0.5  # of the picture: a view that covers as much shows all of it


@dataclass(frozen=True)
class DigitOption:
    """A digit that a mark may be."""

    digit: int
    confidence: float  # 0..1


@dataclass(frozen=True)
class DoubtfulDigit:
    """One doubtful digit, enlarged."""

    place: int  # 0 = the first digit of the text
    source: str  # data: URI
    options: tuple[DigitOption, ...]  # the likeliest two, first what was read


@dataclass(frozen=True)
class DigitOutline:
    """Where a digit stands, in pixels of the upright picture."""

    box_xywh: Box
    kind: str  # "sure", "doubtful" or "refused"


@dataclass(frozen=True)
class ReviewCard:
    """One picture of the page."""

    source: str  # the file
    outcome: str  # "unsure", "not_digit", "empty"; "read" when only the constraints are not satisfied
    text: str  # lines joined by "\\n"
    confidence: float  # 0..1
    broken: bool  # the text does not satisfy what is known
    reason: str
    first: str  # what was read before what is known changed it; "" when nothing was changed
    view: str  # data: URI; "" when the picture could not be opened again
    view_xywh: Box  # which part of the upright picture it shows, pixels
    outlines: tuple[DigitOutline, ...]
    marks: tuple[DoubtfulDigit, ...]
    more: int  # doubtful digits beyond `marks`


def make_card(row: dict[str, Any]) -> ReviewCard:
    """The JSON object of a reading -> Card; the picture is opened again."""
    digits, others = row["digits"], row["others"]
    known = row.get("constraint") or {}
    doubtful = [place for place, digit in enumerate(digits) if not digit["sure"]]
    try:
        picture = decode.decode(row["source"])
    except InklingError:  # it was there a moment ago
        picture = None
    outlines = [DigitOutline(tuple(digit["box"]), "sure" if digit["sure"] else "doubtful") for digit in digits]
    outlines += [DigitOutline(tuple(other["box"]), "refused") for other in others]
    missing = bool(known) and not known["satisfied"]
    view_xywh = _part_to_show([one.box_xywh for one in outlines], row["size"], whole=missing)
    return ReviewCard(
        source=row["source"],
        outcome=row["outcome"],
        text=row["text"],
        confidence=row["confidence"],
        broken=bool(row["text"]) and missing,
        reason=row["reason"],
        first=known["first"] if known and known["changed"] else "",
        view=_as_jpeg(_cut(picture, view_xywh, VIEW)) if picture else "",
        view_xywh=view_xywh,
        outlines=tuple(outlines),
        marks=tuple(_mark(picture, place, digits[place]) for place in doubtful[:MOST_MARKS]) if picture else (),
        more=max(0, len(doubtful) - MOST_MARKS),
    )


def _part_to_show(boxes: list[Box], size_wh: list[int], *, whole: bool) -> Box:
    """The part of the upright picture around all boxes; all of it where that is little more, or digits are missing."""
    w, h = size_wh
    if not boxes or whole:
        return 0, 0, w, h
    rim = int(AROUND * max(height for _, _, _, height in boxes)) + 1
    left, top = max(0, min(x for x, _, _, _ in boxes) - rim), max(0, min(y for _, y, _, _ in boxes) - rim)
    right = min(w, max(x + width for x, _, width, _ in boxes) + rim)
    bottom = min(h, max(y + height for _, y, _, height in boxes) + rim)
    if (right - left) * (bottom - top) > WHOLE * w * h:
        return 0, 0, w, h
    return left, top, right - left, bottom - top


def _mark(picture: DecodedImage, place: int, digit: dict[str, Any]) -> DoubtfulDigit:
    x, y, w, h = digit["box"]
    rim = 2 + max(w, h) // 12
    around = (x - rim, y - rim, w + 2 * rim, h + 2 * rim)
    probs = np.array(digit["probs"])
    second = next(int(d) for d in np.argsort(-probs, kind="stable") if d != digit["digit"])
    options = DigitOption(digit["digit"], float(probs[digit["digit"]])), DigitOption(second, float(probs[second]))
    return DoubtfulDigit(place, _as_jpeg(_cut(picture, around, MARK)), options)


def _cut(picture: DecodedImage, box_xywh: Box, longest: int) -> np.ndarray:
    """A part of the upright picture, its longer side at most `longest` pixels; beyond the border it goes on."""
    scale = picture.image.shape[1] / picture.size_wh[0], picture.image.shape[0] / picture.size_wh[1]
    x0, y0 = round(box_xywh[0] * scale[0]), round(box_xywh[1] * scale[1])
    x1 = max(x0 + 1, round((box_xywh[0] + box_xywh[2]) * scale[0]))
    y1 = max(y0 + 1, round((box_xywh[1] + box_xywh[3]) * scale[1]))
    h, w = picture.image.shape
    inside = picture.image[max(y0, 0) : min(y1, h), max(x0, 0) : min(x1, w)]
    rims = max(-y0, 0), max(y1 - h, 0), max(-x0, 0), max(x1 - w, 0)
    part = cv2.copyMakeBorder(inside, *rims, cv2.BORDER_REPLICATE)
    factor = longest / max(part.shape)
    if factor < 1:
        part = cv2.resize(part, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    return np.asarray(part)


def _as_jpeg(part: np.ndarray) -> str:
    """(H, W) uint8 -> data: URI."""
    _, content = cv2.imencode(".jpg", part, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return f"data:image/jpeg;base64,{base64.b64encode(content.tobytes()).decode()}"
