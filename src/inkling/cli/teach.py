"""inkling teach: corrected digits -> a new version of a hand."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from inkling.errors import BadRequest, InklingError, NotFound

if TYPE_CHECKING:
    from inkling.hands.lesson import Lesson
    from inkling.pipeline.reader import Reader

MAX_NAMED = 5  # problems of one kind that are named
TABLES = (".csv",)


@click.command("teach")
@click.argument("sources", nargs=-1, metavar="[FOLDER|CSV]...")
@click.option("--hand", "name", required=True, metavar="NAME", help="The writer; a new name is a new writer.")
@click.option("--model", metavar="NAME|PATH", help="The network to teach.  [default: cnn]")
def command(*, sources: tuple[str, ...], name: str, model: str | None) -> None:
    """Store corrected digits of a writer, and learn from all that are stored, in about a second.

    A FOLDER holds pictures named LABEL__anything.png, as 7__1.png and 407__page-3.jpg; the label none means that the
    ink is no digit. A CSV holds the corrections that a review page saved, or is the table that inkling merge wrote.
    Without either, inkling learns again from the stored digits.

    `inkling read --hand NAME` uses the new version if it is an improvement and ordinary digits are read as before;
    otherwise a sentence says why not. `inkling hands` lists and deletes what is stored.

    \b
    Examples:
      inkling teach sevens/ --hand anna
      inkling teach check-corrections.csv --hand anna
    """
    from inkling.hands.feature_network import features_of
    from inkling.hands.lesson import contradictions
    from inkling.hands.light import teach_hand
    from inkling.hands.store import Store
    from inkling.pipeline.reader import Reader

    reader = Reader(model)
    features_of(reader.bundle)  # before anything is kept: a network that cannot learn a hand is refused
    with Store() as store:
        is_new = name not in {hand.name for hand in store.hands()}
        problems: list[str] = []
        if sources:
            lessons = [lesson for source in sources for lesson in _lessons(reader, Path(source), problems)]
            if lessons:
                added = store.add(name, lessons)
                click.echo(f"{name}: {added.new:,} digits stored, {added.known:,} were stored already.")
                if is_new:
                    click.echo(f"They are in {store.where}; inkling hands delete {name!r} deletes them.", err=True)
        for problem in problems[:MAX_NAMED]:
            click.echo(f"inkling: {problem}", err=True)
        if len(problems) > MAX_NAMED:
            click.echo(f"inkling: {len(problems) - MAX_NAMED:,} more could not be taught.", err=True)
        if sources and not lessons:
            raise BadRequest("no picture gave a lesson; expected at least one. See the lines above.")
        against = contradictions(store.lessons(name))
        for same in against[:MAX_NAMED]:
            labels = " and ".join(f"{each.label} (lesson {each.id})" for each in same)
            click.echo(f"inkling: the same picture is {labels}; neither is taught until one is deleted.", err=True)
        number, taught = teach_hand(store, name, reader.bundle)
        reads = f" Version {number} is used from now on." if taught.promoted else f" It is stored as version {number}."
        click.echo(f"{taught.report['reason']}{reads}")
    if problems or against:
        sys.exit(1)


def _lessons(reader: Reader, source: Path, problems: list[str]) -> Iterator[Lesson]:
    """The lessons of a folder or table; `problems` gets a sentence for each picture without one."""
    from inkling.hands.cut import cut_lessons

    session = f"{source.name} {datetime.now(UTC).date()}"
    for picture, right in _labelled(source, problems):
        try:
            yield from cut_lessons(reader, picture, right, name=str(picture), session=session)
        except InklingError as error:
            named = str(error) if str(error).startswith(str(picture)) else f"{picture}: {error}"
            problems.append(named)


def _labelled(source: Path, problems: list[str]) -> Iterator[tuple[Path, str]]:
    """Pictures, and what is written there."""
    if source.is_dir():
        yield from _of_folder(source, problems)
    elif source.suffix.lower() in TABLES and source.is_file():
        yield from _of_table(source, problems)
    else:
        raise NotFound(f"{source} is neither a folder nor a .csv file; expected labelled pictures. Check the path.")


def _of_folder(folder: Path, problems: list[str]) -> Iterator[tuple[Path, str]]:
    from inkling.documents.pages import DOCUMENT_SUFFIXES, SUFFIXES
    from inkling.hands.cut import required_label

    pictures = [path for path in sorted(folder.iterdir()) if path.suffix.lower() in SUFFIXES]
    if not pictures:
        raise NotFound(f"{folder} holds no picture; expected files named LABEL__x.png. Name another folder.")
    for path in pictures:
        try:
            if path.suffix.lower() in DOCUMENT_SUFFIXES:
                raise BadRequest(f"{path} is a document; expected a picture. Save each page as one.")
            yield path, required_label(path)
        except BadRequest as error:
            problems.append(str(error))


def _of_table(table: Path, problems: list[str]) -> Iterator[tuple[Path, str]]:
    """Corrections, or a merged table. A path of a picture is relative to the working folder or to the table's."""
    from inkling.batch.merge import HEADING, MACHINE, read_corrections
    from inkling.constraints.roster import csv_errors, read_text

    with csv_errors(table):
        rows = csv.DictReader(read_text(table).splitlines(keepends=True))
        columns = rows.fieldnames or []
        written = [row for row in rows if row.get("written") and row.get("said_by") not in (None, MACHINE)]
    if set(HEADING) <= set(columns):
        said = [(each.source, each.right, each.field) for each in read_corrections(table) if each.answer == "number"]
    elif {"source", "written", "said_by"} <= set(columns):
        said = [(row["source"], row["written"], "") for row in written]
    else:
        raise BadRequest(
            f"{table} holds no corrections; expected the file that a review page saved, or the table that inkling "
            "merge wrote. Name that."
        )
    for source, right, field in said:
        path = next((path for path in (Path(source), table.parent / source) if path.is_file()), None)
        if field:
            problems.append(f"{source} is a form; expected pictures of one number. Its field {field} is left out.")
        elif path is None:
            problems.append(f"{source} does not exist; expected the corrected picture. Put it back.")
        else:
            yield path, right
