"""What a sweep is to do, and the folder that it does it in.

recipe.toml  search_space.toml  sweep.json    what was asked; `--resume` reads it back
study.db                               every trial, its settings and how each epoch went: Optuna's own storage
trials/0007/                           a trial: recipe.toml and history.csv, and once finished its whole run folder
trials.csv  report.html                the trials compared, written anew whenever one has ended / at the end
best.toml  best/                       the best trial's recipe, and its run folder with the bundle
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from inkling.errors import BadRecipe, Busy, InklingError
from inkling.training import checkpoint
from inkling.training import recipe as recipes
from inkling.training.recipe import Recipe
from inkling.training.sweep import search_space
from inkling.training.sweep.search_space import Setting

Judge = Literal["loss", "accuracy"]
N_TRIALS = 20
KEEP_ONE_IN = 3  # of the trials that come as far, the part that goes on (eta of ASHA)
FIRST_LOOK = 4  # no trial is stopped before a quarter of the epochs: schedules differ much until then


@dataclass(frozen=True)
class Plan:
    """What decides which trials there are and how they are judged."""

    recipe: Recipe
    space: tuple[Setting, ...]
    trials: int = N_TRIALS
    seed: int = 0  # of the search; the recipe's own seed decides the held-back digits
    judge: Judge = "loss"  # of the held-back validation digits: their cross-entropy, or the part read right

    @property
    def first_look(self) -> int:
        """The epoch after which trials are first compared, and some stopped."""
        return -(-self.most_epochs // FIRST_LOOK)

    @property
    def most_epochs(self) -> int:
        """Epochs of the longest trial."""
        for each in self.space:
            if each.name == "epochs":
                return int(max((*map(int, each.choices), each.high)))
        return self.recipe.epochs

    def value_of(self, row: dict[str, float]) -> float:
        """What one epoch's row is judged by."""
        return row[f"val_{self.judge}"]

    def final(self, rows: list[dict[str, float]], patience: int) -> float:
        """What a finished trial is judged by: the weights that it keeps are its best with patience, else its last."""
        return self.value_of(min(rows, key=lambda row: row["val_loss"]) if patience else rows[-1])

    def own_settings(self) -> dict[str, Any]:
        """What the recipe itself has, by dotted name, for the settings that vary."""
        table = recipes.to_table(self.recipe)
        found = {}
        for each in self.space:
            parent, _, last = each.name.rpartition(".")
            found[each.name] = (table[parent] if parent else table)[last]
        return found

    def recipe_of(self, number: int, values: dict[str, Any]) -> Recipe:
        """A trial's recipe, which says in its name and note where it comes from."""
        said = ", ".join(f"{name} = {value}" for name, value in values.items())
        named = {"name": f"{self.recipe.name}-{number}", "about": f"Trial {number} of {self.recipe.name}: {said}."}
        return anchored(recipes.with_values(self.recipe, {**values, **named}))


@dataclass(frozen=True)
class Means:
    """On what a sweep runs; none of it decides what comes out."""

    cluster: str = ""  # address of a Ray cluster, or "auto"; "" = this machine
    cores: int = 1  # for each trial
    at_once: int = 0  # trials; 0 = as many as there are cores for
    time_limit_s: float = 0.0  # 0 = none


def anchored(recipe: Recipe) -> Recipe:
    """The recipe with whole paths: a trial's process may stand elsewhere."""

    def whole(name: str) -> str:
        return str(Path(name).resolve()) if name and ("/" in name or "\\" in name) and Path(name).is_dir() else name

    teacher = dataclasses.replace(recipe.teacher, name=whole(recipe.teacher.name))
    return dataclasses.replace(recipe, start=whole(recipe.start), teacher=teacher)


def make(folder: Path, plan: Plan, space_text: str) -> None:
    """A new sweep's folder. Raises BadRecipe for one that holds something."""
    if (folder / "sweep.json").exists():
        raise BadRecipe(f"{folder} holds a sweep already; go on with it by --resume, or choose another --out.")
    if folder.is_dir() and any(folder.iterdir()):
        raise BadRecipe(f"{folder} is not empty; a new or an empty folder was expected. Choose another --out.")
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        checkpoint.write_text(folder / "recipe.toml", recipes.to_toml(plan.recipe))
        checkpoint.write_text(folder / "search_space.toml", space_text)
        save(folder, plan)


def save(folder: Path, plan: Plan) -> None:
    """sweep.json last: with it, a folder is a sweep."""
    told = {"trials": plan.trials, "seed": plan.seed, "judge": plan.judge}
    checkpoint.write_text(folder / "sweep.json", json.dumps(told, indent=2) + "\n")


def load(folder: Path) -> Plan:
    """The plan of a sweep's folder. Raises BadRecipe when it is none."""
    try:
        told = json.loads((folder / "sweep.json").read_text("utf-8"))
        return Plan(
            recipes.find(folder / "recipe.toml"),
            search_space.read(folder / "search_space.toml"),
            int(told["trials"]),
            int(told["seed"]),
            "accuracy" if told["judge"] == "accuracy" else "loss",
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadRecipe(
            f"{folder} is no sweep's folder ({error}); one that inkling sweep has made was expected. Name that."
        ) from error


def with_trials(plan: Plan, trials: int) -> Plan:
    """The plan with more trials."""
    return dataclasses.replace(plan, trials=trials)


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Holds the folder against a second sweep meanwhile; a process that is killed lets go. Raises Busy."""
    try:
        import fcntl
    except ImportError:  # Windows, where nobody is kept out
        yield
        return
    with writing(folder), (folder / ".lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise Busy(f"{folder} is being worked on by another sweep; one at a time was expected. Wait.") from error
        yield


@contextlib.contextmanager
def scratch(folder: Path) -> Iterator[Path]:
    """A place for what need not last; what a killed sweep has left there is removed."""
    path = folder / ".scratch"
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir()
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@contextlib.contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Says in a sentence what is wrong where the folder cannot be written."""
    try:
        yield
    except OSError as error:
        raise InklingError(
            f"{folder} cannot be written ({error.strerror or error}); a sweep needs some 3 MB for each trial and the "
            f"right to write. Make room, then go on with: inkling sweep --resume {folder}"
        ) from error


def trial_folder(folder: Path, number: int) -> Path:
    """Where a trial's recipe, history and run are kept."""
    return folder / "trials" / f"{number:04d}"
