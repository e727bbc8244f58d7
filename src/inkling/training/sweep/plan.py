"""The plan of a sweep, and the layout of its folder.

recipe.toml  space.toml  sweep.json    the plan; `--resume` reads it
study.db                               every trial with its hyperparameters and epochs, in Optuna's storage format
trials/0007/                           a trial: recipe.toml, history.csv; if finished, its run without checkpoints
trials.csv  report.html                comparison of the trials; the CSV is updated after each trial
best.toml  best/                       the best trial's recipe, and its run folder with the bundle
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import Any, Literal

from inkling.errors import BadRecipe, Busy, InklingError
from inkling.training import checkpoint
from inkling.training import recipe as recipes
from inkling.training.recipe import Recipe
from inkling.training.run_history import EpochMetrics
from inkling.training.sweep import search_space
from inkling.training.sweep.search_space import Dimension

Objective = Literal["loss", "accuracy"]
N_TRIALS = 20
REDUCTION_FACTOR = 3  # eta of ASHA: the best third of the trials that reach a rung continue
GRACE_DIVISOR = 4  # no trial is stopped in the first quarter of the epochs, where schedules differ most


@dataclass(frozen=True)
class SweepPlan:
    """The settings that determine the trials and how they are compared."""

    recipe: Recipe
    space: tuple[Dimension, ...]
    trials: int = N_TRIALS
    seed: int = 0  # of the search, independent of the recipe's seeds
    objective: Objective = "loss"  # on the validation split: cross-entropy, or accuracy

    @property
    def grace_epochs(self) -> int:
        """The epoch after which trials are first compared and some are stopped."""
        return -(-self.max_epochs // GRACE_DIVISOR)

    @property
    def max_epochs(self) -> int:
        """Epochs of the longest trial."""
        for each in self.space:
            if each.name == "epochs":
                return int(max((*map(int, each.choices), each.high)))
        return self.recipe.epochs

    @property
    def cost_name(self) -> str:
        """The name of `cost`, for plots."""
        return "validation loss" if self.objective == "loss" else "validation error"

    def value(self, row: EpochMetrics) -> float:
        """The objective after one epoch."""
        return row[f"val_{self.objective}"]

    def cost(self, value: float) -> float:
        """The objective as a number to minimize."""
        return value if self.objective == "loss" else 1.0 - value

    def recipe_values(self) -> dict[str, Any]:
        """The recipe's values for the hyperparameters that vary, by dotted name."""
        return {each.name: attrgetter(each.name)(self.recipe) for each in self.space}

    def trial_recipe(self, number: int, values: dict[str, Any]) -> Recipe:
        """A trial's recipe; its name and description contain the trial number and hyperparameters."""
        text = ", ".join(f"{name} = {value}" for name, value in values.items())
        named = {"name": f"{self.recipe.name}-{number}", "about": f"Trial {number} of {self.recipe.name}: {text}."}
        return with_absolute_paths(recipes.with_values(self.recipe, {**values, **named}))


@dataclass(frozen=True)
class Resources:
    """The machines and limits of a sweep; they do not change the result of a trial."""

    cluster: str = ""  # address of a Ray cluster, or "auto"; "" = this machine
    cores: int = 1  # for each trial
    at_once: int = 0  # parallel trials; 0 = as many as the cores allow
    time_limit_s: float = 0.0  # 0 = none


def kept_row(rows: Sequence[EpochMetrics], patience: int) -> EpochMetrics:
    """The epoch that counts for a finished trial: the last or, with patience, the one with the lowest loss."""
    return min(rows, key=lambda row: row["val_loss"]) if patience else rows[-1]


def with_absolute_paths(recipe: Recipe) -> Recipe:
    """The recipe with absolute paths to other networks, because a trial's process may have another working folder."""

    def absolute(name: str) -> str:
        return str(Path(name).resolve()) if name and ("/" in name or "\\" in name) and Path(name).is_dir() else name

    teacher = dataclasses.replace(recipe.teacher, name=absolute(recipe.teacher.name))
    return dataclasses.replace(recipe, start=absolute(recipe.start), teacher=teacher)


def create(folder: Path, plan: SweepPlan, space_text: str) -> None:
    """Creates the folder of a new sweep. Raises BadRecipe for a folder that is not empty."""
    if (folder / "sweep.json").exists():
        raise BadRecipe(f"{folder} already contains a sweep; continue it with --resume, or choose another --out.")
    if folder.is_dir() and any(folder.iterdir()):
        raise BadRecipe(f"{folder} is not empty; expected a new or empty folder. Choose another --out.")
    with write_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        checkpoint.write_text(folder / "recipe.toml", recipes.to_toml(plan.recipe))
        checkpoint.write_text(folder / "space.toml", space_text)
        save(folder, plan)


def save(folder: Path, plan: SweepPlan) -> None:
    """Writes sweep.json, which marks a folder as a sweep."""
    values = {"trials": plan.trials, "seed": plan.seed, "judge": plan.objective}
    checkpoint.write_text(folder / "sweep.json", json.dumps(values, indent=2) + "\n")


def load(folder: Path) -> SweepPlan:
    """The plan of a sweep's folder. Raises BadRecipe for any other folder."""
    try:
        values = json.loads((folder / "sweep.json").read_text("utf-8"))
        return SweepPlan(
            recipes.find(folder / "recipe.toml"),
            search_space.read(folder / "space.toml"),
            int(values["trials"]),
            int(values["seed"]),
            "accuracy" if values["judge"] == "accuracy" else "loss",
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadRecipe(
            f"{folder} is not the folder of a sweep ({error}); expected one that inkling sweep created. Name one."
        ) from error


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Locks the folder against a second sweep; a killed process releases the lock. Raises Busy."""
    try:
        import fcntl
    except ImportError:  # Windows: no lock
        yield
        return
    with write_errors(folder), (folder / ".lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise Busy(f"{folder} is in use by another sweep; expected one at a time. Wait until it ends.") from error
        yield


@contextlib.contextmanager
def scratch_folder(folder: Path) -> Iterator[Path]:
    """A folder for temporary files, with the absolute path that Ray needs; removes files left by a killed sweep."""
    path = folder.resolve() / ".scratch"
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir()
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@contextlib.contextmanager
def write_errors(folder: Path) -> Iterator[None]:
    """Turns an OSError into an InklingError that says what to do."""
    try:
        yield
    except OSError as error:
        raise InklingError(
            f"{folder} cannot be written ({error.strerror or error}); expected a writable folder with 3 MB of space "
            f"per trial. Make room, then continue with: inkling sweep --resume {folder}"
        ) from error


def trial_folder(folder: Path, number: int) -> Path:
    """The folder of a trial's recipe, history and run."""
    return folder / "trials" / f"{number:04d}"
