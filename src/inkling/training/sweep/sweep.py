"""START HERE: a plan -> a folder with every trial, the best recipe and bundle, and a page that compares them."""

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
from inkling.training.sweep.plan import Means, Plan

if TYPE_CHECKING:
    from inkling.training.sweep.ray_tuner import Watcher
    from inkling.training.sweep.study import Study, Trial

NEEDED = {"ray": "cluster", "optuna": "cluster", "keras": "learn", "matplotlib": "learn"}


@dataclass(frozen=True)
class Outcome:
    """What came of a sweep."""

    trials: list[Trial]
    left: int  # trials that were not made or not ended: the time was up
    best: Trial | None


def check(means: Means) -> None:
    """Raises what can be known at once: an extra that is missing, more cores than there are, a cluster that is not."""
    for module, extra in NEEDED.items():
        if importlib.util.find_spec(module) is None:
            raise MissingExtra("inkling sweep", extra)
    ray_session.check(means)


def sweep(
    plan: Plan,
    folder: Path,
    mnist: Mnist,
    means: Means,
    *,
    score_test: bool = False,
    watch: Callable[[Study], Watcher] | None = None,
    tell: Callable[[str], None] = lambda what: None,
) -> Outcome:
    """Makes the trials that `folder` has not had yet, then writes what came out. `folder`: as `plan.make` leaves it.

    Trials never see a test image; with `score_test` the best one's bundle is judged on them, once, at the end. `tell`
    hears what comes next. Raises Busy while another sweep works in the folder, Unreachable for a cluster that does not
    answer, InklingError when no trial came to anything or the folder cannot be written.
    """
    ray_session.quieten()
    with plans.alone(folder), plans.writing(folder):
        from inkling.training.sweep.study import open_study

        study = open_study(folder, plan)
        if study.left:
            make_trials(study, plan, folder, mnist, means, watch=watch, tell=tell)
        trials = study.trials()
        results.write_table(folder / "trials.csv", plan, trials)
        best = study.best()
        if best is None:
            if study.left:
                return Outcome(trials, study.left, None)
            raise InklingError(_nothing(trials, folder))
        tell("keeping the best")
        results.keep_best(folder, best)
        if score_test:
            tell("judging the best on the test images")
            results.judge(folder / "best", mnist)
        tell("drawing the report")
        from inkling.training.sweep import sweep_page

        sweep_page.make(folder, plan, study)
        tell("")
    return Outcome(trials, study.left, best)


def make_trials(
    study: Study,
    plan: Plan,
    folder: Path,
    mnist: Mnist,
    means: Means,
    *,
    watch: Callable[[Study], Watcher] | None,
    tell: Callable[[str], None],
) -> None:
    """The trials that are left; trials.csv is written anew whenever one has ended."""
    from inkling.training.sweep import ray_tuner

    watcher = watch(study) if watch else ray_tuner.Watcher()

    def on_end(trial: Trial) -> None:
        results.write_table(folder / "trials.csv", plan, study.trials())
        watcher.on_end(trial)

    tell("starting Ray")
    with plans.scratch(folder) as scratch, ray_session.started(means) as at_once:
        tell("")
        ray_tuner.run(
            study,
            plan,
            folder,
            mnist,
            means,
            at_once=at_once,
            scratch=scratch,
            watcher=replace(watcher, on_end=on_end),
        )


def _nothing(trials: list[Trial], folder: Path) -> str:
    failed = [trial for trial in trials if trial.state == "failed"]
    why = f"the first because: {failed[0].error}" if failed else "each was stopped"
    return (
        f"none of the {len(trials)} trials was finished ({why.rstrip('.')}); one at least was expected. See "
        f"{folder / 'trials.csv'}, narrow the space, and begin in a new folder."
    )
