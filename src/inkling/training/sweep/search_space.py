"""Search spaces: which hyperparameters of a recipe vary, and in which range. Reads TOML into checked dimensions.

    learning_rate = { low = 0.002, high = 0.05, log = true }
    batch_size = [64, 128, 256, 512]
    augmentation.rotation = { low = 0, high = 20, step = 2 }

The types and ranges in `training.recipe` bound every dimension.
"""

from __future__ import annotations

import dataclasses
import difflib
import math
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inkling.errors import BadRecipe, UnknownName
from inkling.models import registry
from inkling.training import recipe as recipes
from inkling.training.architectures import is_own
from inkling.training.recipe import Recipe

PACKAGED = Path(__file__).parent / "spaces"
N_TRAINING = 60_000  # MNIST's training images
KEYS = ("low", "high", "log", "step", "choices")
FIXED = {  # parameters that must not vary, and the reason
    "name": "it is only a name",
    "about": "it is only a note",
    "seed": "a lucky seed is not a better setting",
    "n_validation": "trials are compared on the same validation images",
    "split_seed": "trials are compared on the same validation images",
    "stages": "they hold parameters of their own",
}

Value = bool | int | float | str


@dataclass(frozen=True)
class Dimension:
    """One hyperparameter that varies, between `low` and `high` or among `choices`."""

    name: str  # dotted, such as augmentation.rotation
    integer: bool = False
    low: float = 0.0
    high: float = 0.0
    log: bool = False  # sampled uniformly on a logarithmic scale
    step: float = 0.0  # 0 = none; integers step by 1
    choices: tuple[Value, ...] = ()

    def contains(self, value: Value) -> bool:
        """Whether this dimension contains a value."""
        if self.choices:
            return value in self.choices
        steps = (float(value) - self.low) / self.step if self.step else 0.0
        return self.low <= float(value) <= self.high and math.isclose(steps, round(steps), abs_tol=1e-9)


def packaged() -> dict[str, Path]:
    """The packaged spaces, by name."""
    return {path.stem: path for path in sorted(PACKAGED.glob("*.toml"))}


def find(name_or_path: str | None, recipe: Recipe) -> Path:
    """The file of a space by packaged name or path; by default, the packaged one for the recipe.

    Raises BadRecipe when there is none.
    """
    known = packaged()
    if name_or_path is None:
        for name in (recipe.name, recipe.architecture):
            if name in known:
                return known[name]
        raise BadRecipe(
            f"there is no packaged space for {recipe.name!r}, only for: {', '.join(known)}. Write one as "
            "docs/sweeps.md shows, and name it: --space FILE"
        )
    path = known.get(name_or_path, Path(name_or_path))
    if not path.is_file():
        hint = _nearest(name_or_path, known, otherwise="Check the path.")
        raise BadRecipe(f"{name_or_path} does not exist; expected a TOML file or one of: {', '.join(known)}. {hint}")
    return path


def read(path: Path) -> tuple[Dimension, ...]:
    """The dimensions of a file, in order. Raises BadRecipe for an invalid file."""
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise BadRecipe(
            f"{path} is not readable TOML ({error}); expected lines as in epochs = [5, 10]. Correct it."
        ) from error
    return from_table(table)


def from_table(table: Mapping[str, Any]) -> tuple[Dimension, ...]:
    """A parsed TOML table as dimensions. Raises BadRecipe, which names the parameter, its range and its value."""
    space = tuple(_dimension(name, entry) for name, entry in _flatten(table))
    if not space:
        raise BadRecipe("the space is empty; expected at least one parameter, as in batch_size = [64, 128]. Add one.")
    return space


def check(space: tuple[Dimension, ...], recipe: Recipe, objective: str) -> None:
    """Raises BadRecipe if a trial of the space could not run, or if the losses of two trials could not be compared."""
    chosen = [value for each in space if each.name == "architecture" for value in each.choices]
    for name in map(str, [recipe.architecture, *chosen]):
        if is_own(name):
            raise BadRecipe(
                f"architecture is {name!r}, which is Python code that sweeps do not run; expected the name of a "
                "built-in one. Train it with: inkling train --run-code"
            )
    softening = [each.name for each in space if each.name in ("label_smoothing", "teacher.weight")]
    if objective == "loss" and softening:
        raise BadRecipe(
            f"{softening[0]} softens the outputs of a network, so losses cannot be compared; expected accuracy as "
            "objective of such a space. Add: --judge accuracy"
        )
    one_architecture = all(each.name != "architecture" for each in space)
    n_digits = recipe.n_train or N_TRAINING - recipe.n_validation
    for each in space:
        for value in each.choices or (each.low, each.high):
            if one_architecture:  # with several architectures, a value may be valid for only some of them
                recipes.with_values(recipe, {each.name: value})
            if value and each.name in ("start", "teacher.name"):
                registry.find_network(str(value))
        most = max((*map(int, each.choices), int(each.high))) if each.name == "batch_size" else 0
        if most > n_digits:
            raise BadRecipe(f"batch_size goes up to {most}; there are {n_digits} training images. Lower it.")
    for name in (recipe.start, recipe.teacher.name):
        if name:
            registry.find_network(name)


def _flatten(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Dotted names and entries; `[augmentation] rotation` and `"augmentation.rotation"` are equivalent."""
    for key, entry in table.items():
        name = prefix + key
        if name in recipes.TABLES and isinstance(entry, Mapping):
            yield from _flatten(entry, f"{name}.")
        else:
            yield name, entry


def _dimension(name: str, entry: Any) -> Dimension:
    known = recipes.parameters()
    if name not in known:
        names = {full.rpartition(".")[2]: full for full in known} | {full: full for full in known}
        near = difflib.get_close_matches(name, known, 1) or difflib.get_close_matches(name.rpartition(".")[2], names, 1)
        hint = f"Did you mean {names[near[0]]!r}?" if near else f"Choose from: {', '.join(set(known) - set(FIXED))}."
        raise BadRecipe(f"{name} is not a parameter of a recipe. {hint}")
    if name in FIXED:
        raise BadRecipe(f"{name} must not vary in a space: {FIXED[name]}. Leave it out; --set fixes it for all trials.")
    if isinstance(entry, list):
        entry = {"choices": entry}
    if not isinstance(entry, Mapping):
        raise BadRecipe(
            f"{name} is {entry!r}; expected a range or choices, as in {name} = {{ low = ..., high = ... }} or [..., "
            "...]. Correct it; --set fixes a value for all trials."
        )
    for key in entry:
        if key not in KEYS:
            hint = _nearest(key, KEYS, otherwise="Leave it out.")
            raise BadRecipe(f"{name} has {key!r}; expected some of {', '.join(KEYS)}. {hint}")
    return _choices(name, known[name], entry) if "choices" in entry else _range(name, known[name], entry)


def _choices(name: str, each: dataclasses.Field[Any], entry: Mapping[str, Any]) -> Dimension:
    if len(entry) > 1:
        raise BadRecipe(
            f"{name} has choices and {', '.join(set(entry) - {'choices'})}; expected one of them. Drop one."
        )
    choices = entry["choices"]
    if not isinstance(choices, list) or len(choices) < 2:
        raise BadRecipe(f"{name} has choices {choices!r}; expected a list of two or more. --set fixes a single value.")
    checked = tuple(recipes.checked(each, value, name) for value in choices)
    if len(set(checked)) < len(checked):
        raise BadRecipe(f"{name} has choices {choices!r}; expected each once. Drop the repeated ones.")
    if name == "architecture":
        from inkling.training.architectures import ARCHITECTURES

        for value in checked:
            if value not in ARCHITECTURES:
                raise UnknownName("architecture", value, ARCHITECTURES)
    return Dimension(name, choices=checked)


def _range(name: str, each: dataclasses.Field[Any], entry: Mapping[str, Any]) -> Dimension:
    if each.type not in ("int", "float"):
        raise BadRecipe(f"{name} is not a number, so it has no range; expected choices, as in {name} = [..., ...].")
    for end in ("low", "high"):
        if end not in entry:
            raise BadRecipe(f"{name} has no {end}; expected both low and high. Add: {end} = ...")
    low, high = (recipes.checked(each, entry[end], f"{name}: {end}") for end in ("low", "high"))
    if not low < high:
        raise BadRecipe(f"{name} goes from {low} to {high}; expected low < high. Correct it.")
    log, step = entry.get("log", False), entry.get("step", 0)
    if not isinstance(log, bool):
        raise BadRecipe(f"{name}: log is {log!r}; expected true or false. Correct it.")
    if log and low <= 0:
        raise BadRecipe(f"{name} is log and starts at {low}; expected low > 0. Raise low or leave log out.")
    if log and step:
        raise BadRecipe(f"{name} has log and step; expected one of them. Drop one, or list the values as choices.")
    integer = each.type == "int"
    if not isinstance(step, int if integer else int | float) or isinstance(step, bool) or not 0 <= step <= high - low:
        kind = "a whole number" if integer else "a number"
        raise BadRecipe(f"{name}: step is {step!r}; expected {kind} from 0 to {high - low:g}. Correct it.")
    if step:
        high = type(high)(low + math.floor((high - low) / step + 1e-9) * step)  # the last value on the grid
    return Dimension(name, integer, low, high, log, step)


def _nearest(word: str, known: Mapping[str, Any] | tuple[str, ...], *, otherwise: str) -> str:
    near = difflib.get_close_matches(word, known, n=1)
    return f"Did you mean {near[0]!r}?" if near else otherwise
