"""The output of `inkling read`: one line per picture, and a summary for many."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from inkling.cli.cells import tables_text
from inkling.cli.progress_bar import outcome_counts
from inkling.cli.read_archive import duration
from inkling.pipeline.how_sure import verdict

if TYPE_CHECKING:
    from inkling.batch.csv_table import ResultJson


def print_result(result: ResultJson, *, as_json: bool) -> None:
    """Print a result as JSON or as a line. In the latter case, errors go to standard error."""
    if as_json:
        click.echo(json.dumps(result))
    elif not result["ok"]:
        named = result["error"].startswith(result["source"])
        click.echo(result["error"] if named else f"{result['source']}: {result['error']}", err=True)
    elif "tables" in result:
        click.echo(tables_text(result))
    else:
        text = result["written"].replace("\n", " / ").replace("\t", "  ") or "-"
        word, share = verdict(result["outcome"], result["confidence"])
        words = "" if word == "Read" else word.lower()
        sure = words if share is None else f"{words} {percent(share)}".strip()
        line = f"{result['source']}: {click.style(text, bold=True)}  {sure}"
        click.echo(f"{line}  {click.style(result['reason'], dim=True)}" if result["reason"] else line)


def percent(confidence: float) -> str:
    """A confidence as text; never "100%", because no network is certain."""
    return ">99%" if confidence > 0.99 else f"{confidence:.0%}"


def summary(outcomes: Counter[str], took_s: float, files: Sequence[str]) -> str:
    """A summary of many pictures. `files`: the written files."""
    counts = ", ".join(part for _, part in outcome_counts(outcomes))
    rate = f"{outcomes.total() / max(took_s, 1e-3):.0f}/s"
    written = f" Written: {', '.join(files)}." if files else ""
    return f"{outcomes.total():,} pictures in {duration(took_s)} ({rate}): {counts}.{written}"
