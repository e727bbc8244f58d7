"""Measure realistic numbers on paper, and pages without numbers; rendered with fixed seeds and no external files.

    python -m benchmarks.accuracy.paper [--sets ruled,boxes] [--n 30] [--full] [--beside] [--list] [--save DIR]

The sets: five digits on a ruled line; eight in thirteen kinds of printed boxes, flat, scanned and photographed; numbers
with a sign; combs, tables, graph paper and check paper; whole photographs of a page on a desk; clean rows. `--beside`
also runs Tesseract and RapidOCR on some pictures of each set. For pages without a number, it measures time and memory,
and whether any gets the outcome "read". Writes paper.json if all sets are measured without --n.
"""

from __future__ import annotations

import ctypes
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import click
import cv2

from benchmarks.accuracy import baseline_readers
from benchmarks.accuracy.answers import Answer, answer, risk_coverage, summary
from benchmarks.accuracy.baselines import installed, score_baseline
from benchmarks.accuracy.labelled_sets import LabelledSet
from benchmarks.accuracy.strings import cells, new_table, print_table
from benchmarks.common import Digits, Numbers, mnist_digits, model_option, name_and_version, out_option, write_json
from benchmarks.rendering.desk_photos import PAGE_KINDS, desk_photo
from benchmarks.rendering.not_numbers import PAGES, not_a_number
from benchmarks.rendering.paper_sets import SEED, SETS, Draw, Picture, pictures
from benchmarks.serving.memory import resident_mb
from inkling import Reader

OUT = Path(__file__).with_suffix(".json")
NUMBERS: dict[str, dict[str, Draw]] = {**SETS, "photos": {kind: partial(desk_photo, kind) for kind in PAGE_KINDS}}
NOTHING = "not numbers"
EVERY: dict[str, dict[str, Draw]] = {**NUMBERS, NOTHING: {kind: partial(not_a_number, kind) for kind in PAGES}}
COUNTS = {"ruled": 15, "boxes": 5, "signs": 15, "forms": 15, "plain": 40, "photos": 10, NOTHING: 4}  # pictures per kind
FULL = 5  # factor on COUNTS for --full
BESIDE = {"photos": 8}  # pictures that other readers get, by set; MOST_BESIDE for sets not listed
MOST_BESIDE = 40
POINTS = 120  # approximate maximum of points per curve in the file


def peak_mb() -> float:
    """The peak memory of this process since `forget_peak`, in MB (1e6 bytes); outside Linux, `resident_mb`."""
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return resident_mb()
    return int(re.findall(r"VmHWM:\s+(\d+) kB", status)[0]) * 1024 / 1e6


def forget_peak() -> None:
    """Release free memory, so that it does not mask later growth, and reset `peak_mb`. Linux only."""
    if sys.platform == "linux":
        ctypes.CDLL(None).malloc_trim(0)
        Path("/proc/self/clear_refs").write_text("5")


def answers_of(reader: Reader, name: str, digits: Digits, n: int) -> dict[str, list[Answer]]:
    """The answers to `n` pictures of each kind of a set."""
    return {
        kind: [answer(reader, each.image, each.text, each.written) for each in pictures(name, kind, draw, digits, n)]
        for kind, draw in NUMBERS[name].items()
    }


def print_wrong(name: str, answers: dict[str, list[Answer]]) -> None:
    """Print a line for each wrong answer, with the picture's number within its kind."""
    for kind, found in answers.items():
        for i, each in enumerate(found):
            if not each.is_written_right:
                row = f"{each.written or each.text!r} read as {each.read_written!r}"
                click.echo(f"{name}, {kind}, {i}: {row}, {each.outcome}, {each.confidence:.2f}")


def measure_nothing(reader: Reader, digits: Digits, n: int) -> Numbers:
    """For each kind of page without a number: the outcomes, the longest CPU time and the peak of additional memory."""
    kinds = {}
    for kind, draw in EVERY[NOTHING].items():
        outcomes, times, memory = Counter[str](), [], []
        for picture in pictures(NOTHING, kind, draw, digits, n):
            forget_peak()
            before = resident_mb()
            given = answer(reader, picture.image, "")
            memory.append(peak_mb() - before)
            outcomes[given.outcome] += 1
            times.append(1000 * given.took_s)
        kinds[kind] = {"n": n, "outcomes": dict(outcomes), "most_ms": round(max(times)), "most_mb": round(max(memory))}
    return kinds


def beside(reader: Reader, sets: list[str], digits: Digits, python: Path) -> Numbers:
    """The rate of pictures that inkling and other readers read exactly; only digits are compared, with rows joined."""
    baselines = installed(python)
    found: Numbers = {}
    for name in sets:
        with tempfile.TemporaryDirectory() as folder:
            chosen = saved(islice(in_turn(name, digits), BESIDE.get(name, MOST_BESIDE)), Path(folder), name)
            texts = [reader.read(path).text.replace("\n", "") for path in chosen.paths]
            right = sum(text == label for text, label in zip(texts, chosen.labels, strict=True))
            readers = {f"inkling {reader.bundle.name}": right / len(texts)}
            for each in baselines:
                if (score := score_baseline(each, chosen)) is not None:
                    readers[f"{each.name} {each.version}"] = score["right"]
            found[name] = {"n": len(texts), "readers": readers}
            click.echo(f"{name}: " + ", ".join(f"{who} {share:.1%}" for who, share in readers.items()), err=True)
    return found


def in_turn(name: str, digits: Digits) -> Iterator[Picture]:
    """A set's pictures, cycling through its kinds."""
    each = [pictures(name, kind, draw, digits, COUNTS[name]) for kind, draw in NUMBERS[name].items()]
    for row in zip(*each, strict=True):
        yield from row


def saved(chosen: Iterator[Picture], folder: Path, name: str) -> LabelledSet:
    """Write pictures as files for `strings` and other readers."""
    folder.mkdir(parents=True, exist_ok=True)
    paths, labels = [], []
    for i, picture in enumerate(chosen):
        label = picture.text.replace("\n", "-")
        suffix = "jpg" if isinstance(picture.image, bytes) else "png"
        paths.append(folder / f"{label or 'none'}__{i:03d}.{suffix}")
        labels.append(picture.text.replace("\n", ""))
        if isinstance(picture.image, bytes):
            paths[-1].write_bytes(picture.image)
        else:
            cv2.imwrite(str(paths[-1]), picture.image[..., ::-1] if picture.image.ndim == 3 else picture.image)
    return LabelledSet(name, tuple(paths), tuple(labels), rows=True)


def curve(answers: list[Answer]) -> list[list[float]]:
    """The risk-coverage curve, reduced to about POINTS points."""
    points = risk_coverage(answers)
    kept = [*points[:: -(-len(points) // POINTS)], points[-1]]
    return [[round(value, 4) for value in point] for point in kept]


def chosen_sets(_context: click.Context, _option: click.Parameter, value: str | None) -> list[str]:
    """The sets given by the option, in the order of EVERY."""
    given = value.split(",") if value else list(EVERY)
    if unknown := set(given) - set(EVERY):
        raise click.BadParameter(f"unknown set {', '.join(sorted(unknown))}; choose from: {', '.join(EVERY)}")
    return [name for name in EVERY if name in given]


@click.command()
@click.option("--sets", callback=chosen_sets, help="Sets, separated by commas.  [default: all]")
@click.option("--n", "n_each", type=click.IntRange(1), help="Pictures of each kind.  [default: by set]")
@click.option("--full", is_flag=True, help=f"{FULL} times as many: 200 photographs.")
@click.option("--beside", "is_beside", is_flag=True, help="Also run Tesseract and RapidOCR on a sample of each set.")
@click.option("--list", "is_list", is_flag=True, help="Print every wrong answer.")
@click.option(
    "--save", type=click.Path(path_type=Path), help="Only write the pictures, into subfolders of this folder."
)
@model_option
@click.option(
    "--python", type=click.Path(path_type=Path), default=baseline_readers.PYTHON, help="A Python with RapidOCR."
)
@out_option(OUT)
def main(*, sets: list[str], n_each: int | None, full: bool, save: Path | None, out: Path, **options: Any) -> None:
    """Print tables and write the numbers."""
    cv2.setNumThreads(1)
    digits = mnist_digits("test")
    counts = {name: n_each or COUNTS[name] * (FULL if full else 1) for name in sets}
    if save:
        for name in sets:
            for kind, draw in EVERY[name].items():
                saved(pictures(name, kind, draw, digits, counts[name]), save / f"{name}, {kind}", kind)
        return
    reader = Reader(options["model"])
    content: Numbers = {"model": name_and_version(reader), "seed": SEED, "sets": {}}
    numbers = [name for name in sets if name != NOTHING]
    table = new_table(f"{reader.bundle.name} {reader.bundle.version}")
    every: list[Answer] = []
    for name in numbers:
        answers = answers_of(reader, name, digits, counts[name])
        together = [each for found in answers.values() for each in found]
        kinds = {kind: summary(found) for kind, found in answers.items()}
        content["sets"][name] = {"all": summary(together), "kinds": kinds, "risk_coverage": curve(together)}
        every += together
        for kind, each in kinds.items():
            table.add_row(*cells(f"{name}, {kind}", each))
        table.add_row(*cells(name, content["sets"][name]["all"]), style="bold", end_section=True)
        if options["is_list"]:
            print_wrong(name, answers)
    if every:
        content["all"] = summary(every)
        content["risk_coverage"] = curve(every)
        table.add_row(*cells("all", content["all"]), style="bold")
        print_table(table)
    if NOTHING in sets:
        content["not_numbers"] = measure_nothing(reader, digits, counts[NOTHING])
        for kind, each in content["not_numbers"].items():
            outcomes = ", ".join(f"{outcome} {n}" for outcome, n in each["outcomes"].items())
            click.echo(f"{kind}: {outcomes}; at most {each['most_ms']} ms, {each['most_mb']} MB")
    if options["is_beside"]:
        content["beside"] = beside(reader, numbers, digits, options["python"])
    if sets == list(EVERY) and n_each is None:
        write_json(out, content)


if __name__ == "__main__":
    main()
