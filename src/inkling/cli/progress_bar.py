"""The progress bar of `inkling read`: count, speed, remaining time, and outcomes so far."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.table import Column
from rich.text import Text

if TYPE_CHECKING:
    from inkling.batch.progress import Progress as BatchProgress

LABELS = {"read": "read", "unsure": "unsure", "not_digit": "not a digit", "empty": "empty",
          "no_grid": "without a grid", "failed": "failed"}  # fmt: skip
STYLES = {"read": "green", "unsure": "yellow", "not_digit": "yellow", "empty": "yellow", "no_grid": "yellow",
          "failed": "red"}  # fmt: skip


class _Outcomes(ProgressColumn):
    def render(self, task: Task) -> Text:
        return Text("  ").join(Text(part, STYLES[name]) for name, part in outcome_counts(task.fields["outcomes"]))


class _Speed(ProgressColumn):
    def render(self, task: Task) -> Text:
        speed = task.fields.get("speed") or task.finished_speed or task.speed or 0
        return Text(f"{speed:,.0f}/s" if speed >= 10 else f"{speed:.1f}/s" if speed else "", style="dim")


def _bar(*, redirect_stdout: bool = True) -> Progress:
    return Progress(
        TextColumn("reading"),
        BarColumn(bar_width=16),
        TextColumn("{task.completed:,.0f}/{task.fields[known]}"),
        _Speed(),
        TimeRemainingColumn(),
        _Outcomes(table_column=Column(no_wrap=True, overflow="ellipsis", ratio=1)),
        console=Console(stderr=True),
        transient=True,
        expand=True,
        redirect_stdout=redirect_stdout,
    )


@contextmanager
def reading_bar(outcomes: Counter[str], *, visible: bool) -> Iterator[Callable[[int], None]]:
    """A bar on standard error with `outcomes`; yields its update function, which takes the planned number of images."""
    if not visible:
        yield lambda planned: None
        return
    # If standard output is a terminal too, print it above the bar; otherwise leave it redirected.
    with _bar(redirect_stdout=sys.stdout.isatty()) as bar:
        task = bar.add_task("", total=None, known="", outcomes=outcomes)
        yield lambda planned: bar.update(task, total=planned, completed=outcomes.total(), known=f"{planned:,}")


@contextmanager
def batch_progress_bar() -> Iterator[Callable[[BatchProgress], None]]:
    """A bar for a run of initially unknown length; yields its update function."""
    with _bar() as bar:
        task = bar.add_task("", total=None, known="", outcomes=Counter())

        def update(progress: BatchProgress) -> None:
            bar.update(
                task,
                total=None if progress.listing else progress.planned,
                completed=progress.done,
                known=f"{progress.planned:,}{'+' if progress.listing else ''}",
                speed=progress.rate,
                outcomes=progress.outcomes,
            )

        yield update


def outcome_counts(outcomes: Counter[str]) -> list[tuple[str, str]]:
    """Counts of outcomes -> (outcome, "12 unsure") in a fixed order, without zero counts."""
    return [(name, f"{outcomes[name]:,} {label}") for name, label in LABELS.items() if outcomes[name]]
