"""The API's parameters and answers, as the OpenAPI document shows them.

Parameters are validated with these schemas. Answers are not, because that would take longer than reading a digit; tests
hold every answer to its schema instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from marshmallow import Schema, ValidationError, fields, pre_load
from marshmallow.validate import And, Equal, Length, OneOf, Range, Validator

from inkling.errors import UnknownName

MODES = ("auto", "single")  # as in inkling.pipeline.reader, which is not imported here because it is heavy
EXPLAIN = ("0", "1", "tiles")
FLAGS = ("0", "1")
CONSTRAINTS = {  # parameters of a reading that say what is known about the number, and their descriptions
    "length": "Number of digits: `8` or `6-8`.",
    "pattern": "A regular expression for the whole number: digits, `\\d`, `[0-4]`, `( | )`, `?`, `*`, `+`, `{2,3}`; "
    "and the signs `\\.` `,` `-` `\\+` `/` `:` `%` `\\(` `\\)` `\\$`. If it names none, those in the picture do not "
    "matter.",
    "check": "A checksum that the number passes: `luhn`, `verhoeff`, `damm`, `ean`, `isbn`, `mod_97_10`, ...",
    "among": "All numbers that are possible, separated by commas; at most 20,000. A long list fits into a form alone.",
}
SIDE = 28  # pixels: a tile
ROW_SIDE = 32  # pixels: a tile of a digit that was read with its row
OTHER_KINDS = (  # as in inkling.pipeline.result
    "point", "comma", "minus", "plus", "slash", "colon", "percent", "bracket", "currency", "mark",
    "crossed_out", "refused", "edge", "text",
)  # fmt: skip


def required(kind: Any, about: str = "", check: Validator | None = None, **options: Any) -> Any:
    """A field that every answer has, with its description."""
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
    """A list of objects without a schema of their own."""
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


def _always(value: bool) -> Validator:
    """That a boolean is this one. The document does not say it: generated clients would compare it with a text."""
    return And(Equal(value))


def _choice(name: str, choices: tuple[str, ...]) -> OneOf:
    expected = ", ".join(choices)
    return OneOf(
        choices, error=f"{name} is {{input!r}}; expected one of: {expected}. Choose one of these, or leave it out."
    )


class Query(Schema):
    """A query. An unknown parameter is an error, because a misspelt one would be ignored."""

    @pre_load
    def refuse_unknown(self, given: Mapping[str, Any], **_: Any) -> Mapping[str, Any]:
        for name in given:
            if name not in self.fields:
                raise ValidationError(str(UnknownName("parameter", name, self.fields)))
        return given

    def load(self, data: Any, **options: Any) -> Any:
        """Most requests have no query. Its values are always the same, so they are computed once."""
        return super().load(data, **options) if data else dict(self._without_query)

    @cached_property
    def _without_query(self) -> Any:
        return super().load({})


class ReadQuery(Query):
    """The query of POST /api/v1/read."""

    mode = string(
        "`auto` finds however many digits there are; `single` treats all ink as one digit.",
        _choice("mode", MODES),
        required=False,
        load_default="auto",
    )
    model = string(
        "Name of a model from `GET /api/v1/models`; the default when left out.", required=False, load_default=""
    )
    explain = string(
        "`1` adds an `explanation` of the first 16 digits, which takes some ten to a hundred milliseconds a digit, "
        "and to each digit the `tile` that the network saw. `tiles` adds the tiles alone, which costs nothing.",
        _choice("explain", EXPLAIN),
        required=False,
        load_default="0",
    )
    cells = string(
        "`1` adds `tables`: each cell of the combs, grids and tables in the picture, read apart.",
        _choice("cells", FLAGS),
        required=False,
        load_default="0",
    )
    thumbnails = string(
        "`1` adds a `thumbnail` of the upright picture.",
        _choice("thumbnails", FLAGS),
        required=False,
        load_default="0",
    )
    hand = string(
        "Name of a writer from `GET /api/v1/hands`, whose single digits are read as they were taught; the answer says "
        "with which version.",
        required=False,
        load_default="",
    )
    length, pattern, check, among = (string(about, required=False, load_default="") for about in CONSTRAINTS.values())


class PictureSchema(Schema):
    """One picture as JSON."""

    image = string(
        metadata={
            "description": "The picture as a `data:` URL in base64, as `canvas.toDataURL()` gives it, or the base64 "
            "alone.",
            "example": "data:image/png;base64,iVBORw0KGgo...",
        }
    )


class ReadRequestSchema(PictureSchema):
    """One picture as JSON, and what is known about its number. A list of texts in `image` is several pictures."""

    length, pattern, check, among = (string("As in the query.", required=False) for _ in CONSTRAINTS)


class DigitSchema(Schema):
    """One digit of a reading."""

    digit = integer("The most probable.", Range(0, 9))
    confidence = probability("Its calibrated probability.")
    sure = boolean("Whether the confidence suffices to rely on it.")
    probs = array(fields.Float(validate=Range(0, 1)), "Probabilities of the digits 0 to 9.", Length(equal=10))
    box = array(fields.Integer(), "x, y, w, h in pixels of the upright picture.", Length(equal=4))
    not_digit = probability("Probability that it is no digit at all; 0 from a model that cannot tell.")
    tile = over_tile(
        fields.Integer(validate=Range(0, 255)),
        "What the network saw: 28 rows of 28 values, 0 paper to 255 ink. Of a digit that was read with its row: 32 "
        "rows of 32 values, the row's picture around the digit, neighbours included. With `explain`.",
        required=False,
    )


class OtherSchema(Schema):
    """Ink that is no digit."""

    kind = string(
        "A sign of the number, a `mark` that is neither digit nor sign, or what was left out: `refused` by the model "
        "of single digits, a `crossed_out` cell, `text`, or what lies at the picture's `edge`.",
        OneOf(OTHER_KINDS),
    )
    box = array(fields.Integer(), "x, y, w, h in pixels of the upright picture.", Length(equal=4))
    digit = integer("Of `refused` ink: the digit that it resembles most.", Range(0, 9), required=False)
    confidence = number("Of that digit.", Range(0, 1), required=False)
    sure = required(fields.Boolean, "Of that digit.", required=False)
    probs = array(fields.Float(validate=Range(0, 1)), "Of the ten digits.", Length(equal=10), required=False)
    not_digit = number("Probability that it is no digit at all.", Range(0, 1), required=False)
    tile = over_tile(fields.Integer(validate=Range(0, 255)), "As in a digit.", required=False)


class StepSchema(Schema):
    """One step from the picture to the digits, as a picture."""

    name = string(
        "Of digits that were read one by one: `image`, `ink`, `glyphs`. Of rows that were read as a whole: `image`, "
        "`layout`, `rows` as the network sees them, `columns` of probabilities, `symbols`, `texts`.",
        OneOf(("image", "ink", "glyphs", "layout", "rows", "columns", "symbols", "texts")),
    )
    title = string()
    caption = string("What happens there, for a beginner.")
    picture = string(
        "A PNG as a `data:` URI, its longer side at most 512 pixels, of `rows` and `columns` 1,024, on light paper."
    )
    size = array(fields.Integer(), "Its width and height.", Length(equal=2))


STEPS = "Without `glyphs`, or `rows` and those after it, if nothing was found."


class LeadsSchema(Schema):
    """Points of the two leads of a digit."""

    for_ = number("The answer over the other nine, on average.", data_key="for")
    against = number("The answer over the runner-up.")


class WhySchema(Schema):
    """Why one digit was read as it was.

    In points, natural units of log-odds: a lead of 3 points makes the answer e^3 = 20 times as probable.
    """

    answer = integer(check=Range(0, 9))
    runner_up = integer("Second most probable.", Range(0, 9))
    method = string(
        "`exact contributions`: the network's own sum; a map and its bias add up to the total. `occlusion`: points "
        "that the lead falls by when the ink there is erased; these do not add up.",
        OneOf(("exact contributions", "occlusion")),
    )
    sentence = string("The answer to why, in words.")
    for_ = over_tile(
        fields.Float(),
        "Points that the ink of each pixel brings to the answer's lead over the other nine, on average: above 0 it "
        "speaks for the answer, below 0 against. White paper is 0 and brings nothing.",
        data_key="for",
    )
    against = over_tile(fields.Float(), "The same for the lead over the runner-up.")
    missing = over_tile(
        fields.Float(),
        "Points that a dot of ink there would add to the lead over the runner-up. Below 0 it would help the "
        "runner-up, so the empty place speaks for the answer. 0 where there is ink, and outside the square that the "
        "digit fills.",
    )
    totals = nested(LeadsSchema, "The two leads themselves.")
    biases = nested(LeadsSchema, "What no pixel brings to them; null with `occlusion`.", allow_none=True)


class ExplanationSchema(Schema):
    """Every step of a reading, and why each digit was read as it was."""

    steps = array(fields.Nested(StepSchema), STEPS)
    digits = array(fields.Nested(WhySchema), "In the order of the answer's `digits`, the first 16.", Length(max=16))
    left_out = integer("How many digits beyond those are not explained.", Range(0))


class ModelRef(Schema):
    """The model that read."""

    name = string()
    version = string("First 12 hex digits of its SHA-256.")


class WarningSchema(Schema):
    """What about a picture made it hard to read."""

    code = string(metadata={"description": "For a program.", "example": "border"})
    text = string("For a person: what is wrong; what to do.")


class OkSchema(Schema):
    """What every successful answer has."""

    ok = boolean("`true`.", _always(True))


class ConstraintSchema(Schema):
    """What the constraints did to a reading. Its confidences are given them."""

    satisfied = boolean("Whether a text that satisfies them was found.")
    changed = boolean("Whether the text is another one than without them.")
    first = string("The text without them.")
    fits = probability("Probability, given the picture alone, that it shows a text that satisfies them.")


class TableCellSchema(Schema):
    """One cell of a table."""

    row = integer("From 1, downwards; of a merged cell the first.", Range(1))
    column = integer("From 1, to the right.", Range(1))
    row_span = integer("Rows that it takes: more than 1 if it is merged.", Range(1))
    column_span = integer("Columns that it takes.", Range(1))
    outcome = string(
        "As of a reading, or `crossed_out`. `not_digit`: ink, but no digit, such as a printed word.",
        OneOf(("read", "unsure", "empty", "crossed_out", "not_digit")),
    )
    text = string("Its digits.")
    written = string("Its number as written, with signs.")
    confidence = probability("Probability that the text is right; 0 where there is none.")
    box = array(fields.Integer(), "x, y, w, h in pixels of the upright picture.", Length(equal=4))


class TableSchema(Schema):
    """A comb, grid or table."""

    rows = integer("Of cells.", Range(1))
    columns = integer("Of cells.", Range(1))
    box = array(fields.Integer(), "x, y, w, h in pixels of the upright picture.", Length(equal=4))
    cells = array(fields.Nested(TableCellSchema), "Row by row; a place without walls has none.")


def _page_numbers() -> tuple[Any, Any]:
    page = integer("Of a document: the number of the page, from 1.", Range(1), required=False)
    return page, integer("Of a document: how many pages it has.", Range(1), required=False)


class ReadingSchema(OkSchema):
    """What was read in one picture, or on one page."""

    page, pages = _page_numbers()
    thumbnail = string("A JPEG as a `data:` URI, with `thumbnails=1`.", required=False)
    outcome = string(
        "`read`: every digit is sure. `unsure`: something is not. `empty`: no ink. `not_digit`: ink, but no digit.",
        OneOf(("read", "unsure", "empty", "not_digit")),
    )
    text = string("Digits in reading order; lines joined by a line feed.")
    written = string(
        metadata={
            "description": "The number as written: `text` with its signs, and a tab between two columns.",
            "example": "12/03/2024",
        },
    )
    confidence = probability("Probability that the whole text is right.")
    digits = array(fields.Nested(DigitSchema))
    size = array(fields.Integer(), "Width and height of the upright picture, pixels.", Length(equal=2))
    reason = string("Why it is not plainly read, and what to do.")
    explanation = nested(ExplanationSchema, "With `explain=1`.", required=False)
    constraint = nested(ConstraintSchema, "With `length`, `pattern`, `check` or `among`.", required=False)
    tables = array(fields.Nested(TableSchema), "With `cells=1`, from top to bottom.", required=False)
    tables_reason = string("With `cells=1`: that no grid was found, and what to do.", required=False)
    others = array(
        fields.Nested(OtherSchema),
        "Ink that is no digit and not in `text`: signs, and what was left out.",
    )
    warnings = array(fields.Nested(WarningSchema), "What made it hard, the most important first.")


class HandRef(Schema):
    """The hand that was used, and its version."""

    name = string()
    version = integer("0: the original network.", Range(0))


class AnswerSchema(ReadingSchema):
    """The answer for one picture."""

    model = nested(ModelRef)
    hand = nested(HandRef, "With `hand`.", required=False)
    took_ms = number("Time spent reading, milliseconds, without waiting.")


class ErrorAnswerSchema(Schema):
    """Every error on every route."""

    ok = boolean("`false`.", _always(False))
    kind = string(metadata={"description": "The kind of error, for programs.", "example": "ImageTooLarge"})
    error = string("What was got; what was expected; what to do. One sentence, for a person.")
    page, pages = _page_numbers()


class AnswersSchema(OkSchema):
    """The answer for several pictures, or a document."""

    readings = array(
        fields.Raw(
            metadata={"oneOf": [{"$ref": f"#/components/schemas/{name}"} for name in ("Reading", "ErrorAnswer")]}
        ),
        "One entry a picture or page, in order: a Reading, or the error of what cannot be read.",
    )
    model = nested(ModelRef)
    hand = nested(HandRef, "With `hand`.", required=False)
    took_ms = number("Time spent reading all, milliseconds, without waiting.")


class ModelSchema(ModelRef):
    """One model that can be asked for."""

    title = string("What people call it; the name if it has no title.")
    default = boolean()
    architecture = string()
    parameters = integer("Trainable numbers in the network.")
    bytes = integer("Size of the network on disk.")
    accuracy = number("On the 10,000 MNIST test images; null when not measured.", allow_none=True)


class ModelsSchema(OkSchema):
    """The models that can be asked for, the default first."""

    models = array(fields.Nested(ModelSchema))


class HealthSchema(Schema):
    """The state of the service."""

    ok = boolean()
