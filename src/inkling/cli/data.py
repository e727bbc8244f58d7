"""inkling data: fetch the training data."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn


@click.group("data")
def command() -> None:
    """Fetch the training data.

    \b
    Example:
      inkling data fetch
    """


@command.command("fetch")
@click.option(
    "--from",
    "source",
    type=click.Path(path_type=Path),
    help="Use a local copy: an npz file, or a folder that contains it or the four IDX files (plain or .gz).",
)
@click.option("--force", is_flag=True, help="Fetch the data again even if it is already in the cache.")
def fetch_command(source: Path | None, force: bool) -> None:
    """Download MNIST (60,000 training and 10,000 test images) into the cache and verify its SHA-256.

    The cache is INKLING_CACHE if that is set, otherwise the user's cache folder.

    \b
    Example:
      inkling data fetch
      inkling data fetch --from ~/Downloads/mnist.npz
    """
    from inkling.training.data.fetch import fetch

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("MNIST", total=None)
        path = fetch(
            source=source,
            force=force,
            progress=lambda done, total: bar.update(task, completed=done, total=total or None),
        )
    click.echo(f"{path}: MNIST, 60,000 training and 10,000 test images, checksums verified")
