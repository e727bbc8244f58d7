"""inkling report: the scores, figures and weaknesses of a model on one page."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from inkling.errors import MissingExtra


@click.command("report")
@click.argument("runs", nargs=-1, required=True, metavar="RUN...")
@click.option("--out", type=click.Path(path_type=Path), help="The report's folder; otherwise see below.")
@click.option(
    "--pictures",
    type=click.Path(path_type=Path, file_okay=False),
    help="Your own pictures, named like 7__anything.png, to check confidence on. Default: augmented test digits.",
)
def command(runs: tuple[str, ...], out: Path | None, pictures: Path | None) -> None:
    """Measure, draw and explain one model, or compare several.

    RUN is a run folder, a bundle folder or the name of a packaged model. The report goes to RUN/report for one run
    folder, else to runs/report-NAMES; it takes about a minute a model.

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
