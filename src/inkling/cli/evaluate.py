"""inkling evaluate: score a model."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import Progress
from rich.table import Column, Table

from inkling.csv_cells import safe_row
from inkling.errors import NotFound
from inkling.models import registry
from inkling.models.bundle import MNIST_TEST

MNIST = (MNIST_TEST, "mnist-validation")
RATES = ("precision", "recall", "f1")
NUMBERS = {  # key in a report -> label
    "top_2": "top-2 accuracy",
    "cross_entropy": "cross-entropy",
    "accuracy_written": "accuracy including signs",
    "coverage": "coverage (share with outcome read)",
    "selective_accuracy": "accuracy among these",
}
COLUMNS = ("model", "version", "data", "label", "n", "right", *RATES)


@click.command("evaluate")
@click.argument("model", metavar="MODEL_OR_RUN")
@click.option(
    "--data",
    "data_name",
    default=MNIST_TEST,
    show_default=True,
    metavar="mnist-test|mnist-validation|FOLDER",
    help="MNIST's test images, its held-back training images, or a folder of pictures named LABEL__anything.png.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of tables.")
@click.option("--csv", "csv_path", type=click.Path(path_type=Path), metavar="FILE", help="Also write a CSV table.")
@click.option("--single", is_flag=True, help="Read all ink of a picture as one digit.")
def command(model: str, data_name: str, as_json: bool, csv_path: Path | None, single: bool) -> None:
    """Score a packaged model, a bundle or a run.

    mnist-test and mnist-validation evaluate only the network; a line recognizer is evaluated on lines of these digits.
    A folder evaluates the whole pipeline, from the picture to the text.

    Use the test images only for a final evaluation; the network's manifest counts every use. To compare networks, use
    mnist-validation.

    \b
    Example:
      inkling evaluate cnn
      inkling evaluate runs/mine --data photos/ --json
      inkling evaluate ann --csv ann.csv
    """
    from inkling.pipeline.reader import Reader
    from inkling.training import evaluate
    from inkling.training.data.mnist import load_mnist

    if data_name in MNIST:
        bundle = registry.find_network(model)
        judge = evaluate.evaluate_lines if registry.reads_lines(bundle) else evaluate.evaluate_mnist
        report = judge(bundle, load_mnist(), data=data_name)
    else:
        reader = Reader(registry.find(model).path)
        with Progress(console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task("reading", total=None)
            report = evaluate.evaluate_folder(
                reader,
                Path(data_name),
                mode="single" if single else "auto",
                progress=lambda done, total: bar.update(task, completed=done, total=total),
            )
    if csv_path:
        write_csv(report, csv_path)
    if as_json:
        click.echo(json.dumps(report))
    else:
        show(report, Console())


def rows(report: dict[str, Any]) -> list[dict[str, Any]]:
    """The report as a table: one row per label, then one for all labels, where all three rates are the accuracy."""
    about = {"model": report["model"]["name"], "version": report["model"]["version"], "data": report["data"]}
    per_label = [
        {
            **about,
            "label": row["digit"],
            "n": row["n"],
            "right": round(row["recall"] * row["n"]),
            **{key: round(row[key], 6) for key in RATES},
        }
        for row in report["per_class"]
    ]
    rate, n = report["accuracy"], report["n"]
    return [*per_label, {**about, "label": "all", "n": n, "right": round(rate * n), **dict.fromkeys(RATES, rate)}]


def write_csv(report: dict[str, Any], path: Path) -> None:
    """Write the table as CSV with a header row. Raises NotFound if that fails."""
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(map(safe_row, rows(report)))
    except OSError as error:
        raise NotFound(
            f"{path} cannot be written ({error.strerror or error}); expected a file in an existing folder. Check --csv."
        ) from error


def show(report: dict[str, Any], console: Console) -> None:
    """Print the report in human-readable form."""
    low, high = report["accuracy_95"]
    console.print(f"{report['model']['name']} ({report['model']['version']}) on {report['data']}", highlight=False)
    console.print(f"[bold]{report['accuracy']:.2%}[/] of {report['n']:,} right; 95 % interval {low:.2%} to {high:.2%}")
    if "refusals_wrong" in report:
        counted = report["refusals_wrong"]
        console.print(f"{counted['accuracy']:.2%} if its {counted['refused']:,} refusals count as wrong")
    if report.get("test_looks"):
        console.print(f"uses of the test images: {report['test_looks']}")
    for key, words in NUMBERS.items():
        if report.get(key) is not None:
            console.print(f"{words} {report[key]:.4f}")
    for length, rate in report.get("accuracy_by_length", {}).items():
        console.print(f"of {length} symbols {rate:.4f}", highlight=False)
    if "calibration_error" in report:
        after = report["calibration_error_calibrated"]
        console.print(f"expected calibration error {report['calibration_error']:.4f}, calibrated {after:.4f}")
    if "outcomes" in report:
        console.print("outcomes: " + ", ".join(f"{name} {n}" for name, n in report["outcomes"].items()))
    if report["per_class"]:
        console.print(_table(report["per_class"]))
    if report["mistakes"]:
        most = ", ".join(f"{m['label']} as {m['read'] or 'nothing'} ({m['n']})" for m in report["mistakes"])
        console.print(f"most frequent mistakes: {most}", highlight=False)
    for failure in report.get("failures", []):
        console.print(f"could not be read: {failure['source']}: {failure['error']}", highlight=False)


def _table(per_class: list[dict[str, Any]]) -> Table:
    headings = ("label", "n", "precision", "recall", "F1")
    table = Table(*(Column(heading, justify="right") for heading in headings), box=None, pad_edge=False)
    for row in per_class:
        table.add_row(str(row["digit"]), f"{row['n']:,}", *(f"{row[key]:.4f}" for key in RATES))
    return table
