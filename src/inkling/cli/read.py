"""inkling read: pictures and folders -> readings."""

from __future__ import annotations

import csv
import json
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.progress import track

from inkling.errors import InklingError, NotFound
from inkling.quiet import quiet_stderr

if TYPE_CHECKING:
    from inkling.road.reader import Reader

COLUMNS = ("source", "outcome", "text", "confidence", "digits", "reason", "error")
BAR_FROM = 20  # pictures: fewer are read before a progress bar could be seen

Row = dict[str, Any]  # the JSON object of one picture: a reading, or its error


@click.command("read")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
@click.option("--csv", "csv_path", type=click.Path(dir_okay=False), metavar="FILE", help="Write a CSV table too.")
@click.option(
    "--explain", "explain_dir", type=click.Path(file_okay=False), metavar="DIR", help="Write a page of why for each."
)
@click.option("--single", is_flag=True, help="Treat all ink of a picture as one digit.")
@click.option(
    "--model", metavar="NAME", help="A packaged model, a bundle or a run folder.  [default: the best packaged]"
)
def command(
    *,
    paths: tuple[str, ...],
    as_json: bool,
    csv_path: str | None,
    explain_dir: str | None,
    single: bool,
    model: str | None,
) -> None:
    """Read the digits in pictures, and in all pictures of folders.

    A picture that cannot be opened is named, and the rest are still read; the exit status is then 1.

    \b
    Examples:
      inkling read photo.jpg --explain why
      inkling read scans/ --csv scans.csv
      inkling read drawing.png --json
    """
    from inkling.road.reader import Reader

    with quiet_stderr():
        reader = Reader(model)
    sources, rows = _expand(paths)
    for row in rows:
        _print(row, as_json=as_json)
    todo: Iterable[Path] = sources
    if len(sources) >= BAR_FROM and sys.stderr.isatty():
        todo = track(sources, "reading", console=Console(stderr=True), transient=True)
    for source in todo:
        row = read_one(reader, source, single=single)
        _print(row, as_json=as_json)
        rows.append(row)
    if csv_path:
        _write_csv(Path(csv_path), rows)
    if explain_dir:
        from inkling.cli.explain import Pages

        pages = Pages(reader, Path(explain_dir), single=single)
        for row in rows:
            pages.add(row)
        pages.finish()
    if not all(row["ok"] for row in rows):
        sys.exit(1)


def read_one(reader: Reader, source: Path, *, single: bool = False) -> Row:
    """One picture -> its JSON object: `source`, `ok`, then the reading, or `kind` and `error`."""
    start = time.perf_counter()
    try:
        reading = reader.read(source, mode="single" if single else "auto")
    except InklingError as error:
        return _failed(source, error)
    model = {"name": reader.bundle.name, "version": reader.bundle.version}
    took_ms = round((time.perf_counter() - start) * 1000, 2)
    return {"source": str(source), "ok": True, **reading.to_json(), "model": model, "took_ms": took_ms}


def _expand(paths: Iterable[str]) -> tuple[list[Path], list[Row]]:
    """Arguments -> the picture files to read, and the rows of arguments that hold none."""
    from inkling.road.image import SUFFIXES

    sources: list[Path] = []
    failed: list[Row] = []
    for path in map(Path, paths):
        if not path.is_dir():
            sources.append(path)
            continue
        found = sorted(file for file in path.rglob("*") if file.suffix.lower() in SUFFIXES and file.is_file())
        if not found:
            kinds = ", ".join(sorted(suffix[1:] for suffix in SUFFIXES))
            failed.append(_failed(path, NotFound(f"folder holds no picture; expected {kinds}. Name another folder.")))
        sources.extend(found)
    return sources, failed


def _failed(source: Path, error: InklingError) -> Row:
    return {"source": str(source), "ok": False, "kind": error.kind, "error": str(error)}


def _print(row: Row, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(row))
    elif not row["ok"]:
        named = row["error"].startswith(row["source"])
        click.echo(row["error"] if named else f"{row['source']}: {row['error']}", err=True)
    else:
        text = row["text"].replace("\n", " / ") or "-"
        sure = _percent(row["confidence"]) if row["text"] else row["outcome"].replace("_", " ")
        line = f"{row['source']}: {click.style(text, bold=True)}  {sure}"
        click.echo(f"{line}  {click.style(row['reason'], dim=True)}" if row["reason"] else line)


def _percent(confidence: float) -> str:
    """Never "100%": no network is certain."""
    return ">99%" if confidence > 0.99 else f"{confidence:.0%}"


def _write_csv(path: Path, rows: list[Row]) -> None:
    try:
        with path.open("w", newline="", encoding="utf-8", errors="surrogateescape") as file:
            _write_rows(file, rows)
    except OSError as error:
        raise NotFound(
            f"{path} cannot be written ({error.strerror}); expected a file in a folder that exists. Choose another."
        ) from error


def _write_rows(file: IO[str], rows: list[Row]) -> None:
    writer = csv.DictWriter(file, COLUMNS, restval="", extrasaction="ignore")
    writer.writeheader()
    for row in rows:
        writer.writerow({**row, "digits": len(row["digits"]) if row["ok"] else ""})
