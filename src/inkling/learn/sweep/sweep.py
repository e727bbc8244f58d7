"""START HERE: a plan -> a folder with every trial, the best recipe and bundle, and a page that compares them."""

from __future__ import annotations

import csv
import importlib.util
import io
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inkling import bundle
from inkling.errors import InklingError, MissingExtra
from inkling.learn import checkpoint, package, train
from inkling.learn import recipe as recipes
from inkling.learn.data import Mnist
from inkling.learn.sweep import machines
from inkling.learn.sweep import plan as plans
from inkling.learn.sweep.plan import Means, Plan
from inkling.quiet import quiet_stderr

if TYPE_CHECKING:
    from inkling.learn.sweep.study import Study, Trial
    from inkling.learn.sweep.tuning import Watcher

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
    machines.check(means)


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
    machines.quieten()
    with plans.alone(folder), plans.writing(folder):
        from inkling.learn.sweep.study import open_study

        study = open_study(folder, plan)
        if study.left:
            make_trials(study, plan, folder, mnist, means, watch=watch, tell=tell)
        trials = study.trials()
        write_table(folder / "trials.csv", plan, trials)
        best = study.best()
        if best is None:
            if study.left:
                return Outcome(trials, study.left, None)
            raise InklingError(_nothing(trials, folder))
        tell("keeping the best")
        keep_best(folder, best)
        if score_test:
            tell("judging the best on the test images")
            judge(folder / "best", mnist)
        tell("drawing the report")
        from inkling.learn.sweep import page

        page.make(folder, plan, study)
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
    from inkling.learn.sweep import tuning

    watcher = watch(study) if watch else tuning.Watcher()

    def on_end(trial: Trial) -> None:
        write_table(folder / "trials.csv", plan, study.trials())
        watcher.on_end(trial)

    tell("starting Ray")
    with plans.scratch(folder) as scratch, machines.started(means) as at_once:
        tell("")
        tuning.run(
            study,
            plan,
            folder,
            mnist,
            means,
            at_once=at_once,
            scratch=scratch,
            watcher=replace(watcher, on_end=on_end),
        )


def write_table(path: Path, plan: Plan, trials: list[Trial]) -> None:
    """trials.csv: a line a trial, its settings in columns of their own."""
    names = [each.name for each in plan.space]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["trial", "state", "epochs", "val_loss", "val_accuracy", *names, "seconds", "node", "error"])
    for trial in trials:
        row: dict[str, Any] = judged_row(plan, trial) or {}
        settings = [trial.settings.get(name, "") for name in names]
        scores = [row.get("val_loss", ""), row.get("val_accuracy", "")]
        own = [trial.number, trial.state, len(trial.rows)]
        writer.writerow([*own, *scores, *settings, trial.seconds, trial.node, trial.error])
    checkpoint.write_text(path, text.getvalue())


def judged_row(plan: Plan, trial: Trial) -> train.Row | None:
    """The epoch that a trial is judged by; None when it has not learnt one."""
    if not trial.rows:
        return None
    patience = int(trial.settings.get("patience", plan.recipe.patience))
    kept_best = patience and trial.state == "finished"
    return min(trial.rows, key=lambda row: row["val_loss"]) if kept_best else trial.rows[-1]


def keep_best(folder: Path, best: Trial) -> None:
    """best.toml and best/, a copy of the trial's run folder, in place of what was there."""
    source, target = plans.trial_folder(folder, best.number), folder / "best"
    checkpoint.write_text(folder / "best.toml", (source / "recipe.toml").read_text("utf-8"))
    if (target / "recipe.toml").is_file() and recipes.find(target / "recipe.toml") == recipes.find(
        folder / "best.toml"
    ):
        return  # with the test scores that it may have
    part = folder / ".best.part"
    shutil.rmtree(part, ignore_errors=True)
    shutil.copytree(source, part)
    shutil.rmtree(target, ignore_errors=True)
    os.replace(part, target)


def judge(run: Path, mnist: Mnist) -> None:
    """Adds the scores on the test images to a run's bundle, unless it has them."""
    found = bundle.find(run)
    if package.MNIST_TEST in found.manifest["scores"]:
        return
    with quiet_stderr():  # LiteRT announces itself
        scores = {**found.manifest["scores"], package.MNIST_TEST: package.test_scores(found, mnist)}
    train.write_json(found.path / "manifest.json", {**found.manifest, "scores": scores})
    train.write_json(run / "scores.json", scores)


def _nothing(trials: list[Trial], folder: Path) -> str:
    failed = [trial for trial in trials if trial.state == "failed"]
    why = f"the first because: {failed[0].error}" if failed else "each was stopped"
    return (
        f"none of the {len(trials)} trials was finished ({why.rstrip('.')}); one at least was expected. See "
        f"{folder / 'trials.csv'}, narrow the space, and begin in a new folder."
    )
