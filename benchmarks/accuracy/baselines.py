"""Compare inkling with Tesseract, RapidOCR and the typical tutorial network, on the same images.

    python -m benchmarks.accuracy.baselines [--real DIR] [--model NAME ...] [--most 200] [--digits 10000]

An image is read correctly if the whole text equals its label. A baseline that is not installed is reported and skipped;
`make baseline-readers` installs RapidOCR in a separate environment. The baselines' answers are cached in
.cache/baselines, so a second run is short. The accuracy loss of the pipeline is also measured: enlarged MNIST test
images, compared with the same images as tiles. Writes baselines.json.
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

from benchmarks.accuracy import baseline_readers, labelled_sets, report_tables
from benchmarks.accuracy.baseline_readers import Answers, BaselineReader, Setting
from benchmarks.accuracy.labelled_sets import LabelledSet
from benchmarks.common import (
    ROOT,
    Numbers,
    models_option,
    out_option,
    rate_95,
    read_json,
    readers_of,
    real_option,
    write_json,
)
from benchmarks.rendering.stroke_rendering import enlarged
from inkling import Reader
from inkling.pipeline.classifier import Classifier
from inkling.training.data.mnist import Mnist, as_input, load_mnist

OUT = Path(__file__).with_suffix(".json")
CACHE = ROOT / ".cache" / "baselines"
MNIST_SHOWN = 500  # enlarged test images that the baselines read


def score(texts: Sequence[str], labels: Sequence[str], cpu_s: float) -> Numbers:
    """The rate of texts that equal their labels, and the CPU time."""
    n, right = len(labels), sum(text == label for text, label in zip(texts, labels, strict=True))
    return {"n": n, **rate_95("right", right, n), "cpu_ms": 1000 * cpu_s / n}


def score_inkling(reader: Reader, images: LabelledSet) -> Numbers:
    """The score of the whole pipeline, which reads one image at a time."""
    start = time.process_time()
    texts = [reader.read(path).text for path in images.paths]
    return score(texts, images.labels, time.process_time() - start)


def score_baseline(baseline: BaselineReader, images: LabelledSet) -> Numbers | None:
    """The score of the baseline's best setting; None if the baseline cannot read images of this kind."""
    settings = baseline.rows if images.rows else baseline.singles
    tried = {setting.name: _answers(baseline, setting, images) for setting in settings}
    if not tried:
        return None
    scored = {name: score(answers.texts, images.labels, answers.cpu_s) for name, answers in tried.items()}
    best = max(scored, key=lambda name: float(scored[name]["right"]))
    return {**scored[best], "setting": best, "tried": {name: each["right"] for name, each in scored.items()}}


def _answers(baseline: BaselineReader, setting: Setting, images: LabelledSet) -> Answers:
    """A baseline's answers, from the cache if nothing has changed."""
    key = json.dumps([baseline.name, baseline.version, str(setting), images.fingerprint])
    cached = CACHE / f"{hashlib.sha256(key.encode()).hexdigest()[:24]}.json"
    if cached.is_file():
        found = read_json(cached)
        return Answers(found["texts"], found["cpu_s"])
    with tempfile.TemporaryDirectory() as folder:
        prepared = baseline_readers.prepare(images.paths, setting, Path(folder))
        answers = baseline.read(prepared, setting)
    CACHE.mkdir(parents=True, exist_ok=True)
    write_json(cached, {"of": json.loads(key), "set": images.name, "cpu_s": answers.cpu_s, "texts": answers.texts})
    return answers


def fidelity(reader: Reader, mnist: Mnist, n: int) -> Numbers:
    """Compare `n` MNIST test images, enlarged and read by the whole pipeline, with the same images read as tiles."""
    chosen = np.random.default_rng(labelled_sets.SEED).permutation(len(mnist.x_test))[:n]
    labels = mnist.y_test[chosen].astype(int)
    probs = Classifier(reader.bundle)(as_input(mnist.x_test[chosen]))  # (N, 28, 28) -> (N, 10)
    direct = probs.argmax(axis=1) == labels
    texts = [reader.read(enlarged(mnist.x_test[i])).text for i in chosen]
    pipeline = np.array([text == str(label) for text, label in zip(texts, labels, strict=True)])
    alone = {"direct": int((direct & ~pipeline).sum()), "pipeline": int((pipeline & ~direct).sum())}
    return {
        "n": n,
        **rate_95("direct", int(direct.sum()), n),
        **rate_95("pipeline", int(pipeline.sum()), n),
        "points_lost": float(100 * (direct.mean() - pipeline.mean())),
        "right_by_one_alone": alone,
        "not_one_digit": sum(len(text) != 1 for text in texts),
    }


def sets_of(mnist: Mnist, real: Path | None, folder: Path, *, most: int, quick: bool) -> list[LabelledSet]:
    """Every set, in the order of the table; only the folders if `quick`."""
    folders = labelled_sets.of_folders(real, most=most)
    if quick:
        return folders
    single = [*folders, labelled_sets.of_mnist(mnist, folder, most=MNIST_SHOWN)]
    rows = (labelled_sets.of_rows(mnist, folder, most=most, touching=touching) for touching in (False, True))
    return [*single, *rows]


def installed(python: Path) -> list[BaselineReader]:
    """The installed baselines; prints the missing ones."""
    wanted = {
        "Tesseract (apt install tesseract-ocr)": baseline_readers.tesseract(),
        "RapidOCR (make baseline-readers)": baseline_readers.rapidocr("rapidocr", "RapidOCR, PP-OCRv6", python=python),
        "RapidOCR 1 (make baseline-readers)": baseline_readers.rapidocr(
            "rapidocr_onnxruntime", "RapidOCR, PP-OCRv4", python=python
        ),
    }
    for name, baseline in wanted.items():
        if baseline is None:
            click.echo(f"not installed, skipped: {name}", err=True)
    return [*(baseline for baseline in wanted.values() if baseline), baseline_readers.tutorial()]


@click.command()
@real_option
@models_option
@click.option("--most", default=200, show_default=True, help="Maximum images per folder, and rows.")
@click.option("--digits", default=10_000, show_default=True, help="Test images for the pipeline's accuracy loss.")
@click.option("--quick", is_flag=True, help="Only the folders: the baselines need an hour for the rest.")
@click.option(
    "--python", type=click.Path(path_type=Path), default=baseline_readers.PYTHON, help="A Python with RapidOCR."
)
@out_option(OUT)
def main(
    *, real: Path | None, models: tuple[str, ...], most: int, digits: int, quick: bool, python: Path, out: Path
) -> None:
    """Print a table and write the numbers."""
    mnist = load_mnist()
    readers = readers_of(models)
    baselines = installed(python)
    versions = {name: reader.bundle.version for name, reader in readers.items()}
    content: dict[str, Any] = {
        "written_by": "python -m benchmarks.accuracy.baselines" + (" --real DIR" if real else ""),
        "seed": labelled_sets.SEED,
        "versions": versions | {baseline.name: baseline.version for baseline in baselines},
        "sets": {},
    }
    with tempfile.TemporaryDirectory() as folder:
        for images in sets_of(mnist, real, Path(folder), most=most, quick=quick):
            scores = {f"inkling {name}": score_inkling(reader, images) for name, reader in readers.items()}
            for baseline in baselines:
                click.echo(f"{images.name}: {baseline.name}", err=True)
                if (found := score_baseline(baseline, images)) is not None:
                    scores[baseline.name] = found
            content["sets"][images.name] = {"n": len(images.labels), "rows": images.rows, "readers": scores}
    content["fidelity"] = {name: fidelity(reader, mnist, digits) for name, reader in readers.items()}
    write_json(out, content)
    click.echo(report_tables.baselines(content))


if __name__ == "__main__":
    main()
