"""Measure the reject option: how many out-of-distribution images are accepted, and how many digits are refused.

    python -m benchmarks.accuracy.out_of_distribution [--model NAME ...] [--n 1000] [--digits 10000] [--real DIR]

The out-of-distribution images are letters, scribbles, symbols and overlaid digits, from fonts and curves that were not
used for training (`benchmarks/rendering`). The digits are MNIST's test images, enlarged, dark on light, and other
people's digits in the folders of --real. Every image passes through the whole pipeline. Writes
out_of_distribution.json.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import click
import numpy as np

from benchmarks.accuracy import report_tables
from benchmarks.accuracy.detection_metrics import accepted_when, auroc, auroc_interval, roc
from benchmarks.accuracy.energy import Energy
from benchmarks.common import (
    Numbers,
    labelled_folders,
    models_option,
    out_option,
    rate_95,
    readers_of,
    real_option,
    write_json,
)
from benchmarks.rendering import letters
from benchmarks.rendering.out_of_distribution_images import KINDS, LOOK_ALIKES, SEED, draw_kind
from benchmarks.rendering.stroke_rendering import enlarged
from inkling import Reader
from inkling.pipeline.decode import ImageSource
from inkling.pipeline.result import Digit, Reading
from inkling.training.data.mnist import load_mnist

OUT = Path(__file__).with_suffix(".json")
BATCH = 64  # images per batch
REFUSED = 0.01  # maximum fraction of digits refused, at which scores are compared
CURVE = 120  # maximum points of a ROC curve that are kept


@dataclass(frozen=True)
class Judged:
    """One reader's results for N images."""

    scores: dict[str, np.ndarray]  # name of a score -> (N,), higher = more digit-like
    single: tuple[Reading, ...]  # mode "single", the source of the scores
    auto: tuple[Reading, ...]  # mode "auto", the user's default
    reject_at: float

    @property
    def refused(self) -> np.ndarray:
        """(N,) True where mode "single" returned no digit."""
        return np.array([not reading.digits for reading in self.single], bool)


def judge(reader: Reader, energy: Energy, images: Iterable[ImageSource]) -> Judged:
    """Read each image in both modes."""
    single: list[Reading] = []
    auto: list[Reading] = []
    energies: list[float] = []
    images = iter(images)
    while some := list(islice(images, BATCH)):
        traces = [reader.trace(image, mode="single") for image in some]
        single += [trace.reading for trace in traces]
        auto += map(reader.read, some)
        tiles = [trace.tiles for trace in traces]
        found = energy(np.concatenate(tiles)) if sum(map(len, tiles)) else None
        rest = iter([] if found is None else found.tolist())
        energies += [next(rest, -np.inf) if len(tile) else -np.inf for tile in tiles]
    everything = [_glyphs(reading) for reading in single]
    scores = {
        "not_digit": np.array([1 - found[0].not_digit if found else 0.0 for found in everything]),
        "softmax": np.array([found[0].confidence if found else 0.0 for found in everything]),
        "energy": np.array(energies),
        "auto": np.array([_best(reading) for reading in auto]),
    }
    return Judged(scores, tuple(single), tuple(auto), reader.bundle.reject_at)


def _glyphs(reading: Reading) -> list[Digit]:
    """The digits, and the digits that the refused glyphs resemble most."""
    return [*reading.digits, *(other.resembles for other in reading.others if other.resembles)]


def _best(reading: Reading) -> float:
    """The probability that the most digit-like ink of an image is a digit; 0 if nothing was found."""
    return max((1 - found.not_digit for found in _glyphs(reading)), default=0.0)


def rates_of_others(digits: Judged, others: Judged) -> Numbers:
    """The metrics of one out-of-distribution kind, compared with the digits."""
    n = len(others.single)
    rates: Numbers = {"n": n, "auroc": {}, "auroc_95": {}, "accepted_when_1_percent_refused": {}}
    for name, score in others.scores.items():
        if not is_informative(digits.scores[name], score):
            continue
        area = auroc(digits.scores[name], score)
        rates["auroc"][name] = area
        rates["auroc_95"][name] = auroc_interval(area, len(digits.single), n)
        rates["accepted_when_1_percent_refused"][name] = accepted_when(REFUSED, digits.scores[name], score)
    return (
        rates
        | rate_95("in_pieces", _in_pieces(others), n)
        | rate_95("accepted", int((~others.refused).sum()), n)
        | rate_95("text_given", sum(reading.text != "" for reading in others.auto), n)
        | rate_95("read_surely", sum(reading.outcome == "read" for reading in others.auto), n)
    )


def is_informative(digits: np.ndarray, others: np.ndarray) -> bool:
    """Whether a score takes several values; without the eleventh output, `not_digit` is constant for all ink."""
    every = np.concatenate([digits, others])
    return bool(len(np.unique(every[every > 0])) > 1)


def rates_of_digits(digits: Judged, labels: Sequence[str]) -> Numbers:
    """The rates of digits that are split, refused, partly refused or read correctly."""
    n = len(labels)
    something_refused = sum(bool(reading.others) or not reading.text for reading in digits.auto)
    right = sum(reading.text == label for reading, label in zip(digits.auto, labels, strict=True))
    return {
        "n": n,
        **rate_95("in_pieces", _in_pieces(digits), n),
        **rate_95("refused", int(digits.refused.sum()), n),
        **rate_95("something_refused", something_refused, n),
        **rate_95("right", right, n),
    }


def _in_pieces(judged: Judged) -> int:
    """How many images were split into several glyphs."""
    return sum(len(reading.digits) + len(reading.others) > 1 for reading in judged.auto)


def joined(parts: Sequence[Judged]) -> Judged:
    """Merge several kinds into one."""
    scores = {name: np.concatenate([part.scores[name] for part in parts]) for name in parts[0].scores}
    single = tuple(reading for part in parts for reading in part.single)
    return Judged(scores, single, tuple(r for part in parts for r in part.auto), parts[0].reject_at)


def accepted_names(names: Sequence[str], judged: Judged) -> Numbers:
    """The rate at which each letter or drawing is accepted as a digit, highest first."""
    every, passed = Counter(names), Counter(name for name, no in zip(names, judged.refused, strict=True) if not no)
    shares = {name: {"n": n, "accepted": passed[name] / n} for name, n in every.items()}
    return dict(sorted(shares.items(), key=lambda item: (-item[1]["accepted"], item[0])))


def curve(digits: np.ndarray, others: np.ndarray) -> Numbers:
    """A ROC curve with at most CURVE points."""
    x, y = roc(digits, others)
    kept = np.unique(np.searchsorted(x, np.linspace(0, 1, CURVE)).clip(0, len(x) - 1))
    return {"out_of_distribution": x[kept].round(5).tolist(), "digits": y[kept].round(5).tolist()}


def measure(reader: Reader, n: int, n_digits: int, real: Path | None, fonts: list[letters.Font]) -> Numbers:
    """All measurements of one model."""
    mnist = load_mnist()
    energy = Energy(reader.bundle)
    chosen = np.random.default_rng(SEED).permutation(len(mnist.x_test))[:n_digits]
    digits = judge(reader, energy, (enlarged(mnist.x_test[i]) for i in chosen))
    kinds, names = {}, {}
    for kind in (*KINDS, LOOK_ALIKES):
        examples = list(draw_kind(kind, n, mnist, fonts))
        if examples:
            kinds[kind] = judge(reader, energy, (each.image for each in examples))
            names[kind] = [each.name for each in examples]
    every = joined([judged for kind, judged in kinds.items() if kind != LOOK_ALIKES])
    sets = {"mnist-test": rates_of_digits(digits, [str(mnist.y_test[i]) for i in chosen])}
    for folder, paths, labels in labelled_folders(real):
        if any(len(label) > 1 for label in labels):
            continue  # mode "single" reads one digit
        judged = judge(reader, energy, paths)
        sets[folder] = rates_of_digits(judged, labels) | {"auroc": rates_of_others(judged, every)["auroc"]}
    informative = [score for score in every.scores if is_informative(digits.scores[score], every.scores[score])]
    return {
        "version": reader.bundle.version,
        "reject_at": reader.bundle.reject_at,
        "digits": sets,
        "out_of_distribution": {
            name: rates_of_others(digits, judged) for name, judged in {"all": every, **kinds}.items()
        },
        "names": {kind: accepted_names(names[kind], judged) for kind, judged in kinds.items()},
        "roc": {score: curve(digits.scores[score], every.scores[score]) for score in informative},
    }


@click.command()
@models_option
@click.option("--n", default=1000, show_default=True, help="Images of each out-of-distribution kind.")
@click.option("--digits", default=10_000, show_default=True, help="Number of MNIST test images.")
@real_option
@out_option(OUT)
def main(models: tuple[str, ...], n: int, digits: int, real: Path | None, out: Path) -> None:
    """Print a table and write the numbers."""
    fonts = letters.installed_fonts()
    if not fonts:
        click.echo("no known font is installed: letters are skipped; see benchmarks/README.md for packages", err=True)
    found = {name: measure(reader, n, digits, real, fonts) for name, reader in readers_of(models).items()}
    content = {
        "written_by": "python -m benchmarks.accuracy.out_of_distribution" + (" --real DIR" if real else ""),
        "seed": SEED,
        "fonts": [font.family for font in fonts],
        "letters": letters.LETTERS,
        "left_out": letters.LOOK_ALIKES,
        "models": found,
    }
    write_json(out, content)
    click.echo(report_tables.out_of_distribution(content))


if __name__ == "__main__":
    main()
