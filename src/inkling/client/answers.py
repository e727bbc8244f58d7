"""The API's JSON -> typed answers and errors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from inkling import errors
from inkling.errors import BadPicture, InklingError, ServiceError, TooManyRequests

Outcome = Literal["read", "unsure", "empty", "not_digit"]


@dataclass(frozen=True)
class Digit:
    """One digit of an answer."""

    digit: int  # 0..9, the most probable
    confidence: float  # its calibrated probability, 0..1
    sure: bool  # confidence is high enough to rely on
    probs: tuple[float, ...]  # ten calibrated probabilities that sum to 1
    box: tuple[int, int, int, int]  # x, y, w, h in pixels of the upright picture
    not_digit: float = 0.0  # probability 0..1 that it is no digit at all
    tile: tuple[tuple[int, ...], ...] | None = None  # 28 rows of 28, in a row 32 of 32; 0 paper..255 ink


@dataclass(frozen=True)
class Other:
    """Ink that is no digit."""

    kind: str  # "point", "minus", ..: a sign; "mark"; "refused", "crossed_out", "edge", "text": left out
    box: tuple[int, int, int, int]  # x, y, w, h in pixels of the upright picture
    resembles: Digit | None = None  # what "refused" ink resembles most


@dataclass(frozen=True)
class QualityWarning:
    """What about a picture made it hard to read."""

    code: str  # for a program
    text: str  # for a person: what is wrong; what to do


@dataclass(frozen=True)
class Model:
    """A network that reads. What an answer's `model` does not say is None."""

    name: str
    version: str  # first 12 hex digits of its SHA-256
    title: str | None = None  # what people call it; its name if it has no title
    default: bool | None = None
    architecture: str | None = None
    parameters: int | None = None  # trainable numbers
    bytes: int | None = None  # on disk
    accuracy: float | None = None  # 0..1, on MNIST's 10,000 test images; None also when not measured


@dataclass(frozen=True)
class Answer:
    """What was read in one picture."""

    outcome: Outcome  # "read": all is sure; "unsure": something is not; "empty": no ink; "not_digit": ink, but no digit
    text: str  # digits in reading order, lines joined by "\n"; "" when there is none
    confidence: float  # probability 0..1 that the whole text is right
    digits: tuple[Digit, ...]  # in reading order
    size_wh: tuple[int, int]  # the upright picture, pixels
    reason: str  # for a person: why it is not plainly "read", and what to do; "" when it is
    others: tuple[Other, ...]  # ink that is no digit and not in `text`, signs included
    warnings: tuple[QualityWarning, ...]  # what made it hard, the most important first
    model: Model
    took_ms: float  # time spent reading; of all pictures together after `read_many`
    written: str = ""  # the number as written: `text` with its signs, and a tab between columns
    page: int | None = None  # of a document, from 1
    constraint: Mapping[str, Any] | None = None  # satisfied, changed, first, fits; with constraints
    explanation: Mapping[str, Any] | None = field(default=None, repr=False)  # the API's `Explanation`; `explain=True`


def error_of(body: Mapping[str, Any], status: int, retry_after_s: int = 1) -> InklingError:
    """The error of an answer, of the class that its kind names. `retry_after_s` is for TooManyRequests."""
    kind, message = str(body.get("kind", "")), str(body.get("error", ""))
    known = getattr(errors, kind, None)
    if known is TooManyRequests:
        return TooManyRequests(message, retry_after_s)
    if isinstance(known, type) and issubclass(known, InklingError) and known is not ServiceError:
        return known(message)
    return ServiceError(kind, message, status)


def picture_error_of(entry: Mapping[str, Any]) -> BadPicture:
    """The error of one picture among several."""
    error = error_of(entry, 422)
    return error if isinstance(error, BadPicture) else BadPicture(str(error))


def answer_of(body: Mapping[str, Any]) -> Answer:
    """One picture's answer. Raises LookupError, TypeError or ValueError for JSON of another shape."""
    return Answer(
        outcome=body["outcome"],
        text=body["text"],
        confidence=body["confidence"],
        digits=tuple(map(_digit, body["digits"])),
        size_wh=(body["size"][0], body["size"][1]),
        reason=body["reason"],
        others=tuple(map(_other, body["others"])),
        warnings=tuple(QualityWarning(warning["code"], warning["text"]) for warning in body["warnings"]),
        model=model_of(body["model"]),
        took_ms=body["took_ms"],
        written=body["written"],
        page=body.get("page"),
        constraint=body.get("constraint"),
        explanation=body.get("explanation"),
    )


def _other(body: Mapping[str, Any]) -> Other:
    x, y, w, h = body["box"]
    return Other(body["kind"], (x, y, w, h), _digit(body) if "digit" in body else None)


def _digit(body: Mapping[str, Any]) -> Digit:
    x, y, w, h = body["box"]
    tile = body.get("tile")
    return Digit(
        digit=body["digit"],
        confidence=body["confidence"],
        sure=body["sure"],
        probs=tuple(body["probs"]),
        box=(x, y, w, h),
        not_digit=body.get("not_digit", 0.0),
        tile=tuple(map(tuple, tile)) if tile is not None else None,
    )


def model_of(body: Mapping[str, Any]) -> Model:
    """One model of the list, or an answer's `model`."""
    return Model(**{name: body.get(name) for name in Model.__dataclass_fields__})  # type: ignore[arg-type]
