"""The hyperparameters on the Train page, with ranges, defaults and descriptions; and presets.

`Hyperparameter.name` is the parameter's name in a recipe, within the recipe's table `part` if that is not empty. The
ranges are narrower than a recipe's, because a user waits for the training.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from inkling.errors import BadRequest

Value = str | int | float

N_VALIDATION = 5_000  # training images held out for validation; the default of training.recipe
N_IMAGES = 55_000  # the rest of MNIST's training images


@dataclass(frozen=True)
class Hyperparameter:
    """One hyperparameter, as shown in the page's form."""

    name: str
    label: str
    about: str  # a sentence
    default: Value
    options: tuple[Value, ...] = ()  # the allowed values; empty for a range
    low: float = 0
    high: float = 0
    step: float = 0  # of the slider
    unit: str = ""
    fits: tuple[str, ...] = ()  # architectures it applies to; empty for all
    part: str = ""  # its table in the recipe

    @property
    def is_whole(self) -> bool:
        """Whether its values are whole numbers."""
        return isinstance(self.default, int)


@dataclass(frozen=True)
class Preset:
    """Values worth trying."""

    name: str
    title: str
    about: str  # what it demonstrates, in a sentence or two
    values: Mapping[str, Value]  # those that differ from the defaults


def _augmentation(name: str, label: str, about: str, *, high: float, step: float, unit: str = "") -> Hyperparameter:
    return Hyperparameter(name, label, about, 0.0, high=high, step=step, unit=unit, part="augmentation")


HYPERPARAMETERS: tuple[Hyperparameter, ...] = (
    Hyperparameter(
        "architecture",
        "Network",
        "One hidden layer; one hidden layer with dropout; or two convolutional layers, whose small filters slide over "
        "the image.",
        "ann",
        options=("ann", "ann-dropout", "cnn-small"),
    ),
    Hyperparameter(
        "hidden",
        "Hidden units",
        "Neurons between the pixels and the ten outputs. More of them distinguish more shapes, but also memorize more.",
        128,
        low=1,
        high=512,
        step=1,
        fits=("ann", "ann-dropout"),
    ),
    Hyperparameter(
        "dropout",
        "Dropout",
        "Share of the neurons that is switched off at random in each step, so that no neuron relies on another.",
        0.3,
        high=0.8,
        step=0.05,
        fits=("ann-dropout", "cnn-small"),
    ),
    Hyperparameter(
        "learning_rate",
        "Learning rate",
        "How far each step moves the weights (optimizer: Adam). If it is too low, training is slow; if it is too high, "
        "the loss never settles.",
        0.001,
        options=(0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0),
    ),
    Hyperparameter(
        "batch_size",
        "Batch size",
        "Number of images per step. Smaller batches make more steps, which are noisier.",
        128,
        options=(16, 32, 64, 128, 256, 512),
    ),
    Hyperparameter("epochs", "Epochs", "Number of passes over all training images.", 5, low=1, high=100, step=1),
    Hyperparameter(
        "n_train",
        "Training images",
        "How many of MNIST's images the network learns from. 5,000 others are held back for validation.",
        N_IMAGES,
        options=(500, 1_000, 2_000, 5_000, 10_000, 20_000, N_IMAGES),
    ),
    _augmentation("rotation", "Rotation", "Maximum rotation to either side.", high=30, step=1, unit="°"),
    _augmentation("shear", "Slant", "Maximum slant to either side.", high=0.5, step=0.05),
    _augmentation("stretch", "Stretch", "Makes digits wider or narrower.", high=0.6, step=0.05),
    _augmentation("shift", "Shift", "Maximum shift from the center.", high=4, step=0.5, unit="px"),
    _augmentation("elastic", "Bending", "Elastic deformation, like bending rubber.", high=60, step=2),
    _augmentation(
        "stroke", "Pen width", "Makes strokes thicker or thinner by about this much.", high=1.2, step=0.1, unit="px"
    ),
    _augmentation("noise", "Grain", "Adds noise, like the grain of poor paper.", high=0.3, step=0.02),
)
BY_NAME = {each.name: each for each in HYPERPARAMETERS}

_FEW = {"n_train": 500, "batch_size": 32, "epochs": 40, "hidden": 256}
PRESETS: tuple[Preset, ...] = (
    Preset(
        "quick",
        "Quick look",
        "10,000 images for five epochs: a few seconds on two cores once the libraries are loaded. Reaches about 95 % "
        "accuracy; training on all images reaches more.",
        {"n_train": 10_000, "batch_size": 64},
    ),
    Preset(
        "tutorial",
        "The tutorial",
        "The network from most tutorials, trained on all images: about 97.5 % accuracy after five epochs.",
        {},
    ),
    Preset(
        "too-fast",
        "Too fast",
        "A learning rate of 0.3: each step overshoots, the loss jumps up and down, and the network gets worse the "
        "longer it trains.",
        {"n_train": 10_000, "batch_size": 64, "learning_rate": 0.3},
    ),
    Preset(
        "by-heart",
        "Overfitting",
        "Only 500 images: the network soon memorizes each of them, and the two curves diverge. The gap is overfitting.",
        _FEW,
    ),
    Preset(
        "dropout",
        "... with dropout",
        "The same 500 images with half of the neurons off in each step: the network memorizes more slowly, and the gap "
        "is smaller.",
        {**_FEW, "architecture": "ann-dropout", "dropout": 0.5},
    ),
    Preset(
        "drawn-anew",
        "... with augmentation",
        "The same 500 images, changed at random every time: the network cannot memorize them, and it reads more of the "
        "validation images.",
        {**_FEW, "rotation": 10, "shear": 0.2, "stretch": 0.15, "shift": 0.5, "elastic": 34},
    ),
    Preset(
        "filters",
        "Small filters",
        "A small convolutional network on 10,000 images: a tenth of the weights; slower, but more accurate.",
        {"architecture": "cnn-small", "dropout": 0.1, "n_train": 10_000, "batch_size": 64, "learning_rate": 0.003},
    ),
)


def validated(given: Mapping[str, Any]) -> dict[str, Value]:
    """A value for every hyperparameter: the given ones, and defaults for the rest.

    Raises BadRequest; the message begins with the name of the wrong hyperparameter.
    """
    for name in given:
        if name not in BY_NAME:
            near = difflib.get_close_matches(name, BY_NAME, n=1)
            hint = f"Did you mean {near[0]!r}?" if near else f"Choose from: {', '.join(BY_NAME)}."
            raise BadRequest(f"{name} is not a hyperparameter; expected a known one. {hint}")
    values = {each.name: _checked(each, given.get(each.name, each.default)) for each in HYPERPARAMETERS}
    if int(values["batch_size"]) > int(values["n_train"]):
        raise BadRequest(
            f"batch_size is {values['batch_size']}; expected at most the number of training images, "
            f"{values['n_train']}. Lower it."
        )
    return values


def recipe_table(values: Mapping[str, Value]) -> dict[str, Any]:
    """Validated values as the table of a recipe (`training.recipe.from_table`)."""
    table: dict[str, Any] = {"name": "lab", "schedule": "constant", "n_validation": N_VALIDATION}
    for each in HYPERPARAMETERS:
        if not each.fits or values["architecture"] in each.fits:
            part = table.setdefault(each.part, {}) if each.part else table
            part[each.name] = values[each.name]
    return table


def _checked(each: Hyperparameter, given: Any) -> Value:
    """The given value, validated and converted to the hyperparameter's type."""
    if each.options:
        if given not in each.options or isinstance(given, bool):
            listed = ", ".join(str(option) for option in each.options)
            raise BadRequest(f"{each.name} is {given!r}; expected one of {listed}. Choose one of these.")
        return each.options[each.options.index(given)]
    is_number = isinstance(given, int | float) and not isinstance(given, bool)
    if not (is_number and each.low <= given <= each.high and (not each.is_whole or given == int(given))):
        wanted = "a whole number" if each.is_whole else "a number"
        raise BadRequest(f"{each.name} is {given!r}; expected {wanted} from {each.low:g} to {each.high:g}. Change it.")
    return int(given) if each.is_whole else float(given)
