"""The state of a sweep: an Optuna study in an SQLite file, written after every epoch of every trial.

Optuna proposes hyperparameters (TPE, Bergstra et al. 2011) and prunes trials (asynchronous successive halving, ASHA,
Li et al. 2020). Both use only this file, so a killed sweep resumes without loss. Ray Tune's OptunaSearch and
ASHAScheduler are not used, because they keep their state in memory and save it only occasionally.
"""

from __future__ import annotations

import shutil
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.exceptions import OptunaError
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy.exc import SQLAlchemyError

from inkling.errors import BadData
from inkling.training import run_history
from inkling.training.run_history import EpochMetrics
from inkling.training.sweep.plan import REDUCTION_FACTOR, SweepPlan, kept_row, trial_folder
from inkling.training.sweep.search_space import Dimension

NAME = "sweep"
MAX_STARTUP_TRIALS = 10  # random trials before TPE; also at most a third of all trials, but at least 3

State = Literal["finished", "stopped", "failed", "interrupted"]
STATES: dict[TrialState, State] = {
    TrialState.COMPLETE: "finished",
    TrialState.PRUNED: "stopped",
    TrialState.FAIL: "failed",
    TrialState.RUNNING: "interrupted",
}


@dataclass(frozen=True)
class Trial:
    """The current state of one trial."""

    number: int
    state: State
    params: dict[str, Any]  # hyperparameters by dotted name
    rows: list[EpochMetrics]  # one per epoch
    value: float | None  # the objective; for a stopped trial, at its last epoch
    seconds: float  # duration
    at_s: float  # when it ended, in seconds of the sweep's running time; 0 before its end
    error: str = ""
    node: str = ""


@dataclass(frozen=True)
class SweepCallbacks:
    """Hooks that are called during a sweep; by default they do nothing."""

    on_trial: Callable[[int, dict[str, Any]], None] = lambda number, params: None  # a trial starts
    on_epoch: Callable[[int, EpochMetrics], None] = lambda number, row: None
    on_end: Callable[[Trial], None] = lambda trial: None


def open_study(folder: Path, plan: SweepPlan) -> Study:
    """The study in a sweep's folder, created if necessary. Raises BadData for a damaged file."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    path = folder / "study.db"
    is_new = not path.exists()
    try:
        with _quiet():
            storage = optuna.storages.RDBStorage(f"sqlite:///{path.resolve()}")
            study = optuna.create_study(
                storage=storage,
                study_name=NAME,
                direction="minimize" if plan.objective == "loss" else "maximize",
                load_if_exists=True,
            )
            study.sampler = optuna.samplers.TPESampler(
                n_startup_trials=max(3, min(MAX_STARTUP_TRIALS, plan.trials // 3)),
                seed=plan.seed + len(study.trials),  # so that a resumed sweep does not draw the same values again
            )
            study.pruner = optuna.pruners.SuccessiveHalvingPruner(
                min_resource=plan.grace_epochs, reduction_factor=REDUCTION_FACTOR
            )
            if is_new:  # the unchanged recipe is the first trial, as a baseline
                values = plan.recipe_values()
                if all(each.contains(values[each.name]) for each in plan.space):
                    study.enqueue_trial(values)
    except (OptunaError, SQLAlchemyError, RuntimeError, KeyError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise BadData(
            f"{path} cannot be opened ({reason}); expected an Optuna study. Start in a new folder."
        ) from error
    return Study(study, folder, plan)


class Study:
    """Proposes trials, records their reports, and decides which trials continue."""

    def __init__(self, study: optuna.Study, folder: Path, plan: SweepPlan) -> None:
        self._study, self._folder, self._plan = study, folder, plan
        self._distributions = {each.name: distribution(each) for each in plan.space}
        self._running: dict[int, optuna.Trial] = {}
        self._rows: dict[int, list[EpochMetrics]] = {}
        self._began_s: dict[int, float] = {}
        found = self.frozen_trials()
        self._interrupted = [t for t in found if t.state == TrialState.RUNNING]
        before_s = max((float(t.user_attrs.get("at_s", 0)) for t in found), default=0.0)
        self._zero_s = time.monotonic() - before_s

    @property
    def n_left(self) -> int:
        """The number of trials to run, including interrupted ones."""
        return max(0, self._plan.trials - sum(bool(t.state.is_finished()) for t in self.frozen_trials()))

    @property
    def n_running(self) -> int:
        """The number of trials that have started but not ended."""
        return len(self._running)

    def is_running(self, number: int) -> bool:
        """Whether the trial has started but not ended."""
        return number in self._running

    def ask(self) -> tuple[int, dict[str, Any]]:
        """Restarts an interrupted trial, or starts a new one. Returns the trial's number and its hyperparameters."""
        with _quiet():
            if self._interrupted:
                # Optuna has no public API to resume a trial with hyperparameters left to suggest.
                trial = optuna.Trial(self._study, self._interrupted.pop(0)._trial_id)
                for name, each in self._distributions.items():
                    trial._suggest(name, each)
            else:
                trial = self._study.ask(self._distributions)
        self._running[trial.number], self._rows[trial.number] = trial, []
        self._began_s[trial.number] = time.monotonic()
        folder = trial_folder(self._folder, trial.number)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        return trial.number, dict(trial.params)

    def report(self, number: int, row: EpochMetrics) -> bool:
        """Records an epoch's row; returns whether to prune the trial."""
        # A trial that is retried on another machine reports its epochs again.
        rows = self._rows[number] = [*(each for each in self._rows[number] if each["epoch"] < row["epoch"]), row]
        run_history.write_history(trial_folder(self._folder, number) / "history.csv", rows)
        trial, epoch = self._running[number], int(row["epoch"])
        with _quiet():  # a retried trial reports an epoch again; Optuna keeps the first report
            trial.report(self._plan.value(row), epoch)
            prune = bool(trial.should_prune())
        # Without this condition, ASHA would already stop the worse of two trials.
        return prune and sum(epoch in t.intermediate_values for t in self.frozen_trials()) >= REDUCTION_FACTOR

    def finish(self, number: int, row: EpochMetrics, patience: int, node: str) -> None:
        """Records the trial's last row, which may have been reported before, and ends the trial as finished."""
        rows = [*(each for each in self._rows[number] if each["epoch"] < row["epoch"]), row]
        with _quiet():
            self._running[number].report(self._plan.value(row), int(row["epoch"]))
        self._end(number, TrialState.COMPLETE, value=self._plan.value(kept_row(rows, patience)), node=node)

    def prune(self, number: int, node: str) -> None:
        """Ends a trial that is worse than others."""
        self._end(number, TrialState.PRUNED, node=node)

    def fail(self, number: int, error: str, node: str = "") -> None:
        """Ends a trial as failed, with the reason."""
        self._end(number, TrialState.FAIL, error=error, node=node)

    def trial(self, number: int) -> Trial:
        """The current state of one trial."""
        return self._trial(self.frozen_trials()[number])

    def trials(self) -> list[Trial]:
        """All started trials, in order."""
        return [self._trial(t) for t in self.frozen_trials() if t.state in STATES]

    def best(self) -> Trial | None:
        """The best finished trial; the earliest of equal ones."""
        finished = [t for t in self.trials() if t.state == "finished"]
        return min(finished, key=lambda t: (self._plan.cost(t.value or 0.0), t.number), default=None)

    def frozen_trials(self) -> list[FrozenTrial]:
        """All trials as Optuna's FrozenTrial objects."""
        return list(self._study.get_trials(deepcopy=False))

    def _end(self, number: int, state: TrialState, *, value: float | None = None, **facts: str) -> None:
        trial = self._running.pop(number)
        now_s = time.monotonic()
        trial.set_user_attr("seconds", round(now_s - self._began_s[number], 3))
        trial.set_user_attr("at_s", round(now_s - self._zero_s, 3))
        for name, fact in facts.items():
            trial.set_user_attr(name, fact)
        with _quiet():
            self._study.tell(trial, value, state)

    def _trial(self, frozen: FrozenTrial) -> Trial:
        facts = frozen.user_attrs
        last = frozen.intermediate_values.get(frozen.last_step) if frozen.last_step is not None else None
        return Trial(
            frozen.number,
            STATES[frozen.state],
            dict(frozen.params),
            run_history.read_history(trial_folder(self._folder, frozen.number) / "history.csv"),
            frozen.value if frozen.state == TrialState.COMPLETE else last,
            float(facts.get("seconds", 0.0)),
            float(facts.get("at_s", 0.0)),
            str(facts.get("error", "")),
            str(facts.get("node", "")),
        )


def distribution(dimension: Dimension) -> BaseDistribution:
    """A dimension of the search space as an Optuna distribution."""
    low, high, log, step = dimension.low, dimension.high, dimension.log, dimension.step
    if dimension.choices:
        return CategoricalDistribution(dimension.choices)
    if dimension.integer:
        return IntDistribution(int(low), int(high), log=log, step=int(step) or 1)
    return FloatDistribution(low, high, log=log, step=step or None)


@contextmanager
def _quiet() -> Iterator[None]:
    """Hides Optuna's warnings about experimental features and repeated reports."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
