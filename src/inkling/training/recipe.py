"""Recipes, the settings of a training run: reads TOML into typed, checked records and writes them back as TOML."""

from __future__ import annotations

import dataclasses
import difflib
import functools
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from inkling.errors import BadRecipe, UnknownName
from inkling.training.architectures import SETTINGS, find_architecture
from inkling.training.recipe_parameters import OF_ALL_STAGES, TABLES, Augmentation, Recipe, Teacher, Texts, parameters

__all__ = ["TABLES", "Augmentation", "Recipe", "Teacher", "Texts", "parameters"]  # re-exported

PACKAGED = Path(__file__).parent / "recipes"
UNUSED = {  # prefixes of the dotted names of parameters that a task does not use
    "digits": ("texts.", "lines"),
    "lines": ("augmentation.", "teacher.", "label_smoothing", "standardise"),
}


def packaged() -> dict[str, Path]:
    """The recipes that come with the package, by name."""
    return {path.stem: path for path in sorted(PACKAGED.glob("*.toml"))}


def find(name_or_path: str | Path, overrides: Sequence[str] = ()) -> Recipe:
    """A recipe by packaged name or by path of a TOML file, with `key=value` overrides applied.

    Raises UnknownName for a name that is not packaged and BadRecipe for a file that is missing or invalid.
    """
    text = str(name_or_path)
    path = packaged().get(text, Path(text))
    if not path.is_file():
        if text.endswith(".toml") or len(path.parts) > 1:
            raise BadRecipe(
                f"{text} does not exist; expected a TOML file or one of: {', '.join(packaged())}. Check the path."
            )
        raise UnknownName("recipe", text, packaged())
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise BadRecipe(f"{path} is not readable TOML ({error}); expected key = value lines. Correct it.") from error
    for override in overrides:
        _apply(table, override)
        _check_unstaged(table, override.partition("=")[0].strip())
    return from_table(table)


def from_table(table: Mapping[str, Any]) -> Recipe:
    """A parsed TOML table -> Recipe. Raises BadRecipe, which names the parameter, its range and its value.

    Raises UnknownName for an unknown architecture.
    """
    recipe = _without_stages(table)
    if recipe.stages and (recipe.patience or recipe.standardise):
        name = "patience" if recipe.patience else "standardise"
        raise BadRecipe(f"{name} is set, and so is stages; expected only one of them. Leave one out.")
    first = stages_of(recipe)[0]
    if first.keep and not recipe.start:
        raise BadRecipe(f"keep is {first.keep}, but start is empty; expected a network. Set start, or leave keep out.")
    return recipe


def stages_of(recipe: Recipe) -> list[Recipe]:
    """The recipe of each stage of a run, in order; without stages, the recipe itself. Raises BadRecipe.

    A stage starts from the final weights of the previous one, with a new optimizer and a new schedule. Parameters that
    its table leaves out come from the rest of the recipe.
    """
    if not recipe.stages:
        return [recipe]
    shared = {**to_table(recipe), "stages": ()}
    return [_without_stages(stage_table(shared, stage)) for stage in recipe.stages]


def n_epochs(recipe: Recipe) -> int:
    """Epochs of all stages."""
    return sum(stage.epochs for stage in stages_of(recipe))


def _check_unstaged(table: Mapping[str, Any], key: str) -> None:
    """Raises BadRecipe for a parameter, by dotted name, that a stage sets."""
    first, _, part = key.partition(".")
    stages = table.get("stages", ())
    if any(first in stage and (not part or part in stage[first]) for stage in stages if isinstance(stage, Mapping)):
        raise BadRecipe(
            f"{key} is set by the recipe's stages, which override a value for the whole recipe. Set the stages "
            f"instead, as in: --set 'stages=[{{ epochs = 3 }}]'"
        )


def stage_table(shared: Mapping[str, Any], stage: Mapping[str, Any]) -> dict[str, Any]:
    """A recipe's table, overridden by the table of a stage; nested tables are merged."""
    parts = {
        key: {**shared.get(key, {}), **value}
        for key, value in stage.items()
        if key in TABLES and isinstance(value, Mapping)
    }
    return {**shared, **stage, **parts}


def _without_stages(table: Mapping[str, Any]) -> Recipe:
    """A recipe, checked except for the contents of its stages."""
    recipe: Recipe = _record(Recipe, table, prefix="")
    if not recipe.name or set(recipe.name) & set("/\\ "):
        raise BadRecipe(f"name is {recipe.name!r}; expected a word without slashes or spaces. Correct it.")
    _check_use(recipe)
    for name in ("ragged", "enlarged"):
        value = getattr(recipe.augmentation, name)
        if value and not recipe.augmentation.coarse:
            raise BadRecipe(
                f"augmentation.{name} is {value} and augmentation.coarse is 0, but {name} changes only degraded images."
                f" Set augmentation.coarse too, or leave augmentation.{name} out."
            )
    return recipe


def is_used(name: str, architecture: str) -> bool:
    """Whether a parameter, by dotted name, affects a network of this architecture.

    Raises UnknownName for an unknown architecture.
    """
    entry = find_architecture(architecture)
    if name in SETTINGS:
        return name in entry.settings
    return not name.startswith(UNUSED[entry.task])


def _check_use(recipe: Recipe) -> None:
    reads_lines = find_architecture(recipe.architecture).task == "lines"
    if reads_lines != (recipe.lines > 0):
        expected = "a number of lines per epoch, as in lines = 100_000" if reads_lines else "0"
        raise BadRecipe(f"lines is {recipe.lines} and architecture is {recipe.architecture!r}; expected {expected}.")
    for name, each in parameters().items():
        if _value(recipe, name) != each.default and not is_used(name, recipe.architecture):
            raise BadRecipe(
                f"{name} is {_value(recipe, name)!r}, but the architecture {recipe.architecture!r} does not use it; "
                f"expected {each.default!r}. Leave it out or choose another architecture."
            )


def _value(recipe: Recipe, name: str) -> Any:
    """A parameter by its dotted name."""
    return functools.reduce(getattr, name.split("."), recipe)


def with_values(recipe: Recipe, values: Mapping[str, Any]) -> Recipe:
    """The recipe with new values for some parameters, by dotted name. Raises BadRecipe like `from_table`."""
    table = to_table(recipe)
    for key, value in values.items():
        _check_unstaged(table, key)
        parent, _, last = key.rpartition(".")
        (table[parent] if parent else table)[last] = value
    return from_table(table)


def to_table(recipe: Recipe) -> dict[str, Any]:
    """Recipe -> plain dict, in the form that the manifest contains and `from_table` reads."""
    return dataclasses.asdict(recipe)


def to_toml(recipe: Recipe) -> str:
    """Recipe -> TOML with every default written out, which `find` reads back to the same recipe."""
    plain, tables = [], []
    for key, value in to_table(recipe).items():
        if key == "stages":
            tables += ["\n[[stages]]\n" + "".join(f"{k} = {_toml(v)}\n" for k, v in stage.items()) for stage in value]
        elif isinstance(value, dict):
            tables.append(f"\n[{key}]\n" + "".join(f"{k} = {_toml(v)}\n" for k, v in value.items()))
        else:
            plain.append(f"{key} = {_toml(value)}\n")
    return "".join(plain + tables)


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_toml(part)}" for key, part in value.items()) + " }"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        return f'"{escaped}"'
    return repr(value)


def _apply(table: dict[str, Any], override: str) -> None:
    key, equals, text = override.partition("=")
    if not equals or not key.strip():
        raise BadRecipe(f"--set got {override!r}; expected key=value, as in epochs=3 or augmentation.shear=0.2.")
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        value = text.strip()  # an unquoted string
    *parents, last = key.strip().split(".")
    for parent in parents:
        inner = table.setdefault(parent, {})
        if not isinstance(inner, dict):
            raise BadRecipe(f"--set got {override!r}, but {parent} is not a table; use {parent}=value.")
        table = inner
    table[last] = value


def _record(kind: type, table: Mapping[str, Any], *, prefix: str) -> Any:
    known = {each.name: each for each in dataclasses.fields(kind)}
    for key in table:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            hint = f"Did you mean {near[0]!r}?" if near else f"Choose from: {', '.join(known)}."
            raise BadRecipe(f"{prefix}{key} is not a parameter of a recipe. {hint}")
    values = {}
    for name, each in known.items():
        if name in table:
            values[name] = checked(each, table[name], prefix + name)
        elif each.default is dataclasses.MISSING and each.default_factory is dataclasses.MISSING:
            raise BadRecipe(f"{prefix}{name} is missing, but every recipe needs it. Add: {name} = ...")
    return kind(**values)


def checked(each: dataclasses.Field[Any], value: Any, name: str) -> Any:
    """A parameter's value, checked and converted to its type. `name`: its name in messages. Raises BadRecipe."""
    if each.name == "stages":
        return _checked_stages(value)
    if each.name in TABLES:
        if not isinstance(value, dict):
            raise BadRecipe(f"{name} is {value!r}; expected a table, as in [{name}]. Correct it.")
        return _record(TABLES[each.name], value, prefix=f"{name}.")
    accepted = {"str": (str,), "int": (int,), "float": (int, float), "bool": (bool,)}[str(each.type)]
    if not isinstance(value, accepted) or isinstance(value, bool) != (each.type == "bool"):
        wanted = {"str": "a string", "int": "a whole number", "float": "a number", "bool": "true or false"}[
            str(each.type)
        ]
        raise BadRecipe(f"{name} is {value!r}; expected {wanted}. Correct it.")
    if "range" in each.metadata:
        low, high = each.metadata["range"]
        if not low <= value <= high:
            raise BadRecipe(f"{name} is {value}; expected {low} to {high}. Correct it.")
    if "choices" in each.metadata and value not in each.metadata["choices"]:
        choices = each.metadata["choices"]
        near = difflib.get_close_matches(value, choices, n=1)
        hint = f"Did you mean {near[0]!r}?" if near else "Choose one of these."
        raise BadRecipe(f"{name} is {value!r}; expected one of {', '.join(choices)}. {hint}")
    return float(str(value)) if each.type == "float" else value


def _checked_stages(value: Any) -> tuple[dict[str, Any], ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(stage, dict) for stage in value):
        raise BadRecipe(f"stages is {value!r}; expected tables, each under a line [[stages]]. Correct it.")
    for stage in value:
        for key in stage:
            if key in OF_ALL_STAGES:
                raise BadRecipe(f"{key} is set in [[stages]], but must be the same in all stages. Move it to the top.")
    return tuple(value)
