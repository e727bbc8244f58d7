"""Fields and base classes for the schemas of parameters and responses, and the validation of JSON bodies."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from marshmallow import Schema, ValidationError, fields, pre_load
from marshmallow.validate import And, Equal, Length, OneOf, Range, Validator

from inkling.errors import BadRequest, UnknownName

SIDE = 28  # side of a tile, in pixels
ROW_SIDE = 32  # side of the tile of a digit that was read with its row, in pixels


def required(kind: Any, about: str = "", check: Validator | None = None, **options: Any) -> Any:
    """A required field, with its description."""
    return kind(**{"required": True, "validate": check, "metadata": described(about), **options})


def described(text: str) -> dict[str, str]:
    """The metadata of a field."""
    return {"description": text} if text else {}


def string(about: str = "", check: Validator | None = None, **options: Any) -> Any:
    return required(fields.String, about, check, **options)


def integer(about: str = "", check: Validator | None = None, **options: Any) -> Any:
    return required(fields.Integer, about, check, **options)


def number(about: str = "", check: Validator | None = None, **options: Any) -> Any:
    return required(fields.Float, about, check, **options)


def probability(about: str) -> Any:
    return number(about, Range(0, 1))


def boolean(about: str = "", check: Validator | None = None) -> Any:
    return required(fields.Boolean, about, check)


def objects(about: str, **options: Any) -> Any:
    """A list of objects without a schema."""
    return array(fields.Dict(), about, **options)


def array(item: Any, about: str = "", check: Validator | None = None, **options: Any) -> Any:
    return required(fields.List, about, check, cls_or_instance=item, **options)


def nested(schema: Any, about: str = "", **options: Any) -> Any:
    return required(fields.Nested, about, nested=schema, **options)


def matrix(item: Any, side: int, about: str, **options: Any) -> Any:
    """`side` rows of `side` values."""
    return array(fields.List(item, validate=Length(equal=side)), about, Length(equal=side), **options)


def over_tile(item: Any, about: str, **options: Any) -> Any:
    """A value for each pixel of a tile, row by row."""
    length = Length(min=SIDE, max=ROW_SIDE)
    return array(fields.List(item, validate=length), about, length, **options)


def always(value: bool) -> Validator:
    """Checks that a boolean has this value. `And` hides the value from the OpenAPI document, because generated
    clients would compare it with a string."""
    return And(Equal(value))


def choice(name: str, choices: tuple[str, ...]) -> OneOf:
    expected = ", ".join(choices)
    return OneOf(choices, error=f"{name} is {{input!r}}; expected one of: {expected}. Choose one of these, or omit it.")


class Query(Schema):
    """Query parameters. An unknown parameter is an error, so that misspelled ones are not silently ignored."""

    @pre_load
    def refuse_unknown(self, given: Mapping[str, Any], **_: Any) -> Mapping[str, Any]:
        for name in given:
            if name not in self.fields:
                raise ValidationError(str(UnknownName("parameter", name, self.fields)))
        return given

    def load(self, data: Any, **options: Any) -> Any:
        """The validated values. For an empty query, which most requests have, they are computed only once."""
        return super().load(data, **options) if data else dict(self._without_query)

    @cached_property
    def _without_query(self) -> Any:
        return super().load({})


class OkSchema(Schema):
    """The base of every successful answer."""

    ok = boolean("`true`.", always(True))


def loaded(schema: Schema, given: Mapping[str, Any]) -> dict[str, Any]:
    """The validated values. Raises a BadRequest that names the first invalid value."""
    try:
        values: dict[str, Any] = schema.load(given)
    except ValidationError as error:
        place, message = _first(error.messages)
        message = message.rstrip(".")
        expected = "" if "expected" in message else "; expected a value as documented"
        raise BadRequest(f"{place.strip('.') or 'body'} is wrong: {message}{expected}. See /docs.") from error
    return values


def _first(messages: Any, place: str = "") -> tuple[str, str]:
    """The path and text of the first of marshmallow's messages."""
    if isinstance(messages, dict):
        name, inner = next(iter(messages.items()))
        return _first(inner, place if name == "_schema" else f"{place}.{str(name)[:40]}")
    if isinstance(messages, list):
        return _first(messages[0], place)
    return place, str(messages)[:200]
