"""START HERE: runs a plan and writes a folder with every trial, the best recipe and bundle, and a comparison page."""

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
    n_left: int  # trials that did not run or end before the time was up
    best: Trial | None


def check(resources: Resources) -> None:
    """Raises MissingExtra, BadRequest or Unreachable if the sweep cannot run, before anything is started."""
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
    """Runs the remaining trials of `folder` (see `plan.create`), then writes the results.

    Trials get no test images; with `score_test`, the best bundle is evaluated on those images once, at the end. `tell`
    is called with a description of each step. Raises Busy while another sweep uses the folder, Unreachable for a
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
        tell("copying the best trial")
        results.export_best(folder, best)
        if score_test:
            tell("evaluating the best trial on the test images")
            results.add_test_scores(folder / "best", mnist)
        tell("drawing the report")
        sweep_page.write(folder, plan, study)
        tell("")
    return Outcome(trials, study.n_left, best)


def _none_finished(trials: list[Trial], folder: Path) -> str:
    error = next((trial.error for trial in trials if trial.state == "failed"), None)
    why = "all were stopped" if error is None else f"the first error: {error.rstrip('.')}"
    return (
        f"none of the {len(trials)} trials finished ({why}); expected at least one. See "
        f"{folder / 'trials.csv'}, narrow the space, and start in a new folder."
    )
