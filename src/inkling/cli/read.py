"""inkling read: pictures and folders -> readings."""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import click

from inkling.cli.bar import bar, parts_of
from inkling.errors import InklingError, NotFound
from inkling.quiet import quiet_stderr

if TYPE_CHECKING:
    from inkling.bulk.constraints import Constraints
    from inkling.road.reader import Mode, Reader

PILE = 20  # pictures: fewer are read before a progress bar could be seen, and need no summary

Row = dict[str, Any]  # the JSON object of one picture: a reading, or its error


class Sink(Protocol):
    """Somewhere rows go while they are read."""

    def add(self, row: Row) -> None: ...
    def finish(self) -> None: ...
    def close(self) -> None: ...


@click.command("read")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
@click.option("--csv", "csv_path", type=click.Path(dir_okay=False), metavar="FILE", help="Write a CSV table too.")
@click.option(
    "--review", "review_path", type=click.Path(dir_okay=False), metavar="FILE", help="Write a page of doubtful ones."
)
@click.option(
    "--explain", "explain_dir", type=click.Path(file_okay=False), metavar="DIR", help="Write a page of why for each."
)
@click.option("--single", is_flag=True, help="Treat all ink of a picture as one digit.")
@click.option("--length", metavar="N|N-M", help="How many digits each number has.")
@click.option("--pattern", metavar="REGEX", help="A regular expression over digits that each number fits.")
@click.option("--check", metavar="NAME", help="The checksum that each number passes: luhn, verhoeff, damm, ean, ...")
@click.option("--among", metavar="FILE", help="A list of the numbers there are: one a line, or the first column.")
@click.option(
    "--model", metavar="NAME", help="A packaged model, a bundle or a run folder.  [default: the best packaged]"
)
def command(
    *,
    paths: tuple[str, ...],
    as_json: bool,
    csv_path: str | None,
    review_path: str | None,
    explain_dir: str | None,
    single: bool,
    length: str | None,
    pattern: str | None,
    check: str | None,
    among: str | None,
    model: str | None,
) -> None:
    """Read the digits in pictures, and in all pictures of folders.

    A picture that cannot be opened is named, and the rest are still read; the exit status is then 1. What is known
    about the numbers (--length, --pattern, --check, --among) decides between the ways to read them, all together.

    \b
    Examples:
      inkling read photo.jpg --explain why
      inkling read scans/ --csv scans.csv --review doubtful.html
      inkling read forms/ --length 8 --check luhn --json
    """
    from inkling.bulk import constraints
    from inkling.road.reader import Reader

    known = constraints.make(length=length, pattern=pattern, check=check, among=among)
    with quiet_stderr():
        reader = Reader(model)
    sources, failed = _expand(paths)
    sinks = _open_sinks(csv_path, review_path, about=_about(reader, known))
    if explain_dir:
        from inkling.cli.explain import Pages

        sinks.append(Pages(reader, Path(explain_dir), single=single))
    quiet = len(sources) >= PILE and sys.stderr.isatty() and sys.stdout.isatty() and bool(sinks) and not as_json
    outcomes: Counter[str] = Counter()
    start = time.perf_counter()

    def take(row: Row) -> None:
        outcomes[row["outcome"] if row["ok"] else "failed"] += 1
        if not (quiet and row["ok"]):
            _print(row, as_json=as_json)
        for sink in sinks:
            sink.add(row)

    try:
        for row in failed:
            take(row)
        with bar(sources, outcomes, visible=len(sources) >= PILE and sys.stderr.isatty()) as todo:
            for source in todo:
                take(read_one(reader, source, single=single, known=known))
        for sink in sinks:
            sink.finish()
    except KeyboardInterrupt:
        done = f"{outcomes.total():,} of {len(sources) + len(failed):,} pictures"
        left = f" Those are in {csv_path}.part." if csv_path else ""
        click.echo(f"inkling: stopped after {done}.{left}", err=True)
        sys.exit(130)
    finally:
        for sink in sinks:
            sink.close()
    if len(sources) >= PILE:
        files = [path for path in (csv_path, review_path) if path]
        click.echo(_summary(outcomes, time.perf_counter() - start, files), err=True)
    if outcomes["failed"]:
        sys.exit(1)


def read_one(reader: Reader, source: Path, *, single: bool = False, known: Constraints | None = None) -> Row:
    """One picture -> its JSON object: `source`, `ok`, then the reading, or `kind` and `error`."""
    from inkling.bulk import constrained

    start = time.perf_counter()
    mode: Mode = "single" if single else "auto"
    try:
        if known is not None and known.stated:
            answer = constrained.read(reader, source, known, mode=mode).to_json()
        else:
            answer = reader.read(source, mode=mode).to_json()
    except InklingError as error:
        return _failed(source, error)
    model = {"name": reader.bundle.name, "version": reader.bundle.version}
    took_ms = round((time.perf_counter() - start) * 1000, 2)
    return {"source": str(source), "ok": True, **answer, "model": model, "took_ms": took_ms}


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


def _open_sinks(csv_path: str | None, review_path: str | None, *, about: str) -> list[Sink]:
    """Where rows go besides the screen. Raises NotFound, before anything is read, when a file cannot be written."""
    if csv_path and review_path and Path(csv_path).resolve() == Path(review_path).resolve():
        raise NotFound(f"--csv and --review both name {csv_path}; expected two files. Choose another for one of them.")
    sinks: list[Sink] = []
    if csv_path:
        from inkling.bulk.table import Table

        sinks.append(Table(Path(csv_path)))
    if review_path:
        from inkling.bulk.review import Review

        sinks.append(Review(Path(review_path), about=about))
    return sinks


def _about(reader: Reader, known: Constraints) -> str:
    """What was read with, for a person."""
    read_by = f"Read by {reader.bundle.name} {reader.bundle.version}"
    return f"{read_by}; known of each number: {known.in_words()}." if known.stated else f"{read_by}."


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


def _summary(outcomes: Counter[str], took_s: float, files: Sequence[str]) -> str:
    counts = ", ".join(part for _, part in parts_of(outcomes))
    rate = f"{outcomes.total() / max(took_s, 1e-3):.0f}/s"
    written = f" Written: {', '.join(files)}." if files else ""
    return f"{outcomes.total():,} pictures in {_duration(took_s)} ({rate}): {counts}.{written}"


def _duration(took_s: float) -> str:
    if took_s < 60:
        return f"{took_s:.1f} s"
    minutes, seconds = divmod(round(took_s), 60)
    return f"{minutes} min {seconds} s"
