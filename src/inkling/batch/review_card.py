"""The card of one image on the review page: a view with the digits outlined, and each doubtful digit enlarged."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from inkling.batch.csv_table import ResultJson
from inkling.errors import InklingError
from inkling.pipeline import decode
from inkling.pipeline.box import Box
from inkling.pipeline.decode import DecodedImage, ImageSource
from inkling.pipeline.how_sure import verdict
from inkling.pipeline.result import UNEXPLAINED

OpenImage = Callable[[], ImageSource]  # raises InklingError

VIEW_SIDE = 560  # pixels: longest side of a view, twice its displayed size on most screens
DIGIT_SIDE = 88  # pixels: longer side of one enlarged digit
MAX_DOUBTFUL = 6  # enlarged digits per image
JPEG_QUALITY = 60  # keeps the shape of strokes at a third of the size of quality 90
MARGIN = 0.8  # around all boxes, in multiples of the tallest one's height
WHOLE_IMAGE = 0.5  # fraction of the image; a view that would cover more shows the whole image


@dataclass(frozen=True)
class DoubtfulDigit:
    """One doubtful digit, enlarged."""

    position: int  # 0 = the first digit of the text
    uri: str  # data: URI
    options: tuple[tuple[int, float], ...]  # the digit that was read and the most probable other, with probabilities


@dataclass(frozen=True)
class DigitOutline:
    """Where a digit or other ink is, in pixels of the upright picture."""

    box_xywh: Box
    kind: str  # "sure", "doubtful", "sign", or "refused": ink that may be a missed digit


@dataclass(frozen=True)
class ReviewCard:
    """One image on the page."""

    source: str  # the file
    name: str  # of the field; "" if the picture contains one number
    outcome: str  # "unsure", "not_digit", "empty"; "read" if only something else needs a check, such as a constraint
    text: str  # lines joined by "\\n"
    written: str  # with its signs
    word: str  # the confidence in a word, from `pipeline.how_sure`
    share: float | None  # 0..1, shown beside the word
    violates: bool  # the text does not satisfy the constraints
    reason: str
    first: str  # the text before the constraints changed it; "" if they did not
    view: str  # data: URI; "" if the image could not be opened again
    view_xywh: Box  # the part of the upright picture that it shows, in pixels
    outlines: tuple[DigitOutline, ...]
    doubtful_digits: tuple[DoubtfulDigit, ...]
    more: int  # doubtful digits beyond `doubtful_digits`


def make_card(result: ResultJson, open_image: OpenImage | None = None, *, name: str = "") -> ReviewCard:
    """The JSON object of a reading -> its card. Reopens the image, from its source if `open_image` is None."""
    digits, constraint = result.get("digits", []), result.get("constraint")
    doubtful = [position for position, digit in enumerate(digits) if not digit["sure"]]
    try:
        image = decode.decode(open_image() if open_image else result["source"])
    except InklingError:  # deleted after it was read
        image = None
    size_wh = result.get("size") or (list(image.size_wh) if image else [1, 1])
    outlines = [DigitOutline(tuple(digit["box"]), "sure" if digit["sure"] else "doubtful") for digit in digits]
    outlines += [
        DigitOutline(tuple(other["box"]), "refused" if other["kind"] in UNEXPLAINED else "sign")
        for other in result.get("others", [])
    ]
    violates = constraint is not None and not constraint["satisfied"]
    view_xywh = _view_box([one.box_xywh for one in outlines], size_wh, whole=violates)
    shown = doubtful[:MAX_DOUBTFUL] if image else []
    word, share = verdict(result["outcome"], result["confidence"])
    return ReviewCard(
        source=result["source"],
        name=name,
        outcome=result["outcome"],
        text=result["text"],
        written=str(result.get("written", result["text"])),
        word=word,
        share=share,
        violates=bool(result["text"]) and violates,
        reason=result.get("reason", ""),
        first=constraint["first"] if constraint and constraint["changed"] else "",
        view=_crop_uri(image, view_xywh, VIEW_SIDE) if image else "",
        view_xywh=view_xywh,
        outlines=tuple(outlines),
        doubtful_digits=tuple(_enlarge(image, position, digits[position]) for position in shown) if image else (),
        more=max(0, len(doubtful) - MAX_DOUBTFUL),
    )


def _view_box(boxes: list[Box], size_wh: list[int], *, whole: bool) -> Box:
    """The part of the upright picture around all boxes, or the whole picture if the part is large or `whole` is set."""
    w, h = size_wh
    if not boxes or whole:
        return 0, 0, w, h
    margin = int(MARGIN * max(height for _, _, _, height in boxes)) + 1
    left, top = max(0, min(x for x, _, _, _ in boxes) - margin), max(0, min(y for _, y, _, _ in boxes) - margin)
    right = min(w, max(x + width for x, _, width, _ in boxes) + margin)
    bottom = min(h, max(y + height for _, y, _, height in boxes) + margin)
    if (right - left) * (bottom - top) > WHOLE_IMAGE * w * h:
        return 0, 0, w, h
    return left, top, right - left, bottom - top


def _enlarge(image: DecodedImage, position: int, digit: ResultJson) -> DoubtfulDigit:
    x, y, w, h = digit["box"]
    margin = 2 + max(w, h) // 12
    probs, read = digit["probs"], digit["digit"]
    second = max((d for d in range(10) if d != read), key=lambda d: probs[d])
    uri = _crop_uri(image, (x - margin, y - margin, w + 2 * margin, h + 2 * margin), DIGIT_SIDE)
    return DoubtfulDigit(position, uri, ((read, probs[read]), (second, probs[second])))


def _crop_uri(image: DecodedImage, box_xywh: Box, side: int) -> str:
    """A part of the upright picture as a data: URI, with a longer side of at most `side` pixels.

    Outside the picture, its border pixels are repeated.
    """
    scale = image.image.shape[1] / image.size_wh[0], image.image.shape[0] / image.size_wh[1]
    x0, y0 = round(box_xywh[0] * scale[0]), round(box_xywh[1] * scale[1])
    x1 = max(x0 + 1, round((box_xywh[0] + box_xywh[2]) * scale[0]))
    y1 = max(y0 + 1, round((box_xywh[1] + box_xywh[3]) * scale[1]))
    h, w = image.image.shape
    inside = image.image[max(y0, 0) : min(y1, h), max(x0, 0) : min(x1, w)]
    margins = max(-y0, 0), max(y1 - h, 0), max(-x0, 0), max(x1 - w, 0)
    crop = cv2.copyMakeBorder(inside, *margins, cv2.BORDER_REPLICATE)
    factor = side / max(crop.shape)
    if factor < 1:
        crop = cv2.resize(crop, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    _, content = cv2.imencode(".jpg", np.asarray(crop), [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    return f"data:image/jpeg;base64,{base64.b64encode(content.tobytes()).decode()}"
