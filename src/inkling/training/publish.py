"""Writes a model's report for the web pages to its bundle: python -m inkling.training.publish NAME ... [--history RUN]

    report/report.json     numbers, mistakes, the map of the hidden layer, the version of the network
    report/mistakes.png    28x28 tiles of the misread test digits, COLUMNS per row
    report/NAME.svg        figures that adapt to the light or dark theme
    README.md              the model card, if there is none yet
    history.csv            with --history: the history of the run that produced this network

NAME is a run folder, a bundle folder or, in a clone of the project, a packaged model. Publishing takes about a
minute per model. Publishing the same network again changes only the number of looks at the test images.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from inkling.errors import BadBundle, InklingError, MissingExtra, NotFound
from inkling.lab_protocol.lab_folder import read_json
from inkling.models import registry
from inkling.models.bundle import Bundle
from inkling.training import model_card, run_history
from inkling.training.data.mnist import Mnist, as_input, load_mnist
from inkling.training.keras_setup import open_keras_model
from inkling.training.report import measurements, network_views, subject
from inkling.training.report.embedding import EmbeddingMap, embedding_map
from inkling.training.report.measurements import Measurements

DESCRIPTION = "Write a model's report for the web pages to its bundle."
FOLDER, FILE_NAME, SPRITE = "report", "report.json", "mistakes.png"
HISTORY = "history.csv"
FORMAT = 1  # of report.json; the pages read only this version
N_SHARED = 1_000  # the first test digits, which the pages include and every map shows
MOST_MISTAKES = 400  # tiles of mistakes; if there are more, some of each kind are shown
COLUMNS = 20
DIGITS = 6  # significant digits of numbers in files
RESULTS = Path(__file__).parents[3] / "docs" / "results.json"  # in a clone: times measured on an idle machine


def publish(found: Bundle, mnist: Mnist) -> Path:
    """Measures, draws, replaces the bundle's `report/` folder and returns the path of report.json.

    Raises MissingExtra without the `learn` extra, BadBundle for a bundle without `model.keras` or one that does not
    run, CannotWrite for an installed package, InklingError when the bundle cannot be written.
    """
    registry.check_replaceable(found.path)
    try:
        from inkling.training.report import report_figures, themed_svg
    except ImportError as error:
        raise MissingExtra("publishing a report", "learn") from error
    measured = measurements.measure(subject.find_subjects([found.path])[0], mnist)
    wrong = chosen_mistakes(measured)
    on_map = np.unique([*range(min(N_SHARED, len(measured.labels))), *wrong.tolist()])
    mapped = hidden_places(found, measured, on_map)
    plates = [
        *report_figures.learning_figures([measured]),
        *(plate for plate in report_figures.confidence_figures(measured) if plate.name != "confidence"),
        *report_figures.robustness_figures([measured]),
    ]
    report = as_json(measured, wrong, mapped, speed_of(measured))
    report["figures"] = [{"name": plate.name, "title": plate.title, "caption": plate.caption} for plate in plates]
    try:
        with tempfile.TemporaryDirectory(dir=found.path, prefix=".report-") as scratch:
            ready = Path(scratch) / FOLDER
            ready.mkdir()
            for plate in plates:
                (ready / f"{plate.name}.svg").write_text(themed_svg.to_svg(plate.draw), "utf-8")
            sprite(measured.images[wrong]).save(ready / SPRITE, optimize=True)
            (ready / FILE_NAME).write_text(to_text(report), "utf-8")
            if not (found.path / model_card.FILE_NAME).is_file():
                model_card.write(found)
            shutil.rmtree(found.path / FOLDER, ignore_errors=True)
            os.replace(ready, found.path / FOLDER)
    except OSError as error:
        raise InklingError(
            f"{found.path} cannot be written ({error.strerror or error}); expected a writable folder with half a "
            "megabyte of space. Make room, or copy the bundle and publish the copy."
        ) from error
    return found.path / FOLDER / FILE_NAME


def chosen_mistakes(found: Measurements, most: int = MOST_MISTAKES) -> np.ndarray:
    """Indices of the mistakes to show, most confident first; if there are too many, the most confident of each kind."""
    every = measurements.most_confident_errors(found.probs, found.labels, most=len(found.labels))
    kinds = found.labels[every] * 10 + found.probs[every].argmax(1)
    rank = np.array([int((kinds[:i] == kind).sum()) for i, kind in enumerate(kinds)], dtype=int)
    return every[np.sort(np.argsort(rank, kind="stable")[:most])]


def hidden_places(found: Bundle, measured: Measurements, index: np.ndarray) -> EmbeddingMap:
    """A map of the digits at `index` (M,) by their activations in the last hidden layer."""
    model = open_keras_model(found, task="publishing a report")
    hidden = network_views.hidden_activations(model, as_input(measured.images[index]))  # (M, 28, 28) -> (M, H)
    return embedding_map(index, hidden, network_views.embed_2d(hidden)[2], measured.labels[index], first=N_SHARED)


def as_json(found: Measurements, wrong: np.ndarray, mapped: EmbeddingMap, speed: dict[str, Any]) -> dict[str, Any]:
    """The contents of report.json. wrong: indices of the mistakes, in the order of the sprite."""
    told = found.to_json()
    n_wrong = int(len(found.labels) - found.confusion.trace())
    return {
        "format": FORMAT,
        "model": told["model"],
        "data": "mnist-test",
        "scores": told["scores"],
        "speed": speed,
        "temperature": told["temperature"],
        "at_sure": told["at_sure"],
        "confusion": told["confusion"],
        "per_class": told["per_class"],
        "reliability": told["reliability"],
        "shifted": told["shifted"],
        "robustness": [asdict(curve) for curve in found.robustness],
        "history": history_columns(found.subject.history),
        "mistakes": {"total": n_wrong, "columns": COLUMNS, **digit_columns(found, wrong), "index": wrong.tolist()},
        "map": {"shared": N_SHARED, **digit_columns(found, mapped.index), **mapped.to_json()},
    }


def digit_columns(found: Measurements, index: np.ndarray) -> dict[str, list[Any]]:
    """Label, prediction and confidence of the digits at `index`, by column."""
    probs = found.probs[index]
    read = probs.argmax(1)
    # Rounded down: 1 would claim certainty.
    sure = np.floor(probs[np.arange(len(index)), read] * 1e4) / 1e4
    return {"label": found.labels[index].tolist(), "read": read.tolist(), "confidence": sure.tolist()}


def history_columns(rows: list[run_history.EpochMetrics]) -> dict[str, list[float]] | None:
    """The history as one list per column; None if there is none."""
    if not rows:
        return None
    return {name: [row[name] for row in rows] for name in rows[0] if name != "seconds"}


def speed_of(found: Measurements) -> dict[str, Any]:
    """Microseconds per digit: from docs/results.json for this version, else from the previous report, else measured.

    A report is often made on a busy machine. The times in docs/results.json were measured on an idle one, and the
    README shows them.
    """
    version = found.subject.bundle.version
    told = read_json(RESULTS).get("models", {}).values()
    for row in told:
        if row.get("version") == version and "single_us" in row:
            return {"single_us": row["single_us"], "batch_us": row["batch_us"], "source": "docs/results.json"}
    before = read_json(found.subject.bundle.path / FOLDER / FILE_NAME)
    if before.get("model", {}).get("version") == version and "speed" in before:
        speed: dict[str, Any] = before["speed"]
        return speed
    return {
        "single_us": found.latency.single_us,
        "batch_us": found.latency.batch_us,
        "source": "measured for this report",
    }


def sprite(tiles: np.ndarray) -> Image.Image:
    """(M, 28, 28) uint8 -> one gray image, COLUMNS tiles per row, 0 paper .. 255 ink; at least one row."""
    rows = max(-(-len(tiles) // COLUMNS), 1)
    padded = np.zeros((rows * COLUMNS, 28, 28), np.uint8)
    padded[: len(tiles)] = tiles
    grid = padded.reshape(rows, COLUMNS, 28, 28).swapaxes(1, 2)  # (rows, 28, COLUMNS, 28)
    return Image.fromarray(grid.reshape(rows * 28, COLUMNS * 28))


def to_text(report: dict[str, Any]) -> str:
    """JSON with one line per key: compact, with readable diffs."""
    lines = [f'"{key}":{json.dumps(_rounded(value), separators=(",", ":"))}' for key, value in report.items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def keep_history(found: Bundle, run: Path) -> None:
    """Copies the run's history to the bundle. Raises BadBundle for another network's run, NotFound without history."""
    rows = run_history.read_history(run / HISTORY)
    if not rows:
        raise NotFound(f"{run / HISTORY} is missing or empty; expected a run folder. Check --history.")
    made = registry.find(run)
    if made.version != found.version:
        raise BadBundle(
            f"{run} has version {made.version}, but the bundle {found.path} has version {found.version}; expected the "
            "run that produced the bundle's weights. Name that run."
        )
    write_history(found.path / HISTORY, rows)


def write_history(path: Path, rows: list[run_history.EpochMetrics]) -> None:
    """Writes a run's history to a bundle, rounded, which halves the file's size."""
    run_history.write_history(path, [_rounded(row) for row in rows])


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(each) for each in value]
    return float(f"{value:.{DIGITS}g}") if isinstance(value, float) else value


def main(arguments: list[str] | None = None) -> None:
    """Runs the command."""
    parser = argparse.ArgumentParser(prog="python -m inkling.training.publish", description=DESCRIPTION)
    parser.add_argument("names", nargs="+", metavar="NAME", help="a run folder, a bundle folder or a packaged model")
    parser.add_argument("--history", type=Path, metavar="RUN", help="the run that produced the named model")
    given = parser.parse_args(arguments)
    if given.history and len(given.names) != 1:
        parser.error("--history requires exactly one NAME, because a history belongs to one network")
    try:
        found = [registry.find(name) for name in given.names]
        if given.history:
            keep_history(found[0], given.history)
        mnist = load_mnist()
        for each in found:
            sys.stderr.write(f"{each.name} ...\n")
            written = publish(each, mnist)
            sys.stdout.write(f"{written}: version {each.version}\n")
    except InklingError as error:
        sys.exit(f"publish: {error}")


if __name__ == "__main__":
    main()
