"""Converts the API's JSON to typed answers and errors."""

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

    digit: int  # 0..9: the most probable, unless constraints changed it
    confidence: float  # its calibrated probability, 0..1
    sure: bool  # whether the confidence is high enough to rely on
    probs: tuple[float, ...]  # ten calibrated probabilities that sum to 1
    box: tuple[int, int, int, int]  # x, y, w, h in pixels of the upright picture
    not_digit: float = 0.0  # probability 0..1 that it is not a digit
    tile: tuple[tuple[int, ...], ...] | None = None  # 28x28, or 32x32 if read in a row; 0 (paper) to 255 (ink)


@dataclass(frozen=True)
class Other:
    """Ink that is not a digit."""

    kind: str  # a sign ("point", "minus", ..), "mark", or ink left out: "refused", "crossed_out", "edge", "text"
    box: tuple[int, int, int, int]  # x, y, w, h in pixels of the upright picture
    resembles: Digit | None = None  # the digit that "refused" ink resembles most


@dataclass(frozen=True)
class QualityWarning:
    """A problem that made a picture hard to read."""

    code: str  # for programs
    text: str  # for users: what is wrong; what to do


@dataclass(frozen=True)
class Model:
    """A network for reading. Fields that an answer's `model` lacks are None."""

    name: str
    version: str  # first 12 hex digits of its SHA-256
    title: str | None = None  # the display name; the same as `name` if it has none
    default: bool | None = None
    architecture: str | None = None
    parameters: int | None = None  # number of trainable parameters
    bytes: int | None = None  # size on disk
    accuracy: float | None = None  # 0..1, on MNIST's 10,000 test images; None also if not measured


@dataclass(frozen=True)
class Answer:
    """The reading of one picture."""

    outcome: Outcome  # "read": all is sure; "unsure": something is not; "empty": no ink; "not_digit": ink, but no digit
    text: str  # digits in reading order, lines separated by "\n"; "" without digits
    confidence: float  # probability 0..1 that the whole text is correct
    digits: tuple[Digit, ...]  # in reading order
    size_wh: tuple[int, int]  # width and height of the upright picture in pixels
    reason: str  # for users: why the outcome is not "read", and what to do; "" if it is
    others: tuple[Other, ...]  # ink that is not a digit and not in `text`, including signs
    warnings: tuple[QualityWarning, ...]  # problems with the picture, the most important first
    model: Model
    took_ms: float  # time spent reading; after `read_many`, for all pictures together
    written: str = ""  # the number as written: `text` with signs, and with tabs between columns
    page: int | None = None  # page number in a document, from 1
    constraint: Mapping[str, Any] | None = None  # satisfied, changed, first, fits; None without constraints
    explanation: Mapping[str, Any] | None = field(default=None, repr=False)  # the API's `Explanation`; `explain=True`


def error_of(body: Mapping[str, Any], status: int, retry_after_s: int = 1) -> InklingError:
    """The error in a response, as the class named by its kind. `retry_after_s` is for TooManyRequests."""
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
    """The answer for one picture. Raises LookupError, TypeError or ValueError for unexpected JSON."""
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
    """One entry of the list of models, or an answer's `model`."""
    return Model(**{name: body.get(name) for name in Model.__dataclass_fields__})  # type: ignore[arg-type]
