"""inkling form: read filled-in forms with a template, and create templates."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from inkling.cli.printed_table import STDOUT, PrintedTable, check_printed
from inkling.cli.read_work import expand, tell_skipped
from inkling.errors import BadRequest

if TYPE_CHECKING:
    from inkling.forms.filled_pages import FilledPage
    from inkling.forms.template import Template

STYLES = {"read": "green", "failed": "red"}


@click.group("form")
def command() -> None:
    """Read the fields of a printed form, which a template defines.

    \b
    Examples:
      inkling form new blank.pdf                       draw the fields in the browser
      inkling form read blank.toml scans.pdf --csv out.csv --review check.html
      inkling form read exam photos/ --json            exam and tally are shipped
    """


@command.command("read")
@click.argument("template", metavar="TEMPLATE")
@click.argument("scans", nargs=-1, required=True, metavar="SCANS...")
@click.option("--csv", "csv_path", type=click.Path(dir_okay=False), metavar="FILE",
              help="Write one row per sheet; - prints them.")  # fmt: skip
@click.option(
    "--review", "review_path", type=click.Path(dir_okay=False), metavar="FILE",
    help="Write a page for checking and correcting the doubtful fields.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per line.")
@click.option(
    "--among",
    multiple=True,
    metavar="REGION=FILE[:COLUMN]",
    help="A list of all possible numbers of a region: a file, or a column of a table, whose other columns are added to "
    "the rows; repeatable.",
)
@click.option("--sure", metavar="P", help="Minimum probability for a field to count as read, for example 0.999.")
@click.option("--model", metavar="NAME", help="A packaged model, a bundle or a run folder.")
def read(
    *,
    template: str,
    scans: tuple[str, ...],
    csv_path: str | None,
    review_path: str | None,
    as_json: bool,
    among: tuple[str, ...],
    sure: str | None,
    model: str | None,
) -> None:
    """Read the sheets in PDFs, pictures and folders of them; - is standard input.

    TEMPLATE is a TOML file, or the name of a shipped form: exam, tally. Pages that cannot be opened or are not this
    form also have rows; if there are any, the exit status is 1.
    """
    import cv2

    from inkling.constraints.constraints import parse_constraints
    from inkling.constraints.roster import split_column
    from inkling.forms.filled import FAULTY
    from inkling.forms.filled_pages import read_pages
    from inkling.forms.form import Form
    from inkling.forms.form_review import FormReview
    from inkling.forms.form_table import FormTable
    from inkling.pipeline.reader import Reader

    cv2.setNumThreads(1)  # pages are read in one thread per core
    lists = _lists(among)
    form = Form(find_template(template, lists=lists), Reader(model), sure_at=parse_constraints(sure=sure).sure_at)
    check_printed(csv_path, as_json=as_json)
    own = [path for path in (csv_path, review_path, *(split_column(each)[0] for each in lists.values())) if path]
    work = expand(scans, own={Path(path).resolve() for path in own})
    outputs: list[Any] = []
    if csv_path:
        open_table = partial(FormTable, template=form.template)
        outputs.append(PrintedTable(open_table) if csv_path == STDOUT else open_table(Path(csv_path)))
    if review_path:
        outputs.append(FormReview(Path(review_path), form))
    statuses: Counter[str] = Counter()
    try:
        for page in read_pages(form, work.sources):
            if csv_path != STDOUT or page.error is not None:
                _print(page, as_json=as_json)
            for output in outputs:
                output.add(page)
            statuses[page.filled.status] += 1
        for output in outputs:
            output.finish()
    finally:
        for output in outputs:
            output.close()
    if statuses.total() > 1:
        click.echo(f"{statuses.total():,} sheets: {_counts(statuses)}.", err=True)
    for failure in work.failed:
        click.echo(f"{failure['source']}: {failure['error']}", err=True)
    tell_skipped(work.skipped)
    if work.failed or any(statuses[status] for status in FAULTY):
        sys.exit(1)


@command.command("new")
@click.argument("blank", type=click.Path(path_type=Path, dir_okay=False), metavar="BLANK")
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
    help="The template to write, in the blank's folder.  [default: BLANK.toml]",
)  # fmt: skip
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port to listen on.  [default: a free one]")
@click.option("--browser/--no-browser", default=True, help="Open the page in the browser.")
def new(*, blank: Path, out: Path | None, port: int, browser: bool) -> None:
    """Draw the fields of a blank form (PDF or picture) in the browser. The editor listens only on this machine.

    Detected boxes are offered as fields. You can test the template with a filled-in sheet. An existing template is
    opened for editing.
    """
    import logging
    import webbrowser

    from werkzeug.serving import make_server

    from inkling.cli.form_editor import create_editor

    out = out or blank.with_suffix(".toml")
    if out.resolve().parent != blank.resolve().parent:
        raise BadRequest(f"--out is {out}; expected a file in the same folder as {blank}. Choose another.")
    app = create_editor(blank, out)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # its request log would show the token
    server = make_server("127.0.0.1", port, app, threaded=True)
    address = f"http://127.0.0.1:{server.server_port}/?token={app.config['TOKEN']}"
    click.echo(f"Draw the fields of {blank.name} at {address}\nPress Ctrl-C when you are done.")
    if browser:
        webbrowser.open(address)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        server.server_close()


def _lists(among: tuple[str, ...]) -> dict[str, str]:
    """`student_number=roster.csv:no` -> the list for each region. Raises BadRequest."""
    for each in among:
        region, _, path = each.partition("=")
        if not region or not path:
            raise BadRequest(
                f"--among is {each!r}; expected REGION=FILE or REGION=FILE:COLUMN, as in student_number=roster.csv:no. "
                "Correct it."
            )
    lists = dict(each.split("=", 1) for each in among)
    if len(lists) < len(among):
        raise BadRequest("--among names a region twice; expected one list per region. Leave one out.")
    return lists


def find_template(given: str, *, lists: Mapping[str, str] | None = None) -> Template:
    """The template in a file, or a shipped one by name. `lists`: the list for each region."""
    from inkling.forms.examples import example, example_names
    from inkling.forms.template_parser import load_template

    if given in example_names() and not Path(given).exists():
        return example(given, among=lists)
    return load_template(Path(given), among=lists)


def _print(page: FilledPage, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(page.to_json()))
        return
    filled = page.filled
    values = "  ".join(f"{field.name} {field.text or '-'}" for field in filled.fields)
    status = click.style(filled.status.replace("_", " "), fg=STYLES.get(filled.status, "yellow"))
    line = f"{page.source}: {status}  {values}".rstrip()
    click.echo(f"{line}  {click.style(filled.reason, dim=True)}" if filled.reason else line, err=page.error is not None)


def _counts(statuses: Counter[str]) -> str:
    return ", ".join(f"{n:,} {status.replace('_', ' ')}" for status, n in statuses.most_common())
