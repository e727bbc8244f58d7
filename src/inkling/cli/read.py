"""inkling read: images and folders -> readings."""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import click

from inkling.cli.progress_bar import outcome_counts, track
from inkling.cli.read_archive import check_options, duration, read_archive
from inkling.errors import InklingError, NotFound
from inkling.pipeline.verdict import verdict

if TYPE_CHECKING:
    from inkling.batch.job import Format
    from inkling.batch.table import ResultJson
    from inkling.constraints.constraints import Constraints
    from inkling.pipeline.reader import Mode, Reader

FORMATS = ("parquet", "csv", "jsonl")  # as `batch.job.FORMATS`, which takes a while to import
MIN_FOR_BAR = 20  # images: fewer are read before a progress bar could be seen, and need no summary


class Output(Protocol):
    """A file that receives the results while images are read."""

    def add(self, result: ResultJson) -> None: ...
    def finish(self) -> None: ...
    def close(self) -> None: ...


@click.command("read")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per line.")
@click.option("--csv", "csv_path", type=click.Path(dir_okay=False), metavar="FILE", help="Also write a CSV table.")
@click.option(
    "--review",
    "review_path",
    type=click.Path(dir_okay=False),
    metavar="FILE",
    help="Also write a page of the doubtful readings, to check and correct.",
)
@click.option(
    "--explain",
    "explain_dir",
    type=click.Path(file_okay=False),
    metavar="DIR",
    help="Also write a page for each picture that explains the reading.",
)
@click.option("--single", is_flag=True, help="Treat all ink of a picture as one digit.")
@click.option("--length", metavar="N|N-M", help="Number of digits of each number.")
@click.option("--pattern", metavar="REGEX", help="A regular expression that each number matches; it may name signs.")
@click.option("--check", metavar="NAME", help="A checksum that each number passes: luhn, verhoeff, damm, ean, ...")
@click.option(
    "--among",
    metavar="FILE[:COLUMN]",
    help="A list of all possible numbers: one per line, or a column of a table, whose others are added to the rows.",
)
@click.option("--sure", metavar="P", help="Probability from which a number counts as read, for example 0.99.")
@click.option("--out", metavar="DIR|URL", help="Read an archive: PATHs may be buckets, shards, listings; see docs.")
@click.option("--resume", is_flag=True, help="Continue the run in --out; read only what is missing or new.")
@click.option("--format", type=click.Choice(FORMATS), help="Format of the parts in --out.  [default: parquet]")
@click.option("--limit", type=int, metavar="N", help="Read at most N pictures.")
@click.option("--sample", type=float, metavar="SHARE", help="Read a random share of the pictures, for example 0.01.")
@click.option("--cluster", metavar="auto|ADDRESS", help="Read on a Ray cluster.  [default: on this machine]")
@click.option("--workers", type=click.IntRange(1), metavar="N", help="Processes on this machine.  [default: its cores]")
@click.option("--metrics", metavar="PORT|FILE", help="Publish Prometheus metrics on a port (9400) or in a .prom file.")
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
    sure: str | None,
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

    A picture that cannot be opened is reported, the others are still read, and the exit status is 1. --length,
    --pattern, --check and --among say what is known about the numbers. Together they select the most probable text
    that satisfies all of them.

    \b
    Examples:
      inkling read photo.jpg --explain why
      inkling read scans/ --csv scans.csv --review doubtful.html
      inkling read forms/ --length 8 --check luhn --json
      inkling read s3://bucket/forms --out readings --resume
    """
    check_options(click.get_current_context().params, out=out)
    given = {"length": length, "pattern": pattern, "check": check, "among": among, "sure": sure}
    stated = {name: value for name, value in given.items() if value is not None}
    mode: Mode = "single" if single else "auto"
    if out:
        from inkling.batch.run import RunOptions

        options = RunOptions(
            paths,
            out,
            model=model,
            format=format or "parquet",
            mode=mode,
            constraints=stated,
            resume=resume,
            limit=limit,
            sample=1.0 if sample is None else sample,
            review=review_path,
        )
        read_archive(options, cluster=cluster, workers=workers, metrics=metrics)
        return
    from inkling.constraints.constraints import parse_constraints
    from inkling.pipeline.reader import Reader

    constraints = parse_constraints(**stated)
    reader = Reader(model, sure_at=constraints.sure_at)
    sources, failed = _expand(paths)
    outputs = _open_outputs(csv_path, review_path, reader, constraints)
    if explain_dir:
        from inkling.cli.explain import Pages

        outputs.append(Pages(reader, Path(explain_dir), mode=mode))
    many = len(sources) >= MIN_FOR_BAR
    quiet = many and sys.stderr.isatty() and sys.stdout.isatty() and bool(outputs) and not as_json
    outcomes: Counter[str] = Counter()
    start = time.perf_counter()

    def take(result: ResultJson) -> None:
        if not (quiet and result["ok"]):
            _print(result, as_json=as_json)
        for output in outputs:
            output.add(result)
        outcomes[result["outcome"] if result["ok"] else "failed"] += 1  # last: Ctrl-C counts what the outputs hold

    try:
        for result in failed:
            take(result)
        with track(sources, outcomes, visible=many and sys.stderr.isatty()) as tracked:
            for source in tracked:
                take(read_one(reader, source, mode=mode, constraints=constraints))
        for output in outputs:
            output.finish()
    except KeyboardInterrupt:
        done = f"{outcomes.total():,} of {len(sources) + len(failed):,} pictures"
        left = f" Those are in {csv_path}.part." if csv_path else ""
        click.echo(f"inkling: stopped after {done}.{left}", err=True)
        sys.exit(130)
    finally:
        for output in outputs:
            output.close()
    if many:
        files = [path for path in (csv_path, review_path) if path]
        click.echo(_summary(outcomes, time.perf_counter() - start, files), err=True)
    if outcomes["failed"]:
        sys.exit(1)


def read_one(
    reader: Reader, source: Path, *, mode: Mode = "auto", constraints: Constraints | None = None
) -> ResultJson:
    """One image -> its JSON object: `source`, `ok`, then the reading, or `kind` and `error`."""
    from inkling.constraints import constrained_reading

    start = time.perf_counter()
    try:
        if constraints is not None and constraints.stated:
            answer = constrained_reading.read(reader, source, constraints, mode=mode).to_json()
            if constraints.roster:
                text = answer["text"].replace("\n", "") if answer["constraint"]["satisfied"] else ""
                answer["listed"] = constraints.roster.of(text)
        else:
            answer = reader.read(source, mode=mode).to_json()
    except InklingError as error:
        return _failed(source, error)
    model = {"name": reader.bundle.name, "version": reader.bundle.version}
    took_ms = round((time.perf_counter() - start) * 1000, 2)
    return {"source": str(source), "ok": True, **answer, "model": model, "took_ms": took_ms}


def _expand(paths: Iterable[str]) -> tuple[list[Path], list[ResultJson]]:
    """Arguments -> the image files to read, and a failed result for each folder without images."""
    from inkling.pipeline.decode import SUFFIXES

    sources: list[Path] = []
    failed: list[ResultJson] = []
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


def _open_outputs(
    csv_path: str | None, review_path: str | None, reader: Reader, constraints: Constraints
) -> list[Output]:
    """The files to write. Raises NotFound, before anything is read, if one cannot be written."""
    if csv_path and review_path and Path(csv_path).resolve() == Path(review_path).resolve():
        raise NotFound(f"--csv and --review both name {csv_path}; expected two files. Choose another for one of them.")
    outputs: list[Output] = []
    if csv_path:
        from inkling.batch.table import Table

        joined = constraints.roster.columns if constraints.roster else ()
        outputs.append(Table(Path(csv_path), joined=joined))
    if review_path:
        from inkling.batch.review import ReviewPage, about

        read_by = about(reader.bundle.name, reader.bundle.version, constraints)
        outputs.append(ReviewPage(Path(review_path), about=read_by, constraints=constraints))
    return outputs


def _failed(source: Path, error: InklingError) -> ResultJson:
    return {"source": str(source), "ok": False, "kind": error.kind, "error": str(error)}


def _print(result: ResultJson, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(result))
    elif not result["ok"]:
        named = result["error"].startswith(result["source"])
        click.echo(result["error"] if named else f"{result['source']}: {result['error']}", err=True)
    else:
        text = result["written"].replace("\n", " / ").replace("\t", "  ") or "-"
        word, share = verdict(result["outcome"], result["confidence"])
        words = "" if word == "Read" else word.lower()
        sure = words if share is None else f"{words} {_percent(share)}".strip()
        line = f"{result['source']}: {click.style(text, bold=True)}  {sure}"
        click.echo(f"{line}  {click.style(result['reason'], dim=True)}" if result["reason"] else line)


def _percent(confidence: float) -> str:
    """Never "100%", because no network is certain."""
    return ">99%" if confidence > 0.99 else f"{confidence:.0%}"


def _summary(outcomes: Counter[str], took_s: float, files: Sequence[str]) -> str:
    counts = ", ".join(part for _, part in outcome_counts(outcomes))
    rate = f"{outcomes.total() / max(took_s, 1e-3):.0f}/s"
    written = f" Written: {', '.join(files)}." if files else ""
    return f"{outcomes.total():,} pictures in {duration(took_s)} ({rate}): {counts}.{written}"
