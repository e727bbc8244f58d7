"""inkling teach: learn a new version of a hand from corrected digits."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from inkling.errors import BadRequest, LabClosed

MAX_NAMED = 5  # maximum number of problems of one kind that are listed


@click.command("teach")
@click.argument("sources", nargs=-1, metavar="[FOLDER|CSV]...")
@click.option("--hand", "name", required=True, metavar="NAME", help="The writer; a new name creates a new writer.")
@click.option("--model", metavar="NAME|PATH", help="The network to teach.  [default: cnn]")
@click.option("--form", metavar="TEMPLATE", help="Template of the form, if a CSV corrects fields of a form.")
@click.option("--full", is_flag=True, help="Teach a whole network in a few minutes; needs TensorFlow and 100 digits.")
def command(*, sources: tuple[str, ...], name: str, model: str | None, form: str | None, full: bool) -> None:
    """Store a writer's corrected digits, and learn from all stored digits, in about a second.

    A FOLDER contains pictures named LABEL__anything.png, such as 7__1.png and 407__page-3.jpg; the label none means
    that the ink is not a digit. A CSV contains the corrections saved by a review page, for pictures, documents,
    archives or forms; or it is a table of pictures written by inkling merge. Without a FOLDER or CSV, inkling learns
    again from the stored digits.

    `inkling read --hand NAME` uses the new version if it is an improvement and still reads ordinary digits; otherwise
    the command prints the reason. `inkling hands` lists and deletes stored digits. Ctrl+C cancels --full without
    changes.

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
    from inkling.hands.light_teaching import teach_hand
    from inkling.hands.store import Store
    from inkling.pipeline.reader import Reader

    name = checked_name(name)  # before reading any picture
    reader = Reader(model)
    features_of(reader.bundle)  # rejects a network that cannot learn a hand, before anything is stored
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
                click.echo(f"{name}: {added.new:,} digits stored, {added.known:,} were already stored.")
                if is_new:
                    click.echo(f"They are in {store.where}; inkling hands delete {name!r} deletes them.", err=True)
        for problem in problems[:MAX_NAMED]:
            click.echo(f"inkling: {problem}", err=True)
        if len(problems) > MAX_NAMED:
            click.echo(f"inkling: {len(problems) - MAX_NAMED:,} more pictures could not be used.", err=True)
        if sources and not lessons:
            raise BadRequest("no picture could be used; expected at least one. See the messages above.")
        against = contradictions(store.lessons(name))
        for same in against[:MAX_NAMED]:
            labels = " and ".join(f"{each.label} (lesson {each.id})" for each in same)
            click.echo(f"inkling: the same picture is labeled {labels}; delete one to have it taught.", err=True)
        if full:
            number, promoted, reason = teach_fully(store, name, reader.bundle)
        else:
            number, taught = teach_hand(store, name, reader.bundle)
            promoted, reason = taught.promoted, taught.report["reason"]
        reads = f" Version {number} is used from now on." if promoted else f" It is stored as version {number}."
        click.echo(f"{reason}{reads}")
    if problems or against:
        sys.exit(1)
