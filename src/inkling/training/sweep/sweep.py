"""START HERE: a plan in; a folder with every trial, the best recipe and bundle, and a page that compares them out."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from inkling.errors import InklingError, MissingExtra
from inkling.training.data.mnist import Mnist
from inkling.training.sweep import plan as plans
from inkling.training.sweep import ray_session, results
from inkling.training.sweep.plan import Resources, SweepPlan

if TYPE_CHECKING:
    from inkling.training.sweep.study import Study, SweepCallbacks, Trial

NEEDED = {"ray": "cluster", "optuna": "cluster", "keras": "learn", "matplotlib": "learn"}  # module -> extra


@dataclass(frozen=True)
class Outcome:
    """The result of a sweep."""

    trials: list[Trial]
    n_left: int  # trials that were not run or not ended: the time was up
    best: Trial | None


def check(resources: Resources) -> None:
    """Raise MissingExtra, BadRequest or Unreachable for what would fail, before anything is started."""
    for module, extra in NEEDED.items():
        if importlib.util.find_spec(module) is None:
            raise MissingExtra("inkling sweep", extra)
    ray_session.check(resources)


def run_sweep(
    plan: SweepPlan,
    folder: Path,
    mnist: Mnist,
    resources: Resources,
    *,
    score_test: bool = False,
    callbacks_for: Callable[[Study], SweepCallbacks] | None = None,
    tell: Callable[[str], None] = lambda step: None,
) -> Outcome:
    """Run the trials that `folder` (see `plan.create`) has not had yet, then write the results.

    Trials never see a test image; with `score_test` the best one's bundle is judged on them, once, at the end. `tell`
    is called with a description of each step. Raises Busy while another sweep works in the folder, Unreachable for a
    cluster that does not answer, InklingError when no trial finished or the folder cannot be written.
    """
    ray_session.configure()
    with plans.locked(folder), plans.write_errors(folder):
        from inkling.training.sweep import ray_tuner, sweep_page
        from inkling.training.sweep.study import SweepCallbacks, open_study

        study = open_study(folder, plan)
        callbacks = callbacks_for(study) if callbacks_for else SweepCallbacks()

        def on_end(trial: Trial) -> None:
            results.write_csv(folder / "trials.csv", plan, study.trials())
            callbacks.on_end(trial)

        if study.n_left:
            tell("starting Ray")
            with plans.scratch_folder(folder) as scratch, ray_session.session(resources) as at_once:
                tell("")
                ray_tuner.run_trials(
                    study,
                    plan,
                    folder,
                    mnist,
                    resources,
                    at_once=at_once,
                    scratch=scratch,
                    callbacks=replace(callbacks, on_end=on_end),
                )
        trials, best = study.trials(), study.best()
        results.write_csv(folder / "trials.csv", plan, trials)
        if best is None:
            if study.n_left:
                return Outcome(trials, study.n_left, None)
            raise InklingError(_none_finished(trials, folder))
        tell("keeping the best")
        results.export_best(folder, best)
        if score_test:
            tell("judging the best on the test images")
            results.add_test_scores(folder / "best", mnist)
        tell("drawing the report")
        sweep_page.write(folder, plan, study)
        tell("")
    return Outcome(trials, study.n_left, best)


def _none_finished(trials: list[Trial], folder: Path) -> str:
    error = next((trial.error for trial in trials if trial.state == "failed"), None)
    why = "each was stopped" if error is None else f"the first because: {error.rstrip('.')}"
    return (
        f"none of the {len(trials)} trials was finished ({why}); one at least was expected. See "
        f"{folder / 'trials.csv'}, narrow the space, and begin in a new folder."
    )
