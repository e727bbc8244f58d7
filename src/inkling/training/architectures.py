"""The network architectures, by name.

A classifier maps (N, 28, 28) float32 in 0..1, 1 = ink, to (N, 10) probabilities. With non-digits in its recipe, an
architecture that supports them has (N, 11) outputs, the last one for "none of the ten". A line recognizer maps
(N, 32, w) to (N, w / 4, 22).

An architecture is one small function: settings in, an uncompiled Keras model out. Its docstring is its documentation.
`@architecture(max_parameters, settings)` registers its name, its maximum number of parameters and the recipe settings
that its layers depend on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from inkling.errors import BadRecipe, UnknownName
from inkling.pipeline.line_image import HEIGHT as LINE_HEIGHT
from inkling.pipeline.symbols import BLANK

SETTINGS = ("hidden", "dropout", "nondigits")


class Settings(Protocol):
    """The settings that a network's layers depend on. A `Recipe` satisfies this protocol."""

    @property
    def hidden(self) -> int:
        """Units of the hidden layer."""

    @property
    def dropout(self) -> float:
        """Share of units dropped in each training step."""

    @property
    def nondigits(self) -> float:
        """If greater than 0, the network has an output for "none of the ten"."""


Build = Callable[[Settings], Any]  # returns a keras.Model; Any, because Keras is imported only inside functions


@dataclass(frozen=True)
class Architecture:
    """A registered architecture."""

    name: str
    build: Build
    max_parameters: int | None  # with the recipe's defaults; a test checks it
    settings: tuple[str, ...]  # the members of SETTINGS that its layers depend on
    task: Literal["digits", "lines"] = "digits"  # the data that it is trained and evaluated on; see `training.tasks`
    source: str = ""  # source text of the user's own file; see `own_architecture`

    @property
    def about(self) -> str:
        """The first line of the function's docstring."""
        return (self.build.__doc__ or "").strip().splitlines()[0]


ARCHITECTURES: dict[str, Architecture] = {}


def find_architecture(name: str) -> Architecture:
    """The architecture with this name.

    For a function in a user's own file that is not loaded yet, returns an entry that cannot be built. Raises
    UnknownName for any other unregistered name.
    """
    if name in ARCHITECTURES:
        return ARCHITECTURES[name]
    if not is_own(name):
        raise UnknownName("architecture", name, ARCHITECTURES)

    def build(settings: Settings) -> Any:
        """Not loaded."""
        raise BadRecipe(
            f"architecture is {name!r}, which is Python code; only inkling train runs such code, and only with "
            "--run-code. Train it there, or choose an architecture by name."
        )

    return Architecture(name, build, None, SETTINGS)


def is_own(name: str) -> bool:
    """Whether a name refers to a function in a user's own file, such as my_net.py:net."""
    return ".py:" in name


def architecture(
    max_parameters: int, settings: tuple[str, ...], *, task: Literal["digits", "lines"] = "digits"
) -> Callable[[Build], Build]:
    """Registers a function under its name, with `_` replaced by `-`."""

    def register(build: Build) -> Build:
        name = build.__name__.replace("_", "-")
        ARCHITECTURES[name] = Architecture(name, build, max_parameters, settings, task)
        return build

    return register


@architecture(101_770, ("hidden",))
def ann(settings: Settings) -> Any:
    """One hidden layer: Flatten (784) -> Dense 128 ReLU (100,480) -> Dense 10 softmax (1,290)."""
    from keras import Input, Sequential, layers

    return Sequential(
        [
            Input((28, 28), name="tiles"),
            layers.Flatten(name="flatten"),  # (N, 28, 28) -> (N, 784)
            layers.Dense(settings.hidden, activation="relu", name="hidden"),  # -> (N, 128)
            layers.Dense(10, activation="softmax", dtype="float32", name="probs"),  # -> (N, 10)
        ],
        name="ann",
    )


@architecture(101_770, ("hidden", "dropout"))
def ann_dropout(settings: Settings) -> Any:
    """The same hidden layer with dropout during training (Srivastava et al. 2014)."""
    from keras import Input, Sequential, layers

    return Sequential(
        [
            Input((28, 28), name="tiles"),
            layers.Flatten(name="flatten"),
            layers.Dense(settings.hidden, activation="relu", name="hidden"),
            layers.Dropout(settings.dropout, name="dropout"),  # inactive at inference
            layers.Dense(10, activation="softmax", dtype="float32", name="probs"),
        ],
        name="ann-dropout",
    )


@architecture(400_000, ("dropout", "nondigits"))
def cnn(settings: Settings) -> Any:
    """Seven 3x3 convolutions at 28, 14 and 7 pixels, averaged over the image, then Dense softmax."""
    from keras import Input, Sequential, layers

    model = Sequential([Input((28, 28), name="tiles"), layers.Reshape((28, 28, 1), name="image")], name="cnn")
    # (channels, stride): a stride of 2, instead of pooling, halves the side
    for i, (channels, stride) in enumerate([(24, 1), (32, 2), (48, 1), (48, 1), (96, 2), (96, 1), (96, 1)], 1):
        model.add(layers.Conv2D(channels, 3, stride, padding="same", use_bias=False, name=f"conv_{i}"))
        _add_normalization(model, i)
    model.add(layers.GlobalAveragePooling2D(name="average"))  # (N, 7, 7, 96) -> (N, 96)
    model.add(layers.Dropout(settings.dropout, name="dropout"))
    model.add(layers.Dense(n_outputs(settings), activation="softmax", dtype="float32", name="probs"))
    return model


@architecture(9_000, ("dropout",))
def cnn_small(settings: Settings) -> Any:
    """Four convolutions at 28, 14 and 7 pixels, a weighted sum over the positions of each map, then Dense softmax."""
    from keras import Input, Sequential, layers

    model = Sequential([Input((28, 28), name="tiles"), layers.Reshape((28, 28, 1), name="image")], name="cnn-small")
    for i, (channels, side, halve) in enumerate([(8, 5, True), (16, 3, False), (16, 3, True), (24, 3, False)], 1):
        model.add(layers.Conv2D(channels, side, padding="same", use_bias=False, name=f"conv_{i}"))
        _add_normalization(model, i)
        if halve:
            model.add(layers.MaxPooling2D(name=f"pool_{i}"))
    model.add(layers.DepthwiseConv2D(7, use_bias=False, name="places"))  # (N, 7, 7, 24) -> (N, 1, 1, 24)
    model.add(layers.Flatten(name="flatten"))
    model.add(layers.Dropout(settings.dropout, name="dropout"))
    model.add(layers.Dense(10, activation="softmax", dtype="float32", name="probs"))
    return model


@architecture(580_000, ("dropout",), task="lines")
def line(settings: Settings) -> Any:
    """Fully convolutional, for lines of any width: a symbol or the blank for every fourth column."""
    from keras import Input, layers, models

    x = image = Input((LINE_HEIGHT, None), name="lines")
    x = layers.Reshape((LINE_HEIGHT, -1, 1), name="image")(x)
    # (channels, side, strides down and across)
    for i, (channels, side, down, across) in enumerate(
        [(24, 5, 2, 2), (40, 3, 1, 1), (72, 3, 2, 2), (72, 3, 1, 1), (112, 3, 2, 1), (112, 3, 1, 1)], 1
    ):
        x = _convolution(x, channels, side, (down, across), name=str(i))
    # Whole columns: (N, 4, w / 4, 112) -> (N, 1, w / 4, 128)
    x = _convolution(x, 128, (4, 1), 1, name="columns", padding="valid")
    for i in range(7, 10):  # along the line; the receptive field reaches the neighboring digits
        x = layers.Add(name=f"add_{i}")([x, _convolution(x, 128, (1, 5), 1, name=str(i))])
    x = layers.Reshape((-1, 128), name="sequence")(x)  # (N, 1, w / 4, 128) -> (N, w / 4, 128)
    x = layers.Dropout(settings.dropout, name="dropout")(x)
    probs = layers.Dense(BLANK + 1, activation="softmax", dtype="float32", name="probs")(x)
    return models.Model(image, probs, name="line")


def _convolution(x: Any, channels: int, side: Any, strides: Any, *, name: str, padding: str = "same") -> Any:
    from keras import layers

    x = layers.Conv2D(channels, side, strides, padding=padding, use_bias=False, name=f"conv_{name}")(x)
    x = layers.BatchNormalization(momentum=0.98, name=f"norm_{name}")(x)
    return layers.ReLU(name=f"relu_{name}")(x)


def n_outputs(settings: Settings) -> int:
    """11 with "none of the ten" if the recipe has non-digits, else 10."""
    return 11 if settings.nondigits else 10


def _add_normalization(model: Any, name: object) -> None:
    # The offset replaces the convolution's bias (Ioffe, Szegedy 2015). Export folds this layer into the convolution.
    from keras import layers

    model.add(layers.BatchNormalization(momentum=0.95, name=f"norm_{name}"))
    model.add(layers.ReLU(name=f"relu_{name}"))
