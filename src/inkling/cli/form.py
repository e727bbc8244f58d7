"""inkling form: read filled-in sheets by a template, and make templates."""

from __future__ import annotations

import csv
import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from inkling.errors import BadRequest

if TYPE_CHECKING:
    from inkling.forms.many import FilledPage
    from inkling.forms.template import Template

STYLES = {"read": "green", "failed": "red"}


@click.group("form")
def command() -> None:
    """Read the fields of a printed form, as a template names them.

    \b
    Examples:
      inkling form read blank.toml scans.pdf --csv out.csv
      inkling form read exam photos/ --json            exam and tally are shipped
    """


@command.command("read")
@click.argument("template", metavar="TEMPLATE")
@click.argument("scans", nargs=-1, required=True, metavar="SCANS...")
@click.option("--csv", "csv_path", type=click.Path(dir_okay=False), metavar="FILE", help="Write a row for each sheet.")
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
    as_json: bool,
    among: tuple[str, ...],
    model: str | None,
) -> None:
    """Read the sheets in PDFs, pictures and folders of them.

    TEMPLATE is a TOML file, or the name of a shipped form: exam, tally. A page that cannot be opened, or is not the
    form, has its row too; if there is any, the exit status is 1.
    """
    from inkling.forms.form import Form
    from inkling.forms.many import read_pages
    from inkling.pipeline.reader import Reader

    form = Form(_template(template, among), Reader(model))
    outputs: list[Any] = []
    if csv_path:
        outputs.append(FormTable(Path(csv_path), [field.name for field in form.template.fields]))
    statuses: Counter[str] = Counter()
    try:
        for page in read_pages(form, _sources(scans)):
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
    if any(statuses[status] for status in ("failed", "other_form", "blank", "part", "several", "again")):
        sys.exit(1)


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


def _template(given: str, among: tuple[str, ...]) -> Template:
    """A template by its file, or a shipped one by its name."""
    from inkling.forms.examples import example, example_names
    from inkling.forms.template import load_template

    lists = dict(each.partition("=")[::2] for each in among)
    if not all(lists.values()):
        raise BadRequest(
            f"--among is {min(among)!r}; expected REGION=FILE, as in student_number=roster.csv. Correct it."
        )
    if given in example_names() and not Path(given).exists():
        return example(given, among=lists)
    return load_template(Path(given), among=lists)


def _sources(scans: tuple[str, ...]) -> Iterator[Path]:
    """Files, and those in folders that may be documents or pictures."""
    from inkling.documents.pages import SUFFIXES as DOCUMENTS
    from inkling.errors import NotFound
    from inkling.pipeline.decode import SUFFIXES

    for path in map(Path, scans):
        if not path.is_dir():
            yield path
            continue
        found = sorted(
            file for file in path.rglob("*") if file.suffix.lower() in SUFFIXES | DOCUMENTS and file.is_file()
        )
        if not found:
            raise NotFound(
                f"folder {path} holds no PDF and no picture; expected scans of the form. Name another folder."
            )
        yield from found


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
