"""inkling teach: corrected digits -> a new version of a hand."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from inkling.errors import BadRequest, LabClosed

MAX_NAMED = 5  # problems of one kind that are listed


@click.command("teach")
@click.argument("sources", nargs=-1, metavar="[FOLDER|CSV]...")
@click.option("--hand", "name", required=True, metavar="NAME", help="The writer; a new name is a new writer.")
@click.option("--model", metavar="NAME|PATH", help="The network to teach.  [default: cnn]")
@click.option("--form", metavar="TEMPLATE", help="Template of the form whose fields a CSV corrects.")
@click.option("--full", is_flag=True, help="Teach a whole network in a few minutes; needs TensorFlow and 100 digits.")
def command(*, sources: tuple[str, ...], name: str, model: str | None, form: str | None, full: bool) -> None:
    """Store corrected digits of a writer, and learn from all that are stored, in about a second.

    A FOLDER holds pictures named LABEL__anything.png, as 7__1.png and 407__page-3.jpg; the label none means that the
    ink is no digit. A CSV holds the corrections that a review page saved, of pictures, documents, archives or forms, or
    is the table of pictures that inkling merge wrote. Without either, inkling learns again from the stored digits.

    `inkling read --hand NAME` uses the new version if it is an improvement and ordinary digits are read as before;
    otherwise a sentence says why not. `inkling hands` lists and deletes what is stored. Ctrl+C ends --full, and nothing
    is changed.

    \b
    Examples:
      inkling teach sevens/ --hand anna
      inkling teach check-corrections.csv --hand anna
      inkling teach exam-corrections.csv --form exam --hand anna
      inkling teach --hand anna --full
    """
    from inkling.cli.teach_full import teach_fully
    from inkling.cli.teach_pictures import lessons_of
    from inkling.hands.feature_network import features_of
    from inkling.hands.full_job import not_here
    from inkling.hands.lesson import checked_name, contradictions
    from inkling.hands.light import teach_hand
    from inkling.hands.store import Store
    from inkling.pipeline.reader import Reader

    name = checked_name(name)  # before any picture is read
    reader = Reader(model)
    features_of(reader.bundle)  # refuses a network that cannot learn a hand, before anything is stored
    if full and (why := not_here(reader.bundle)):
        raise LabClosed(why)
    with Store() as store:
        is_new = name not in {hand.name for hand in store.hands()}
        problems: list[str] = []
        if sources:
            lessons = [
                lesson
                for source in map(Path, sources)
                for lesson in lessons_of(
                    reader, source, problems, session=f"{source.name} {datetime.now(UTC).date()}", template=form
                )
            ]
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
        if full:
            number, promoted, reason = teach_fully(store, name, reader.bundle)
        else:
            number, taught = teach_hand(store, name, reader.bundle)
            promoted, reason = taught.promoted, taught.report["reason"]
        reads = f" Version {number} is used from now on." if promoted else f" It is stored as version {number}."
        click.echo(f"{reason}{reads}")
    if problems or against:
        sys.exit(1)
