"""The lab's parameters and responses, as shown in the OpenAPI document."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields
from marshmallow.validate import Length, OneOf, Range

from inkling.lab_protocol.hyperparameters import HYPERPARAMETERS, Hyperparameter
from inkling.lab_protocol.lab_folder import ACTIVE_STATES, FINAL_STATES
from inkling.server.schema_fields import (
    OkSchema,
    array,
    boolean,
    described,
    integer,
    nested,
    number,
    objects,
    required,
    string,
)

STATES = ("none", *ACTIVE_STATES, *FINAL_STATES)


def _optional_integer(about: str = "") -> Any:
    return integer(about, required=False)


class ChoiceSchema(Schema):
    """One hyperparameter."""

    name = string()
    label = string()
    about = string("Its effect, in a sentence.")
    default = required(fields.Raw)
    options = array(fields.Raw(), "The allowed values; empty for a range.")
    low = number()
    high = number()
    step = number()
    unit = string()
    fits = array(fields.String(), "The architectures it applies to; empty for all.")
    part = string("`augmentation`, or empty.")


class PresetSchema(Schema):
    """Values worth trying."""

    name = string()
    title = string()
    about = string("What it demonstrates.")
    values = required(fields.Dict, "The values that differ from the defaults.")


class LabSchema(OkSchema):
    """The hyperparameters and presets, and whether training is available."""

    open = boolean()
    reason = string("Why the lab is closed and how to open it; empty if it is open.")
    choices = array(fields.Nested(ChoiceSchema))
    presets = array(fields.Nested(PresetSchema))


class LearntSchema(Schema):
    """The trained network."""

    version = string()
    parameters = integer()
    bytes = integer()
    n = integer("Number of validation images.")
    accuracy = number("Accuracy on the validation images.")


class WatchedRowsSchema(Schema):
    """The probabilities of the watched digit after each epoch."""

    n = string("The digit's name, from POST /watched; empty for none.")
    rows = array(
        fields.List(fields.Float(), validate=Length(equal=11)),
        "For each epoch, its number and the ten probabilities; epoch 0 is before training.",
    )


class TrainingStateSchema(OkSchema):
    """The state of the training run. Without one, `state` is `none` and most fields are absent."""

    run = string("Its name; empty for none.")
    state = string(check=OneOf(STATES))
    kept_as = array(fields.String(), "Names of the kept models made from its network.")
    choices = required(fields.Dict, "The hyperparameters.", required=False)
    epochs = _optional_integer("Total number of epochs.")
    epoch = _optional_integer("Completed epochs.")
    step = _optional_integer("Completed steps.")
    steps_of_epoch = _optional_integer()
    n_train = _optional_integer("Number of training images.")
    parameters = _optional_integer("Number of trainable parameters.")
    curve = array(
        fields.List(fields.Float(allow_none=True), validate=Length(equal=3)),
        "Epochs, loss and accuracy on the latest training images; null for NaN or infinity.",
        required=False,
    )
    rows = objects("For each epoch, loss and accuracy on training and validation images.", required=False)
    snapshot = _optional_integer("Number of the latest snapshot of the network.")
    watched = nested(WatchedRowsSchema, required=False, allow_none=True)
    bundle = nested(LearntSchema, required=False, allow_none=True)
    error = string("What went wrong, in a sentence.", required=False)
    last = _optional_integer("Offset of the last event included in this state.")


class SnapshotSchema(OkSchema):
    """A snapshot of the network during training."""

    run = string()
    n = integer()
    weights = required(
        fields.Dict,
        "`n` of the `of` weight maps of the first layer, each `side` by `side`; `maps` is base64 of bytes: 128 means "
        "0, 1 means -`scale`, 255 means +`scale`.",
    )
    judged = required(fields.Dict, "`accuracy`, `loss` and `confusion` on the first `n` validation images.")
    wrong = required(
        fields.Dict, "Some misread images: `tiles` (base64, 28 by 28 bytes each), `labels`, `read`, `confidence`."
    )


class SamplesSchema(OkSchema):
    """The digits 0 to 9, and augmented copies of them."""

    rows = integer()
    tiles = string(
        "Base64 of `rows` rows of 10 images of 28 by 28 bytes, 0 (paper) to 255 (ink); the first row is unchanged."
    )


class WatchSchema(Schema):
    """A digit to read after each epoch."""

    tile = string("Base64 of 28 by 28 bytes, 0 (paper) to 255 (ink); empty for none.")


class WatchedSchema(OkSchema):
    """The watched digit."""

    n = string("Its name in `watched`; empty for none.")


class KeepSchema(Schema):
    """How to keep a network as a model."""

    name = string("1 to 32 lowercase letters, digits and hyphens; not the name of another model.")
    test = fields.Boolean(
        load_default=False, metadata=described("Whether to evaluate it once on MNIST's 10,000 test images.")
    )


class KeptModelSchema(Schema):
    """A kept model."""

    name = string()
    version = string()
    architecture = string()
    parameters = integer()
    validation = number("Accuracy on the validation images.")
    test = number("Accuracy on the test images; null if not measured.", allow_none=True)
    created = string()
    report = string(
        "State of its report, which is at /models/NAME once it is made.",
        check=OneOf(("none", "making", "made", "failed")),
    )
    report_error = string("Why the report failed; empty otherwise.")


class KeptModelsSchema(OkSchema):
    """The kept models."""

    folder = string("Their folder on the server.")
    models = array(fields.Nested(KeptModelSchema))


def _field(choice: Hyperparameter) -> fields.Field[Any]:
    kind = fields.String if isinstance(choice.default, str) else fields.Integer if choice.is_whole else fields.Float
    check: Any = OneOf(choice.options) if choice.options else Range(choice.low, choice.high)
    about = choice.about
    if choice.options and kind is fields.Float:  # client generators do not support enumerations of floats
        check = Range(min(choice.options), max(choice.options))
        about += f" One of: {', '.join(f'{option:g}' for option in choice.options)}."
    return kind(load_default=choice.default, validate=check, metadata=described(about))


TrainingSchema = Schema.from_dict({each.name: _field(each) for each in HYPERPARAMETERS}, name="TrainingSchema")
AugmentationSchema = Schema.from_dict(
    {each.name: _field(each) for each in HYPERPARAMETERS if each.part == "augmentation"}, name="AugmentationSchema"
)
