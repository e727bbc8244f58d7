"""RUN -> subject: what a report is about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from inkling.errors import BadRecipe, NotFound, UnknownName
from inkling.models import registry
from inkling.models.bundle import Bundle
from inkling.training import recipe, train
from inkling.training.recipe import Recipe


@dataclass(frozen=True)
class Subject:
    """A bundle and, where there is one, the run that it came from."""

    label: str  # what the figures call it
    bundle: Bundle
    run: Path | None  # the run folder
    history: list[train.Row]  # an entry an epoch, of the run or kept in the bundle; [] without
    recipe: Recipe | None  # None for a bundle made by other means


def find_subjects(names: Sequence[str | Path]) -> list[Subject]:
    """Subjects by run folder, bundle folder or packaged name, with labels that tell them apart.

    Raises BadBundle or UnknownName for what is none of these, NotFound for a run that has not ended.
    """
    found = [_one(name) for name in names]
    labels = _labels(found, [str(name) for name in names])
    return [Subject(label, *parts) for label, parts in zip(labels, found, strict=True)]


def _one(name: str | Path) -> tuple[Bundle, Path | None, list[train.Row], Recipe | None]:
    folder = Path(name)
    ended = (folder / "bundle").is_dir() or (folder / "manifest.json").is_file()  # a bundle may keep its history
    if (folder / "history.csv").is_file() and not ended:
        raise NotFound(
            f"{folder} is a run without a bundle; a report needs a run that has ended. "
            f"Go on with it: inkling train --resume {folder}"
        )
    found = registry.find(name)
    run = found.path.parent if (found.path.parent / "history.csv").is_file() else None
    history = train.read_history((run or found.path) / "history.csv")  # [] when neither keeps one
    try:
        made_by = recipe.from_table(found.manifest["recipe"])
    except (BadRecipe, UnknownName, KeyError, TypeError):
        made_by = None  # the bundle can be judged all the same
    return found, run, history, made_by


def _labels(found: list[tuple[Bundle, Path | None, list[train.Row], Recipe | None]], names: list[str]) -> list[str]:
    plain = [parts[0].name for parts in found]
    if len(set(plain)) == len(plain):
        return plain
    folders = [(parts[1] or Path(name)).name for parts, name in zip(found, names, strict=True)]
    if len(set(folders)) == len(folders):
        return folders
    return [f"{label} {i}" for i, label in enumerate(plain, 1)]
