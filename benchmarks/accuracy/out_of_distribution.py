"""How well letters, scribbles, symbols and spoiled digits are told from digits, and how many digits are refused.

    python -m benchmarks.accuracy.out_of_distribution [--model NAME ...] [--n 1000] [--digits 10000] [--real DIR]

The strangers come from fonts and curves that no network was trained with (letters.py, scribbles.py, symbols.py,
overlaid.py); the digits are MNIST's test images, enlarged, dark on light, and other people's in the folders of --real.
Every picture goes the whole road. Writes benchmarks/accuracy/out_of_distribution.json.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import click
import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.accuracy.detection_metrics import accepted_when, auroc, auroc_interval, roc
from benchmarks.accuracy.energy import Energy
from benchmarks.rendering import letters
from benchmarks.rendering import out_of_distribution_images as marks
from benchmarks.rendering.stroke_rendering import enlarged
from inkling import Reader
from inkling.pipeline.decode import ImageSource
from inkling.pipeline.result import Reading
from inkling.training import evaluate
from inkling.training.data.mnist import load_mnist
from inkling.training.scores import wilson_interval

HERE = Path(__file__).parent
BATCH = 64  # pictures at once
REFUSED = 0.01  # of the digits, at most: where scores are compared
CURVE = 120  # corners of a ROC curve that are kept
SCORES = ("not_digit", "softmax", "energy", "auto")

Rates = dict[str, Any]


@dataclass(frozen=True)
class Judged:
    """What one reader said of N pictures."""

    scores: dict[str, np.ndarray]  # name of a score -> (N,), higher = more of a digit
    single: tuple[Reading, ...]  # all ink taken for one mark: what the scores are of
    auto: tuple[Reading, ...]  # as a user gets it
    reject_at: float

    @property
    def refused(self) -> np.ndarray:
        """(N,) True where the one mark was refused."""
        return np.array([not reading.digits for reading in self.single], bool)


def judge(reader: Reader, energy: Energy, pictures: Iterable[ImageSource]) -> Judged:
    """Reads each picture as one mark and as whatever is found in it."""
    single: list[Reading] = []
    auto: list[Reading] = []
    energies: list[float] = []
    rest_of = iter(pictures)
    while some := list(islice(rest_of, BATCH)):
        traces = reader.trace_many(some, mode="single")
        single += [trace.reading for trace in traces]
        auto += reader.read_many(some)
        tiles = [trace.tiles for trace in traces]
        found = energy(np.concatenate(tiles)) if sum(map(len, tiles)) else None
        rest = iter([] if found is None else found.tolist())
        energies += [next(rest, -np.inf) if len(tile) else -np.inf for tile in tiles]
    marks_found = [reading.digits + reading.others for reading in single]
    not_digit = np.array([found[0].not_digit if found else 1.0 for found in marks_found])
    softmax = np.array([found[0].confidence if found else 0.0 for found in marks_found])
    scores = {"not_digit": 1 - not_digit, "softmax": softmax, "energy": np.array(energies)}
    scores["auto"] = np.array([_best(reading) for reading in auto])
    return Judged(scores, tuple(single), tuple(auto), reader.bundle.reject_at)


def _best(reading: Reading) -> float:
    """How much of a digit the likeliest digit of a picture is; 0 where nothing was found."""
    return max((1 - found.not_digit for found in reading.digits + reading.others), default=0.0)


def of_strangers(digits: Judged, strangers: Judged) -> Rates:
    """Numbers of one kind of stranger against the digits."""
    n = len(strangers.single)
    accepted = int((~strangers.refused).sum())
    given = sum(reading.text != "" for reading in strangers.auto)
    surely = sum(reading.outcome == "read" for reading in strangers.auto)
    rates: Rates = {"n": n, "auroc": {}, "auroc_95": {}, "accepted_when_1_percent_refused": {}}
    for name, score in strangers.scores.items():
        if not tells(digits.scores[name], score):
            continue
        area = auroc(digits.scores[name], score)
        rates["auroc"][name] = area
        rates["auroc_95"][name] = auroc_interval(area, len(digits.single), n)
        rates["accepted_when_1_percent_refused"][name] = accepted_when(REFUSED, digits.scores[name], score)
    rates |= _share("in_pieces", _in_pieces(strangers), n)
    rates |= _share("accepted", accepted, n) | _share("text_given", given, n) | _share("read_surely", surely, n)
    return rates


def tells(digits: np.ndarray, strangers: np.ndarray) -> bool:
    """Whether a score says anything: that of a network without the eleventh output is 1 for all that has ink."""
    every = np.concatenate([digits, strangers])
    return bool(len(np.unique(every[every > 0])) > 1)


def of_digits(digits: Judged, labels: Sequence[str]) -> Rates:
    """How many digits were refused, and how many are read right all the same."""
    n = len(labels)
    refused = int(digits.refused.sum())
    nothing = sum(bool(reading.others) or not reading.text for reading in digits.auto)
    right = sum(reading.text == label for reading, label in zip(digits.auto, labels, strict=True))
    return {
        "n": n,
        **_share("in_pieces", _in_pieces(digits), n),
        **_share("refused", refused, n),
        **_share("something_refused", nothing, n),
        **_share("right", right, n),
    }


def _in_pieces(judged: Judged) -> int:
    """How many pictures were taken for several marks."""
    return sum(len(reading.digits) + len(reading.others) > 1 for reading in judged.auto)


def _share(name: str, part: int, n: int) -> Rates:
    return {name: part / max(n, 1), f"{name}_95": wilson_interval(part, n)}


def joined(parts: Sequence[Judged]) -> Judged:
    """Several kinds as one."""
    scores = {name: np.concatenate([part.scores[name] for part in parts]) for name in parts[0].scores}
    single = tuple(reading for part in parts for reading in part.single)
    return Judged(scores, single, tuple(r for part in parts for r in part.auto), parts[0].reject_at)


def accepted_names(names: Sequence[str], judged: Judged) -> Rates:
    """Of each letter or drawing: the share that was taken for a digit, highest first."""
    every, passed = Counter(names), Counter(name for name, no in zip(names, judged.refused, strict=True) if not no)
    shares = {name: {"n": n, "accepted": passed[name] / n} for name, n in every.items()}
    return dict(sorted(shares.items(), key=lambda item: (-item[1]["accepted"], item[0])))


def curve(digits: np.ndarray, strangers: np.ndarray) -> Rates:
    """A ROC curve with few corners."""
    x, y = roc(digits, strangers)
    kept = np.unique(np.searchsorted(x, np.linspace(0, 1, CURVE)).clip(0, len(x) - 1))
    return {"strangers": x[kept].round(5).tolist(), "digits": y[kept].round(5).tolist()}


def measure(name: str | None, n: int, n_digits: int, real: Path | None, fonts: list[letters.Font]) -> Rates:
    """All numbers of one model."""
    mnist = load_mnist()
    reader = Reader(name)
    energy = Energy(reader.bundle)
    chosen = np.random.default_rng(marks.SEED).permutation(len(mnist.x_test))[:n_digits]
    digits = judge(reader, energy, (enlarged(mnist.x_test[i]) for i in chosen))
    kinds, names = {}, {}
    for kind in (*marks.KINDS, marks.LOOK_ALIKES):
        shown = list(marks.shown(kind, n, mnist, fonts))
        if shown:
            kinds[kind] = judge(reader, energy, (each.picture for each in shown))
            names[kind] = [each.name for each in shown]
    every = joined([judged for kind, judged in kinds.items() if kind != marks.LOOK_ALIKES])
    sets = {"mnist-test": of_digits(digits, [str(mnist.y_test[i]) for i in chosen])}
    for folder in sorted(path for path in real.iterdir() if path.is_dir()) if real else []:
        paths = evaluate.labelled_pictures(folder)
        judged = judge(reader, energy, paths)
        sets[folder.name] = of_digits(judged, [evaluate.label_of(path) for path in paths])
        sets[folder.name]["auroc"] = of_strangers(judged, every)["auroc"]
    return {
        "version": reader.bundle.version,
        "reject_at": reader.bundle.reject_at,
        "digits": sets,
        "strangers": {"all": of_strangers(digits, every)} | {k: of_strangers(digits, j) for k, j in kinds.items()},
        "names": {kind: accepted_names(names[kind], judged) for kind, judged in kinds.items()},
        "roc": {
            score: curve(digits.scores[score], every.scores[score])
            for score in every.scores
            if tells(digits.scores[score], every.scores[score])
        },
    }


@click.command()
@click.option("--model", "models", multiple=True, help="A packaged model or bundle; repeatable.  [default: cnn, ann]")
@click.option("--n", default=1000, show_default=True, help="Strangers of each kind.")
@click.option("--digits", default=10_000, show_default=True, help="Of MNIST's test images.")
@click.option("--real", type=click.Path(path_type=Path, file_okay=False, exists=True), help="Folder of folders.")
@click.option("--out", type=click.Path(path_type=Path), default=HERE / "out_of_distribution.json", show_default=False)
def main(models: tuple[str, ...], n: int, digits: int, real: Path | None, out: Path) -> None:
    """Prints a table and writes the numbers."""
    fonts = letters.installed_fonts()
    if not fonts:
        click.echo("no known font is installed: letters are left out; see benchmarks/README.md for packages", err=True)
    found = {}
    for name in models or ("cnn", "ann"):
        found[Path(name).name] = measure(name, n, digits, real, fonts)
        Console(width=110).print(*tables(Path(name).name, found[Path(name).name]))
    content = {
        "written_by": "python -m benchmarks.accuracy.out_of_distribution" + (" --real DIR" if real else ""),
        "seed": marks.SEED,
        "fonts": [font.family for font in fonts],
        "letters": letters.LETTERS,
        "left_out": letters.LOOK_ALIKES,
        "models": found,
    }
    out.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", "utf-8")


def tables(name: str, rates: Rates) -> list[Table]:
    """One model's numbers for the terminal."""
    title = f"{name} {rates['version']}, refuses at {rates['reject_at']:.3g}"
    areas = Table("AUROC", "n", *SCORES, "accepted", "pieces", "text given", "surely", box=None, title=title)
    for kind, each in rates["strangers"].items():
        cells = [f"{each['auroc'][score]:.4f}" if score in each["auroc"] else "-" for score in SCORES]
        shares = [f"{each[key]:.1%}" for key in ("accepted", "in_pieces", "text_given", "read_surely")]
        areas.add_row(kind, str(each["n"]), *cells, *shares)
    digits = Table("digits", "n", "refused", "something refused", "pieces", "right", box=None)
    for folder, each in rates["digits"].items():
        shares = [f"{each[key]:.2%}" for key in ("refused", "something_refused", "in_pieces", "right")]
        digits.add_row(folder, str(each["n"]), *shares)
    return [areas, digits]


if __name__ == "__main__":
    main()
