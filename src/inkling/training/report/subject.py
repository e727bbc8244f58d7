"""The models of a report, by run folder, bundle folder or packaged name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from inkling.errors import BadRecipe, NotFound, UnknownName
from inkling.models import registry
from inkling.models.bundle import Bundle
from inkling.training import recipe, run_history
from inkling.training.recipe import Recipe


@dataclass(frozen=True)
class Subject:
    """A bundle and, if there is one, the run that produced it."""

    label: str  # its name in figures
    bundle: Bundle
    run: Path | None  # the run folder
    history: list[run_history.EpochMetrics]  # one entry per epoch, from the run or the bundle; [] if unknown
    recipe: Recipe | None  # None for a bundle without a valid recipe


def find_subjects(names: Sequence[str | Path]) -> list[Subject]:
    """Subjects by run folder, bundle folder or packaged name, with distinct labels.

    Raises BadBundle or UnknownName for a name that is none of these, NotFound for an unfinished run.
    """
    found = [_find(Path(name), str(name)) for name in names]
    if len({subject.label for subject in found}) == len(found):
        return found
    folders = [(subject.run or Path(name)).name for subject, name in zip(found, names, strict=True)]
    if len(set(folders)) < len(found):
        folders = [f"{subject.label} {i}" for i, subject in enumerate(found, 1)]
    return [replace(subject, label=label) for subject, label in zip(found, folders, strict=True)]


def _find(folder: Path, name: str) -> Subject:
    ended = (folder / "bundle").is_dir() or (folder / "manifest.json").is_file()  # a bundle can have a history.csv too
    if (folder / "history.csv").is_file() and not ended:
        raise NotFound(
            f"{folder} is a run without a bundle; expected a finished run. "
            f"Continue it with: inkling train --resume {folder}"
        )
    bundle = registry.find(name)
    run = bundle.path.parent if (bundle.path.parent / "history.csv").is_file() else None
    history = run_history.read_history((run or bundle.path) / "history.csv")  # [] if neither has one
    try:
        made_by = recipe.from_table(bundle.manifest["recipe"])
    except (BadRecipe, UnknownName, KeyError, TypeError):
        made_by = None  # the bundle can be measured without a recipe
    return Subject(bundle.name, bundle, run, history, made_by)
