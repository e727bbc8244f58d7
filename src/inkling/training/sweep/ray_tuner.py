"""Runs the trials of a sweep on Ray Tune, on this machine or on a cluster.

Tune places trials, starts their processes, collects their reports and notices when a process dies. The study chooses
hyperparameters and stops trials; a Searcher and a scheduler connect it to Tune.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from optuna.exceptions import StorageInternalError
from ray import tune
from ray.tune.schedulers import FIFOScheduler, TrialScheduler
from ray.tune.search import Searcher

from inkling.errors import InklingError
from inkling.training import checkpoint, run_history
from inkling.training import recipe as recipes
from inkling.training.data.mnist import Mnist
from inkling.training.run_history import EpochMetrics
from inkling.training.sweep import trial_process
from inkling.training.sweep.plan import Resources, SweepPlan, trial_folder
from inkling.training.sweep.study import Study, SweepCallbacks

MAX_FAILURES_ON_A_CLUSTER = 1  # retries a trial once if its process or node dies


def run_trials(
    study: Study,
    plan: SweepPlan,
    folder: Path,
    mnist: Mnist,
    resources: Resources,
    *,
    at_once: int,
    scratch: Path,
    callbacks: SweepCallbacks,
) -> None:
    """Runs the remaining trials, `at_once` in parallel; returns when all have ended or the time is up."""
    bridge = StudyBridge(study, plan, folder, callbacks)
    trainable = tune.with_parameters(
        run_one,
        mnist=trial_process.without_test(mnist),
        cores=resources.cores,
        scratch="" if resources.cluster else str(scratch),
    )
    tuner = tune.Tuner(
        tune.with_resources(trainable, {"cpu": resources.cores}),
        tune_config=tune.TuneConfig(
            search_alg=StudySearcher(bridge),
            scheduler=StudyScheduler(bridge),
            num_samples=study.n_left,
            max_concurrent_trials=at_once,
            time_budget_s=resources.time_limit_s or None,
            reuse_actors=True,  # TensorFlow takes seconds to start
        ),
        run_config=tune.RunConfig(
            name="tune",
            storage_path=str(scratch),
            verbose=0,
            failure_config=tune.FailureConfig(max_failures=MAX_FAILURES_ON_A_CLUSTER if resources.cluster else 0),
            callbacks=[DropPackedRun()],
        ),
    )
    try:
        tuner.fit()
    except Exception:
        if bridge.error:  # the original error, which Tune wraps in other types
            raise bridge.error from None
        raise


def run_one(config: dict[str, Any], mnist: Mnist, cores: int, scratch: str) -> None:
    """The function that Tune runs in a trial's process."""
    trial_process.run(config["recipe"], mnist, tune.report, cores=cores, scratch=scratch or None)


class StudyBridge:
    """Connects Tune and the study: maps Tune's trials to the study's, and records what they report."""

    def __init__(self, study: Study, plan: SweepPlan, folder: Path, callbacks: SweepCallbacks) -> None:
        self._study, self._plan, self._folder, self._callbacks = study, plan, folder, callbacks
        self._numbers: dict[str, int] = {}  # Tune's id of a trial -> the study's number
        self._patience: dict[int, int] = {}
        self._deaths: dict[str, str] = {}
        self.error: Exception | None = None  # the error that ended the sweep, such as a full disk

    def next_config(self, tune_id: str) -> dict[str, Any] | None:
        """The config of the next trial for Tune; None when there are no more."""
        while self._study.n_left > self._study.n_running:
            number, params = self._study.ask()
            try:
                recipe = self._plan.trial_recipe(number, params)
            except InklingError as error:  # an invalid combination of hyperparameters
                self._study.fail(number, str(error))
                self._callbacks.on_end(self._study.trial(number))
                continue
            checkpoint.write_text(trial_folder(self._folder, number) / "recipe.toml", recipes.to_toml(recipe))
            self._numbers[tune_id], self._patience[number] = number, recipe.patience
            self._callbacks.on_trial(number, params)
            return {"recipe": recipes.to_table(recipe)}
        return None

    def handle_report(self, tune_id: str, result: dict[str, Any]) -> bool:
        """Records a trial's report; returns whether the trial continues."""
        number = self._numbers[tune_id]
        if not self._study.is_running(number):
            return False
        node = str(result.get("node", ""))
        if "failed" in result:
            self._study.fail(number, str(result["failed"]), node)
        elif "finished" in result:
            # Unpack before finishing, so that every finished trial in the study has its complete run folder.
            trial_process.unpack(result["run"], trial_folder(self._folder, number))
            self._study.finish(number, _row(result), self._patience[number], node)
        else:
            prune = self._study.report(number, _row(result))
            self._callbacks.on_epoch(number, _row(result))
            if not prune:
                return True
            self._study.prune(number, node)
        self._callbacks.on_end(self._study.trial(number))
        return False

    def note_death(self, tune_id: str, reason: str) -> None:
        """Stores the reason for a process's death, in case the trial is not retried successfully."""
        self._deaths[tune_id] = reason

    def handle_loss(self, tune_id: str) -> None:
        """Marks a trial as failed if its process died and no retry is left."""
        number = self._numbers[tune_id]
        if self._study.is_running(number):
            self._study.fail(number, self._deaths.get(tune_id, "the process was killed"))
            self._callbacks.on_end(self._study.trial(number))

    @contextmanager
    def keeping_errors(self) -> Iterator[None]:
        """Stores an exception in `error`, because Tune wraps it before re-raising."""
        try:
            yield
        except StorageInternalError as error:
            reason = " ".join(str(error.__cause__ or error).split())
            self.error = InklingError(
                f"{self._folder / 'study.db'} cannot be written ({reason[:120]}); expected a writable folder with free "
                f"space. Make room, then continue with: inkling sweep --resume {self._folder}"
            )
            raise self.error from error
        except Exception as error:
            self.error = error
            raise

    def __reduce__(self) -> tuple[type, tuple[()]]:
        # Tune pickles its arguments so that it can resume. A sweep does not use this: it resumes from the study.
        return object, ()


class StudySearcher(Searcher):  # type: ignore[misc]
    """A search algorithm for Tune that gets hyperparameters from the study."""

    def __init__(self, bridge: StudyBridge) -> None:
        super().__init__()
        self._bridge = bridge

    def set_search_properties(self, metric: str | None, mode: str | None, config: dict[str, Any], **spec: Any) -> bool:
        return True

    def suggest(self, trial_id: str) -> dict[str, Any] | str:
        with self._bridge.keeping_errors():
            return self._bridge.next_config(trial_id) or str(Searcher.FINISHED)

    def on_trial_complete(self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False) -> None:
        if error:
            with self._bridge.keeping_errors():
                self._bridge.handle_loss(trial_id)

    def save(self, checkpoint_path: str) -> None:
        pass

    def restore(self, checkpoint_path: str) -> None:
        pass


class StudyScheduler(FIFOScheduler):  # type: ignore[misc]
    """A scheduler for Tune that passes reports to the study and its decisions back to Tune."""

    def __init__(self, bridge: StudyBridge) -> None:
        super().__init__()
        self._bridge = bridge

    def on_trial_result(self, tune_controller: Any, trial: Any, result: dict[str, Any]) -> Any:
        with self._bridge.keeping_errors():
            goes_on = self._bridge.handle_report(trial.trial_id, result)
        return TrialScheduler.CONTINUE if goes_on else TrialScheduler.STOP

    def on_trial_error(self, tune_controller: Any, trial: Any) -> None:
        self._bridge.note_death(trial.trial_id, _death_reason(trial))


class DropPackedRun(tune.Callback):  # type: ignore[misc]
    """Removes the packed run from the result that Tune stores."""

    def on_trial_result(
        self, iteration: int, trials: list[Any], trial: Any, result: dict[str, Any], **info: Any
    ) -> None:
        result.pop("run", None)


def _row(result: dict[str, Any]) -> EpochMetrics:
    names = [name for name in run_history.COLUMNS if name in result]  # a line recognizer has no training accuracy
    return {name: int(result[name]) if name == "epoch" else float(result[name]) for name in names}


def _death_reason(trial: Any) -> str:
    """The reason why a trial's process died, as one line."""
    text = str(trial.get_error() or "").lower()
    if "outofmemory" in text or "memory monitor" in text:
        return "out of memory: Ray ended the process"
    return "its machine is gone" if "node" in text else "the process was killed"
