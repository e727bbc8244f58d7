"""inkling models: list the installed models."""

from __future__ import annotations

import json
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from inkling.models import bundle, registry


@click.command("models")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line instead of a table.")
def command(as_json: bool) -> None:
    """List the installed models: classifiers, which read digits, and the line recognizer that works beside each.

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
    table = Table(box=None, header_style="bold", pad_edge=False)
    for heading in ("model", "reads", "version", "parameters", "size", "right", "of MNIST's"):
        table.add_column(heading, justify="right" if heading in ("parameters", "size", "right") else "left")
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
    """The facts of one model in the list."""
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
