"""The networks. Each takes (N, 28, 28) float32 in 0..1, 1 = ink, and gives (N, 10) probabilities.

One that can refuse gives (N, 11) when its recipe shows it what is no digit: the last is "none of the ten".

An architecture is one small function: a recipe in, an uncompiled Keras model out. Its docstring is its
documentation; `@architecture(budget)` makes its name known and sets how many parameters it may have.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from inkling.training.recipe import Recipe

Build = Callable[["Recipe"], Any]  # the Any is a keras.Model: Keras is imported only when one is built


@dataclass(frozen=True)
class Architecture:
    """A registered way to build a network."""

    name: str
    build: Build
    max_parameters: int  # with the recipe's defaults; a test holds it
    can_refuse: bool = False  # whether it has an eleventh output for recipes with `nondigits`

    @property
    def about(self) -> str:
        """The first line of the function's docstring."""
        return (self.build.__doc__ or "").strip().splitlines()[0]


ARCHITECTURES: dict[str, Architecture] = {}


def architecture(max_parameters: int, *, can_refuse: bool = False) -> Callable[[Build], Build]:
    """Registers a function under its name, `_` written as `-`."""

    def register(build: Build) -> Build:
        name = build.__name__.replace("_", "-")
        ARCHITECTURES[name] = Architecture(name, build, max_parameters, can_refuse)
        return build

    return register


@architecture(max_parameters=101_770)
def ann(recipe: Recipe) -> Any:
    """One hidden layer: Flatten (784) -> Dense 128 ReLU (100,480) -> Dense 10 softmax (1,290)."""
    from keras import Input, Sequential, layers

    return Sequential(
        [
            Input((28, 28), name="tiles"),
            layers.Flatten(name="flatten"),  # (N, 28, 28) -> (N, 784)
            layers.Dense(recipe.hidden, activation="relu", name="hidden"),  # -> (N, 128)
            layers.Dense(10, activation="softmax", name="probs"),  # -> (N, 10)
        ],
        name="ann",
    )


@architecture(max_parameters=101_770)
def ann_dropout(recipe: Recipe) -> Any:
    """The same hidden layer, part of which is switched off at each step of training (Srivastava et al. 2014)."""
    from keras import Input, Sequential, layers

    return Sequential(
        [
            Input((28, 28), name="tiles"),
            layers.Flatten(name="flatten"),
            layers.Dense(recipe.hidden, activation="relu", name="hidden"),
            layers.Dropout(recipe.dropout, name="dropout"),  # does nothing once training is over
            layers.Dense(10, activation="softmax", name="probs"),
        ],
        name="ann-dropout",
    )


@architecture(max_parameters=400_000, can_refuse=True)
def cnn(recipe: Recipe) -> Any:
    """Seven 3x3 convolutions at 28, 14 and 7 pixels, averaged over the image, then Dense softmax."""
    from keras import Input, Sequential, layers

    model = Sequential([Input((28, 28), name="tiles"), layers.Reshape((28, 28, 1), name="image")], name="cnn")
    # (channels, stride): a stride of 2 halves the side and takes the place of pooling
    for i, (channels, stride) in enumerate([(24, 1), (32, 2), (48, 1), (48, 1), (96, 2), (96, 1), (96, 1)], 1):
        # No bias: the normalisation that follows has one (Ioffe, Szegedy 2015). Export folds it into the convolution.
        model.add(layers.Conv2D(channels, 3, stride, padding="same", use_bias=False, name=f"conv_{i}"))
        model.add(layers.BatchNormalization(momentum=0.95, name=f"norm_{i}"))
        model.add(layers.ReLU(name=f"relu_{i}"))
    model.add(layers.GlobalAveragePooling2D(name="average"))  # (N, 7, 7, 96) -> (N, 96)
    model.add(layers.Dropout(recipe.dropout, name="dropout"))
    model.add(layers.Dense(n_outputs(recipe), activation="softmax", name="probs"))
    return model


@architecture(max_parameters=12_000)
def cnn_small(recipe: Recipe) -> Any:
    """Two layers of 5x5 filters, each halved by pooling, then Dense softmax: much as LeNet-5 (LeCun et al. 1998)."""
    from keras import Input, Sequential, layers

    model = Sequential([Input((28, 28), name="tiles"), layers.Reshape((28, 28, 1), name="image")], name="cnn-small")
    for i, channels in enumerate([12, 24], 1):
        model.add(layers.Conv2D(channels, 5, activation="relu", name=f"conv_{i}"))
        model.add(layers.MaxPooling2D(name=f"pool_{i}"))
    model.add(layers.Flatten(name="flatten"))  # (N, 4, 4, 24) -> (N, 384)
    model.add(layers.Dropout(recipe.dropout, name="dropout"))
    model.add(layers.Dense(10, activation="softmax", name="probs"))
    return model


def n_outputs(recipe: Recipe) -> int:
    """The ten digits, and "none of the ten" where the recipe shows examples of it."""
    return 11 if recipe.nondigits else 10
