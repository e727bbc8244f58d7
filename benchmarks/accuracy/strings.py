"""Measure the accuracy on whole numbers in a folder of your pictures.

    python -m benchmarks.accuracy.strings DIR [--model NAME] [--list]

The file name of a labeled picture contains `__`. Its label is the part before the first `_`: digits without signs, with
rows joined by `-`. For example, `1572-43890__page.jpg` shows 1572 above 43890. Each folder in DIR is scored separately.
Writes no file.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import click
import cv2
from rich.console import Console
from rich.table import Table

from benchmarks.accuracy.answers import Answer, answer, summary
from benchmarks.common import Numbers, model_option
from inkling import Reader
from inkling.pipeline.decode import SUFFIXES

WIDTH = 110  # of a table, in characters
LABEL = re.compile(r"(\d+(?:-\d+)*)(?:_.*)?__")


def text_of(path: Path) -> str | None:
    """The digits in a picture's label, rows joined by a newline; None if the name has no label."""
    match = LABEL.match(path.name)
    return match[1].replace("-", "\n") if match else None


def labelled(folder: Path) -> dict[Path, str]:
    """The labeled pictures in a folder and below, and their texts, by path. Raises UsageError if there are none."""
    paths = (path for path in sorted(folder.rglob("*")) if path.suffix.lower() in SUFFIXES)
    found = {path: text for path in paths if (text := text_of(path)) is not None}
    if not found:
        raise click.UsageError(f"{folder} contains no picture named like 407__anything.png. Rename the pictures.")
    return found


def cells(name: str, numbers: Numbers) -> Sequence[str]:
    """A row of the table: a name, and the numbers from `summary` in the columns of `new_table`."""
    keys = ("exact", "written", "rows", "read", "read_right")
    shares = [f"{numbers[key]:.1%}" if key in numbers else "-" for key in keys]
    return (name, str(numbers["n"]), *shares, str(numbers["read_wrong"]), f"{numbers['median_ms']:.1f}")


def new_table(title: str) -> Table:
    """An empty table for `cells`."""
    table = Table(title=title, box=None, title_justify="left")
    for head in ("", "n", "exact", "written", "rows", '"read"', "right of it", "wrong", "ms"):
        table.add_column(head, no_wrap=True, justify="right" if head else "left")
    return table


def print_table(table: Table) -> None:
    """Print the table at full width, even in a narrow terminal."""
    Console(width=WIDTH).print(table)


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False, exists=True))
@model_option
@click.option("--list", "is_list", is_flag=True, help="Also print every wrong answer.")
def main(*, folder: Path, model: str | None, is_list: bool) -> None:
    """Print a row for each folder in FOLDER, and one for all together."""
    cv2.setNumThreads(1)
    reader = Reader(model)
    table = new_table(f"{reader.bundle.name} {reader.bundle.version}")
    folders = sorted(each for each in folder.iterdir() if each.is_dir()) or [folder]
    every: list[Answer] = []
    for each in folders:
        found = {path: answer(reader, path, text) for path, text in labelled(each).items()}
        every += found.values()
        table.add_row(*cells(each.name, summary(list(found.values()))))
        for path, given in found.items():
            if is_list and not given.is_right:
                row = f"{given.text!r} read as {given.read_text!r}"
                click.echo(f"{path.relative_to(folder)}: {row}, {given.outcome}, {given.confidence:.2f}")
    if len(folders) > 1:
        table.add_row(*cells("all", summary(every)))
    print_table(table)


if __name__ == "__main__":
    main()
