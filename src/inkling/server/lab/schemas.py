"""The lab's parameters and answers, as the OpenAPI document shows them."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields
from marshmallow.validate import Length, OneOf, Range

from inkling.lab_protocol.hyperparameters import HYPERPARAMETERS, Hyperparameter
from inkling.lab_protocol.lab_folder import ACTIVE_STATES, FINAL_STATES
from inkling.server.schemas import (
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
    """One thing that can be chosen for a training."""

    name = string()
    label = string()
    about = string("What it does, in a sentence.")
    default = required(fields.Raw)
    options = array(fields.Raw(), "The only values; empty for a range.")
    low = number()
    high = number()
    step = number()
    unit = string()
    fits = array(fields.String(), "Architectures that have it; empty for all.")
    part = string("`augmentation`, or empty.")


class PresetSchema(Schema):
    """Values worth trying."""

    name = string()
    title = string()
    about = string("What one will see.")
    values = required(fields.Dict, "What differs from the defaults.")


class LabSchema(OkSchema):
    """What can be chosen, and whether anything can be trained."""

    open = boolean()
    reason = string("Why it is closed and what to do; empty when it is open.")
    choices = array(fields.Nested(ChoiceSchema))
    presets = array(fields.Nested(PresetSchema))


class LearntSchema(Schema):
    """The network that a training has ended in."""

    version = string()
    parameters = integer()
    bytes = integer()
    n = integer("Validation images that it was judged on.")
    accuracy = number("On those.")


class WatchedRowsSchema(Schema):
    """What each epoch's network reads in the watched digit."""

    n = string("Which digit, as POST /watched named it; empty for none.")
    rows = array(
        fields.List(fields.Float(), validate=Length(equal=11)),
        "For each epoch, 0 being before the first, its number and the ten probabilities.",
    )


class TrainingStateSchema(OkSchema):
    """Where the training stands. Without one, `state` is `none` and most is left out."""

    run = string("Its name; empty for none.")
    state = string(check=OneOf(STATES))
    kept_as = array(fields.String(), "Names under which its network is kept.")
    choices = required(fields.Dict, "What was chosen.", required=False)
    epochs = _optional_integer("To be learnt in all.")
    epoch = _optional_integer("Learnt so far.")
    step = _optional_integer("Steps made so far.")
    steps_of_epoch = _optional_integer()
    n_train = _optional_integer("Images that it learns from.")
    parameters = _optional_integer("Trainable numbers in the network.")
    curve = array(
        fields.List(fields.Float(allow_none=True), validate=Length(equal=3)),
        "Epochs, loss and accuracy on the images just learnt from; null for what is no number.",
        required=False,
    )
    rows = objects("For each epoch, loss and accuracy on both kinds of images.", required=False)
    snapshot = _optional_integer("Number of the latest snapshot of the network.")
    watched = nested(WatchedRowsSchema, required=False, allow_none=True)
    bundle = nested(LearntSchema, required=False, allow_none=True)
    error = string("What went wrong, in a sentence.", required=False)
    last = _optional_integer("The event that this reaches to.")


class SnapshotSchema(OkSchema):
    """A snapshot of the network that is learning."""

    run = string()
    n = integer()
    weights = required(
        fields.Dict,
        "`n` of `of` maps of the first layer's weights, `side` by `side`; `maps` is base64 of bytes: 128 is 0, 1 "
        "and 255 are minus and plus `scale`.",
    )
    judged = required(fields.Dict, "`accuracy`, `loss` and `confusion` on the first `n` validation images.")
    wrong = required(
        fields.Dict, "Some that it gets wrong: `tiles` (base64, 28 by 28 bytes each), `labels`, `read`, `confidence`."
    )


class SamplesSchema(OkSchema):
    """A digit of each kind, and augmented copies of it."""

    rows = integer()
    tiles = string("Base64 of `rows` rows of 10 images of 28 by 28 bytes, 0 paper to 255 ink; the first unchanged.")


class WatchSchema(Schema):
    """A digit to watch during the training."""

    tile = string("Base64 of 28 by 28 bytes, 0 paper to 255 ink; empty for none.")


class WatchedSchema(OkSchema):
    """The digit that is watched now."""

    n = string("Its name in `watched`; empty for none.")


class KeepSchema(Schema):
    """What to keep a network as."""

    name = string("1 to 32 small letters, digits and hyphens; no model's name.")
    test = fields.Boolean(
        load_default=False, metadata=described("Whether to judge it on MNIST's 10,000 test images, which is done once.")
    )


class KeptModelSchema(Schema):
    """A model that was kept."""

    name = string()
    version = string()
    architecture = string()
    parameters = integer()
    validation = number("Accuracy on the validation images.")
    test = number("On the test images; null when not measured.", allow_none=True)
    created = string()
    report = string("Its report, at /models/NAME once it is made.", check=OneOf(("none", "making", "made", "failed")))
    report_error = string("Why it failed; empty otherwise.")


class KeptModelsSchema(OkSchema):
    """The models that were kept."""

    folder = string("Where they lie on the server.")
    models = array(fields.Nested(KeptModelSchema))


def _field(choice: Hyperparameter) -> fields.Field[Any]:
    kind = fields.String if isinstance(choice.default, str) else fields.Integer if choice.is_whole else fields.Float
    check: Any = OneOf(choice.options) if choice.options else Range(choice.low, choice.high)
    about = choice.about
    if choice.options and kind is fields.Float:  # generators of clients know no enumeration of such numbers
        check = Range(min(choice.options), max(choice.options))
        about += f" One of: {', '.join(f'{option:g}' for option in choice.options)}."
    return kind(load_default=choice.default, validate=check, metadata=described(about))


TrainingSchema = Schema.from_dict({each.name: _field(each) for each in HYPERPARAMETERS}, name="TrainingSchema")
AugmentationSchema = Schema.from_dict(
    {each.name: _field(each) for each in HYPERPARAMETERS if each.part == "augmentation"}, name="AugmentationSchema"
)
