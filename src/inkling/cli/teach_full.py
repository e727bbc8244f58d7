"""inkling teach --full: teach a whole network in a separate process, with a progress bar."""

from __future__ import annotations

import signal
import sys
from typing import TYPE_CHECKING, Any

import click

from inkling.errors import InklingError

if TYPE_CHECKING:
    from inkling.hands.store import Store
    from inkling.models.bundle import Bundle


def teach_fully(store: Store, name: str, bundle: Bundle) -> tuple[int, bool, str]:
    """Teach, and return the version's number, whether it was promoted, and why.

    Ctrl+C cancels the job and ends the command. Raises the errors of `full_job.start`, and InklingError with the job's
    message if the job failed.
    """
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    from inkling.hands import full_job

    full_job.start(store, name, bundle)
    last: dict[str, Any] = {}
    columns = (BarColumn(bar_width=30), TimeElapsedColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("starting", total=1.0)
        try:
            for each in full_job.follow(store, name):
                last = each[1] if each else last
                if last.get("type") == "progress":
                    bar.update(task, completed=last["done"], description=last["stage"])
        except KeyboardInterrupt:
            full_job.cancel(store, name)
            last = full_job.state(store, name)
            last["type"] = last["state"]
    if last.get("type") == "failed":
        raise InklingError(last["error"])
    if last.get("type") != "done":  # cancelled, or the hand was deleted in the meantime
        click.echo("inkling: cancelled; nothing was changed.", err=True)
        sys.exit(128 + signal.SIGINT)
    return last["version"], last["promoted"], last["reason"]
