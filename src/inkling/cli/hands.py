"""inkling hands: manage the writers whose handwriting inkling has learned, their versions and stored digits."""

from __future__ import annotations

import json
import sys
from collections import Counter
from functools import partial
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from inkling.errors import BadRequest, CannotWrite

MAX_SHOWN = 20  # rows that a table shows
_table = partial(Table, box=None, pad_edge=False)


@click.group("hands", invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per line instead of a table.")
@click.pass_context
def command(context: click.Context, as_json: bool) -> None:
    """List the writers that inkling has learned, and manage their versions and stored digits.

    \b
    Examples:
      inkling hands
      inkling hands show anna
      inkling hands use anna 0          the original network
    """
    if context.invoked_subcommand:
        return
    from inkling.hands.store import Store

    with Store() as store:
        hands = store.hands()
    if as_json:
        for hand in hands:
            click.echo(json.dumps(vars(hand)))
        return
    if not hands:
        click.echo("There are no hands yet. Teach one with: inkling teach FOLDER --hand NAME", err=True)
        return
    table = _table("hand", "digits", "versions", "reads with", "since")
    for hand in hands:
        reads = f"version {hand.active_version}" if hand.active_version else "the original network"
        table.add_row(hand.name, f"{sum(hand.lessons.values()):,}", str(hand.versions), reads, hand.created[:10])
    Console().print(table)


@command.command("show")
@click.argument("name")
@click.option("--all", "every", is_flag=True, help="List every lesson.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object with the reports of all versions.")
def show_command(name: str, every: bool, as_json: bool) -> None:
    """Show a hand: stored digits, misreadings, contradictions, and the result of each version.

    \b
    Example:
      inkling hands show anna
    """
    from inkling.hands.lesson import contradictions
    from inkling.hands.store import Store

    with Store() as store:
        hand, lessons, versions = store.hand(name), store.lessons(name), store.versions(name)
    if as_json:
        reports = [{"number": each.number, "created": each.created, **each.report} for each in versions]
        click.echo(json.dumps({**vars(hand), "reports": reports}))
        return
    console = Console(highlight=False)
    counts = ", ".join(f"{label}: {n}" for label, n in hand.lessons.items())
    console.print(f"[bold]{hand.name}[/], since {hand.created[:10]}. Stored digits: {counts or 'none'}")
    misread = Counter((each.label, each.said) for each in lessons if each.said not in ("", each.label))
    if misread:
        pairs = ", ".join(f"{label} as {said} ({n})" for (label, said), n in misread.most_common(10))
        console.print(f"misread: {pairs}")
    for same in contradictions(lessons):
        console.print(f"contradiction: {', '.join(f'{each.label} (lesson {each.id})' for each in same)}")
    for version in versions:
        active = ", in use" if version.number == hand.active_version else ""
        console.print(f"version {version.number}, {version.created[:16]}{active}: {version.report['reason']}")
    table = _table("lesson", "is", "was read as", "from")
    for lesson in lessons if every else lessons[-MAX_SHOWN:]:
        table.add_row(str(lesson.id), lesson.label, lesson.said or "-", escape(Path(lesson.source).name or "-"))
    console.print(table)
    if not every and len(lessons) > MAX_SHOWN:
        console.print(f"{len(lessons) - MAX_SHOWN:,} more with --all")


@command.command("report")
@click.argument("name", required=False)
@click.option(
    "--html", "html_path", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Also write a page."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def report_command(name: str | None, html_path: Path | None, as_json: bool) -> None:
    """Show how digits are misread, from the corrections of NAME or of all hands: by digit, confusion, source and week.

    \b
    Examples:
      inkling hands report
      inkling hands report anna --html anna.html
    """
    from inkling.hands import corrections
    from inkling.hands.store import Store

    with Store() as store:
        found = corrections.report(store.said(name))
    if html_path:
        title = f"How {name} is misread" if name else "How digits are misread"
        try:
            html_path.write_text(corrections.page(found, title=title), "utf-8")
        except OSError as error:
            raise CannotWrite(
                f"{html_path} cannot be written ({error.strerror}); expected a file in an existing folder. Choose "
                "another."
            ) from error
    if as_json:
        click.echo(json.dumps(found))
        return
    console = Console(highlight=False)
    console.print(f"{found['lessons']:,} digits stored, {found['misread']:,} of them misread.")
    confusion = _table("is", "was read as", "times")
    for pair in found["confusion"][:MAX_SHOWN]:
        confusion.add_row(pair["right"], pair["said"], f"{pair['n']:,}")
    for part, key in (("by_digit", "digit"), ("by_source", "source"), ("by_week", "week")):
        table = _table(key, "stored", "misread")
        rows = found[part][-MAX_SHOWN:] if part == "by_week" else found[part][:MAX_SHOWN]  # the newest, or the worst
        for row in rows:
            if row["lessons"]:
                table.add_row(escape(row[key]), f"{row['lessons']:,}", f"{row['misread']:,}")
        if table.row_count:
            console.print("", table)
        if part == "by_digit" and confusion.row_count:
            console.print("", confusion)


@command.command("use")
@click.argument("name")
@click.argument("version", type=click.IntRange(0, 2**31 - 1))
def use_command(name: str, version: int) -> None:
    """Choose the active version: an earlier one to roll back, 0 for the original network.

    \b
    Example:
      inkling hands use anna 2
    """
    from inkling.hands.store import Store

    with Store() as store:
        store.use(name, version)
    click.echo(f"{name} now reads with {f'version {version}' if version else 'the original network'}.")


@command.command("delete")
@click.argument("name", required=False)
@click.option("--lesson", type=click.IntRange(1, 2**31 - 1), metavar="N", help="Delete this lesson only.")
@click.option("--all", "every", is_flag=True, help="Delete every hand.")
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
def delete_command(name: str | None, lesson: int | None, every: bool, yes: bool) -> None:
    """Delete a hand with its digits and versions, one of its digits, or all hands. This cannot be undone.

    \b
    Examples:
      inkling hands delete anna
      inkling hands delete anna --lesson 12
    """
    from inkling.hands import full_job
    from inkling.hands.store import Store

    if (name is None) != every or (every and lesson is not None):
        raise BadRequest("expected the name of a hand, or --all without --lesson. Name the hand to delete.")
    with Store() as store:
        if name is not None:
            store.hand(name)  # report an unknown name before asking for confirmation
        what = (
            "every hand"
            if every
            else f"lesson {lesson} of {name}"
            if lesson is not None
            else f"{name} with all digits and versions"
        )
        if not yes and not click.confirm(f"Delete {what}?", err=True):
            click.echo("Nothing was deleted.", err=True)
            sys.exit(1)
        if lesson is None:
            for gone in [name] if name is not None else [hand.name for hand in store.hands()]:
                full_job.cancel(store, gone)
                full_job.forget(store, gone)
        if name is None:
            store.delete_all()
        elif lesson is not None:
            store.delete_lesson(name, lesson)
        else:
            store.delete_hand(name)
    click.echo(f"Deleted: {what}.")


@command.command("export")
@click.argument("name")
@click.argument("path", type=click.Path(path_type=Path))
def export_command(name: str, path: Path) -> None:
    """Write a hand's digits to a new folder as LABEL__x.png, or to a .parquet file with all their data.

    \b
    Example:
      inkling hands export anna anna-digits
    """
    from inkling.hands.exchange import export_lessons
    from inkling.hands.store import Store

    with Store() as store:
        lessons = store.lessons(name)
    export_lessons(lessons, path)
    click.echo(f"{path}: {len(lessons):,} digits of {name}.")


@command.command("import")
@click.argument("name")
@click.argument("path", type=click.Path(path_type=Path))
def import_command(name: str, path: Path) -> None:
    """Add exported digits to a hand. Teach it afterwards: inkling teach --hand NAME.

    \b
    Example:
      inkling hands import anna anna-digits
    """
    from inkling.hands.exchange import import_lessons
    from inkling.hands.store import Store

    lessons = import_lessons(path)
    with Store() as store:
        added = store.add(name, lessons)
    click.echo(f"{name}: {added.new:,} digits stored, {added.known:,} were already stored.")
