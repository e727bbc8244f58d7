"""A space: which settings of a recipe may vary, and between what. TOML in, checked settings out.

    learning_rate = { low = 0.002, high = 0.05, log = true }
    batch_size = [64, 128, 256, 512]
    augmentation.rotation = { low = 0, high = 20, step = 2 }

A parameter's own type and range, as `training.recipe` has them, bound what a space may say.
"""

from __future__ import annotations

import dataclasses
import difflib
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inkling.errors import BadRecipe
from inkling.training import fine_tune
from inkling.training import recipe as recipes
from inkling.training.recipe import Recipe

PACKAGED = Path(__file__).parent / "spaces"
N_TRAINING = 60_000  # MNIST's training images
WORDS = ("low", "high", "log", "step", "choices")
FIXED = {  # what may not vary, and why
    "name": "it is only a name",
    "about": "it is only a note",
    "seed": "it decides which digits are held back, and a lucky seed teaches nothing",
    "n_validation": "trials are compared on the same held-back digits",
}

Value = bool | int | float | str


@dataclass(frozen=True)
class Setting:
    """One parameter that varies: between `low` and `high`, or among `choices`."""

    name: str  # dotted, as in augmentation.rotation
    whole: bool = False  # only whole numbers
    low: float = 0.0
    high: float = 0.0
    log: bool = False  # tried evenly by factors, not by differences
    step: float = 0.0  # 0 = none; whole numbers step by 1
    choices: tuple[Value, ...] = ()

    def holds(self, value: Value) -> bool:
        """Whether a recipe's own value lies in it."""
        if self.choices:
            return value in self.choices
        off = (float(value) - self.low) / self.step if self.step else 0.0
        return self.low <= float(value) <= self.high and math.isclose(off, round(off), abs_tol=1e-9)


def packaged() -> dict[str, Path]:
    """The spaces that come with the package, by name."""
    return {path.stem: path for path in sorted(PACKAGED.glob("*.toml"))}


def find(name_or_path: str | None, recipe: Recipe) -> Path:
    """The file of a space by packaged name or path; without either, the one packaged for the recipe.

    Raises BadRecipe when there is none.
    """
    known = packaged()
    if name_or_path is None:
        for name in (recipe.name, recipe.architecture):
            if name in known:
                return known[name]
        raise BadRecipe(
            f"no space comes with inkling for {recipe.name!r}, only for: {', '.join(known)}. Write one, as "
            "docs/sweeps.md shows, and name it: --space FILE"
        )
    path = known.get(name_or_path, Path(name_or_path))
    if not path.is_file():
        near = difflib.get_close_matches(name_or_path, known, n=1)
        hint = f"Did you mean {near[0]!r}?" if near else "Check the path."
        raise BadRecipe(f"{name_or_path} is not there; expected a TOML file or one of: {', '.join(known)}. {hint}")
    return path


def read(path: Path) -> tuple[Setting, ...]:
    """The settings of a file, in its order. Raises BadRecipe for anything wrong inside."""
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise BadRecipe(
            f"{path} is not readable TOML ({error}); expected lines as in epochs = [5, 10]. Mend it."
        ) from error
    return from_table(table)


def from_table(table: Mapping[str, Any]) -> tuple[Setting, ...]:
    """A parsed TOML table -> settings. Raises BadRecipe that names parameter, range and value."""
    settings = tuple(_setting(name, entry) for name, entry in _flat(table))
    if not settings:
        raise BadRecipe("the space is empty; expected a parameter at least, as in batch_size = [64, 128]. Add one.")
    return settings


def check(settings: tuple[Setting, ...], recipe: Recipe, judge: str) -> None:
    """Raises BadRecipe for what no trial could do, and where one trial's loss could not be held against another's."""
    softening = [each.name for each in settings if each.name in ("label_smoothing", "teacher.weight")]
    if judge == "loss" and softening:
        raise BadRecipe(
            f"{softening[0]} softens what a network answers, so that losses cannot be compared; trials of such a space "
            "are judged by accuracy. Add: --judge accuracy"
        )
    several = any(each.name == "architecture" for each in settings)
    for each in settings:
        for value in each.choices or (each.low, each.high):
            if not several:  # among several architectures, a setting may suit one and not another
                recipes.with_values(recipe, {each.name: value})
            if value and each.name in ("start", "teacher.name"):
                fine_tune.initial_bundle(str(value))
    n_digits = recipe.n_train or N_TRAINING - recipe.n_validation
    for each in settings:
        most = max((*map(int, each.choices), int(each.high))) if each.name == "batch_size" else 0
        if most > n_digits:
            raise BadRecipe(f"batch_size goes up to {most}; there are {n_digits} training images. Lower it.")
    for name in (recipe.start, recipe.teacher.name):
        if name:
            fine_tune.initial_bundle(name)


def _flat(table: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    """Dotted names and entries; a table whose name is a group of parameters is opened, `[a.b]` and `"a.b"` alike."""
    found = []
    for key, entry in table.items():
        name = prefix + key
        if name in recipes.TABLES and isinstance(entry, Mapping):
            found += _flat(entry, f"{name}.")
        else:
            found.append((name, entry))
    return found


def _setting(name: str, entry: Any) -> Setting:
    known = recipes.parameters()
    if name not in known:
        last = {each.rpartition(".")[2]: each for each in known}  # rotation is near augmentation.rotation too
        near = difflib.get_close_matches(name, known, n=1) or [
            last[each] for each in difflib.get_close_matches(name.rpartition(".")[2], last, n=1)
        ]
        hint = f"Did you mean {near[0]!r}?" if near else f"Choose from: {', '.join(set(known) - set(FIXED))}."
        raise BadRecipe(f"{name} is not a parameter of a recipe; a known one was expected. {hint}")
    if name in FIXED:
        raise BadRecipe(f"{name} may not vary in a space: {FIXED[name]}. Leave it out; --set fixes it for all trials.")
    if isinstance(entry, list):
        entry = {"choices": entry}
    if not isinstance(entry, Mapping):
        raise BadRecipe(
            f"{name} is {entry!r}; expected a range or choices, as in {name} = {{ low = ..., high = ... }} or [..., "
            "...]. Change it; --set fixes a value for all trials."
        )
    for word in entry:
        if word not in WORDS:
            near = difflib.get_close_matches(word, WORDS, n=1)
            hint = f"Did you mean {near[0]!r}?" if near else "Leave it out."
            raise BadRecipe(f"{name} has {word!r}; expected some of {', '.join(WORDS)}. {hint}")
    return _choices(name, known[name], entry) if "choices" in entry else _range(name, known[name], entry)


def _choices(name: str, each: dataclasses.Field[Any], entry: Mapping[str, Any]) -> Setting:
    if len(entry) > 1:
        raise BadRecipe(f"{name} has choices and {', '.join(set(entry) - {'choices'})}; expected one kind. Drop one.")
    choices = entry["choices"]
    if not isinstance(choices, list) or len(choices) < 2:
        raise BadRecipe(f"{name} has choices {choices!r}; expected a list of two or more. --set fixes a single value.")
    checked = tuple(recipes.checked(each, value, name) for value in choices)
    if len(set(checked)) < len(checked):
        raise BadRecipe(f"{name} has choices {choices!r}; each was expected once. Drop the repeated.")
    if name == "architecture":
        from inkling.errors import UnknownName
        from inkling.training.architectures import ARCHITECTURES

        for value in checked:
            if value not in ARCHITECTURES:
                raise UnknownName("architecture", value, ARCHITECTURES)
    return Setting(name, choices=checked)


def _range(name: str, each: dataclasses.Field[Any], entry: Mapping[str, Any]) -> Setting:
    if each.type not in ("int", "float"):
        raise BadRecipe(f"{name} is no number, so it has no range; choices were expected, as in {name} = [..., ...].")
    for end in ("low", "high"):
        if end not in entry:
            raise BadRecipe(f"{name} has no {end}; a range has both low and high. Add: {end} = ...")
    low, high = (recipes.checked(each, entry[end], f"{name}: {end}") for end in ("low", "high"))
    if not low < high:
        raise BadRecipe(f"{name} goes from {low} to {high}; low was expected below high. Change it.")
    log, step = entry.get("log", False), entry.get("step", 0)
    if not isinstance(log, bool):
        raise BadRecipe(f"{name}: log is {log!r}; expected true or false. Change it.")
    if log and low <= 0:
        raise BadRecipe(f"{name} is log and starts at {low}; powers never reach 0. Raise low or leave log out.")
    if log and step:
        raise BadRecipe(f"{name} has log and step; expected one of them. Drop one, or list the values as choices.")
    whole = each.type == "int"
    kinds = (int,) if whole else (int, float)
    if not isinstance(step, kinds) or isinstance(step, bool) or not 0 <= step <= high - low:
        kind = "a whole number" if whole else "a number"
        raise BadRecipe(f"{name}: step is {step!r}; expected {kind} from 0 to {high - low:g}. Change it.")
    if step:
        high = type(high)(low + math.floor((high - low) / step + 1e-9) * step)  # the last that is reached
    return Setting(name, whole, low, high, log, step)
