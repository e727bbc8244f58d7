"""The results of a sweep: the table of its trials, the best recipe, and the best trial's run folder."""

from __future__ import annotations

import csv
import io
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from inkling.csv_cells import safe_cell
from inkling.models import registry
from inkling.models.bundle import MNIST_TEST
from inkling.training import checkpoint, evaluation_count, export, package
from inkling.training.data.mnist import Mnist
from inkling.training.run_history import EpochMetrics
from inkling.training.sweep.plan import SweepPlan, kept_row, trial_folder

if TYPE_CHECKING:
    from inkling.training.sweep.study import Trial


def write_csv(path: Path, plan: SweepPlan, trials: list[Trial]) -> None:
    """Writes trials.csv: one row per trial, one column per hyperparameter."""
    names = [each.name for each in plan.space]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["trial", "state", "epochs", "val_loss", "val_accuracy", *names, "seconds", "node", "error"])
    for trial in trials:
        row: EpochMetrics = final_row(plan, trial) or {}
        scores = [row.get("val_loss", ""), row.get("val_accuracy", "")]
        params = [trial.params.get(name, "") for name in names]
        own = [trial.number, trial.state, len(trial.rows)]
        writer.writerow(
            [safe_cell("", cell) for cell in (*own, *scores, *params, trial.seconds, trial.node, trial.error)]
        )
    checkpoint.write_text(path, text.getvalue())


def final_row(plan: SweepPlan, trial: Trial) -> EpochMetrics | None:
    """The epoch that counts for a trial; None before its first epoch."""
    if not trial.rows:
        return None
    patience = int(trial.params.get("patience", plan.recipe.patience))
    return kept_row(trial.rows, patience if trial.state == "finished" else 0)


def export_best(folder: Path, best: Trial) -> None:
    """Writes best.toml and best/, a copy of the trial's run folder, and replaces earlier ones."""
    source, target = trial_folder(folder, best.number), folder / "best"
    text, kept = (source / "recipe.toml").read_text("utf-8"), target / "recipe.toml"
    checkpoint.write_text(folder / "best.toml", text)
    if kept.is_file() and kept.read_text("utf-8") == text:
        return  # the same trial; its copy may already have test scores
    part = folder / ".best.part"
    shutil.rmtree(part, ignore_errors=True)
    shutil.copytree(source, part)
    shutil.rmtree(target, ignore_errors=True)
    os.replace(part, target)


def add_test_scores(run: Path, mnist: Mnist) -> None:
    """Adds the scores on the test images to a run's bundle, unless it has them."""
    bundle = registry.find(run)
    if MNIST_TEST in bundle.manifest["scores"]:
        return
    evaluation_count.count_look(bundle)
    scores = bundle.manifest["scores"]
    scores[MNIST_TEST] = package.test_scores(bundle, mnist)
    export.write_manifest(bundle)
    checkpoint.write_json(run / "scores.json", scores)
