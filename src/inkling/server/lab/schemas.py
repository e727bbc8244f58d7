"""The lab's parameters and answers, as the OpenAPI document shows them."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate

from inkling.lab_protocol.hyperparameters import HYPERPARAMETERS, Hyperparameter
from inkling.lab_protocol.lab_folder import ACTIVE_STATES, FINAL_STATES
from inkling.server.schemas import _about

STATES = ("none", *ACTIVE_STATES, *FINAL_STATES)


class OkSchema(Schema):
    """An answer of the lab."""

    ok = fields.Boolean(required=True, validate=validate.Equal(True))


class ChoiceSchema(Schema):
    """One thing that can be chosen for a training."""

    name = fields.String(required=True)
    label = fields.String(required=True)
    about = fields.String(required=True, metadata=_about("What it does, in a sentence."))
    default = fields.Raw(required=True)
    options = fields.List(fields.Raw(), required=True, metadata=_about("The only values; empty for a range."))
    low = fields.Float(required=True)
    high = fields.Float(required=True)
    step = fields.Float(required=True)
    unit = fields.String(required=True)
    fits = fields.List(fields.String(), required=True, metadata=_about("Architectures that have it; empty for all."))
    part = fields.String(required=True, metadata=_about("`augmentation`, or empty."))


class PresetSchema(Schema):
    """Values worth trying."""

    name = fields.String(required=True)
    title = fields.String(required=True)
    about = fields.String(required=True, metadata=_about("What one will see."))
    values = fields.Dict(required=True, metadata=_about("What differs from the defaults."))


class LabSchema(OkSchema):
    """What can be chosen, and whether anything can be trained."""

    open = fields.Boolean(required=True)
    reason = fields.String(required=True, metadata=_about("Why it is closed and what to do; empty when it is open."))
    choices = fields.List(fields.Nested(ChoiceSchema), required=True)
    presets = fields.List(fields.Nested(PresetSchema), required=True)


class LearntSchema(Schema):
    """The network that a training has ended in."""

    version = fields.String(required=True)
    parameters = fields.Integer(required=True)
    bytes = fields.Integer(required=True)
    n = fields.Integer(required=True, metadata=_about("Validation images that it was judged on."))
    accuracy = fields.Float(required=True, metadata=_about("On those."))


class TrainingStateSchema(OkSchema):
    """Where the training stands. Without one, `state` is `none` and most is left out."""

    run = fields.String(required=True, metadata=_about("Its name; empty for none."))
    state = fields.String(required=True, validate=validate.OneOf(STATES))
    kept_as = fields.List(fields.String(), required=True, metadata=_about("Names under which its network is kept."))
    choices = fields.Dict(metadata=_about("What was chosen."))
    epochs = fields.Integer(metadata=_about("To be learnt in all."))
    epoch = fields.Integer(metadata=_about("Learnt so far."))
    step = fields.Integer(metadata=_about("Steps made so far."))
    steps_of_epoch = fields.Integer()
    n_train = fields.Integer(metadata=_about("Images that it learns from."))
    parameters = fields.Integer(metadata=_about("Trainable numbers in the network."))
    curve = fields.List(
        fields.List(fields.Float(allow_none=True), validate=validate.Length(equal=3)),
        metadata=_about("Epochs, loss and accuracy on the images just learnt from; null for what is no number."),
    )
    rows = fields.List(fields.Dict(), metadata=_about("For each epoch, loss and accuracy on both kinds of images."))
    snapshot = fields.Integer(metadata=_about("Number of the latest look into the network."))
    bundle = fields.Nested(LearntSchema, allow_none=True)
    error = fields.String(metadata=_about("What went wrong, in a sentence."))
    last = fields.Integer(metadata=_about("The event that this reaches to."))


class SnapshotSchema(OkSchema):
    """A look into the network that is learning."""

    run = fields.String(required=True)
    n = fields.Integer(required=True)
    weights = fields.Dict(
        required=True,
        metadata=_about(
            "`n` of `of` maps of the first layer's weights, `side` by `side`; `maps` is base64 of bytes: 128 is 0, 1 "
            "and 255 are minus and plus `scale`."
        ),
    )
    judged = fields.Dict(
        required=True, metadata=_about("`accuracy`, `loss` and `confusion` on the first `n` validation images.")
    )
    wrong = fields.Dict(
        required=True,
        metadata=_about(
            "Some that it gets wrong: `tiles` (base64, 28 by 28 bytes each), `labels`, `read`, `confidence`."
        ),
    )


class SamplesSchema(OkSchema):
    """A digit of each kind, and drawn anew."""

    rows = fields.Integer(required=True)
    tiles = fields.String(
        required=True,
        metadata=_about(
            "Base64 of `rows` rows of 10 images of 28 by 28 bytes, 0 paper to 255 ink; the first unchanged."
        ),
    )


class KeepSchema(Schema):
    """What to keep a network as."""

    name = fields.String(required=True, metadata=_about("1 to 32 small letters, digits and hyphens; no model's name."))
    test = fields.Boolean(
        load_default=False, metadata=_about("Whether to judge it on MNIST's 10,000 test images, which is done once.")
    )


class KeptModelSchema(Schema):
    """A model that was kept."""

    name = fields.String(required=True)
    version = fields.String(required=True)
    architecture = fields.String(required=True)
    parameters = fields.Integer(required=True)
    validation = fields.Float(required=True, metadata=_about("Accuracy on the validation images."))
    test = fields.Float(required=True, allow_none=True, metadata=_about("On the test images; null when not measured."))
    created = fields.String(required=True)


class KeptModelsSchema(OkSchema):
    """The models that were kept."""

    folder = fields.String(required=True, metadata=_about("Where they lie on the server."))
    models = fields.List(fields.Nested(KeptModelSchema), required=True)


def _field(choice: Hyperparameter) -> fields.Field[Any]:
    kind = fields.String if isinstance(choice.default, str) else fields.Integer if choice.is_whole else fields.Float
    check: Any = validate.OneOf(choice.options) if choice.options else validate.Range(choice.low, choice.high)
    return kind(load_default=choice.default, validate=check, metadata=_about(choice.about))


TrainingSchema = Schema.from_dict({choice.name: _field(choice) for choice in HYPERPARAMETERS}, name="TrainingSchema")
AugmentationSchema = Schema.from_dict(
    {choice.name: _field(choice) for choice in HYPERPARAMETERS if choice.part == "augmentation"},
    name="AugmentationSchema",
)
