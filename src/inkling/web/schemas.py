"""The API's parameters and answers, as the OpenAPI document shows them.

Parameters are checked against these schemas. Answers are not passed through them, which would cost more time than
reading a digit; a test holds every answer to them instead.
"""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate

MODES = ("auto", "single")  # as in inkling.road.reader, which is not imported here because it is heavy
SWITCH = ("0", "1")


def _about(text: str, **more: Any) -> dict[str, Any]:
    return {"description": text, **more}


def _choice(name: str, choices: tuple[str, ...]) -> validate.OneOf:
    listed = ", ".join(choices)
    return validate.OneOf(
        choices, error=f"{name} is {{input!r}}; expected one of: {listed}. Choose one of these, or leave it out."
    )


class ReadQuery(Schema):
    """The query of POST /api/v1/read."""

    mode = fields.String(
        load_default="auto",
        validate=_choice("mode", MODES),
        metadata=_about("`auto` finds however many digits there are; `single` treats all ink as one digit."),
    )
    model = fields.String(
        load_default="", metadata=_about("Name of a model from `GET /api/v1/models`; the default when left out.")
    )
    explain = fields.String(
        load_default="0",
        validate=_choice("explain", SWITCH),
        metadata=_about("`1` adds to each digit the `tile` that the network saw."),
    )


class DigitSchema(Schema):
    """One digit of a reading."""

    digit = fields.Integer(required=True, validate=validate.Range(0, 9), metadata=_about("The most probable."))
    confidence = fields.Float(
        required=True, validate=validate.Range(0, 1), metadata=_about("Its calibrated probability.")
    )
    sure = fields.Boolean(required=True, metadata=_about("Whether the confidence suffices to rely on it."))
    probs = fields.List(
        fields.Float(validate=validate.Range(0, 1)),
        required=True,
        validate=validate.Length(equal=10),
        metadata=_about("Probabilities of the digits 0 to 9."),
    )
    box = fields.List(
        fields.Integer(),
        required=True,
        validate=validate.Length(equal=4),
        metadata=_about("x, y, w, h in pixels of the upright picture."),
    )
    not_digit = fields.Float(
        required=True,
        validate=validate.Range(0, 1),
        metadata=_about("Probability that it is no digit at all; 0 from a model that cannot tell."),
    )
    tile = fields.List(
        fields.List(fields.Integer(validate=validate.Range(0, 255)), validate=validate.Length(equal=28)),
        validate=validate.Length(equal=28),
        metadata=_about("What the network saw: 28 rows of 28 values, 0 paper to 255 ink. With `explain=1`."),
    )


class ModelRef(Schema):
    """The model that read."""

    name = fields.String(required=True)
    version = fields.String(required=True, metadata=_about("First 12 hex digits of its SHA-256."))


class ReadingSchema(Schema):
    """What was read in one picture."""

    ok = fields.Boolean(required=True, validate=validate.Equal(True))
    outcome = fields.String(
        required=True,
        validate=validate.OneOf(("read", "unsure", "empty", "not_digit")),
        metadata=_about(
            "`read`: every digit is sure. `unsure`: something is not. `empty`: no ink. `not_digit`: ink, but no digit."
        ),
    )
    text = fields.String(required=True, metadata=_about("Digits in reading order; lines joined by a line feed."))
    confidence = fields.Float(
        required=True, validate=validate.Range(0, 1), metadata=_about("Probability that the whole text is right.")
    )
    digits = fields.List(fields.Nested(DigitSchema), required=True)
    size = fields.List(
        fields.Integer(),
        required=True,
        validate=validate.Length(equal=2),
        metadata=_about("Width and height of the upright picture, pixels."),
    )
    reason = fields.String(required=True, metadata=_about("Why it is not plainly read, and what to do."))
    others = fields.List(
        fields.Nested(DigitSchema),
        required=True,
        metadata=_about("Ink that was refused: no digits, and not in `text`; `digit` is what each resembles most."),
    )


class AnswerSchema(ReadingSchema):
    """The answer for one picture."""

    model = fields.Nested(ModelRef, required=True)
    took_ms = fields.Float(
        required=True, metadata=_about("Time spent reading, milliseconds, without waiting for a turn.")
    )


class ErrorSchema(Schema):
    """Every error on every route."""

    ok = fields.Boolean(required=True, validate=validate.Equal(False))
    kind = fields.String(required=True, metadata=_about("The kind of error, for programs.", example="ImageTooLarge"))
    error = fields.String(
        required=True, metadata=_about("What was got; what was expected; what to do. One sentence, for a person.")
    )


class AnswersSchema(Schema):
    """The answer for several pictures."""

    ok = fields.Boolean(required=True, validate=validate.Equal(True))
    readings = fields.List(
        fields.Dict(),
        required=True,
        metadata=_about(
            "One entry a picture, in order: a Reading, or the Error of a picture that cannot be read.",
            items={"anyOf": [{"$ref": "#/components/schemas/Reading"}, {"$ref": "#/components/schemas/Error"}]},
        ),
    )
    model = fields.Nested(ModelRef, required=True)
    took_ms = fields.Float(required=True, metadata=_about("Time spent reading all, milliseconds, without waiting."))


class ModelSchema(ModelRef):
    """One model that can be asked for."""

    default = fields.Boolean(required=True)
    architecture = fields.String(required=True)
    parameters = fields.Integer(required=True, metadata=_about("Trainable numbers in the network."))
    bytes = fields.Integer(required=True, metadata=_about("Size of the network on disk."))
    accuracy = fields.Float(
        required=True, allow_none=True, metadata=_about("On the 10,000 MNIST test images; null when not measured.")
    )


class ModelsSchema(Schema):
    """The models that can be asked for, the default first."""

    ok = fields.Boolean(required=True, validate=validate.Equal(True))
    models = fields.List(fields.Nested(ModelSchema), required=True)


class HealthSchema(Schema):
    """The state of the service."""

    ok = fields.Boolean(required=True)
