"""Writes what the pages show about a model into its bundle: python -m inkling.training.publish NAME ... [--history RUN]

    report/report.json     numbers, mistakes, the map of the hidden layer; names the version of the network
    report/mistakes.png    28x28 tiles of the test digits that were read wrongly, COLUMNS to a row
    report/NAME.svg        figures that follow the reader's colours
    README.md              the card, where there is none
    history.csv            with --history: that of the run that made this very network

NAME is a run folder, a bundle folder or, in a clone of the project, a packaged model. It takes about a minute a model,
and running it again changes nothing but the number of looks at the test images.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from inkling.errors import BadBundle, InklingError, MissingExtra, NotFound
from inkling.models import registry
from inkling.models.bundle import Bundle
from inkling.training import model_card, run_history
from inkling.training.data.mnist import Mnist, as_input, load_mnist
from inkling.training.keras_setup import open_keras_model
from inkling.training.report import measurements, network_views, subject
from inkling.training.report.embedding import EmbeddingMap, embedding_map
from inkling.training.report.measurements import Measurements

FOLDER, FILE_NAME, SPRITE = "report", "report.json", "mistakes.png"
HISTORY = "history.csv"
FORMAT = 1  # of report.json; the pages read no other
N_SHARED = 1_000  # of the test digits the first so many come with the pages, and lie on every map
MOST_MISTAKES = 400  # pictures of mistakes; a network that makes more shows some of each kind
COLUMNS = 20
DIGITS = 6  # significant, of numbers in files: more is noise
RESULTS = Path(__file__).parents[3] / "docs" / "results.json"  # in a clone: times from a quiet machine

Tell = Callable[[str], None]


def publish(found: Bundle, mnist: Mnist, *, tell: Tell = lambda what: None) -> Path:
    """Measures and draws; replaces `report/` of the bundle as a whole and returns its report.json.

    Raises MissingExtra without the `learn` extra, BadBundle for a bundle without `model.keras` or one that does not
    run, CannotWrite for one of an installed package, InklingError when the bundle cannot be written.
    """
    registry.check_replaceable(found.path)
    try:
        from inkling.training.report import report_figures, themed_svg
    except ImportError as error:
        raise MissingExtra("publishing a report", "learn") from error
    measured = measurements.measure(subject.find_subjects([found.path])[0], mnist, tell=tell)
    wrong = chosen_mistakes(measured)
    tell("looking into the hidden layer")
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
            tell("drawing")
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
            f"{found.path} cannot be written ({error.strerror or error}); a report needs half a megabyte and the "
            "right to write. Make room, or copy the bundle and publish the copy."
        ) from error
    return found.path / FOLDER / FILE_NAME


def chosen_mistakes(found: Measurements, most: int = MOST_MISTAKES) -> np.ndarray:
    """Indices of the mistakes to show, the most confident first; of too many, the most confident of each kind."""
    every = measurements.most_confident_errors(found.probs, found.labels, most=len(found.labels))
    kinds = found.labels[every] * 10 + found.probs[every].argmax(1)
    rank = np.array([int((kinds[:i] == kind).sum()) for i, kind in enumerate(kinds)], dtype=int)
    return every[np.sort(np.argsort(rank, kind="stable")[:most])]


def hidden_places(found: Bundle, measured: Measurements, index: np.ndarray) -> EmbeddingMap:
    """The last hidden layer of these digits on a map. index: (M,)"""
    model = open_keras_model(found, task="publishing a report")
    hidden = network_views.hidden_activations(model, as_input(measured.images[index]))  # (M, 28, 28) -> (M, H)
    return embedding_map(index, hidden, network_views.embed_2d(hidden)[2], measured.labels[index], first=N_SHARED)


def as_json(found: Measurements, wrong: np.ndarray, mapped: EmbeddingMap, speed: dict[str, Any]) -> dict[str, Any]:
    """Every number of the report. wrong: indices of the mistakes in the order of the sprite."""
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
    """Label, what was read and how surely, of these digits."""
    probs = found.probs[index]
    read = probs.argmax(1)
    # Rounded down: 1 would claim certainty.
    sure = np.floor(probs[np.arange(len(index)), read] * 1e4) / 1e4
    return {"label": found.labels[index].tolist(), "read": read.tolist(), "confidence": sure.tolist()}


def history_columns(rows: list[run_history.EpochMetrics]) -> dict[str, list[float]] | None:
    """The history, a list a column; None when none was kept."""
    if not rows:
        return None
    return {name: [row[name] for row in rows] for name in rows[0] if name != "seconds"}


def speed_of(found: Measurements) -> dict[str, Any]:
    """Microseconds a digit: what docs/results.json says of this version, or the report before, or just measured.

    A report is often made on a busy machine; the times of docs/results.json are not, and are those of the README.
    """
    version = found.subject.bundle.version
    told = _json(RESULTS).get("models", {}).values()
    for row in told:
        if row.get("version") == version and "single_us" in row:
            return {"single_us": row["single_us"], "batch_us": row["batch_us"], "source": "docs/results.json"}
    before = _json(found.subject.bundle.path / FOLDER / FILE_NAME)
    if before.get("model", {}).get("version") == version and "speed" in before:
        speed: dict[str, Any] = before["speed"]
        return speed
    return {
        "single_us": found.latency.single_us,
        "batch_us": found.latency.batch_us,
        "source": "measured for this report",
    }


def sprite(tiles: np.ndarray) -> Image.Image:
    """(M, 28, 28) uint8 -> one grey picture, COLUMNS tiles to a row, 0 paper .. 255 ink; at least one row."""
    rows = max(-(-len(tiles) // COLUMNS), 1)
    padded = np.zeros((rows * COLUMNS, 28, 28), np.uint8)
    padded[: len(tiles)] = tiles
    grid = padded.reshape(rows, COLUMNS, 28, 28).swapaxes(1, 2)  # (rows, 28, COLUMNS, 28)
    return Image.fromarray(grid.reshape(rows * 28, COLUMNS * 28))


def to_text(report: dict[str, Any]) -> str:
    """JSON, a line for each key: small, and a difference that a person can read."""
    lines = [f'"{key}":{json.dumps(_rounded(value), separators=(",", ":"))}' for key, value in report.items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def keep_history(found: Bundle, run: Path) -> None:
    """Copies the run's history to the bundle. Raises BadBundle when the run made other weights, NotFound for no run."""
    rows = run_history.read_history(run / HISTORY)
    if not rows:
        raise NotFound(f"{run / HISTORY} is not there or empty; expected a run folder. Check --history.")
    made = registry.find(run)
    if made.version != found.version:
        raise BadBundle(
            f"{run} made version {made.version}, the bundle {found.path} is {found.version}; a history belongs to "
            "the weights that it led to. Name the run that made them."
        )
    write_history(found.path / HISTORY, rows)


def write_history(path: Path, rows: list[run_history.EpochMetrics]) -> None:
    """A run's history as a bundle keeps it: rounded, which takes half of the room."""
    run_history.write_history(path, [_rounded(row) for row in rows])


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(each) for each in value]
    return float(f"{value:.{DIGITS}g}") if isinstance(value, float) else value


def _json(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def main(arguments: list[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m inkling.training.publish", description=publish.__doc__)
    parser.add_argument("names", nargs="+", metavar="NAME", help="a run folder, a bundle folder or a packaged model")
    parser.add_argument("--history", type=Path, metavar="RUN", help="the run that made the one model named")
    given = parser.parse_args(arguments)
    if given.history and len(given.names) != 1:
        parser.error("--history goes with one NAME: a history belongs to one network")
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
