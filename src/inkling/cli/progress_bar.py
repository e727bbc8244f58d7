"""The progress bar of a pile: how many of how many, how fast, how long still, and what came out."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Column
from rich.text import Text

if TYPE_CHECKING:
    from inkling.batch.progress import Progress as ArchiveProgress

NAMES = {"read": "read", "unsure": "unsure", "not_digit": "not a digit", "empty": "empty", "failed": "failed"}
STYLES = {"read": "green", "unsure": "yellow", "not_digit": "yellow", "empty": "yellow", "failed": "red"}


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:.0f}/s" if speed >= 10 else f"{speed:.1f}/s", style="dim")


class _Outcomes(ProgressColumn):
    def render(self, task: Task) -> Text:
        return Text("  ").join(Text(part, STYLES[name]) for name, part in outcome_counts(task.fields["outcomes"]))


@contextmanager
def track(sources: list[Path], outcomes: Counter[str], *, visible: bool) -> Iterator[Iterable[Path]]:
    """Gives `sources`, and shows on standard error how far one is and what `outcomes` has counted so far."""
    if not visible:
        yield sources
        return
    # What is printed meanwhile goes above the bar when both are on a screen, and where it is sent otherwise.
    progress = Progress(
        TextColumn("reading"),
        BarColumn(bar_width=16),
        MofNCompleteColumn(),
        _Rate(),
        TimeRemainingColumn(),
        _Outcomes(table_column=Column(no_wrap=True, overflow="ellipsis", ratio=1)),
        console=Console(stderr=True),
        transient=True,
        expand=True,
        redirect_stdout=sys.stdout.isatty(),
    )
    with progress:
        yield progress.track(sources, task_id=progress.add_task("", total=len(sources), outcomes=outcomes))


@contextmanager
def batch_progress_bar() -> Iterator[Callable[[ArchiveProgress], None]]:
    """A bar for a run over an archive, whose length is not known at first; gives what renews it."""
    progress = Progress(
        TextColumn("reading"),
        BarColumn(bar_width=16),
        TextColumn("{task.fields[of]}"),
        TextColumn("{task.fields[rate]}", style="dim"),
        TimeRemainingColumn(),
        _Outcomes(table_column=Column(no_wrap=True, overflow="ellipsis", ratio=1)),
        console=Console(stderr=True),
        transient=True,
        expand=True,
    )
    with progress:
        task = progress.add_task("", total=None, of="", rate="", outcomes=Counter())

        def show(state: ArchiveProgress) -> None:
            total = None if state.listing else state.planned
            of = f"{state.rows:,}/{state.planned:,}{'+' if state.listing else ''}"
            rate = f"{state.rate:,.0f}/s" if state.rate else ""
            progress.update(task, total=total, completed=state.rows, of=of, rate=rate, outcomes=state.outcomes)

        yield show


def outcome_counts(outcomes: Counter[str]) -> list[tuple[str, str]]:
    """Counts of outcomes -> (outcome, "12 unsure"), in the same order always; what did not occur is left out."""
    return [(name, f"{outcomes[name]:,} {label}") for name, label in NAMES.items() if outcomes[name]]
