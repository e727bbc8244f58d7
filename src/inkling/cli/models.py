"""inkling models: list the installed models."""

from __future__ import annotations

import json
from typing import Any

import click
from rich.console import Console
from rich.table import Column, Table

from inkling.models import bundle, registry


@click.command("models")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per line instead of a table.")
def command(as_json: bool) -> None:
    """List the installed models: the classifiers, which read digits, and the line recognizer, which reads rows.

    \b
    Example:
      inkling models
    """
    default = registry.default_name()
    found = [*registry.packaged().values(), registry.line_recognizer()]
    rows = [summary(entry, default=default) for entry in found]
    if as_json:
        for entry in rows:
            click.echo(json.dumps(entry))
        return
    numbers = (Column(heading, justify="right") for heading in ("parameters", "size", "right"))
    table = Table("model", "reads", "version", *numbers, "of MNIST's", box=None, pad_edge=False)
    for entry in rows:
        accuracy = entry["accuracy"]
        table.add_row(
            f"{entry['name']} (default)" if entry["default"] else entry["name"],
            entry["reads"],
            entry["version"],
            f"{entry['parameters']:,}",
            f"{entry['bytes'] / 1000:,.0f} KB",
            "" if accuracy is None else f"{accuracy:.2%}",
            entry["judged_on"],
        )
    Console().print(table)


def summary(entry: bundle.Bundle, *, default: str) -> dict[str, Any]:
    """The row of one model."""
    judged_on, score = bundle.best_known_score(entry)
    return {
        "name": entry.name,
        "version": entry.version,
        "default": entry.name == default,
        "reads": "lines" if registry.reads_lines(entry) else "digits",
        "parameters": int(entry.manifest["parameters"]),
        "bytes": entry.model_path.stat().st_size,
        "accuracy": score.get("accuracy"),
        "judged_on": judged_on,
    }
