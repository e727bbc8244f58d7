"""The declarations of a recipe's parameters, each with type, default, range and help text.

`recipe` reads and checks them; `inkling train --explain` and docs/training.md list them.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any


def _about(help: str, default: Any = dataclasses.MISSING) -> Any:
    return field(default=default, metadata={"help": help})


def _between(help: str, default: float, low: float, high: float) -> Any:
    return field(default=default, metadata={"help": help, "range": (low, high)})


def _choice(help: str, default: str, *choices: str) -> Any:
    return field(default=default, metadata={"help": help, "choices": choices})


@dataclass(frozen=True)
class Augmentation:
    """The limits of the random changes to each image; 0 turns a change off. See `augment`."""

    rotation: float = _between("Largest rotation in either direction, in degrees.", 0.0, 0, 45)
    shear: float = _between("Largest shear: horizontal shift per unit of height.", 0.0, 0, 1)
    scale: float = _between("Largest change of size, as a share of the size.", 0.0, 0, 0.5)
    stretch: float = _between(
        "Largest increase of the logarithm of width over height; the largest decrease is a third of it.", 0.0, 0, 1
    )
    bow: float = _between("Largest quadratic distortion, which bows strokes and widens one end.", 0.0, 0, 0.4)
    shift: float = _between("Largest shift in each direction, in pixels.", 0.0, 0, 8)
    elastic: float = _between("Strength of the elastic field (alpha in Simard et al. 2003), in pixels.", 0.0, 0, 60)
    elastic_sigma: float = _between("Smoothness of the elastic field, in pixels.", 4.5, 1, 14)
    stroke: float = _between("Approximate largest change of stroke width, in pixels.", 0.0, 0, 1.5)
    contrast: float = _between("Largest loss of contrast, as a share.", 0.0, 0, 0.9)
    continental: float = _between("Share of the 1s that get an upstroke and of the 7s that get a bar.", 0.0, 0, 1)
    noise: float = _between("Largest standard deviation of the noise; ink is 1.", 0.0, 0, 0.5)
    drawn: float = _between("Share of the digits replaced by synthetic ones, drawn from strokes.", 0.0, 0, 1)
    coarse: float = _between("Share of the images that are degraded to a low resolution.", 0.0, 0, 1)
    ragged: float = _between("Noise in degraded images before thresholding; ink is 1.", 0.0, 0, 0.5)
    enlarged: float = _between("Share of the degraded images that are enlarged.", 0.0, 0, 1)

    @property
    def is_none(self) -> bool:
        """Whether images are left unchanged."""
        qualities = {"elastic_sigma", "ragged", "enlarged"}  # have no effect without another parameter
        return not any(getattr(self, each.name) for each in dataclasses.fields(self) if each.name not in qualities)


@dataclass(frozen=True)
class Texts:
    """The texts of synthetic lines and their style. See `synthetic_lines`."""

    signs: float = _between("Share of lines with signs.", 0.45, 0, 1)
    benford: float = _between("Share of numbers and amounts whose first digit follows Benford's law.", 0.0, 0, 1)
    long_ones: float = _between("Share of long, slanted 1s at the start of lines without cells.", 0.0, 0, 1)
    curved_crosses: float = _between("Share of crossed-out combs with small crosses of curved strokes.", 0.0, 0, 1)


@dataclass(frozen=True)
class Teacher:
    """A trained network whose outputs are additional targets (Hinton, Vinyals, Dean 2015)."""

    name: str = _about("A packaged model, bundle or run folder to distill; empty for none.", "")
    temperature: float = _between("Temperature that softens the outputs of both networks.", 2.0, 1, 20)
    weight: float = _between("Weight of the teacher's outputs in the loss; the labels have the rest.", 0.5, 0, 1)
    pool: int = _between(
        "Epochs with new images, which later epochs repeat; 0: new images in every epoch.", 0, 0, 1_000
    )


@dataclass(frozen=True)
class Recipe:
    """All settings that determine the result of a training run, apart from the data."""

    name: str = _about("Name of the run and of its bundle: a single word.")
    architecture: str = _about("The network architecture: the name of a built-in one, or FILE.py:FUNCTION.")
    about: str = _about("A one-line description.", "")
    epochs: int = _between("Passes over the training data.", 5, 1, 10_000)
    batch_size: int = _between("Examples per step.", 128, 1, 10_000)
    precision: str = _choice(
        "Type of the numbers that layers multiply during training; weights and sums are always float32. bfloat16 "
        "is used only by processors and GPUs that have instructions for it.",
        "float32",
        "float32",
        "bfloat16",
    )
    optimizer: str = _choice("The Keras optimizer.", "adam", "adam", "adamw", "sgd")
    learning_rate: float = _between("The highest learning rate of the schedule.", 0.001, 1e-7, 10)
    schedule: str = _choice(
        "How the learning rate changes during the run.",
        "constant",
        "constant",
        "one_cycle",
        "cosine",
        "warmup_stable_decay",
    )
    decay: float = _between("Share of a warmup_stable_decay run in which the rate falls.", 0.4, 0, 1)
    weight_decay: float = _between("Share of the weights, times the learning rate, subtracted in each step.", 0.0, 0, 1)
    label_smoothing: float = _between("Share of the target probability spread over all classes.", 0.0, 0, 0.5)
    ema: float = _between("Momentum of the moving average of the weights; 0 keeps the last weights.", 0.0, 0, 0.99999)
    dropout: float = _between("Share of units dropped in each step.", 0.0, 0, 0.9)
    lines: int = _between("Synthetic lines per epoch.", 0, 0, 10_000_000)
    nondigits: float = _between("Non-digit images per digit in an epoch.", 0.0, 0, 1)
    standardise: bool = _about(
        "Scale inputs to mean 0 and standard deviation 1; after training this is folded into the weights.", False
    )
    hidden: int = _between("Units of the hidden layer.", 128, 1, 10_000)
    start: str = _about("A packaged model, bundle or run folder to fine-tune; empty for random weights.", "")
    keep: float = _between("Share of the initial weights in the final ones.", 0.0, 0, 1)
    seed: int = _between("Seed of the initial weights, the order of images and the augmentation.", 0, 0, 2**31 - 1)
    split_seed: int = _between("Seed of the choice of held-out images, independent of `seed`.", 0, 0, 2**31 - 1)
    n_train: int = _between("Number of training images; 0 for all that are not held out.", 0, 0, 60_000)
    n_validation: int = _between("Number of training images held out for validation.", 5_000, 100, 30_000)
    patience: int = _between("Epochs without a lower validation loss before the run stops; 0 for never.", 0, 0, 10_000)
    augmentation: Augmentation = field(default_factory=Augmentation)
    teacher: Teacher = field(default_factory=Teacher)
    texts: Texts = field(default_factory=Texts)
    stages: tuple[dict[str, Any], ...] = _about("Tables of the parameters that each stage changes.", ())


TABLES = {"augmentation": Augmentation, "teacher": Teacher, "texts": Texts}  # nested tables
OF_ALL_STAGES = (  # parameters that a stage must not set
    *("name", "architecture", "about", "start", "standardise", "patience", "stages"),
    *("seed", "split_seed", "n_train", "n_validation"),
)


def parameters() -> dict[str, dataclasses.Field[Any]]:
    """Every parameter by its dotted name, such as augmentation.rotation."""
    found = {}
    for each in dataclasses.fields(Recipe):
        if each.name in TABLES:
            inner = dataclasses.fields(TABLES[each.name])
            found.update({f"{each.name}.{part.name}": part for part in inner})
        else:
            found[each.name] = each
    return found
