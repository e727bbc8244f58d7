"""inkling read SOURCE --out DIR_OR_URL: read an archive, with a progress bar or periodic progress lines."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, redirect_stdout
from typing import TYPE_CHECKING

import click

from inkling.cli.progress_bar import batch_progress_bar, outcome_counts
from inkling.cli.read_work import tell_skipped
from inkling.errors import BadRequest

if TYPE_CHECKING:
    from inkling.batch.job import Engine
    from inkling.batch.progress import Progress
    from inkling.batch.run import ProgressCallback, RunOptions

FIRST_LINE_S, LINE_INTERVAL_S = 10.0, 60.0  # for progress lines, without a terminal
MAX_TOLD = 3  # maximum number of parts that a message names
WITHOUT_OUT = {"as_json": "--json", "csv_path": "--csv", "explain_dir": "--explain", "cells": "--cells"}
WITHOUT_CELLS = {"review_path": "--review", "explain_dir": "--explain"}
WITHOUT_CELLS |= {name: f"--{name}" for name in ("single", "length", "pattern", "check", "among")}
WITH_OUT = {name: f"--{name}" for name in ("resume", "cluster", "workers", "format", "limit", "sample", "metrics")}


def check_options(given: dict[str, object], *, out: str | None) -> None:
    """Raises BadRequest for options that cannot be combined."""
    wrong = [flag for name, flag in (WITHOUT_OUT if out else WITH_OUT).items() if given.get(name)]
    if wrong and out:
        raise BadRequest(f"{wrong[0]} cannot be combined with --out, which writes its own files. Leave one out.")
    if out and given.get("hand"):
        raise BadRequest("--hand is for pictures on this machine; expected it without --out. Leave one out.")
    if given.get("cells") and (beside := [flag for name, flag in WITHOUT_CELLS.items() if given.get(name)]):
        raise BadRequest(f"{beside[0]} is for one number per picture, --cells for many. Leave one out.")
    if wrong:
        raise BadRequest(f"{wrong[0]} is for archives; expected it together with --out. Add --out.")
    if given.get("cluster") and given.get("workers"):
        raise BadRequest("--workers is for this machine; expected it without --cluster. Leave one out.")


def read_archive(options: RunOptions, *, cluster: str | None, workers: int | None, metrics: str | None) -> None:
    """Run until the end or an interruption, and report progress on standard error.

    The exit status is 1 if an image failed, in this run or an earlier one, or if a file was skipped.
    """
    from inkling.batch.records import FAILED
    from inkling.batch.run import check, run

    check(options)  # before connecting to a cluster, which may take a while
    progress: Progress | None = None
    with _engine(cluster, workers) as engine, _reports(metrics) as report:

        def on_progress(latest: Progress) -> None:
            nonlocal progress
            progress = latest
            report(latest)

        try:
            run(options, engine, on_progress=on_progress)
        except KeyboardInterrupt:
            done = f"{progress.done:,} pictures are" if progress else "nothing is"
            click.echo(f"inkling: stopped; {done} in {options.out}. To continue, add --resume.", err=True)
            sys.exit(130)
        finally:
            if progress and progress.damaged:
                click.echo(damage(progress, options.out), err=True)
    if progress:
        page = f" Written: {options.review}." if options.review else ""
        click.echo(f"{summary(progress, options.out)}{page}", err=True)
        tell_skipped(progress.skipped.named, progress.skipped.n)
        if progress.outcomes[FAILED] or progress.skipped.n:
            sys.exit(1)


@contextmanager
def _engine(cluster: str | None, workers: int | None) -> Iterator[Engine]:
    if cluster is None:
        from inkling.batch.local_engine import LocalEngine

        yield LocalEngine(workers)
        return
    from inkling.batch.ray_engine import RayEngine

    # Ray prints messages about its nodes to standard output, which this command does not use.
    with RayEngine(cluster) as engine, open(os.devnull, "w") as nowhere, redirect_stdout(nowhere):
        yield engine


@contextmanager
def _reports(metrics: str | None) -> Iterator[ProgressCallback]:
    """The function that reports progress: as a bar or lines, and as metrics."""
    from inkling.batch.metrics import Exporter

    with ExitStack() as stack:
        callbacks: list[ProgressCallback] = []
        if metrics:
            exporter = Exporter(metrics)
            stack.callback(exporter.close)
            callbacks.append(exporter.update)
        callbacks.append(stack.enter_context(batch_progress_bar()) if sys.stderr.isatty() else _lines())

        def report(progress: Progress) -> None:
            for callback in callbacks:
                callback(progress)

        yield report


def _lines() -> ProgressCallback:
    """A function that periodically prints a progress line to standard error."""
    due = time.monotonic() + FIRST_LINE_S

    def update(progress: Progress) -> None:
        nonlocal due
        if time.monotonic() >= due:
            due = time.monotonic() + LINE_INTERVAL_S
            click.echo(line(progress), err=True)

    return update


def line(progress: Progress) -> str:
    """A progress line: `12,000 of 50,000 pictures, 812/s, 47 s left; 11,802 read, 198 unsure`."""
    of = f"at least {progress.planned:,}" if progress.listing else f"{progress.planned:,}"
    to_go = "" if progress.eta_s is None else f", {duration(progress.eta_s)} left"
    return f"{progress.done:,} of {of} pictures, {progress.rate:,.0f}/s{to_go}; {_counts(progress)}"


def summary(progress: Progress, out: str) -> str:
    """A summary of a run."""
    before = f" ({progress.before:,} were read before)" if progress.before else ""
    if progress.new == 0:
        return f"Nothing new: all {progress.done:,} pictures are in {out}. {_counts(progress)}."
    rate = progress.new / max(progress.took_s, 1e-3)
    took = f"{progress.new:,} pictures in {duration(progress.took_s)} ({rate:,.0f}/s)"
    return f"{took}{before}. In {out}: {progress.done:,} rows: {_counts(progress)}."


def damage(progress: Progress, out: str) -> str:
    """A message about parts that were changed or damaged after an earlier run."""
    n, some = len(progress.damaged), ", ".join(progress.damaged[:MAX_TOLD])
    were = "1 part was" if n == 1 else f"{n:,} parts were"
    more = "" if n <= MAX_TOLD else f" and {n - MAX_TOLD:,} more"
    return f"inkling: {were} damaged in {out} and read again: {some}{more}."


def _counts(progress: Progress) -> str:
    return ", ".join(part for _, part in outcome_counts(progress.outcomes)) or "none yet"


def duration(took_s: float) -> str:
    """`4.2 s`, `3 min 12 s`, `5 h 2 min`."""
    if took_s < 60:
        return f"{took_s:.1f} s"
    minutes, seconds = divmod(round(took_s), 60)
    return f"{minutes} min {seconds} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
