"""The table of a recipe's parameters, for `inkling train --explain` and docs/training.md."""

from __future__ import annotations

import dataclasses
from typing import Any

from inkling.training.architectures import ARCHITECTURES
from inkling.training.recipe import is_used, parameters

HEADINGS = ("parameter", "default", "allowed values", "meaning")


def rows() -> list[tuple[str, str, str, str]]:
    """Name, default, range or choices, and help text of each parameter, in the order of a recipe."""
    return [(name, _default(each), _expected(each), _help(name, each)) for name, each in parameters().items()]


def _default(each: dataclasses.Field[Any]) -> str:
    if each.default is dataclasses.MISSING:
        return "required"
    return {"": "empty", "True": "true", "False": "false", "()": "none"}.get(str(each.default), f"{each.default}")


def _expected(each: dataclasses.Field[Any]) -> str:
    if "range" in each.metadata:
        low, high = each.metadata["range"]
        return f"{low:,} to {high:,}" if each.type == "int" else f"{low:g} to {high:g}"
    if "choices" in each.metadata:
        return ", ".join(each.metadata["choices"])
    return {"str": "a string", "bool": "true or false"}.get(str(each.type), "tables")


def _help(name: str, each: dataclasses.Field[Any]) -> str:
    users = [entry for entry in ARCHITECTURES.values() if is_used(name, entry.name)]
    text = str(each.metadata["help"])
    if len(users) == len(ARCHITECTURES):
        return text
    if users == [entry for entry in ARCHITECTURES.values() if entry.task == "digits"]:
        return f"{text} Classifiers only."
    return f"{text} Only: {', '.join(entry.name for entry in users)}."
