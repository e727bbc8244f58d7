"""inkling read SOURCE --out DIR_OR_URL: an archive -> one row a picture, with a bar or a line now and then."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING

import click

from inkling.cli.progress_bar import batch_progress_bar, outcome_counts
from inkling.errors import BadRequest

if TYPE_CHECKING:
    from inkling.batch.engine import Engine
    from inkling.batch.progress import Progress
    from inkling.batch.run import ProgressCallback, RunOptions

FIRST_LINE_S, LINE_S = 10.0, 60.0  # where there is no terminal: when the first plain line comes, and then how often
ALONE = ("as_json", "csv_path", "review_path", "explain_dir")  # options of piles that do not go with --out
FLAGS = {
    "as_json": "--json", "csv_path": "--csv", "review_path": "--review", "explain_dir": "--explain",
    "resume": "--resume", "cluster": "--cluster", "workers": "--workers", "format": "--format", "limit": "--limit",
    "sample": "--sample", "metrics": "--metrics",
}  # fmt: skip
ARCHIVE = tuple(name for name in FLAGS if name not in ALONE)


def check_options(given: dict[str, object], *, out: str | None) -> None:
    """Raises BadRequest for an option that does nothing beside the others."""
    wrong = [FLAGS[name] for name in (ALONE if out else ARCHIVE) if given.get(name)]
    if wrong and out:
        raise BadRequest(f"{wrong[0]} does not go with --out, whose rows are in its parts. Leave one of the two out.")
    if wrong:
        raise BadRequest(f"{wrong[0]} is for archives; expected --out with it, where the rows go. Add --out.")
    if given.get("cluster") and given.get("workers"):
        raise BadRequest("--workers is for this machine; expected it without --cluster. Leave one of the two out.")


def read_archive(order: RunOptions, *, cluster: str | None, workers: int | None, metrics: str | None) -> None:
    """Runs an order to its end, or until it is stopped, and says how it goes."""
    from inkling.batch.run import check, run

    check(order)  # before a cluster is asked, which may take long to answer
    last: list[Progress] = []
    with _engine(cluster, workers) as engine, _watching(metrics) as watch:

        def look(progress: Progress) -> None:
            last[:] = [progress]
            watch(progress)

        try:
            progress = run(order, engine, watch=look)
        except KeyboardInterrupt:
            done = f"{last[0].rows:,} pictures are" if last else "nothing is"
            click.echo(f"inkling: stopped; {done} in {order.out}. The same command with --resume goes on.", err=True)
            sys.exit(130)
    click.echo(summary(progress, order.out), err=True)


def _engine(cluster: str | None, workers: int | None) -> AbstractContextManager[Engine]:
    if cluster is None:
        from inkling.batch.local_engine import LocalEngine

        return nullcontext(LocalEngine(workers))
    from inkling.batch.ray_engine import RayEngine

    return RayEngine(cluster)


@contextmanager
def _watching(metrics: str | None) -> Iterator[ProgressCallback]:
    """What is called with the progress: the bar or the line, and the metrics."""
    from inkling.batch.metrics import Exporter

    exporter = Exporter(metrics) if metrics else None
    try:
        with batch_progress_bar() if sys.stderr.isatty() else _lines() as show:

            def watch(progress: Progress) -> None:
                show(progress)
                if exporter:
                    exporter.show(progress)

            yield watch
    finally:
        if exporter:
            exporter.close()


@contextmanager
def _lines() -> Iterator[ProgressCallback]:
    """A plain line on standard error now and then."""
    due = time.monotonic() + FIRST_LINE_S

    def show(progress: Progress) -> None:
        nonlocal due
        if time.monotonic() >= due:
            due = time.monotonic() + LINE_S
            click.echo(line(progress), err=True)

    yield show


def line(progress: Progress) -> str:
    """`12,000 of 50,000 read, 812/s, 47 s to go; 11,802 read, 198 unsure`, as far as it is known."""
    of = f"at least {progress.planned:,}" if progress.listing else f"{progress.planned:,}"
    to_go = "" if progress.eta_s is None else f", {duration(progress.eta_s)} to go"
    return f"{progress.rows:,} of {of} pictures, {progress.rate:,.0f}/s{to_go}; {_counts(progress)}"


def summary(progress: Progress, out: str) -> str:
    """What a run has done, in a line or two."""
    before = f" ({progress.before:,} were there before)" if progress.before else ""
    if progress.new == 0:
        return f"Nothing new: all {progress.rows:,} pictures are in {out}. {_counts(progress)}."
    rate = progress.new / max(progress.took_s, 1e-3)
    took = f"{progress.new:,} pictures in {duration(progress.took_s)} ({rate:,.0f}/s)"
    return f"{took}{before}. In {out}: {progress.rows:,} rows: {_counts(progress)}."


def _counts(progress: Progress) -> str:
    return ", ".join(part for _, part in outcome_counts(progress.outcomes)) or "none yet"


def duration(took_s: float) -> str:
    """`4.2 s`, `3 min 12 s`, `5 h 2 min`."""
    if took_s < 60:
        return f"{took_s:.1f} s"
    minutes, seconds = divmod(round(took_s), 60)
    if minutes < 60:
        return f"{minutes} min {seconds} s"
    return f"{minutes // 60} h {minutes % 60} min"
