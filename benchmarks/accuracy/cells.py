"""Measure the accuracy on cells of grids and tables, rendered with fixed seeds and without external files.

    python -m benchmarks.accuracy.cells [--kinds sudoku,marks] [--n 20] [--list] [--save DIR]

Sudokus, tables of marks, score cards, tables of measurements and column additions, each flat, scanned and photographed.
A cell is exact if its number is read exactly, including signs; an empty or crossed-out cell is exact if its outcome
says so. If a grid is not found with all its rows and columns, none of its cells is exact. Writes cells.json if all
kinds are measured with the default --n.
"""

from __future__ import annotations

import time
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
import cv2
import numpy as np
from rich.table import Table as TextTable

from benchmarks.accuracy.strings import print_table
from benchmarks.common import (
    Digits,
    Numbers,
    mnist_digits,
    model_option,
    ms,
    name_and_version,
    out_option,
    percentile,
    write_json,
)
from benchmarks.rendering.grids import CROSSED_OUT, KINDS, SEED, Grid, draw
from benchmarks.rendering.printed_sheet import CAPTURES
from inkling import Reader
from inkling.pipeline.layout import find_table_cells
from inkling.pipeline.table_result import Table, TableCell

OUT = Path(__file__).with_suffix(".json")
GRIDS = 20  # for each kind and capture
OUTCOMES = {"": "empty", CROSSED_OUT: "crossed_out"}


@dataclass
class Tally:
    """The results for the grids of one kind and capture."""

    found: list[bool] = field(default_factory=list)  # for each grid: whether all its rows and columns were found
    n: int = 0  # cells
    exact: int = 0
    written: int = 0  # cells that contain a number
    written_exact: int = 0
    called_empty: int = 0  # written cells with the outcome "empty"
    read: int = 0  # cells with the outcome "read"
    read_wrong: int = 0
    find_s: list[float] = field(default_factory=list)
    took_s: list[float] = field(default_factory=list)

    def numbers(self) -> Numbers:
        return {
            "grids": len(self.found),
            "found": sum(self.found) / len(self.found),
            "cells": self.n,
            "exact": self.exact / self.n,
            "written": self.written,
            "written_exact": self.written_exact / max(self.written, 1),
            "called_empty": self.called_empty,
            "read": self.read,
            "read_wrong": self.read_wrong,
            "find_ms": ms(percentile(self.find_s, 0.5)),
            "median_ms": ms(percentile(self.took_s, 0.5)),
        }


def grids(kind: str, capture: str, digits: Digits, n: int) -> list[Grid]:
    """`n` grids. Each has its own seed, so the first ones are the same for every `n`."""
    name = zlib.crc32(f"{kind}/{capture}".encode())
    return [draw(kind, capture, digits, np.random.default_rng((SEED, name, i))) for i in range(n)]


def add(tally: Tally, grid: Grid, tables: list[Table]) -> list[str]:
    """Count a grid's cells; returns a line for each wrong cell."""
    shape = len(grid.cells), len(grid.cells[0])
    table = next((each for each in tables if (each.rows, each.columns) == shape), None)
    tally.found.append(table is not None)
    wrong = [] if table else [f"{shape} found as {[(each.rows, each.columns) for each in tables]}"]
    at = {(cell.row, cell.column): cell for cell in table.cells} if table else {}
    for i, row in enumerate(grid.cells):
        for j, truth in enumerate(row):
            cell = at.get((i + 1, j + 1))
            is_exact = cell is not None and _is_exact(cell, truth)
            is_written = truth not in OUTCOMES
            tally.n += 1
            tally.exact += is_exact
            tally.written += is_written
            tally.written_exact += is_written and is_exact
            if cell is not None:
                tally.called_empty += is_written and cell.outcome == "empty"
                tally.read += cell.outcome == "read"
                tally.read_wrong += cell.outcome == "read" and not is_exact
            if table and not is_exact:
                seen = f"{cell.written!r}, {cell.outcome}, {cell.confidence:.2f}" if cell else "no cell"
                wrong.append(f"row {i}, column {j}: {truth!r} read as {seen}")
    return wrong


def _is_exact(cell: TableCell, truth: str) -> bool:
    if truth in OUTCOMES:
        return cell.outcome == OUTCOMES[truth]
    return cell.outcome in ("read", "unsure") and cell.written == truth


def measure(reader: Reader, kind: str, capture: str, digits: Digits, n: int, *, is_list: bool) -> Tally:
    tally = Tally()
    for i, grid in enumerate(grids(kind, capture, digits, n)):
        gray = cv2.cvtColor(grid.image, cv2.COLOR_RGB2GRAY)
        start = time.thread_time()
        find_table_cells(gray)
        tally.find_s.append(time.thread_time() - start)
        start = time.thread_time()
        tables = reader.read_cells(grid.image)
        tally.took_s.append(time.thread_time() - start)
        for line in add(tally, grid, tables):
            if is_list:
                click.echo(f"{kind}, {capture}, {i}: {line}")
    return tally


@click.command()
@click.option("--kinds", help="Kinds, separated by commas.  [default: all]")
@click.option("--n", "n_each", type=click.IntRange(1), default=GRIDS, show_default=True, help="Grids of each kind.")
@click.option("--list", "is_list", is_flag=True, help="Print every wrong cell.")
@click.option("--save", type=click.Path(path_type=Path), help="Only write the pictures, into this folder.")
@model_option
@out_option(OUT)
def main(*, kinds: str | None, n_each: int, is_list: bool, save: Path | None, model: str | None, out: Path) -> None:
    """Print a table and write the numbers."""
    cv2.setNumThreads(1)
    chosen = kinds.split(",") if kinds else list(KINDS)
    if unknown := set(chosen) - set(KINDS):
        raise click.BadParameter(f"unknown kind {', '.join(sorted(unknown))}; choose from: {', '.join(KINDS)}")
    digits = mnist_digits("test")
    if save:
        save.mkdir(parents=True, exist_ok=True)
        for kind in chosen:
            for capture in CAPTURES:
                for i, grid in enumerate(grids(kind, capture, digits, n_each)):
                    cv2.imwrite(str(save / f"{kind}, {capture}, {i:02d}.png"), grid.image[..., ::-1])
        return
    reader = Reader(model)
    content: Numbers = {"model": name_and_version(reader), "seed": SEED, "kinds": {}}
    table = TextTable(title=f"{reader.bundle.name} {reader.bundle.version}", box=None, title_justify="left")
    for head in (
        "",
        "grids",
        "found",
        "cells",
        "exact",
        "of written",
        "called empty",
        '"read"',
        "wrong",
        "find ms",
        "ms",
    ):
        table.add_column(head, no_wrap=True, justify="right" if head else "left")
    for kind in chosen:
        for capture in CAPTURES:
            numbers = measure(reader, kind, capture, digits, n_each, is_list=is_list).numbers()
            content["kinds"][f"{kind}, {capture}"] = numbers
            table.add_row(f"{kind}, {capture}", *_cells(numbers))
    print_table(table)
    if not kinds and n_each == GRIDS:
        write_json(out, content)


def _cells(numbers: dict[str, Any]) -> list[str]:
    shares = ("found", "exact", "written_exact")
    keys = (
        "grids",
        "found",
        "cells",
        "exact",
        "written_exact",
        "called_empty",
        "read",
        "read_wrong",
        "find_ms",
        "median_ms",
    )
    return [f"{numbers[key]:.1%}" if key in shares else str(numbers[key]) for key in keys]


if __name__ == "__main__":
    main()
