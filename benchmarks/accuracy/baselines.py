"""inkling beside Tesseract, RapidOCR and the network of every tutorial, on the same pictures.

    python -m benchmarks.accuracy.baselines [--real DIR] [--model NAME ...] [--most 200] [--digits 10000]

A picture is read right when the whole text equals its label. What is not installed is named and left out; `make rivals`
makes RapidOCR a Python of its own. Rivals' answers are kept in .cache/rivals, so that a second run is short. Also
measured: how much MNIST's test images lose on the road, as pictures, against the tiles fed directly. Writes
benchmarks/accuracy/baselines.json.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.accuracy import baseline_readers as rivals
from benchmarks.accuracy import labelled_sets as sets
from benchmarks.accuracy.baseline_readers import Answers, Rival, Setting
from benchmarks.accuracy.labelled_sets import Labelled
from benchmarks.rendering.stroke_rendering import enlarged
from inkling import Reader
from inkling.pipeline.classifier import Classifier
from inkling.training.data.mnist import Mnist, as_input, load_mnist
from inkling.training.scores import wilson_interval

HERE = Path(__file__).parent
CACHE = HERE.parents[1] / ".cache" / "rivals"
MNIST_SHOWN = 500  # enlarged test images that rivals read

Score = dict[str, Any]


def score(texts: Sequence[str], labels: Sequence[str], cpu_s: float) -> Score:
    """How many texts are exactly their labels."""
    n, right = len(labels), sum(text == label for text, label in zip(texts, labels, strict=True))
    return {"n": n, "right": right / n, "right_95": wilson_interval(right, n), "cpu_ms": 1000 * cpu_s / n}


def by_inkling(reader: Reader, pictures: Labelled) -> Score:
    """The whole road, one picture at a time."""
    start = time.process_time()
    texts = [reader.read(path).text for path in pictures.paths]
    return score(texts, pictures.labels, time.process_time() - start)


def by_rival(rival: Rival, pictures: Labelled) -> Score | None:
    """The setting that reads most of these pictures; None where the rival reads none of the kind."""
    settings = rival.rows if pictures.rows else rival.singles
    tried = {setting.name: _answers(rival, setting, pictures) for setting in settings}
    if not tried:
        return None
    scored = {name: score(answers.texts, pictures.labels, answers.cpu_s) for name, answers in tried.items()}
    best = max(scored, key=lambda name: float(scored[name]["right"]))
    return {**scored[best], "setting": best, "tried": {name: each["right"] for name, each in scored.items()}}


def _answers(rival: Rival, setting: Setting, pictures: Labelled) -> Answers:
    """A rival's answers, from the cache when nothing has changed."""
    key = json.dumps([rival.name, rival.version, str(setting), pictures.fingerprint])
    kept = CACHE / f"{hashlib.sha256(key.encode()).hexdigest()[:24]}.json"
    if kept.is_file():
        found = json.loads(kept.read_text("utf-8"))
        return Answers(found["texts"], found["cpu_s"])
    with tempfile.TemporaryDirectory() as folder:
        ready = rivals.ready(pictures.paths, setting, Path(folder))
        answers = rival.read(ready, setting)
    CACHE.mkdir(parents=True, exist_ok=True)
    content = {"of": json.loads(key), "set": pictures.name, "cpu_s": answers.cpu_s, "texts": answers.texts}
    kept.write_text(json.dumps(content, ensure_ascii=False), "utf-8")
    return answers


def fidelity(reader: Reader, mnist: Mnist, n: int) -> Score:
    """MNIST's test images through the whole road as enlarged pictures, against the tiles fed directly."""
    chosen = np.random.default_rng(sets.SEED).permutation(len(mnist.x_test))[:n]
    labels = mnist.y_test[chosen].astype(int)
    direct = Classifier(reader.bundle)(as_input(mnist.x_test[chosen])).argmax(axis=1) == labels  # (N, 28, 28) -> (N,)
    texts = [reader.read(enlarged(mnist.x_test[i])).text for i in chosen]
    road = np.array([text == str(label) for text, label in zip(texts, labels, strict=True)])
    return {
        "n": n,
        "direct": float(direct.mean()),
        "direct_95": wilson_interval(int(direct.sum()), n),
        "road": float(road.mean()),
        "road_95": wilson_interval(int(road.sum()), n),
        "points_lost": float(100 * (direct.mean() - road.mean())),
        "right_by_one_alone": {"direct": int((direct & ~road).sum()), "road": int((road & ~direct).sum())},
        "not_one_digit": sum(len(text) != 1 for text in texts),
    }


def pictures_of(mnist: Mnist, real: Path | None, folder: Path, *, most: int, quick: bool) -> list[Labelled]:
    """Every set, in the order of the table; only the folders when `quick`."""
    folders = sets.of_folders(real, most=most)
    if quick:
        return folders
    single = [*folders, sets.of_mnist(mnist, folder, most=MNIST_SHOWN)]
    return [*single, *(sets.of_rows(mnist, folder, most=most, touching=touching) for touching in (False, True))]


def found_rivals(python: Path) -> list[Rival]:
    """What is installed; names what is not."""
    wanted = {
        "Tesseract (apt install tesseract-ocr)": rivals.tesseract(),
        "RapidOCR (make rivals)": rivals.rapidocr("rapidocr", "RapidOCR, PP-OCRv6", python=python),
        "RapidOCR 1 (make rivals)": rivals.rapidocr("rapidocr_onnxruntime", "RapidOCR, PP-OCRv4", python=python),
    }
    for name, rival in wanted.items():
        if rival is None:
            click.echo(f"not installed, left out: {name}", err=True)
    return [*(rival for rival in wanted.values() if rival), rivals.tutorial()]


@click.command()
@click.option("--real", type=click.Path(path_type=Path, file_okay=False, exists=True), help="Folder of folders.")
@click.option("--model", "models", multiple=True, help="A packaged model or bundle; repeatable.  [default: cnn, ann]")
@click.option("--most", default=200, show_default=True, help="Pictures of a folder, and rows.")
@click.option("--digits", default=10_000, show_default=True, help="Test images for what the road loses.")
@click.option("--quick", is_flag=True, help="The folders alone: rivals need an hour for the rest.")
@click.option("--python", type=click.Path(path_type=Path), default=rivals.RAPID_PYTHON, help="One with RapidOCR.")
@click.option("--out", type=click.Path(path_type=Path), default=HERE / "baselines.json", help="Where the numbers go.")
def main(
    *, real: Path | None, models: tuple[str, ...], most: int, digits: int, quick: bool, python: Path, out: Path
) -> None:
    """Prints a table and writes the numbers."""
    mnist = load_mnist()
    readers = {Path(name).name: Reader(name) for name in models or ("cnn", "ann")}
    others = found_rivals(python)
    versions = {name: reader.bundle.version for name, reader in readers.items()}
    content: dict[str, Any] = {
        "written_by": "python -m benchmarks.accuracy.baselines" + (" --real DIR" if real else ""),
        "seed": sets.SEED,
        "versions": versions | {rival.name: rival.version for rival in others},
        "sets": {},
    }
    with tempfile.TemporaryDirectory() as folder:
        for pictures in pictures_of(mnist, real, Path(folder), most=most, quick=quick):
            scores = {f"inkling {name}": by_inkling(reader, pictures) for name, reader in readers.items()}
            for rival in others:
                click.echo(f"{pictures.name}: {rival.name}", err=True)
                if (found := by_rival(rival, pictures)) is not None:
                    scores[rival.name] = found
            content["sets"][pictures.name] = {"n": len(pictures.labels), "rows": pictures.rows, "readers": scores}
    content["fidelity"] = {name: fidelity(reader, mnist, digits) for name, reader in readers.items()}
    out.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", "utf-8")
    Console().print(table(content))
    for name, each in content["fidelity"].items():
        click.echo(f"MNIST, {name}: tile {each['direct']:.2%}, picture {each['road']:.2%} of {each['n']:,}")


def table(content: dict[str, Any]) -> Table:
    """The sets by the readers."""
    names = list(dict.fromkeys(name for each in content["sets"].values() for name in each["readers"]))
    shown = Table("set", "n", *names, box=None)
    for name, each in content["sets"].items():
        scores = [each["readers"].get(reader) for reader in names]
        shown.add_row(name, str(each["n"]), *(f"{found['right']:.1%}" if found else "-" for found in scores))
    return shown


if __name__ == "__main__":
    main()
