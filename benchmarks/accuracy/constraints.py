"""What it buys to know something about a number: rows of eight digits on eleven kinds of rendered paper, exact text.

    python -m benchmarks.accuracy.constraints [--model NAME]... [--rows 40] [--touching 0] [--choose]

The digits are MNIST's validation images; every row passes Luhn's check and stands in a list of 10,000 numbers. A second
list without it shows how often a stranger is taken for somebody. Prints tables, writes constraints.json and from it the
table of src/inkling/constraints/README.md (--touching: constraints-touching.json alone); --choose uses other rows and
prints how likely the right answers are for each share of pictures that lead astray.
"""

from __future__ import annotations

import json
import math
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import numpy as np
from rich.console import Console
from rich.table import Table
from stdnum import luhn

from benchmarks.rendering.paper_rendering import SURFACES, written_row
from inkling import Reader
from inkling.constraints import constrained_reading, constraints
from inkling.constraints.constraints import Constraints
from inkling.training.data.mnist import load_mnist, split_indices
from inkling.training.scores import wilson_interval

HERE = Path(__file__).parent
README = HERE.parents[1] / "src" / "inkling" / "constraints" / "README.md"
BEGIN, END = "<!-- constraints -->", "<!-- /constraints -->"
COLUMNS = {"nothing": "nothing", "length": "`--length 8`", "luhn": "`--check luhn`", "length, luhn": "both"}
COLUMNS["among"] = "`--among` 10,000"
DIGITS = 8
LISTED = 10_000
SEED, SEED_TO_CHOOSE = 11, 12
SHARES = (0.0001, 0.0003, 0.001, 0.003, 0.01, 0.02, 0.03, 0.05, 0.1)


@click.command()
@click.option("--model", "models", multiple=True, default=("ann-tutorial", "cnn"), show_default=True)
@click.option("--rows", default=40, show_default=True, help="Rows on each kind of paper.")
@click.option("--touching", default=0.0, show_default=True, help="Share of neighbours that touch.")
@click.option("--choose", is_flag=True, help="Choose MISS_RATE.")
def main(models: tuple[str, ...], rows: int, touching: float, choose: bool) -> None:
    """Reads the rows once without and once with each constraint."""
    pictures = list(made(rows, touching=touching, seed=SEED_TO_CHOOSE if choose else SEED))
    known = known_of([text for _, text in pictures])
    result: dict[str, Any] = {}
    for name in models:
        reader = Reader(name)
        answers = read(reader, pictures, known)
        if choose:
            print_likelihoods(reader.bundle.name, answers)
        else:
            result[reader.bundle.name] = {"version": reader.bundle.version, **summary(answers, len(pictures))}
            print_summary(reader.bundle.name, result[reader.bundle.name])
    if not choose:
        about = {"rows": len(pictures), "digits": DIGITS, "listed": LISTED, "touching": touching, "data": "validation"}
        write({**about, "models": result}, HERE / ("constraints-touching.json" if touching else "constraints.json"))


def made(rows: int, *, touching: float, seed: int) -> Iterator[tuple[np.ndarray, str]]:
    """(H, W, 3) uint8 pictures and the numbers on them."""
    mnist = load_mnist()
    _, chosen = split_indices(mnist.y_train, 5000, 0)
    images, labels = mnist.x_train[chosen], mnist.y_train[chosen]
    of_digit = [np.flatnonzero(labels == digit) for digit in range(10)]
    for name, surface in SURFACES.items():
        rng = np.random.default_rng((seed, len(name), ord(name[0])))
        for _ in range(rows):
            body = "".join(map(str, rng.integers(0, 10, DIGITS - 1)))
            text = body + luhn.calc_check_digit(body)
            digits = [images[rng.choice(of_digit[int(digit)])] for digit in text]
            yield surface(written_row(digits, rng, touching=touching), rng), text


def known_of(texts: list[str]) -> dict[str, Constraints]:
    """Each constraint by the name of its column."""
    others = np.random.default_rng(SEED).permutation(10**DIGITS // 10)[: 2 * LISTED] * 10
    strangers = [f"{number:0{DIGITS}d}" for number in others if f"{number:0{DIGITS}d}" not in texts]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "list"
        path.write_text("\n".join(texts + strangers[: LISTED - len(texts)]))
        among = constraints.parse_constraints(among=path)
        path.write_text("\n".join(strangers[:LISTED]))
        without = constraints.parse_constraints(among=path)
    return {
        "length": constraints.parse_constraints(length=DIGITS),
        "luhn": constraints.parse_constraints(check="luhn"),
        "length, luhn": constraints.parse_constraints(length=DIGITS, check="luhn"),
        "among": among,
        "strangers": without,
    }


def read(reader: Reader, pictures: list[tuple[np.ndarray, str]], known: dict[str, Constraints]) -> dict[str, Any]:
    """Constraint -> for each picture: right, called "read", confidence, how well it fits, changed, milliseconds."""
    answers: dict[str, Any] = {"nothing": [], **{name: [] for name in known}}
    for picture, text in pictures:
        trace = reader.trace(picture)
        reading = trace.reading
        answers["nothing"].append((reading.text == text, reading.outcome == "read", reading.confidence, 1.0, False, 0))
        candidates = constrained_reading.with_optional_digits(trace.hypotheses, reading) if reading.digits else []
        for name, stated in known.items():
            if not candidates:
                answers[name].append((False, False, 0.0, 0.0, False, 0.0))
                continue
            start = time.perf_counter()
            found = constrained_reading.apply(reading, candidates, stated, sure_at=reader.bundle.sure_at)
            took_ms = 1000 * (time.perf_counter() - start)
            best = found.reading
            sure = best.outcome == "read"
            answers[name].append((best.text == text, sure, best.confidence, found.fits, found.changed, took_ms))
    return answers


def summary(answers: dict[str, Any], n: int) -> dict[str, Any]:
    """Rates for each constraint."""
    found = {}
    for name, rows in answers.items():
        right, sure, confidence, _, changed, took_ms = map(np.array, zip(*rows, strict=True))
        found[name] = {
            "exact": float(right.mean()),
            "exact_95": list(wilson_interval(int(right.sum()), n)),
            "called_read": float(sure.mean()),
            "right_of_read": float(right[sure].mean()) if sure.any() else None,
            "changed": float(changed.mean()),
            "right_of_changed_and_read": float(right[sure & changed].mean()) if (sure & changed).any() else None,
            "mean_confidence": float(confidence.mean()),
            "median_ms": float(np.median(took_ms)),
            "worst_ms": float(took_ms.max()),
        }
    return found


def write(found: dict[str, Any], path: Path) -> None:
    """The file, and the README's table from the file of each kind of rows that is there."""
    path.write_text(json.dumps(found, indent=2) + "\n")
    lines = [f"| exact | {' | '.join(COLUMNS.values())} |", f"| --- |{' ---: |' * len(COLUMNS)}"]
    for file, rows in (("constraints.json", "digits apart"), ("constraints-touching.json", "some touch")):
        if not (HERE / file).exists():
            continue
        for name, model in json.loads((HERE / file).read_text())["models"].items():
            cells = [_cell(model[known]) for known in COLUMNS]
            lines.append(f"| `{name}`, {rows} | {' | '.join(cells)} |")
    before, _, rest = README.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    README.write_text("\n".join([f"{before}{BEGIN}", *lines, f"{END}{after}"]))


def _cell(row: dict[str, Any]) -> str:
    """The rate of exact texts; how many were called "read", and how many of these were right."""
    of_these = "" if row["right_of_read"] is None else f", {row['right_of_read']:.1%} right"
    return f"**{row['exact']:.1%}** <br> {row['called_read']:.0%} sure{of_these}"


def print_summary(name: str, found: dict[str, Any]) -> None:
    """One line a constraint."""
    columns = ("known", "exact", "95 %", 'called "read"', "of these right", "mean confidence", "changed", "median ms")
    table = Table(*columns, box=None, title=name)
    for known, row in found.items():
        if known == "version":
            continue
        low, high = row["exact_95"]
        of_these = "" if row["right_of_read"] is None else f"{row['right_of_read']:.1%}"
        rates = f"{row['called_read']:.1%}", of_these, f"{row['mean_confidence']:.1%}", f"{row['changed']:.1%}"
        table.add_row(known, f"{row['exact']:.1%}", f"{low:.1%} to {high:.1%}", *rates, f"{row['median_ms']:.1f}")
    Console().print(table)


def print_likelihoods(name: str, answers: dict[str, Any]) -> None:
    """Mean negative log-likelihood of "this answer is right" for each share that may lead astray."""
    print(name)
    for share in SHARES:
        losses = []
        for known in ("length", "luhn", "length, luhn", "among", "strangers"):
            for right, _, confidence, fits, _, _ in answers[known]:
                if not fits:
                    continue
                given = confidence / max(constrained_reading.trust_in(fits), 1e-300)
                trusted = given * (1 - share) * fits / ((1 - share) * fits + share)
                p = min(max(trusted, 1e-6), 1 - 1e-6)
                losses.append(-math.log(p if right else 1 - p))
        print(f"  {share:<7} {np.mean(losses):.4f}")


if __name__ == "__main__":
    main()
