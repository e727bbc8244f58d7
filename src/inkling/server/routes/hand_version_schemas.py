"""Parameters and responses of the routes that teach, choose and inspect versions of hands, for the OpenAPI document."""

from __future__ import annotations

from marshmallow import Schema, fields
from marshmallow.validate import Length, OneOf, Range

from inkling.server.schema_fields import (
    OkSchema,
    array,
    boolean,
    integer,
    nested,
    number,
    probability,
    required,
    string,
)
from inkling.server.schemas import ModelRef

LABELS = (*"0123456789", "none")  # the same as in inkling.hands.lesson, which is slow to import
KINDS = ("light", "full")
LABEL = "A digit, or `none` for no digit."


class TeachRequestSchema(Schema):
    """The kind of teaching."""

    kind = string(
        "`light` teaches the last layer, in about a second. `full` teaches the whole network.",
        OneOf(KINDS),
        required=False,
        load_default="light",
    )


class UseRequestSchema(Schema):
    """The version to use."""

    version = required(fields.Integer, "0 for the original network.", Range(0, 2**31 - 1), strict=True)


class ScoreSchema(Schema):
    """The number of lessons that are read correctly."""

    right = integer(check=Range(0))
    of = integer(check=Range(0))
    interval = array(fields.Float(validate=Range(0, 1)), "Wilson 95 % interval of the share.", Length(equal=2))


class GuardSchema(Schema):
    """An error rate that must not increase."""

    name = string()
    about = string("The kind of error, in words.")
    before = probability("With the original network.")
    after = probability("With the version.")
    limit = number("The highest allowed rate.")
    ok = boolean()


class ChangedSchema(Schema):
    """A lesson that is now read differently."""

    lesson = integer("Its id; the lesson may have been deleted.")
    label = string(LABEL, OneOf(LABELS))
    before = string(LABEL, OneOf(LABELS))
    after = string(LABEL, OneOf(LABELS))


class VersionConfusionSchema(Schema):
    """Confusion matrices over the lessons that were learned."""

    before = array(fields.Raw(), "With the original network: [label, read, count] for each pair that occurs.")
    after = array(fields.Raw(), "With this version.")


class VersionSchema(Schema):
    """One version of a hand."""

    version = integer("1, 2, ..", Range(1))
    kind = string("`light`: the last layer was taught; `full`: the whole network.", OneOf(KINDS))
    created = string("UTC, ISO 8601.")
    model = nested(ModelRef, "The network that was taught.")
    promoted = boolean("Whether it was an improvement and became the active version.")
    reason = string("The reason, in one sentence.")
    lessons = integer("Number of lessons learned.")
    held_back = boolean(
        "Whether `before` and `after` were measured on held-back lessons; false if there were too few lessons."
    )
    before = nested(ScoreSchema, "With the original network.")
    after = nested(ScoreSchema, "With this version.")
    guards = array(fields.Nested(GuardSchema), "Error rates that must not increase.")
    changed = array(fields.Nested(ChangedSchema), "The first 100 lessons that are now read differently.")
    confusion = nested(VersionConfusionSchema)


class WeightsChangeSchema(OkSchema):
    """The difference between a version's last layer and the original one."""

    labels = array(fields.String(), "The labels of the rows: `0` to `9` and `none`.", Length(equal=11))
    change = array(
        fields.List(fields.Float()),
        "For each label, the changes to its weights, one per feature, and finally to its bias.",
    )
    prototypes = array(
        fields.List(fields.Float()),
        "For each label, its weights for the similarity to each prototype (a misread lesson).",
    )


class LessonReadingSchema(Schema):
    """A network's reading of a lesson."""

    probs = array(fields.Float(), "One probability per entry of `labels`.", Length(equal=11))
    read = fields.String(metadata={"description": "The result: `0` to `9`, or `none` if the lesson is refused."})


class MappedLessonSchema(Schema):
    """A lesson as read by two networks."""

    lesson = fields.Integer(metadata={"description": "The lesson's id."})
    label = fields.String(metadata={"description": "The label: `0` to `9` or `none`."})
    before = fields.Nested(LessonReadingSchema(), metadata={"description": "With the original network."})
    after = fields.Nested(LessonReadingSchema(), metadata={"description": "With the version."})


class LessonMapSchema(OkSchema):
    """A hand's lessons as read by the original network and by a version."""

    labels = array(fields.String(), "The labels in the order of `probs`: `0` to `9` and `none`.", Length(equal=11))
    lessons = array(fields.Nested(MappedLessonSchema()), "The newest lessons.")


class JobSchema(OkSchema):
    """A job that teaches a whole network."""

    job = string("The job's id.")


class TeachingSchema(OkSchema):
    """The state of teaching a whole network."""

    state = string(check=OneOf(("none", "running", "done", "failed", "cancelled")))
    job = string("The job's id; empty without a job.")
    last = integer("Offset of the last event.")
    hand = string(required=False)
    stage = string("The current stage, in words.", required=False)
    done = number("Completed share of the job, 0 to 1.", required=False)
    version = integer("After `done`: the version's number.", required=False)
    promoted = required(fields.Boolean, "After `done`: whether it became the active version.", required=False)
    reason = string("After `done`: why, in a sentence.", required=False)
    error = string("After `failed`: why, in a sentence.", required=False)


class CancelledSchema(OkSchema):
    """Whether a job was cancelled."""

    cancelled = boolean("Whether a job was running.")
