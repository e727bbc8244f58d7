"""The explanation of a reading, as shown in the OpenAPI document."""

from __future__ import annotations

from marshmallow import Schema, fields
from marshmallow.validate import Length, OneOf, Range

from inkling.server.schema_fields import array, integer, nested, number, over_tile, string


class StepSchema(Schema):
    """A picture of one step of the reading."""

    name = string(
        "For digits that were read individually: `image`, `ink`, `glyphs`. For rows that were read as a whole: "
        "`image`, `layout`, `rows` (the network's input), `columns` (probabilities), `symbols`, `texts`.",
        OneOf(("image", "ink", "glyphs", "layout", "rows", "columns", "symbols", "texts")),
    )
    title = string()
    caption = string("An explanation of the step for beginners.")
    picture = string(
        "A PNG as a `data:` URI, on light paper. Its longer side is at most 512 pixels, or 1,024 for `rows` and "
        "`columns`."
    )
    size = array(fields.Integer(), "Its width and height.", Length(equal=2))


STEPS = "The steps in order. If nothing was found, `glyphs`, or `rows` and the steps after it, are missing."


class LeadsSchema(Schema):
    """The two leads of a digit, in points."""

    for_ = number("The answer's lead over the other nine digits, on average.", data_key="for")
    against = number("The answer's lead over the runner-up.")


class WhySchema(Schema):
    """Why one digit was read as it was.

    Values are in points (natural log-odds): a lead of 3 points makes the answer e^3 = 20 times as probable.
    """

    answer = integer(check=Range(0, 9))
    runner_up = integer("The second most probable digit.", Range(0, 9))
    method = string(
        "`exact contributions`: the network's own terms; a map and its bias add up to the total. `occlusion`: the drop "
        "in the lead, in points, when the ink around a pixel is erased; these do not add up.",
        OneOf(("exact contributions", "occlusion")),
    )
    sentence = string("The explanation in words.")
    for_ = over_tile(
        fields.Float(),
        "Contribution of each pixel's ink to the answer's lead over the other nine digits, on average, in points: "
        "positive for the answer, negative against it. White paper contributes 0.",
        data_key="for",
    )
    against = over_tile(fields.Float(), "Contribution of each pixel's ink to the lead over the runner-up, in points.")
    missing = over_tile(
        fields.Float(),
        "Points that a dot of ink at this position would add to the lead over the runner-up. If negative, ink would "
        "help the runner-up, so the empty position is evidence for the answer. 0 where there is ink, and outside the "
        "square around the digit.",
    )
    totals = nested(LeadsSchema, "The two leads.")
    biases = nested(LeadsSchema, "The part of the leads that comes from biases; null for `occlusion`.", allow_none=True)


class ExplanationSchema(Schema):
    """Every step of a reading, and why each digit was read as it was."""

    steps = array(fields.Nested(StepSchema), STEPS)
    digits = array(fields.Nested(WhySchema), "The first 16 of the answer's `digits`, in order.", Length(max=16))
    left_out = integer("Number of further digits, which are not explained.", Range(0))
