"""The memory of a sweep: an Optuna study in an SQLite file, written at every epoch of every trial.

Optuna proposes (TPE, Bergstra et al. 2011) and says which trials are hopeless (asynchronous successive halving, ASHA,
Li et al. 2020). Both look at nothing but this file, so a sweep that was killed goes on as if it had not been: this is
why Ray Tune's own OptunaSearch and ASHAScheduler, which remember in memory and save now and then, are left aside.
"""

from __future__ import annotations

import shutil
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import FrozenTrial, TrialState

from inkling.errors import BadData
from inkling.training import train
from inkling.training.sweep import plan as plans
from inkling.training.sweep.plan import Plan
from inkling.training.sweep.search_space import Setting

NAME = "sweep"
RANDOM_AT_FIRST = 10  # trials at most, and a third of them, that are drawn before TPE has something to learn from

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
    settings: dict[str, Any]  # by dotted name
    rows: list[train.EpochMetrics]  # an epoch each
    value: float | None  # what it is judged by; of a stopped one, at its last epoch
    seconds: float  # that it took
    at_s: float  # seconds of the sweep's own time at which it ended; 0 while it has not
    error: str = ""
    node: str = ""


def open_study(folder: Path, plan: Plan) -> Study:
    """The study of a sweep's folder, begun where there is none. Raises BadData for a damaged file."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    path = folder / "study.db"
    is_new = not path.exists()
    try:
        with _quiet():
            storage = optuna.storages.RDBStorage(f"sqlite:///{path.resolve()}")
            study = optuna.create_study(
                storage=storage,
                study_name=NAME,
                direction="minimize" if plan.judge == "loss" else "maximize",
                load_if_exists=True,
            )
            begun = len(study.trials)
            study.sampler = optuna.samplers.TPESampler(
                n_startup_trials=max(3, min(RANDOM_AT_FIRST, plan.trials // 3)),
                seed=plan.seed + begun,  # a resumed sweep draws on, not the same again
            )
            study.pruner = optuna.pruners.SuccessiveHalvingPruner(
                min_resource=plan.first_look, reduction_factor=plans.KEEP_ONE_IN
            )
            if is_new:  # the recipe as it is comes first: what is found has to be better
                values = plan.own_settings()
                if all(each.holds(values[each.name]) for each in plan.space):
                    study.enqueue_trial(values)
    except Exception as error:  # SQLAlchemy and Optuna have many kinds
        raise BadData(
            f"{path} cannot be opened ({_first_line(error)}); a study of Optuna's was expected. Begin in a new folder."
        ) from error
    return Study(study, folder, plan)


class Study:
    """Asks for trials, keeps what they report, and says who goes on."""

    def __init__(self, study: optuna.Study, folder: Path, plan: Plan) -> None:
        self._study, self._folder, self._plan = study, folder, plan
        self._distributions = {each.name: distribution(each) for each in plan.space}
        self._running: dict[int, optuna.Trial] = {}
        self._rows: dict[int, list[train.EpochMetrics]] = {}
        self._began_s: dict[int, float] = {}
        found = study.get_trials(deepcopy=False)
        self._interrupted = [t for t in found if t.state == TrialState.RUNNING]
        before_s = max((float(t.user_attrs.get("at_s", 0)) for t in found), default=0.0)
        self._zero_s = time.monotonic() - before_s

    @property
    def left(self) -> int:
        """Trials that are still to be made or to be made again."""
        ended = [t for t in self._study.get_trials(deepcopy=False) if t.state.is_finished()]
        return max(0, self._plan.trials - len(ended))

    def ask(self) -> tuple[int, dict[str, Any]]:
        """The next trial: one that was interrupted, from its start, or a new one. Number and settings."""
        with _quiet():
            if self._interrupted:
                # Optuna has no public way to take a trial up again, with what it had not been told yet.
                trial = optuna.Trial(self._study, self._interrupted.pop(0)._trial_id)
                for name, each in self._distributions.items():
                    trial._suggest(name, each)
            else:
                trial = self._study.ask(self._distributions)
        self._running[trial.number], self._rows[trial.number] = trial, []
        self._began_s[trial.number] = time.monotonic()
        folder = plans.trial_folder(self._folder, trial.number)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        return trial.number, dict(trial.params)

    def report(self, number: int, row: train.EpochMetrics) -> bool:
        """Keeps an epoch's row; whether the trial is hopeless."""
        # A trial that was begun once more, on another machine, reports its epochs again.
        rows = self._rows[number] = [*(each for each in self._rows[number] if each["epoch"] < row["epoch"]), row]
        train.write_history(plans.trial_folder(self._folder, number) / "history.csv", rows)
        trial, epoch = self._running[number], int(row["epoch"])
        with _quiet():  # a trial made again reports an epoch again: Optuna keeps the first report
            trial.report(self._plan.value_of(row), epoch)
            hopeless = bool(trial.should_prune())
        return hopeless and self._as_far_as(epoch) >= plans.KEEP_ONE_IN

    def finish(self, number: int, row: train.EpochMetrics, patience: int, node: str) -> None:
        """The trial's last row, which patience may have had reported before; with it, the trial is finished."""
        rows = [*(each for each in self._rows[number] if each["epoch"] < row["epoch"]), row]
        with _quiet():
            self._running[number].report(self._plan.value_of(row), int(row["epoch"]))
        self._end(number, TrialState.COMPLETE, value=self._plan.final(rows, patience), node=node)

    def stop(self, number: int, node: str) -> None:
        """The trial was hopeless."""
        self._end(number, TrialState.PRUNED, node=node)

    def fail(self, number: int, error: str, node: str = "") -> None:
        """The trial came to nothing, and why."""
        self._end(number, TrialState.FAIL, error=error, node=node)

    def interrupt(self, number: int) -> None:
        """The trial was not let finish: it stays as it is, to be made again when the sweep goes on."""
        self._running.pop(number, None)

    @property
    def n_running(self) -> int:
        """Trials that have begun and not ended."""
        return len(self._running)

    def is_running(self, number: int) -> bool:
        """Whether the trial has begun and not ended."""
        return number in self._running

    def trial(self, number: int) -> Trial:
        """One trial as it stands."""
        return self._trial(self._study.get_trials(deepcopy=False)[number])

    def trials(self) -> list[Trial]:
        """Every trial that has begun, in order."""
        return [self._trial(t) for t in self._study.get_trials(deepcopy=False) if t.state in STATES]

    def best(self) -> Trial | None:
        """The best of the finished trials; the earliest of several."""
        finished = [t for t in self.trials() if t.state == "finished" and t.value is not None]
        sign = 1 if self._plan.judge == "loss" else -1
        return min(finished, key=lambda t: (sign * (t.value or 0.0), t.number), default=None)

    def frozen(self) -> list[FrozenTrial]:
        """The trials as Optuna has them, for its measures of importance."""
        return list(self._study.get_trials(deepcopy=False))

    def _as_far_as(self, epoch: int) -> int:
        """Trials that have come so far: the worse of two is not hopeless yet."""
        return sum(epoch in t.intermediate_values for t in self._study.get_trials(deepcopy=False))

    def _end(
        self, number: int, state: TrialState, *, value: float | None = None, error: str = "", node: str = ""
    ) -> None:
        trial = self._running.pop(number)
        now_s = time.monotonic()
        trial.set_user_attr("seconds", round(now_s - self._began_s[number], 3))
        trial.set_user_attr("at_s", round(now_s - self._zero_s, 3))
        if error:
            trial.set_user_attr("error", error)
        if node:
            trial.set_user_attr("node", node)
        with _quiet():
            self._study.tell(trial, value, state)

    def _trial(self, frozen: FrozenTrial) -> Trial:
        said = frozen.user_attrs
        last = frozen.intermediate_values.get(frozen.last_step) if frozen.last_step is not None else None
        return Trial(
            frozen.number,
            STATES[frozen.state],
            dict(frozen.params),
            train.read_history(plans.trial_folder(self._folder, frozen.number) / "history.csv"),
            frozen.value if frozen.state == TrialState.COMPLETE else last,
            float(said.get("seconds", 0.0)),
            float(said.get("at_s", 0.0)),
            str(said.get("error", "")),
            str(said.get("node", "")),
        )


def distribution(setting: Setting) -> BaseDistribution:
    """How Optuna names what a setting may be."""
    if setting.choices:
        return CategoricalDistribution(setting.choices)
    if setting.whole:
        return IntDistribution(int(setting.low), int(setting.high), log=setting.log, step=int(setting.step) or 1)
    return FloatDistribution(setting.low, setting.high, log=setting.log, step=setting.step or None)


@contextmanager
def _quiet() -> Iterator[None]:
    """Optuna warns of what is still experimental and of reports made again."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
