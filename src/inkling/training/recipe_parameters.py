"""The parameters of a recipe: type, default, range and a sentence of help each, declared once.

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
    """How far an image may be changed each time it is shown; all 0 = never. See `augment`."""

    rotation: float = _between("Largest rotation to either side, degrees.", 0.0, 0, 45)
    shear: float = _between("Slant: x moves by up to this much for each y.", 0.0, 0, 1)
    scale: float = _between("Largest change of size, as a share of the size.", 0.0, 0, 0.5)
    stretch: float = _between(
        "Logarithm of width over height: up to this much wider, up to a third of it narrower.", 0.0, 0, 1
    )
    bow: float = _between("How far strokes bow and one end outgrows the other (quadratic terms).", 0.0, 0, 0.4)
    shift: float = _between("Largest shift in each direction, pixels.", 0.0, 0, 8)
    elastic: float = _between("Strength of the elastic field (alpha of Simard et al. 2003), pixels.", 0.0, 0, 60)
    elastic_sigma: float = _between("Smoothness of the elastic field, pixels.", 4.5, 1, 14)
    stroke: float = _between("Largest change of stroke width, about, pixels.", 0.0, 0, 1.5)
    contrast: float = _between("Largest loss of the ink's darkness, as a share.", 0.0, 0, 0.9)
    continental: float = _between("Part of the 1s that get an upstroke and of the 7s that get a bar.", 0.0, 0, 1)
    noise: float = _between("Standard deviation of the grain; ink is 1.", 0.0, 0, 0.5)
    drawn: float = _between("Share of the digits replaced by synthetic ones, drawn from strokes.", 0.0, 0, 1)
    coarse: float = _between("Part of the images that are degraded to few pixels.", 0.0, 0, 1)
    ragged: float = _between("Noise in degraded images before a pixel becomes black or white; ink is 1.", 0.0, 0, 0.5)
    enlarged: float = _between("Part of the degraded images that are shown enlarged.", 0.0, 0, 1)

    @property
    def is_none(self) -> bool:
        """Whether images stay as they are."""
        qualities = {"elastic_sigma", "ragged", "enlarged"}  # of what another parameter brings about
        return not any(getattr(self, each.name) for each in dataclasses.fields(self) if each.name not in qualities)


@dataclass(frozen=True)
class Texts:
    """What is written in synthetic lines, and how. See `synthetic_lines`."""

    signs: float = _between("Share of lines with signs.", 0.45, 0, 1)
    benford: float = _between("Share of numbers and amounts that begin with a 1 as often as amounts do.", 0.0, 0, 1)
    long_ones: float = _between("Share of 1s at the start of a free line that are long and slanted.", 0.0, 0, 1)
    curved_crosses: float = _between("Share of crossed-out cells with a small cross of curved strokes.", 0.0, 0, 1)


@dataclass(frozen=True)
class Teacher:
    """A trained network from whose outputs the new one also learns (Hinton, Vinyals, Dean 2015)."""

    name: str = _about(
        "A packaged model, bundle or run folder whose outputs the network also learns from; empty for none.", ""
    )
    temperature: float = _between("Softens the outputs of both.", 2.0, 1, 20)
    weight: float = _between("Weight of the teacher's output against the label.", 0.5, 0, 1)
    pool: int = _between(
        "Epochs with new images; after these, the images are repeated. 0: always new ones.", 0, 0, 1_000
    )


@dataclass(frozen=True)
class Recipe:
    """Everything that decides what a training run gives, apart from the data."""

    name: str = _about("Name of the run and of its bundle: a word.")
    architecture: str = _about("The network: a name that comes with inkling, or FILE.py:FUNCTION.")
    about: str = _about("A one-line description.", "")
    epochs: int = _between("Passes over the training data.", 5, 1, 10_000)
    batch_size: int = _between("Examples per step.", 128, 1, 10_000)
    precision: str = _choice(
        "Numbers that layers multiply while they learn; weights and sums are float32 with both.",
        "float32",
        "float32",
        "bfloat16",
    )
    optimizer: str = _choice("The optimizer of Keras.", "adam", "adam", "adamw", "sgd")
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
    weight_decay: float = _between("Part of the weights, times the learning rate, that each step takes off.", 0.0, 0, 1)
    label_smoothing: float = _between("Part of the probability that the target spreads over all classes.", 0.0, 0, 0.5)
    ema: float = _between("Momentum of the averaged weights that are kept; 0 keeps the last ones.", 0.0, 0, 0.99999)
    dropout: float = _between("Share of units that are switched off in a step.", 0.0, 0, 0.9)
    lines: int = _between("Synthetic lines per epoch.", 0, 0, 10_000_000)
    nondigits: float = _between("Non-digit images per digit in an epoch.", 0.0, 0, 1)
    standardise: bool = _about(
        "Learn from inputs with mean 0 and standard deviation 1; export folds this into the weights.", False
    )
    hidden: int = _between("Units of the hidden layer.", 128, 1, 10_000)
    start: str = _about("A packaged model, bundle or run folder to fine-tune; empty for random weights.", "")
    keep: float = _between("Share of the weights of `start` in the final ones.", 0.0, 0, 1)
    seed: int = _between("Seed of the first weights, the order and the augmentation.", 0, 0, 2**31 - 1)
    split_seed: int = _between("Seed of the choice of held-back images, independent of `seed`.", 0, 0, 2**31 - 1)
    n_train: int = _between("Training images; 0 for all that are not held back.", 0, 0, 60_000)
    n_validation: int = _between("Training images held back for validation.", 5_000, 100, 30_000)
    patience: int = _between("Epochs without a better validation loss before the run stops; 0 for never.", 0, 0, 10_000)
    augmentation: Augmentation = field(default_factory=Augmentation)
    teacher: Teacher = field(default_factory=Teacher)
    texts: Texts = field(default_factory=Texts)
    stages: tuple[dict[str, Any], ...] = _about("Tables of the parameters that each stage changes.", ())


TABLES = {"augmentation": Augmentation, "teacher": Teacher, "texts": Texts}  # parameters that have parts
OF_ALL_STAGES = (  # which no stage may set
    *("name", "architecture", "about", "start", "standardise", "patience", "stages"),
    *("seed", "split_seed", "n_train", "n_validation"),
)


def parameters() -> dict[str, dataclasses.Field[Any]]:
    """Every parameter by its dotted name, as in augmentation.rotation."""
    found = {}
    for each in dataclasses.fields(Recipe):
        if each.name in TABLES:
            inner = dataclasses.fields(TABLES[each.name])
            found.update({f"{each.name}.{part.name}": part for part in inner})
        else:
            found[each.name] = each
    return found
