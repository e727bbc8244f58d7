"""Measure the benefit of a constraint on the number: exact texts of eight digits on eleven kinds of rendered paper.

    python -m benchmarks.accuracy.constraints [--model NAME]... [--rows 46] [--touching 0]

The digits are MNIST's validation images. Every row passes the Luhn check and is in a list of 10,000 numbers; a second
list without the row shows how often a wrong entry is chosen. Prints tables and writes constraints.json, or
constraints-touching.json with --touching. From both files, it writes the table in src/inkling/constraints/README.md. A
right text without the outcome "read" is a needless review.
"""

from __future__ import annotations

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

from benchmarks import markdown
from benchmarks.common import ROOT, mnist_digits, rate_95, read_json, readers_of, write_json
from benchmarks.rendering.paper_rendering import SURFACES, written_row
from inkling import Reader
from inkling.constraints import constrained_reading, constraints
from inkling.constraints.constraints import Constraints

HERE = Path(__file__).parent
README = ROOT / "src" / "inkling" / "constraints" / "README.md"
COLUMNS = {
    "nothing": "nothing", "length": "`--length 8`", "luhn": "`--check luhn`", "length, luhn": "both",
    "among": "`--among` 10,000",
}  # fmt: skip
DIGITS = 8
LISTED = 10_000
SEED = 11


@click.command()
@click.option("--model", "models", multiple=True, default=("cnn",), show_default=True)
@click.option("--rows", default=46, show_default=True, help="Rows on each kind of paper.")
@click.option("--touching", default=0.0, show_default=True, help="Fraction of neighbors that touch.")
def main(models: tuple[str, ...], rows: int, touching: float) -> None:
    """Read the rows without constraints and with each constraint."""
    images = list(rendered(rows, touching=touching, seed=SEED))
    constraint_of = constraints_for([text for _, text in images])
    result: dict[str, Any] = {}
    for name, reader in readers_of(models).items():
        answers = read(reader, images, constraint_of)
        result[name] = {"version": reader.bundle.version, **summary(answers, len(images))}
        print_summary(name, result[name])
    about = {"rows": len(images), "digits": DIGITS, "listed": LISTED, "touching": touching, "data": "validation"}
    write({**about, "models": result}, HERE / ("constraints-touching.json" if touching else "constraints.json"))


def rendered(rows: int, *, touching: float, seed: int) -> Iterator[tuple[np.ndarray, str]]:
    """(H, W, 3) uint8 images and the numbers on them."""
    images, labels = mnist_digits("validation")
    of_digit = [np.flatnonzero(labels == digit) for digit in range(10)]
    for name, surface in SURFACES.items():
        rng = np.random.default_rng((seed, len(name), ord(name[0])))
        for _ in range(rows):
            body = "".join(map(str, rng.integers(0, 10, DIGITS - 1)))
            text = body + luhn.calc_check_digit(body)
            digits = [images[rng.choice(of_digit[int(digit)])] for digit in text]
            yield surface(written_row(digits, rng, touching=touching), rng), text


def constraints_for(texts: list[str]) -> dict[str, Constraints]:
    """The constraints by column name; "absent" is a list without the right numbers."""
    numbers = np.random.default_rng(SEED).permutation(10**DIGITS // 10)[: 2 * LISTED] * 10
    wrong = [f"{number:0{DIGITS}d}" for number in numbers if f"{number:0{DIGITS}d}" not in texts]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "list"
        path.write_text("\n".join(texts + wrong[: LISTED - len(texts)]))
        among = constraints.parse_constraints(among=path)
        path.write_text("\n".join(wrong[:LISTED]))
        absent = constraints.parse_constraints(among=path)
    return {
        "length": constraints.parse_constraints(length=DIGITS),
        "luhn": constraints.parse_constraints(check="luhn"),
        "length, luhn": constraints.parse_constraints(length=DIGITS, check="luhn"),
        "among": among,
        "absent": absent,
    }


def read(reader: Reader, images: list[tuple[np.ndarray, str]], constraint_of: dict[str, Constraints]) -> dict[str, Any]:
    """Constraint -> a tuple per image: is it right, is its outcome "read", confidence, is it changed, milliseconds."""
    answers: dict[str, Any] = {"nothing": [], **{name: [] for name in constraint_of}}
    for image, text in images:
        trace = reader.trace(image)
        reading = trace.reading
        answers["nothing"].append((reading.text == text, reading.outcome == "read", reading.confidence, False, 0))
        rows = constrained_reading.rows_of(trace) if reading.digits else []
        for name, stated in constraint_of.items():
            if not rows:
                answers[name].append((False, False, 0.0, False, 0.0))
                continue
            start = time.perf_counter()
            found = constrained_reading.apply(reading, rows, stated, sure_at=trace.sure_at)
            took_ms = 1000 * (time.perf_counter() - start)
            best = found.reading
            sure = best.outcome == "read"
            answers[name].append((best.text == text, sure, best.confidence, found.changed, took_ms))
    return answers


def summary(answers: dict[str, Any], n: int) -> dict[str, Any]:
    """The rates of each constraint."""
    found = {}
    for name, rows in answers.items():
        right, sure, confidence, changed, took_ms = map(np.array, zip(*rows, strict=True))
        found[name] = {
            **rate_95("exact", int(right.sum()), n),
            "called_read": float(sure.mean()),
            "right_of_read": float(right[sure].mean()) if sure.any() else None,
            "needless_reviews": int((right & ~sure).sum()),
            "changed": float(changed.mean()),
            "right_of_changed_and_read": float(right[sure & changed].mean()) if (sure & changed).any() else None,
            "mean_confidence": float(confidence.mean()),
            "median_ms": float(np.median(took_ms)),
            "worst_ms": float(took_ms.max()),
        }
    return found


def write(found: dict[str, Any], path: Path) -> None:
    """Write the numbers, and the README's table from both files."""
    write_json(path, found)
    README.write_text(markdown.with_block(README.read_text("utf-8"), "constraints", table()), "utf-8")


def table() -> str:
    """The table from both files: a row for each model and kind of rows."""
    rows = []
    for file, kind in (("constraints.json", "separate digits"), ("constraints-touching.json", "some touching")):
        for name, model in read_json(HERE / file)["models"].items():
            rows.append([f"`{name}`, {kind}", *(_cell(model[column]) for column in COLUMNS)])
    return markdown.table(["exact", *COLUMNS.values()], rows)


def _cell(row: dict[str, Any]) -> str:
    """The rate of exact texts, the rate of the outcome "read", and the rate of right texts among the latter."""
    of_these = "" if row["right_of_read"] is None else f", {row['right_of_read']:.1%} right"
    return f"**{row['exact']:.1%}** <br> {row['called_read']:.0%} sure{of_these}"


def print_summary(name: str, found: dict[str, Any]) -> None:
    """Print a line for each constraint."""
    columns = (
        "constraint",
        "exact",
        "95 %",
        'called "read"',
        "of these right",
        "needless reviews",
        "mean confidence",
        "changed",
        "median ms",
    )
    shown = Table(*columns, box=None, title=name)
    for known, row in found.items():
        if known == "version":
            continue
        low, high = row["exact_95"]
        of_these = "" if row["right_of_read"] is None else f"{row['right_of_read']:.1%}"
        read = f"{row['called_read']:.1%}", of_these, str(row["needless_reviews"])
        rates = *read, f"{row['mean_confidence']:.1%}", f"{row['changed']:.1%}"
        shown.add_row(known, f"{row['exact']:.1%}", f"{low:.1%} to {high:.1%}", *rates, f"{row['median_ms']:.1f}")
    Console().print(shown)


if __name__ == "__main__":
    main()
