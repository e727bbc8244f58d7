"""The API's parameters and responses, as shown in the OpenAPI document.

Parameters are validated against these schemas. Responses are not, because validation would take longer than reading a
digit; instead, tests check every response against its schema.
"""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields
from marshmallow.validate import Length, OneOf, Range

from inkling.server.explanation_schemas import ExplanationSchema
from inkling.server.schema_fields import (
    OkSchema,
    Query,
    always,
    array,
    boolean,
    choice,
    integer,
    nested,
    number,
    over_tile,
    probability,
    required,
    string,
)

MODES = ("auto", "single")  # as in inkling.pipeline.reader, which is slow to import
EXPLAIN = ("0", "1", "tiles")
FLAGS = ("0", "1")
CONSTRAINTS = {  # parameters that constrain the number, and their descriptions
    "length": "Number of digits: `8` or `6-8`.",
    "pattern": "A regular expression for the whole number: digits, `\\d`, `[0-4]`, `( | )`, `?`, `*`, `+`, `{2,3}`; "
    "and the signs `\\.` `,` `-` `\\+` `/` `:` `%` `\\(` `\\)` `\\$`. If it contains no signs, signs in the picture "
    "are ignored.",
    "check": "A checksum that the number passes: `luhn`, `verhoeff`, `damm`, `ean`, `isbn`, `mod_97_10`, ...",
    "among": "All possible numbers, separated by commas, at most 20,000. A long list must be sent in a form or JSON.",
}
OTHER_KINDS = (  # as in inkling.pipeline.result
    "point", "comma", "minus", "plus", "slash", "colon", "percent", "bracket", "currency", "mark",
    "crossed_out", "refused", "edge", "text",
)  # fmt: skip


class ReadQuery(Query):
    """The query parameters of POST /api/v1/read."""

    mode = string(
        "`auto` finds any number of digits; `single` treats all ink as one digit.",
        choice("mode", MODES),
        required=False,
        load_default="auto",
    )
    model = string(
        "Name of a model from `GET /api/v1/models`; the default if omitted.", required=False, load_default=""
    )
    explain = string(
        "`1` adds an `explanation` of the first 16 digits, which takes 10 to 100 ms per digit, and each digit's "
        "`tile`, the network's input. `tiles` adds only the tiles, at no cost.",
        choice("explain", EXPLAIN),
        required=False,
        load_default="0",
    )
    cells = string(
        "`1` adds `tables`: the combs, grids and tables in the picture, each cell read separately.",
        choice("cells", FLAGS),
        required=False,
        load_default="0",
    )
    thumbnails = string(
        "`1` adds a `thumbnail` of the upright picture.",
        choice("thumbnails", FLAGS),
        required=False,
        load_default="0",
    )
    hand = string(
        "Name of a writer from `GET /api/v1/hands`. Single digits are read with the writer's active version, which the "
        "answer names.",
        required=False,
        load_default="",
    )
    length, pattern, check, among = (string(about, required=False, load_default="") for about in CONSTRAINTS.values())


class PictureSchema(Schema):
    """One picture as JSON."""

    image = string(
        metadata={
            "description": "The picture as a base64 `data:` URL, as from `canvas.toDataURL()`, or as plain base64.",
            "example": "data:image/png;base64,iVBORw0KGgo...",
        }
    )


class ReadRequestSchema(PictureSchema):
    """One picture as JSON, and constraints on its number. A list of strings in `image` means several pictures."""

    length, pattern, check, among = (string("As in the query.", required=False) for _ in CONSTRAINTS)


class DigitSchema(Schema):
    """One digit of a reading."""

    digit = integer("The most probable digit.", Range(0, 9))
    confidence = probability("Its calibrated probability.")
    sure = boolean("Whether the confidence is high enough to rely on it.")
    probs = array(fields.Float(validate=Range(0, 1)), "Probabilities of the digits 0 to 9.", Length(equal=10))
    box = array(fields.Integer(), "x, y, w, h in pixels of the upright picture.", Length(equal=4))
    not_digit = probability("Probability that it is not a digit; always 0 from a model that cannot refuse.")
    tile = over_tile(
        fields.Integer(validate=Range(0, 255)),
        "The network's input: 28 rows of 28 values, 0 (paper) to 255 (ink). For a digit that was read with its row: 32 "
        "rows of 32 values, a section of the row around the digit, including neighbors. With `explain`.",
        required=False,
    )


class OtherSchema(Schema):
    """Ink that is not a digit."""

    kind = string(
        "A sign of the number, a `mark` that is neither a digit nor a sign, or ink that was left out: `refused` by the "
        "model for single digits, a `crossed_out` cell, `text`, or ink at the `edge` of the picture.",
        OneOf(OTHER_KINDS),
    )
    box = array(fields.Integer(), "x, y, w, h in pixels of the upright picture.", Length(equal=4))
    digit = integer("For `refused` ink: the digit that it resembles most.", Range(0, 9), required=False)
    confidence = number("The confidence of that digit.", Range(0, 1), required=False)
    sure = required(fields.Boolean, "Whether that confidence is high enough to rely on.", required=False)
    probs = array(
        fields.Float(validate=Range(0, 1)), "Probabilities of the digits 0 to 9.", Length(equal=10), required=False
    )
    not_digit = number("Probability that it is not a digit.", Range(0, 1), required=False)
    tile = over_tile(fields.Integer(validate=Range(0, 255)), "As in a digit.", required=False)


class ModelRef(Schema):
    """The model that was used."""

    name = string()
    version = string("First 12 hex digits of its SHA-256.")


class WarningSchema(Schema):
    """A problem that made a picture hard to read."""

    code = string(metadata={"description": "For programs.", "example": "border"})
    text = string("For users: what is wrong; what to do.")


class ConstraintSchema(Schema):
    """The effect of the constraints on a reading. The confidences of the reading are conditional on them."""

    satisfied = boolean("Whether a text that satisfies them was found.")
    changed = boolean("Whether they changed the text.")
    first = string("The text without them.")
    fits = probability("Probability, given only the picture, that it shows a text that satisfies them.")


class TableCellSchema(Schema):
    """One cell of a table."""

    row = integer("From 1, top to bottom; for a merged cell the first row.", Range(1))
    column = integer("From 1, left to right; for a merged cell the first column.", Range(1))
    row_span = integer("Number of rows; more than 1 for a merged cell.", Range(1))
    column_span = integer("Number of columns; more than 1 for a merged cell.", Range(1))
    outcome = string(
        "As for a reading, or `crossed_out`. `not_digit`: ink, but no digit, such as a printed word.",
        OneOf(("read", "unsure", "empty", "crossed_out", "not_digit")),
    )
    text = string("Its digits.")
    written = string("Its number as written, with signs.")
    confidence = probability("Probability that the text is right; 0 without a text.")
    box = array(fields.Integer(), "x, y, w, h in pixels of the upright picture.", Length(equal=4))


class TableSchema(Schema):
    """A comb, grid or table."""

    rows = integer("Number of rows.", Range(1))
    columns = integer("Number of columns.", Range(1))
    box = array(fields.Integer(), "x, y, w, h in pixels of the upright picture.", Length(equal=4))
    cells = array(fields.Nested(TableCellSchema), "Row by row; positions without borders have no cell.")


def _page_numbers() -> tuple[Any, Any]:
    page = integer("For a document: the page number, from 1.", Range(1), required=False)
    return page, integer("For a document: the number of pages.", Range(1), required=False)


class ReadingSchema(OkSchema):
    """The reading of one picture, or of one page."""

    page, pages = _page_numbers()
    thumbnail = string("A JPEG as a `data:` URI, with `thumbnails=1`.", required=False)
    outcome = string(
        "`read`: everything is sure. `unsure`: a digit or mark is not sure. `empty`: no ink. `not_digit`: ink, but no "
        "digit.",
        OneOf(("read", "unsure", "empty", "not_digit")),
    )
    text = string("Digits in reading order; lines are separated by line feeds.")
    written = string(
        metadata={
            "description": "The number as written: `text` with signs, and with tabs between columns.",
            "example": "12/03/2024",
        },
    )
    confidence = probability("Probability that the whole text is right.")
    digits = array(fields.Nested(DigitSchema))
    size = array(fields.Integer(), "Width and height of the upright picture, in pixels.", Length(equal=2))
    reason = string("Why the outcome is not `read`, and what to do.")
    explanation = nested(ExplanationSchema, "With `explain=1`.", required=False)
    constraint = nested(ConstraintSchema, "With `length`, `pattern`, `check` or `among`.", required=False)
    tables = array(fields.Nested(TableSchema), "With `cells=1`, from top to bottom.", required=False)
    tables_reason = string("With `cells=1`, if no grid was found: a message that says what to do.", required=False)
    others = array(
        fields.Nested(OtherSchema),
        "Ink that is not a digit and not in `text`: signs, and ink that was left out.",
    )
    warnings = array(fields.Nested(WarningSchema), "Problems with the picture, the most important first.")


class HandRef(Schema):
    """The hand that was used, and its version."""

    name = string()
    version = integer("0 for the original network.", Range(0))


class AnswerSchema(ReadingSchema):
    """The answer for one picture."""

    model = nested(ModelRef)
    hand = nested(HandRef, "With `hand`.", required=False)
    took_ms = number("Time spent reading, in milliseconds, without waiting.")


class ErrorAnswerSchema(Schema):
    """The error answer of every route."""

    ok = boolean("`false`.", always(False))
    kind = string(metadata={"description": "The kind of error, for programs.", "example": "ImageTooLarge"})
    error = string("A message for users: what was received; what was expected; what to do.")
    page, pages = _page_numbers()


class AnswersSchema(OkSchema):
    """The answer for several pictures, or a document."""

    readings = array(
        fields.Raw(
            metadata={"oneOf": [{"$ref": f"#/components/schemas/{name}"} for name in ("Reading", "ErrorAnswer")]}
        ),
        "One entry per picture or page, in order: a Reading or an ErrorAnswer.",
    )
    model = nested(ModelRef)
    hand = nested(HandRef, "With `hand`.", required=False)
    took_ms = number("Total time spent reading, in milliseconds, without waiting.")


class ModelSchema(ModelRef):
    """One available model."""

    title = string("A display name; the same as `name` if it has none.")
    default = boolean()
    architecture = string()
    parameters = integer("Number of trainable parameters.")
    bytes = integer("Size of the network on disk.")
    accuracy = number("Accuracy on the 10,000 MNIST test images; null if not measured.", allow_none=True)


class ModelsSchema(OkSchema):
    """The available models, the default first."""

    models = array(fields.Nested(ModelSchema))


class HealthSchema(Schema):
    """The state of the service."""

    ok = boolean()
