"""What a sweep leaves behind: the table of its trials, the best recipe, and the best trial's run folder."""

from __future__ import annotations

import csv
import io
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inkling.models import registry
from inkling.training import checkpoint, package, train
from inkling.training.data.mnist import Mnist
from inkling.training.export import MNIST_TEST
from inkling.training.sweep import plan as plans
from inkling.training.sweep.plan import Plan

if TYPE_CHECKING:
    from inkling.training.sweep.study import Trial


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


def judged_row(plan: Plan, trial: Trial) -> train.EpochMetrics | None:
    """The epoch that a trial is judged by; None when it has not learnt one."""
    if not trial.rows:
        return None
    patience = int(trial.settings.get("patience", plan.recipe.patience))
    kept_best = patience and trial.state == "finished"
    return min(trial.rows, key=lambda row: row["val_loss"]) if kept_best else trial.rows[-1]


def keep_best(folder: Path, best: Trial) -> None:
    """best.toml and best/, a copy of the trial's run folder, in place of what was there."""
    source, target = plans.trial_folder(folder, best.number), folder / "best"
    text, kept = (source / "recipe.toml").read_text("utf-8"), target / "recipe.toml"
    checkpoint.write_text(folder / "best.toml", text)
    if kept.is_file() and kept.read_text("utf-8") == text:
        return  # with the test scores that it may have
    part = folder / ".best.part"
    shutil.rmtree(part, ignore_errors=True)
    shutil.copytree(source, part)
    shutil.rmtree(target, ignore_errors=True)
    os.replace(part, target)


def judge(run: Path, mnist: Mnist) -> None:
    """Adds the scores on the test images to a run's bundle, unless it has them."""
    found = registry.find(run)
    if MNIST_TEST in found.manifest["scores"]:
        return
    scores = {**found.manifest["scores"], MNIST_TEST: package.test_scores(found, mnist)}
    train.write_json(found.path / "manifest.json", {**found.manifest, "scores": scores})
    train.write_json(run / "scores.json", scores)
