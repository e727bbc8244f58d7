"""The state of a sweep: an Optuna study in an SQLite file, written at every epoch of every trial.

Optuna proposes hyperparameters (TPE, Bergstra et al. 2011) and prunes trials (asynchronous successive halving, ASHA,
Li et al. 2020). Both read nothing but this file, so a killed sweep resumes as if it had not been killed. Ray Tune's
own OptunaSearch and ASHAScheduler are not used: they keep their state in memory and save it now and then.
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
MAX_STARTUP_TRIALS = 10  # random ones before TPE, and at most a third of all

State = Literal["finished", "stopped", "failed", "interrupted"]
STATES: dict[TrialState, State] = {
    TrialState.COMPLETE: "finished",
    TrialState.PRUNED: "stopped",
    TrialState.FAIL: "failed",
    TrialState.RUNNING: "interrupted",
}


@dataclass(frozen=True)
class Trial:
    """One trial, as it stands."""

    number: int
    state: State
    params: dict[str, Any]  # hyperparameters by dotted name
    rows: list[EpochMetrics]  # an epoch each
    value: float | None  # the objective; of a stopped trial, at its last epoch
    seconds: float  # that it took
    at_s: float  # seconds of the sweep's own time at which it ended; 0 while it has not
    error: str = ""
    node: str = ""


@dataclass(frozen=True)
class SweepCallbacks:
    """Functions called as a sweep goes on; by default they do nothing."""

    on_trial: Callable[[int, dict[str, Any]], None] = lambda number, params: None  # a trial begins
    on_epoch: Callable[[int, EpochMetrics], None] = lambda number, row: None
    on_end: Callable[[Trial], None] = lambda trial: None


def open_study(folder: Path, plan: SweepPlan) -> Study:
    """The study of a sweep's folder, created if there is none. Raises BadData for a damaged file."""
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
                seed=plan.seed + len(study.trials),  # a resumed sweep draws new values, not the same again
            )
            study.pruner = optuna.pruners.SuccessiveHalvingPruner(
                min_resource=plan.grace_epochs, reduction_factor=REDUCTION_FACTOR
            )
            if is_new:  # the recipe as it is comes first, as the baseline
                values = plan.recipe_values()
                if all(each.contains(values[each.name]) for each in plan.space):
                    study.enqueue_trial(values)
    except (OptunaError, SQLAlchemyError, RuntimeError, KeyError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise BadData(
            f"{path} cannot be opened ({reason}); a study of Optuna's was expected. Begin in a new folder."
        ) from error
    return Study(study, folder, plan)


class Study:
    """Proposes trials, records what they report, and decides which ones go on."""

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
        """Trials that are still to be run or to be run again."""
        return max(0, self._plan.trials - sum(bool(t.state.is_finished()) for t in self.frozen_trials()))

    @property
    def n_running(self) -> int:
        """Trials that have begun and not ended."""
        return len(self._running)

    def is_running(self, number: int) -> bool:
        """Whether the trial has begun and not ended."""
        return number in self._running

    def ask(self) -> tuple[int, dict[str, Any]]:
        """The next trial: an interrupted one, from its start, or a new one. Returns number and hyperparameters."""
        with _quiet():
            if self._interrupted:
                # Optuna has no public way to resume a trial that has hyperparameters left to suggest.
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
        """Record an epoch's row; return whether the trial should be pruned."""
        # A trial that is run once more, on another machine, reports its epochs again.
        rows = self._rows[number] = [*(each for each in self._rows[number] if each["epoch"] < row["epoch"]), row]
        run_history.write_history(trial_folder(self._folder, number) / "history.csv", rows)
        trial, epoch = self._running[number], int(row["epoch"])
        with _quiet():  # a trial run again reports an epoch again: Optuna keeps the first report
            trial.report(self._plan.value(row), epoch)
            prune = bool(trial.should_prune())
        # ASHA would already stop the worse of two trials.
        return prune and sum(epoch in t.intermediate_values for t in self.frozen_trials()) >= REDUCTION_FACTOR

    def finish(self, number: int, row: EpochMetrics, patience: int, node: str) -> None:
        """Record the trial's last row, which may repeat an earlier one with patience, and end the trial."""
        rows = [*(each for each in self._rows[number] if each["epoch"] < row["epoch"]), row]
        with _quiet():
            self._running[number].report(self._plan.value(row), int(row["epoch"]))
        self._end(number, TrialState.COMPLETE, value=self._plan.value(kept_row(rows, patience)), node=node)

    def prune(self, number: int, node: str) -> None:
        """End a trial that fell behind."""
        self._end(number, TrialState.PRUNED, node=node)

    def fail(self, number: int, error: str, node: str = "") -> None:
        """End a trial that failed, with the reason."""
        self._end(number, TrialState.FAIL, error=error, node=node)

    def trial(self, number: int) -> Trial:
        """One trial as it stands."""
        return self._trial(self.frozen_trials()[number])

    def trials(self) -> list[Trial]:
        """Every trial that has begun, in order."""
        return [self._trial(t) for t in self.frozen_trials() if t.state in STATES]

    def best(self) -> Trial | None:
        """The best of the finished trials; the earliest of several."""
        finished = [t for t in self.trials() if t.state == "finished"]
        return min(finished, key=lambda t: (self._plan.cost(t.value or 0.0), t.number), default=None)

    def frozen_trials(self) -> list[FrozenTrial]:
        """All trials as Optuna's records."""
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
    """A dimension of the search space as Optuna's distribution."""
    low, high, log, step = dimension.low, dimension.high, dimension.log, dimension.step
    if dimension.choices:
        return CategoricalDistribution(dimension.choices)
    if dimension.integer:
        return IntDistribution(int(low), int(high), log=log, step=int(step) or 1)
    return FloatDistribution(low, high, log=log, step=step or None)


@contextmanager
def _quiet() -> Iterator[None]:
    """Hide Optuna's warnings about experimental features and repeated reports."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
