"""Parameters and answers of the routes for hands, as the OpenAPI document shows them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, ValidationError, fields
from marshmallow.validate import Length, OneOf, Range, Regexp

from inkling.errors import BadRequest
from inkling.server.schemas import (
    ModelRef,
    OkSchema,
    PictureSchema,
    Query,
    array,
    boolean,
    integer,
    nested,
    number,
    probability,
    required,
    string,
)

MAX_CORRECTIONS = 100  # in one request
MAX_TEXT = 200  # characters of a source or session
LABELS = (*"0123456789", "none")  # as in inkling.hands.lesson, which is not imported here because it is heavy
KINDS = ("light", "full")
LABEL = "A digit, or `none`: no digit."
_BOX = "x, y, w, h in pixels of the upright picture."


class CorrectionSchema(Schema):
    """The right label of one box of a picture."""

    box = array(fields.Integer(strict=True), f"{_BOX} As in the answer of a reading.", Length(equal=4))
    label = string(
        "The right digits: one, or several if the box holds several; empty or `none`: no digit.",
        Regexp(r"([0-9]{0,20}|none)\Z", error="label is {input!r}; expected up to 20 digits, or none."),
    )
    said = string(
        f"What was read. {LABEL} Empty: the server asks its network about the tile.",
        OneOf(("", *LABELS)),
        required=False,
        load_default="",
    )


class GivenModelSchema(Schema):
    """The model that answered."""

    name = string(check=Length(max=MAX_TEXT))
    version = string(check=Length(max=MAX_TEXT))


class LessonsRequestSchema(PictureSchema):
    """A picture, and the right labels of its boxes."""

    lessons = array(fields.Nested(CorrectionSchema), "At least one.", Length(1, MAX_CORRECTIONS))
    model = nested(
        GivenModelSchema,
        "The one that read it; the default if left out.",
        required=False,
        load_default=None,
    )
    session = string("Groups lessons of one sitting.", Length(max=MAX_TEXT), required=False, load_default="")
    source = string("Where the picture comes from.", Length(max=MAX_TEXT), required=False, load_default="")


class TeachRequestSchema(Schema):
    """How to teach."""

    kind = string(
        "`light`: the last layer, in about a second. `full`: the whole network.",
        OneOf(KINDS),
        required=False,
        load_default="light",
    )


class UseRequestSchema(Schema):
    """The version to read with."""

    version = required(fields.Integer, "0: the original network.", Range(0, 2**31 - 1), strict=True)


class LessonSchema(Schema):
    """A stored digit."""

    id = integer()
    label = string(LABEL, OneOf(LABELS))
    said = string("What was read; empty if nothing was.", OneOf(("", *LABELS)))
    image = string("Its picture of 28 by 28 pixels, a PNG as a `data:` URI.")
    created = string("UTC, ISO 8601.")
    source = string("Where it comes from.")
    session = string("The sitting to which it belongs.")
    contradicts = array(fields.Integer(), "Lessons of the same picture with another label; none of them is taught.")


class ScoreSchema(Schema):
    """How many lessons are read right."""

    right = integer(check=Range(0))
    of = integer(check=Range(0))
    interval = array(fields.Float(validate=Range(0, 1)), "Wilson's 95 % interval of the share.", Length(equal=2))


class GuardSchema(Schema):
    """An error rate that must not grow."""

    name = string()
    about = string("What goes wrong, in words.")
    before = probability("With the original network.")
    after = probability("With the version.")
    limit = number("The highest rate allowed.")
    ok = boolean()


class ChangedSchema(Schema):
    """A lesson that is now read as something else."""

    lesson = integer("Its id; the lesson may have been deleted.")
    label = string(LABEL, OneOf(LABELS))
    before = string(LABEL, OneOf(LABELS))
    after = string(LABEL, OneOf(LABELS))


class VersionConfusionSchema(Schema):
    """Confusion matrices of the lessons that were learned."""

    before = array(fields.Raw(), "With the original network: [label, read, how many], without pairs that do not occur.")
    after = array(fields.Raw(), "With this version.")


class VersionSchema(Schema):
    """What a hand learned at one time."""

    version = integer("1, 2, ..", Range(1))
    kind = string("`light`: its last layer; `full`: the whole network.", OneOf(KINDS))
    created = string("UTC, ISO 8601.")
    model = nested(ModelRef, "The network that was taught.")
    promoted = boolean("Whether it was an improvement and became the active version.")
    reason = string("Why, in a sentence.")
    lessons = integer("How many lessons it learned.")
    held_back = boolean("Whether `before` and `after` count lessons held back; if not, there were too few.")
    before = nested(ScoreSchema, "With the original network.")
    after = nested(ScoreSchema, "With this version.")
    guards = array(fields.Nested(GuardSchema), "What must not get worse.")
    changed = array(fields.Nested(ChangedSchema), "The first 100 lessons that are now read as something else.")
    confusion = nested(VersionConfusionSchema)


class HandSchema(Schema):
    """A named writer."""

    name = string()
    created = string("UTC, ISO 8601.")
    lessons = integer("Stored digits.", Range(0))
    misread = integer("Of them, how many were read as something else.", Range(0))
    digits = required(fields.Dict, "How many of each label, `0` to `9` and `none`.", keys=fields.String())
    contradictions = integer("Pictures with several labels.", Range(0))
    active = integer("The version that reads; 0: the original network.", Range(0))
    versions = array(fields.Nested(VersionSchema), "The newest 20, the oldest of them first.")


class HandsSchema(OkSchema):
    """All hands."""

    store = string("Where they are kept, in words.")
    kinds = array(fields.String(validate=OneOf(KINDS)), "The kinds of teaching that this server offers.")
    full_reason = string("Why `full` is not among them, in a sentence; empty if it is.")
    hands = array(fields.Nested(HandSchema))


class HandAnswerSchema(OkSchema):
    """One hand."""

    hand = nested(HandSchema)


class LessonsSchema(OkSchema):
    """Stored digits of a hand."""

    lessons = array(fields.Nested(LessonSchema), "The newest first.")


class AddedSchema(OkSchema):
    """The lessons that were sent, and whether they are new."""

    stored = integer("How many are new.", Range(0))
    known = integer("How many were stored already: the same picture with the same label.", Range(0))
    lessons = array(fields.Nested(LessonSchema), "The lessons that were sent.")
    contradictions = array(
        fields.Nested(LessonSchema), "Lessons whose picture has several labels; delete the wrong ones."
    )
    hand = nested(HandSchema)


class ImportedSchema(OkSchema):
    """What an archive added."""

    stored = integer("How many are new.", Range(0))
    known = integer("How many were stored already.", Range(0))
    hand = nested(HandSchema)


class TaughtSchema(OkSchema):
    """The new version of a hand."""

    version = nested(VersionSchema)
    hand = nested(HandSchema)


class CountedDigitSchema(Schema):
    """Stored digits of one label."""

    digit = string(LABEL, OneOf(LABELS))
    lessons = integer(check=Range(0))
    misread = integer(check=Range(0))


class CountedSourceSchema(Schema):
    """Stored digits of one source."""

    source = string("The source; for a file, its folder.")
    lessons = integer(check=Range(0))
    misread = integer(check=Range(0))


class CountedWeekSchema(Schema):
    """Digits that were stored in one week."""

    week = string("Its Monday, ISO 8601.")
    lessons = integer(check=Range(0))
    misread = integer(check=Range(0))


class ConfusionSchema(Schema):
    """How often one label was read as another."""

    said = string(LABEL, OneOf(LABELS))
    right = string(LABEL, OneOf(LABELS))
    n = integer(check=Range(1))


class CorrectionsSchema(OkSchema):
    """Where the reader fails, counted from corrections."""

    lessons = integer("Stored digits.", Range(0))
    misread = integer("Of them, how many were read as something else.", Range(0))
    by_digit = array(fields.Nested(CountedDigitSchema))
    confusion = array(fields.Nested(ConfusionSchema), "The most frequent first.")
    by_source = array(fields.Nested(CountedSourceSchema), "The most misread first, at most 50.")
    by_week = array(fields.Nested(CountedWeekSchema), "The oldest first.")


class WeightsChangeSchema(OkSchema):
    """How the last layer of a version differs from the original's."""

    labels = array(fields.String(), "What the rows are for: `0` to `9` and `none`.", Length(equal=11))
    change = array(
        fields.List(fields.Float()),
        "For each label the change of its weights, one a feature; the last is the bias.",
    )
    prototypes = array(
        fields.List(fields.Float()),
        "For each label its weights for nearness to each prototype, a misread lesson.",
    )


class LessonReadingSchema(Schema):
    """What a network makes of a lesson."""

    probs = array(fields.Float(), "One for each of `labels`.", Length(equal=11))
    read = fields.String(metadata={"description": "What it is read as: `0` to `9`, or `none` if it is refused."})


class MappedLessonSchema(Schema):
    """A lesson as two networks see it."""

    lesson = fields.Integer(metadata={"description": "Its number."})
    label = fields.String(metadata={"description": "What it is: `0` to `9` or `none`."})
    before = fields.Nested(LessonReadingSchema(), metadata={"description": "By the original network."})
    after = fields.Nested(LessonReadingSchema(), metadata={"description": "By the version."})


class LessonMapSchema(OkSchema):
    """How a version reads a hand's lessons."""

    labels = array(fields.String(), "In the order of the probabilities: `0` to `9` and `none`.", Length(equal=11))
    lessons = array(fields.Nested(MappedLessonSchema()), "The newest lessons.")


class JobSchema(OkSchema):
    """A whole network is being taught."""

    job = string("Its id.")


class TeachingSchema(OkSchema):
    """The state of the teaching of a whole network."""

    state = string(check=OneOf(("none", "running", "done", "failed", "cancelled")))
    job = string("Its id; empty without a job.")
    last = integer("Offset of the last event.")
    hand = string(required=False)
    stage = string("What is being done, in words.", required=False)
    done = number("Share of the whole job, 0 to 1.", required=False)
    version = integer("After `done`: the version's number.", required=False)
    promoted = required(fields.Boolean, "After `done`: whether it became the active version.", required=False)
    reason = string("After `done`: why, in a sentence.", required=False)
    error = string("After `failed`: why, in a sentence.", required=False)


class CancelledSchema(OkSchema):
    """Whether a teaching was cancelled."""

    cancelled = boolean("Whether something was being taught.")


class DeletedSchema(OkSchema):
    """What was deleted."""

    deleted = integer("How many lessons, or how many hands if all were deleted.", Range(0))


class LessonsQuery(Query):
    """The query of a list of lessons."""

    limit = integer("Most lessons in the answer.", Range(1, 500), required=False, load_default=100)
    before = integer("Only lessons older than this one.", Range(1, 2**62), required=False, load_default=None)


def loaded(schema: Schema, given: Mapping[str, Any]) -> dict[str, Any]:
    """The validated values. Raises BadRequest, which names the first wrong one."""
    try:
        values: dict[str, Any] = schema.load(given)
    except ValidationError as error:
        place, message = _first(error.messages)
        message = message.rstrip(".")
        expected = "" if "expected" in message else "; expected what is documented"
        raise BadRequest(f"{place.strip('.') or 'body'} is wrong: {message}{expected}. See /docs.") from error
    return values


def _first(messages: Any, place: str = "") -> tuple[str, str]:
    """The path and the text of the first of marshmallow's messages."""
    if isinstance(messages, dict):
        name, inner = next(iter(messages.items()))
        return _first(inner, place if name == "_schema" else f"{place}.{str(name)[:40]}")
    if isinstance(messages, list):
        return _first(messages[0], place)
    return place, str(messages)[:200]
