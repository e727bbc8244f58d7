"""inkling report: a page with the scores, figures and weaknesses of a model."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from inkling.errors import MissingExtra


@click.command("report")
@click.argument("runs", nargs=-1, required=True, metavar="RUN...")
@click.option("--out", type=click.Path(path_type=Path), help="The report's folder; for the default, see below.")
@click.option(
    "--pictures",
    type=click.Path(path_type=Path, file_okay=False),
    help="Your own pictures, named like 7__anything.png, for checking the confidence. Default: augmented test digits.",
)
def command(runs: tuple[str, ...], out: Path | None, pictures: Path | None) -> None:
    """Write a report about one model, or a comparison of several.

    RUN is a run folder, a bundle folder or the name of a packaged model. For a single run folder, the report goes to
    RUN/report, otherwise to runs/report-NAMES. It takes about a minute per model.

    \b
    Example:
      inkling report runs/mine
      inkling report ann-tutorial cnn --out compared
      inkling report cnn --pictures scans
    """
    from inkling.training.data.mnist import load_mnist
    from inkling.training.report import subject

    subjects = subject.find_subjects(runs)
    if out is None:
        run = subjects[0].run if len(subjects) == 1 else None
        out = run / "report" if run else Path("runs") / f"report-{'-'.join(each.label for each in subjects)}"
    mnist = load_mnist()
    try:
        from inkling.training.report import report_page
    except ImportError as error:
        raise MissingExtra("inkling report", "learn") from error
    columns = (SpinnerColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("starting", total=None)
        written = report_page.make_report(
            subjects, mnist, out, pictures=pictures, tell=lambda what: bar.update(task, description=what)
        )
    click.echo(written)
