"""The trials of a sweep on Ray Tune, on this machine or on a cluster.

Tune places trials, starts their processes, brings their rows and notices deaths. What to try and whom to stop is the
study's business, which Tune asks through two interfaces of its own: a Searcher and a scheduler.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from optuna.exceptions import StorageInternalError
from ray import tune
from ray.tune.schedulers import FIFOScheduler, TrialScheduler
from ray.tune.search import Searcher

from inkling.errors import InklingError
from inkling.training import checkpoint, train
from inkling.training import recipe as recipes
from inkling.training.data.mnist import Mnist
from inkling.training.sweep import plan as plans
from inkling.training.sweep import trial_process as trials
from inkling.training.sweep.plan import Means, Plan
from inkling.training.sweep.study import Study, Trial

ROW = train.COLUMNS
FAILURES_ON_A_CLUSTER = 1  # a node may go while a trial is on it: the trial is begun once more elsewhere


@dataclass(frozen=True)
class Watcher:
    """Who is told how a sweep goes; by default nobody."""

    on_trial: Callable[[int, dict[str, Any]], None] = lambda number, settings: None  # one begins
    on_epoch: Callable[[int, train.EpochMetrics], None] = lambda number, row: None
    on_end: Callable[[Trial], None] = lambda trial: None


def run(
    study: Study, plan: Plan, folder: Path, mnist: Mnist, means: Means, *, at_once: int, scratch: Path, watcher: Watcher
) -> None:
    """Makes the trials that are left, `at_once` at a time; returns when there are none or the time is up."""
    keeper = Keeper(study, plan, folder, watcher)
    trainable = tune.with_resources(
        tune.with_parameters(
            train_one,
            mnist=trials.without_test(mnist),
            cores=means.cores,
            scratch="" if means.cluster else str(scratch),
        ),
        {"cpu": means.cores},
    )
    tuner = tune.Tuner(
        trainable,
        tune_config=tune.TuneConfig(
            search_alg=Proposals(keeper),
            scheduler=Decisions(keeper),
            num_samples=study.left,
            max_concurrent_trials=at_once,
            time_budget_s=means.time_limit_s or None,
            reuse_actors=True,  # TensorFlow takes seconds to start
        ),
        run_config=tune.RunConfig(
            name="tune",
            storage_path=str(scratch),
            verbose=0,
            failure_config=tune.FailureConfig(max_failures=FAILURES_ON_A_CLUSTER if means.cluster else 0),
            callbacks=[Slim()],
        ),
    )
    try:
        tuner.fit()
    except Exception:
        if keeper.trouble:  # which Tune has wrapped in kinds of its own
            raise keeper.trouble from None
        raise


def train_one(config: dict[str, Any], mnist: Mnist, cores: int, scratch: str) -> None:
    """What a trial's process does."""
    trials.run(config["recipe"], mnist, tune.report, cores=cores, scratch=scratch or None)


class Keeper:
    """Stands between Tune and the study: which of Tune's trials is which, and what is kept of it."""

    def __init__(self, study: Study, plan: Plan, folder: Path, watcher: Watcher) -> None:
        self.study, self._plan, self._folder, self._watcher = study, plan, folder, watcher
        self._numbers: dict[str, int] = {}  # Tune's name of a trial -> ours
        self._patience: dict[int, int] = {}
        self._deaths: dict[str, str] = {}
        self.trouble: Exception | None = None  # what ended the sweep, such as a disk that is full

    def begin(self, tune_id: str) -> dict[str, Any] | None:
        """A new trial for Tune: its config; None when there are no more."""
        while self.study.left > self.study.n_running:
            number, settings = self.study.ask()
            try:
                recipe = self._plan.recipe_of(number, settings)
            except InklingError as error:  # settings that do not go together
                self.study.fail(number, str(error))
                self._watcher.on_end(self.study.trial(number))
                continue
            checkpoint.write_text(plans.trial_folder(self._folder, number) / "recipe.toml", recipes.to_toml(recipe))
            self._numbers[tune_id], self._patience[number] = number, recipe.patience
            self._watcher.on_trial(number, settings)
            return {"recipe": recipes.to_table(recipe)}
        return None

    def hear(self, tune_id: str, result: dict[str, Any]) -> bool:
        """A report of a trial; whether the trial is to go on."""
        number = self._numbers[tune_id]
        if not self.study.is_running(number):
            return False
        node = str(result.get("node", ""))
        if "failed" in result:
            self.study.fail(number, str(result["failed"]), node)
        elif "finished" in result:
            # The files first: a trial that the study has as finished is whole.
            trials.unpack(result["run"], plans.trial_folder(self._folder, number))
            self.study.finish(number, _row(result), self._patience[number], node)
        else:
            hopeless = self.study.report(number, _row(result))
            self._watcher.on_epoch(number, _row(result))
            if not hopeless:
                return True
            self.study.stop(number, node)
        self._watcher.on_end(self.study.trial(number))
        return False

    def note(self, tune_id: str, death: str) -> None:
        """The trial's process died, and how: it may be begun once more."""
        self._deaths[tune_id] = death

    def lose(self, tune_id: str) -> None:
        """The trial's process died for good."""
        number = self._numbers[tune_id]
        if self.study.is_running(number):
            self.study.fail(number, self._deaths.get(tune_id, "the process was killed"))
            self._watcher.on_end(self.study.trial(number))

    @contextmanager
    def noting(self) -> Iterator[None]:
        """Keeps what goes wrong meanwhile as `trouble`."""
        try:
            yield
        except StorageInternalError as error:
            told = " ".join(str(error.__cause__ or error).split())
            self.trouble = InklingError(
                f"{self._folder / 'study.db'} cannot be written ({told[:120]}); the right to write and some room were "
                f"expected. Make room, then go on with: inkling sweep --resume {self._folder}"
            )
            raise self.trouble from error
        except Exception as error:
            self.trouble = error
            raise

    def __reduce__(self) -> tuple[type, tuple[()]]:
        # Tune saves copies of what it is given, to resume by its own means. Ours is the study: the copies stay empty.
        return object, ()


class Proposals(Searcher):  # type: ignore[misc]
    """Asks the study what to try."""

    def __init__(self, keeper: Keeper) -> None:
        super().__init__()
        self._keeper = keeper

    def set_search_properties(self, metric: str | None, mode: str | None, config: dict[str, Any], **spec: Any) -> bool:
        return True

    def suggest(self, trial_id: str) -> dict[str, Any] | str:
        with self._keeper.noting():
            return self._keeper.begin(trial_id) or str(Searcher.FINISHED)

    def on_trial_complete(self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False) -> None:
        if error:
            with self._keeper.noting():
                self._keeper.lose(trial_id)

    def save(self, checkpoint_path: str) -> None:
        pass

    def restore(self, checkpoint_path: str) -> None:
        pass


class Decisions(FIFOScheduler):  # type: ignore[misc]
    """Passes what trials report to the study, and its word to Tune."""

    def __init__(self, keeper: Keeper) -> None:
        super().__init__()
        self._keeper = keeper

    def on_trial_result(self, tune_controller: Any, trial: Any, result: dict[str, Any]) -> Any:
        with self._keeper.noting():
            goes_on = self._keeper.hear(trial.trial_id, result)
        return TrialScheduler.CONTINUE if goes_on else TrialScheduler.STOP

    def on_trial_error(self, tune_controller: Any, trial: Any) -> None:
        self._keeper.note(trial.trial_id, _why(trial))


class Slim(tune.Callback):  # type: ignore[misc]
    """Takes the packed run out of what Tune remembers of a trial."""

    def on_trial_result(
        self, iteration: int, trials: list[Any], trial: Any, result: dict[str, Any], **info: Any
    ) -> None:
        result.pop("run", None)


def _row(result: dict[str, Any]) -> train.EpochMetrics:
    return {name: int(result[name]) if name == "epoch" else float(result[name]) for name in ROW}


def _why(trial: Any) -> str:
    """What Tune knows about the death of a trial's process, in a line."""
    error = trial.get_error()
    text = str(error) if error else ""
    known = {
        "OutOfMemory": "out of memory: Ray ended the process",
        "memory monitor": "out of memory: Ray ended the process",
        "node": "its machine has gone",
    }
    for word, said in known.items():
        if word.lower() in text.lower():
            return said
    return "the process was killed"
