"""The API's parameters and answers, as the OpenAPI document shows them.

Parameters are checked against these schemas. Answers are not passed through them, which would cost more time than
reading a digit; a test holds every answer to them instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, ValidationError, fields, pre_load, validate

from inkling.errors import UnknownName

MODES = ("auto", "single")  # as in inkling.pipeline.reader, which is not imported here because it is heavy
EXPLAIN = ("0", "1", "tiles")
SIDE = 28  # pixels: a tile


def _about(text: str, **more: Any) -> dict[str, Any]:
    return {"description": text, **more}


def _choice(name: str, choices: tuple[str, ...]) -> validate.OneOf:
    listed = ", ".join(choices)
    return validate.OneOf(
        choices, error=f"{name} is {{input!r}}; expected one of: {listed}. Choose one of these, or leave it out."
    )


class ReadQuery(Schema):
    """The query of POST /api/v1/read. What is misspelt is not passed over: it would be read with another network."""

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
        validate=_choice("explain", EXPLAIN),
        metadata=_about(
            "`1` adds an `explanation` of the first 16 digits, which takes some ten to a hundred milliseconds a digit, "
            "and to each digit the `tile` that the network saw. `tiles` adds the tiles alone, which costs nothing."
        ),
    )

    @pre_load
    def refuse_unknown(self, given: Mapping[str, Any], **_: Any) -> Mapping[str, Any]:
        for name in given:
            if name not in self.fields:
                raise ValidationError(str(UnknownName("parameter", name, self.fields)))
        return given


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
        metadata=_about("What the network saw: 28 rows of 28 values, 0 paper to 255 ink. With `explain`."),
    )


def _map(text: str) -> dict[str, Any]:
    """The arguments of a field of 28 rows of 28 points."""
    rows = fields.List(fields.Float(), validate=validate.Length(equal=SIDE))
    return {
        "cls_or_instance": rows,
        "required": True,
        "validate": validate.Length(equal=SIDE),
        "metadata": _about(text),
    }


class StepSchema(Schema):
    """One step from the picture to the digits, drawn."""

    name = fields.String(required=True, validate=validate.OneOf(("image", "ink", "glyphs")))
    title = fields.String(required=True)
    caption = fields.String(required=True, metadata=_about("What happens there, for a beginner."))
    picture = fields.String(
        required=True, metadata=_about("A PNG as a `data:` URI, its longer side at most 512 pixels, on light paper.")
    )
    size = fields.List(
        fields.Integer(), required=True, validate=validate.Length(equal=2), metadata=_about("Its width and height.")
    )


class LeadsSchema(Schema):
    """Points of the two leads of a digit."""

    for_ = fields.Float(data_key="for", required=True, metadata=_about("The answer over the other nine, on average."))
    against = fields.Float(required=True, metadata=_about("The answer over the runner-up."))


class WhySchema(Schema):
    """Why one digit was read as it was.

    In points, natural units of log-odds: a lead of 3 points makes the answer e^3 = 20 times as probable.
    """

    answer = fields.Integer(required=True, validate=validate.Range(0, 9))
    runner_up = fields.Integer(required=True, validate=validate.Range(0, 9), metadata=_about("Second most probable."))
    method = fields.String(
        required=True,
        validate=validate.OneOf(("exact contributions", "occlusion")),
        metadata=_about(
            "`exact contributions`: the network's own sum; a map and its bias add up to the total. `occlusion`: points "
            "that the lead falls by when the ink there is erased; these do not add up."
        ),
    )
    sentence = fields.String(required=True, metadata=_about("The answer to why, in words."))
    for_ = fields.List(
        data_key="for",
        **_map(
            "Points that the ink of each pixel brings to the answer's lead over the other nine, on average: above 0 it "
            "speaks for the answer, below 0 against. White paper is 0 and brings nothing."
        ),
    )
    against = fields.List(**_map("The same for the lead over the runner-up."))
    missing = fields.List(
        **_map(
            "Points that a dot of ink there would add to the lead over the runner-up; below 0 it would help the "
            "runner-up, so that the place is empty speaks for the answer. 0 where there is "
            "ink, and outside the square that the digit fills."
        )
    )
    totals = fields.Nested(LeadsSchema, required=True, metadata=_about("The two leads themselves."))
    biases = fields.Nested(
        LeadsSchema,
        required=True,
        allow_none=True,
        metadata=_about("What no pixel brings to them; null with `occlusion`."),
    )


class ExplanationSchema(Schema):
    """Every step of a reading, and why each digit was read as it was."""

    steps = fields.List(
        fields.Nested(StepSchema), required=True, metadata=_about("Without `glyphs` if nothing was found.")
    )
    digits = fields.List(
        fields.Nested(WhySchema),
        required=True,
        validate=validate.Length(max=16),
        metadata=_about("In the order of the answer's `digits`, the first 16."),
    )
    left_out = fields.Integer(
        required=True, validate=validate.Range(0), metadata=_about("How many digits beyond those are not explained.")
    )


class ModelRef(Schema):
    """The model that read."""

    name = fields.String(required=True)
    version = fields.String(required=True, metadata=_about("First 12 hex digits of its SHA-256."))


class WarningSchema(Schema):
    """What about a picture made it hard to read."""

    code = fields.String(required=True, metadata=_about("For a program.", example="border"))
    text = fields.String(required=True, metadata=_about("For a person: what is wrong; what to do."))


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
    explanation = fields.Nested(ExplanationSchema, metadata=_about("With `explain=1`."))
    others = fields.List(
        fields.Nested(DigitSchema),
        required=True,
        metadata=_about("Ink that was refused: no digits, and not in `text`; `digit` is what each resembles most."),
    )
    warnings = fields.List(
        fields.Nested(WarningSchema), required=True, metadata=_about("What made it hard, the most important first.")
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
