"""history.csv of a training run: one row per epoch."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from inkling.training import checkpoint

COLUMNS = ("epoch", "loss", "accuracy", "val_loss", "val_accuracy", "learning_rate", "seconds")

EpochMetrics = dict[str, float]  # a row, by column; a line recognizer has no training accuracy


def write_history(path: Path, history: list[EpochMetrics]) -> None:
    """Replaces history.csv atomically with a history of at least one epoch. Floats are written without loss."""
    text = io.StringIO()
    columns = [name for name in COLUMNS if name in history[0]]
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(history)
    checkpoint.write_text(path, text.getvalue())


def read_history(path: Path) -> list[EpochMetrics]:
    """The rows of history.csv; [] if the file does not exist."""
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return [{k: int(v) if k == "epoch" else float(v) for k, v in row.items()} for row in csv.DictReader(file)]
