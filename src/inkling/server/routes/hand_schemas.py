"""Parameters and responses of the routes for hands, as shown in the OpenAPI document."""

from __future__ import annotations

from marshmallow import Schema, fields
from marshmallow.validate import Length, OneOf, Range, Regexp

from inkling.server.routes.hand_version_schemas import KINDS, LABEL, LABELS, VersionSchema
from inkling.server.schema_fields import (
    OkSchema,
    Query,
    array,
    integer,
    nested,
    required,
    string,
)
from inkling.server.schemas import PictureSchema

MAX_CORRECTIONS = 100  # in one request
MAX_TEXT = 200  # characters of a source or session
_BOX = "x, y, w, h in pixels of the upright picture."


class CorrectionSchema(Schema):
    """The right label for one box in a picture."""

    box = array(fields.Integer(strict=True), f"{_BOX} As in the answer of a reading.", Length(equal=4))
    label = string(
        "The right digit, or several if the box contains several; empty or `none` for no digit.",
        Regexp(r"([0-9]{0,20}|none)\Z", error="label is {input!r}; expected up to 20 digits, or none."),
    )
    said = string(
        f"What was read. {LABEL} If empty, the server reads the tile itself.",
        OneOf(("", *LABELS)),
        required=False,
        load_default="",
    )


class GivenModelSchema(Schema):
    """The model that read the picture."""

    name = string(check=Length(max=MAX_TEXT))
    version = string(check=Length(max=MAX_TEXT))


class LessonsRequestSchema(PictureSchema):
    """A picture, and the right labels for its boxes."""

    lessons = array(fields.Nested(CorrectionSchema), "At least one.", Length(1, MAX_CORRECTIONS))
    model = nested(
        GivenModelSchema,
        "The model that read it; the default if omitted.",
        required=False,
        load_default=None,
    )
    session = string("An id that groups lessons of one session.", Length(max=MAX_TEXT), required=False, load_default="")
    source = string("The origin of the picture.", Length(max=MAX_TEXT), required=False, load_default="")


class LessonSchema(Schema):
    """A stored digit."""

    id = integer()
    label = string(LABEL, OneOf(LABELS))
    said = string("What was read; empty if nothing was.", OneOf(("", *LABELS)))
    image = string("The digit as a PNG of 28 by 28 pixels, as a `data:` URI.")
    created = string("UTC, ISO 8601.")
    source = string("The origin of the picture.")
    session = string("The session in which it was added.")
    contradicts = array(fields.Integer(), "Lessons with the same picture and another label; none of them is taught.")


class HandSchema(Schema):
    """A named writer."""

    name = string()
    created = string("UTC, ISO 8601.")
    lessons = integer("Number of stored digits.", Range(0))
    misread = integer("Number of stored digits that were misread.", Range(0))
    digits = required(fields.Dict, "Number of stored digits per label, `0` to `9` and `none`.", keys=fields.String())
    contradictions = integer("Number of pictures with several labels.", Range(0))
    active = integer("The active version; 0 for the original network.", Range(0))
    versions = array(fields.Nested(VersionSchema), "The newest 20, in ascending order.")


class HandsSchema(OkSchema):
    """All hands."""

    store = string("Where the hands are stored, in words.")
    kinds = array(fields.String(validate=OneOf(KINDS)), "The kinds of teaching that this server offers.")
    full_reason = string("Why `full` is not available, in a sentence; empty if it is.")
    hands = array(fields.Nested(HandSchema))


class HandAnswerSchema(OkSchema):
    """One hand."""

    hand = nested(HandSchema)


class LessonsSchema(OkSchema):
    """Stored digits of a hand."""

    lessons = array(fields.Nested(LessonSchema), "The newest first.")


class AddedSchema(OkSchema):
    """The lessons that were sent, and how many are new."""

    stored = integer("Number of new lessons.", Range(0))
    known = integer("Number of lessons already stored, with the same picture and label.", Range(0))
    lessons = array(fields.Nested(LessonSchema), "The lessons that were sent.")
    contradictions = array(
        fields.Nested(LessonSchema), "Lessons whose picture has several labels; delete the wrong ones."
    )
    hand = nested(HandSchema)


class ImportedSchema(OkSchema):
    """How many lessons of an archive are new."""

    stored = integer("Number of new lessons.", Range(0))
    known = integer("Number of lessons already stored.", Range(0))
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
    """Stored digits from one source."""

    source = string("The source; for a file, its folder.")
    lessons = integer(check=Range(0))
    misread = integer(check=Range(0))


class CountedWeekSchema(Schema):
    """Digits stored in one week."""

    week = string("The week's Monday, ISO 8601.")
    lessons = integer(check=Range(0))
    misread = integer(check=Range(0))


class ConfusionSchema(Schema):
    """The number of times one label was read as another."""

    said = string(LABEL, OneOf(LABELS))
    right = string(LABEL, OneOf(LABELS))
    n = integer(check=Range(1))


class CorrectionsSchema(OkSchema):
    """Counts of misread digits, from corrections."""

    lessons = integer("Number of stored digits.", Range(0))
    misread = integer("Number of stored digits that were misread.", Range(0))
    by_digit = array(fields.Nested(CountedDigitSchema))
    confusion = array(fields.Nested(ConfusionSchema), "The most frequent first.")
    by_source = array(fields.Nested(CountedSourceSchema), "The most misread first, at most 50.")
    by_week = array(fields.Nested(CountedWeekSchema), "The oldest first.")


class DeletedSchema(OkSchema):
    """The number of deleted items."""

    deleted = integer("Number of deleted lessons, or of deleted hands if all were deleted.", Range(0))


class LessonsQuery(Query):
    """The query parameters for a list of lessons."""

    limit = integer("Maximum number of lessons.", Range(1, 500), required=False, load_default=100)
    before = integer("List only lessons with a smaller id.", Range(1, 2**62), required=False, load_default=None)
