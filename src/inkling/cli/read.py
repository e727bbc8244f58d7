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

from inkling.cli.progress_bar import outcome_counts, track
from inkling.cli.read_archive import check_options, duration, read_archive
from inkling.errors import InklingError, NotFound

if TYPE_CHECKING:
    from inkling.batch.worker import Format
    from inkling.constraints.constraints import Constraints
    from inkling.pipeline.reader import Mode, Reader

FORMATS = ("parquet", "csv", "jsonl")  # of archives: as `batch.worker`, which takes a while to import
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
@click.option("--out", metavar="DIR|URL", help="Read an archive: PATHs may be buckets, shards, listings; see docs.")
@click.option("--resume", is_flag=True, help="Go on with what --out holds; read only what is new.")
@click.option("--format", type=click.Choice(FORMATS), help="Of the parts in --out.  [default: parquet]")
@click.option("--limit", type=int, metavar="N", help="Stop at so many pictures, to try first.")
@click.option("--sample", type=float, metavar="SHARE", help="Read only this share of the pictures: 0.01.")
@click.option("--cluster", metavar="auto|ADDRESS", help="Read on a Ray cluster.  [default: this machine's cores]")
@click.option("--workers", type=click.IntRange(1), metavar="N", help="Processes on this machine.  [default: its cores]")
@click.option("--metrics", metavar="PORT|FILE", help="Show Prometheus how far it is: 9400, or FILE.prom.")
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
    out: str | None,
    resume: bool,
    format: Format | None,
    limit: int | None,
    sample: float | None,
    cluster: str | None,
    workers: int | None,
    metrics: str | None,
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
      inkling read s3://bucket/forms --out readings --resume
    """
    check_options(click.get_current_context().params, out=out)
    if out:
        from inkling.batch.run import RunOptions

        stated = {"length": length, "pattern": pattern, "check": check, "among": among}
        order = RunOptions(
            paths,
            out,
            model=model,
            format=format or "parquet",
            mode="single" if single else "auto",
            known={name: value for name, value in stated.items() if value is not None},
            resume=resume,
            limit=limit,
            sample=1.0 if sample is None else sample,
        )
        read_archive(order, cluster=cluster, workers=workers, metrics=metrics)
        return
    from inkling.constraints import constraints
    from inkling.pipeline.reader import Reader

    known = constraints.parse_constraints(length=length, pattern=pattern, check=check, among=among)
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
        with track(sources, outcomes, visible=len(sources) >= PILE and sys.stderr.isatty()) as todo:
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
    from inkling.constraints import constrained_reading

    start = time.perf_counter()
    mode: Mode = "single" if single else "auto"
    try:
        if known is not None and known.stated:
            answer = constrained_reading.read(reader, source, known, mode=mode).to_json()
        else:
            answer = reader.read(source, mode=mode).to_json()
    except InklingError as error:
        return _failed(source, error)
    model = {"name": reader.bundle.name, "version": reader.bundle.version}
    took_ms = round((time.perf_counter() - start) * 1000, 2)
    return {"source": str(source), "ok": True, **answer, "model": model, "took_ms": took_ms}


def _expand(paths: Iterable[str]) -> tuple[list[Path], list[Row]]:
    """Arguments -> the picture files to read, and the rows of arguments that hold none."""
    from inkling.pipeline.decode import SUFFIXES

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
        from inkling.batch.table import Table

        sinks.append(Table(Path(csv_path)))
    if review_path:
        from inkling.batch.review import ReviewPage

        sinks.append(ReviewPage(Path(review_path), about=about))
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
    counts = ", ".join(part for _, part in outcome_counts(outcomes))
    rate = f"{outcomes.total() / max(took_s, 1e-3):.0f}/s"
    written = f" Written: {', '.join(files)}." if files else ""
    return f"{outcomes.total():,} pictures in {duration(took_s)} ({rate}): {counts}.{written}"
