"""The output of `inkling read --cells`: the tables in a picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from inkling.pipeline.table_result import Table, summarized

if TYPE_CHECKING:
    from inkling.batch.csv_table import ResultJson

SHOWN = {"empty": "\N{MIDDLE DOT}", "crossed_out": "\N{MULTIPLICATION SIGN}", "not_digit": "-"}  # cells with no number
LEGEND = {"unsure": "? unsure", "crossed_out": "\N{MULTIPLICATION SIGN} crossed out", "not_digit": "- not a digit"}


def tables_json(tables: Sequence[Table]) -> dict[str, Any]:
    """The tables of a picture as JSON, with their overall outcome, and the reason if it is not "read"."""
    outcome, reason = summarized(tables)
    return {"outcome": outcome, "reason": reason, "tables": [table.to_json() for table in tables]}


def tables_text(result: ResultJson) -> str:
    """The JSON object of a picture with tables -> text with aligned columns and a legend."""
    source, tables = result["source"], result["tables"]
    if not tables:
        return f"{source}: {result['reason']}"
    lines = []
    for number, table in enumerate(tables, 1):
        which = f", table {number}" if len(tables) > 1 else ""
        lines.append(f"{source}{which}: {table['rows']} x {table['columns']} cells")
        lines += _aligned(table)
    outcomes = {cell["outcome"] for table in tables for cell in table["cells"]}
    legend = ", ".join(text for outcome, text in LEGEND.items() if outcome in outcomes)
    told = "; ".join(filter(None, [legend, result["reason"]]))
    return "\n".join([*lines, click.style(told, dim=True)] if told else lines)


def _aligned(table: dict[str, Any]) -> list[str]:
    texts = [[""] * table["columns"] for _ in range(table["rows"])]
    for cell in table["cells"]:
        shown = SHOWN.get(cell["outcome"], cell["written"])
        texts[cell["row"] - 1][cell["column"] - 1] = f"{shown}?" if cell["outcome"] == "unsure" else shown
    widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
    return ["  " + "  ".join(map(str.rjust, row, widths)) for row in texts]
