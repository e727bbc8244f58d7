"""inkling form: read filled-in sheets by a template, and make templates."""

from __future__ import annotations

import csv
import json
import sys
from collections import Counter
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from inkling.cli.read_work import expand, tell_skipped
from inkling.errors import BadRequest

if TYPE_CHECKING:
    import numpy as np

    from inkling.forms.form import Form
    from inkling.forms.many import FilledPage
    from inkling.forms.template import Template

STYLES = {"read": "green", "failed": "red"}


@click.group("form")
def command() -> None:
    """Read the fields of a printed form, as a template names them.

    \b
    Examples:
      inkling form new blank.pdf                       draw the fields in the browser
      inkling form read blank.toml scans.pdf --csv out.csv --review check.html
      inkling form read exam photos/ --json            exam and tally are shipped
    """


@command.command("read")
@click.argument("template", metavar="TEMPLATE")
@click.argument("scans", nargs=-1, required=True, metavar="SCANS...")
@click.option("--csv", "csv_path", type=click.Path(dir_okay=False), metavar="FILE", help="Write a row for each sheet.")
@click.option(
    "--review", "review_path", type=click.Path(dir_okay=False), metavar="FILE",
    help="Write a page of the doubtful fields, to check and correct.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per line.")
@click.option(
    "--among", multiple=True, metavar="REGION=FILE", help="A list of all numbers that a region may hold; repeatable."
)
@click.option("--model", metavar="NAME", help="A packaged model, a bundle or a run folder.")
def read(
    *,
    template: str,
    scans: tuple[str, ...],
    csv_path: str | None,
    review_path: str | None,
    as_json: bool,
    among: tuple[str, ...],
    model: str | None,
) -> None:
    """Read the sheets in PDFs, pictures and folders of them.

    TEMPLATE is a TOML file, or the name of a shipped form: exam, tally. A page that cannot be opened, or is not the
    form, has its row too; if there is any, the exit status is 1.
    """
    import cv2

    from inkling.forms.form import Form
    from inkling.forms.many import read_pages
    from inkling.pipeline.reader import Reader

    cv2.setNumThreads(1)  # there is a thread on every core
    form = Form(_template(template, among), Reader(model))
    own = [Path(path).resolve() for path in (csv_path, review_path) if path]
    work = expand(scans, own=own)
    outputs: list[Any] = []
    if csv_path:
        outputs.append(FormTable(Path(csv_path), [field.name for field in form.template.fields]))
    if review_path:
        outputs.append(FormReview(Path(review_path), form))
    statuses: Counter[str] = Counter()
    try:
        for page in read_pages(form, work.sources):
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
    if work.failed or any(statuses[status] for status in ("failed", "other_form", "blank", "part", "several", "again")):
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
    """Draw the fields of a blank form, a PDF or picture, in the browser; it listens on this machine alone.

    Boxes that were found are offered. A filled-in sheet can be tried at once. A template of that name is changed.
    """
    import logging
    import webbrowser

    from werkzeug.serving import make_server

    from inkling.cli.form_editor import create_editor

    out = out or blank.with_suffix(".toml")
    if out.resolve().parent != blank.resolve().parent:
        raise BadRequest(f"--out is {out}; expected a file in the folder of {blank}, which it names. Choose another.")
    app = create_editor(blank, out)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # a line a request would show the token
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


class FormTable:
    """A CSV table with a row for each sheet, written while they are read; a file of its name is complete.

    source, page, status, reason, then each field, then what each field's outcome is.
    """

    def __init__(self, path: Path, names: list[str]) -> None:
        """Raises NotFound if it cannot be written."""
        from inkling.batch.atomic_file import check_writable, partial_path
        from inkling.batch.table import ENCODING

        check_writable(path)
        self._path, self._names = path, names
        self._file = partial_path(path).open("w", **ENCODING)
        self._writer = csv.writer(self._file, quoting=csv.QUOTE_ALL)
        self._writer.writerow(["source", "page", "status", "reason", *names, *(f"{name}_outcome" for name in names)])

    def add(self, page: FilledPage) -> None:
        """Write the row of a sheet. Raises NotFound if the disk is full."""
        from inkling.batch.atomic_file import write_error
        from inkling.csv_cells import safe_cell

        fields = {field.name: field for field in page.filled.fields}
        texts = [fields[name].text if name in fields else "" for name in self._names]
        outcomes = [fields[name].outcome if name in fields else "" for name in self._names]
        head = {"source": page.source, "page": page.page, "status": page.filled.status, "reason": page.filled.reason}
        try:
            self._writer.writerow([*(safe_cell(name, value) for name, value in head.items()), *texts, *outcomes])
            self._file.flush()
        except OSError as error:
            raise write_error(self._path, error) from error

    def finish(self) -> None:
        """Move the complete table to its path. Raises NotFound if that fails."""
        from inkling.batch.atomic_file import commit

        self._file.close()
        commit(self._path)

    def close(self) -> None:
        """Leave what is written of an unfinished table beside its path."""
        self._file.close()


class FormReview:
    """The review page of doubtful fields; its corrections name sheet and field, as `inkling merge` takes them."""

    def __init__(self, path: Path, form: Form) -> None:
        """Raises NotFound if it cannot be written."""
        from inkling.batch.review import ReviewPage

        bundle = form.reader.bundle
        about = f"Form {form.template.name}, read by {bundle.name} {bundle.version}."
        self._page = ReviewPage(path, about=about)
        self._constraints = {field.name: field.constraints for field in form.template.fields}

    def add(self, page: FilledPage) -> None:
        """Take every field of a sheet, or why there is none."""
        filled = page.filled
        if not filled.fields:
            kind = filled.status if page.error is None else page.error.kind
            self._page.add({"source": page.source, "ok": False, "kind": kind, "error": filled.reason})
        for field in filled.fields:
            outcome = "not_digit" if field.outcome == "missing" else field.outcome
            result = {"source": page.source, "ok": True, "outcome": outcome, "text": field.text,
                      "confidence": field.confidence, "reason": field.reason}  # fmt: skip
            doubtful = field.outcome in ("unsure", "missing")
            picture = filled.picture_of(field.name).copy() if doubtful else None
            self._page.add(
                result,
                None if picture is None else partial(_same, picture),
                name=field.name,
                constraints=self._constraints[field.name],
                doubtful=doubtful,
            )

    def finish(self) -> None:
        """Write the page. Raises NotFound if that fails."""
        self._page.finish()

    def close(self) -> None:
        """Delete an unfinished page."""
        self._page.close()


def _same(picture: np.ndarray) -> np.ndarray:
    return picture


def _template(given: str, among: tuple[str, ...]) -> Template:
    """A template by its file, or a shipped one by its name."""
    from inkling.forms.examples import example, example_names
    from inkling.forms.template_parser import load_template

    lists = dict(each.partition("=")[::2] for each in among)
    if not all(lists.values()):
        raise BadRequest(
            f"--among is {min(among)!r}; expected REGION=FILE, as in student_number=roster.csv. Correct it."
        )
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
