"""inkling merge: apply the corrections from a review page to a table."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from inkling.errors import BadRequest

if TYPE_CHECKING:
    from inkling.constraints.roster import Roster


@click.command("merge")
@click.argument("table", metavar="TABLE")
@click.argument(
    "corrections", nargs=-1, required=True, type=click.Path(path_type=Path, dir_okay=False), metavar="CORRECTIONS..."
)
@click.option(
    "-o", "out", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
    help="The table to write.  [default: TABLE-final.csv]",
)  # fmt: skip
@click.option(
    "--among", multiple=True, metavar="[REGION=]FILE:COLUMN",
    help="The roster from which the columns of corrected numbers are filled in; REGION is a form's region; repeatable.",
)  # fmt: skip
def command(*, table: str, corrections: tuple[Path, ...], out: Path | None, among: tuple[str, ...]) -> None:
    """Apply the corrections from a review page to its table.

    TABLE is the file written by --csv, or the folder of a run with --out. CORRECTIONS are the files saved by the review
    page, from one or more people. In the new table, `said_by` is the person who entered each text, and `first_text` is
    the original reading. Sums and status of corrected sheets are recomputed. If two people contradict each other,
    the reading is kept, the row is reported, and the exit status is 1.

    \b
    Examples:
      inkling merge out.csv check-corrections.csv -o final.csv
      inkling merge out.csv check-corrections.csv --among student_number=roster.csv:no
      inkling merge readings/ ann.csv bob.csv -o final.csv
    """
    from inkling.batch.merge import merge

    out = out or Path(f"{Path(table).with_suffix('')}-final.csv")
    merged = merge(table, corrections, out, rosters=dict(map(_roster, among)))
    for contradiction in merged.contradictions:
        click.echo(f"inkling: {contradiction}", err=True)
    rows = "1 row" if merged.rows == 1 else f"{merged.rows:,} rows"
    against = f", {len(merged.contradictions):,} contradicted" if merged.contradictions else ""
    counts = ", ".join(f"{n:,} {status.replace('_', ' ')}" for status, n in merged.statuses.most_common())
    sheets = f" Sheets: {counts}." if counts else ""
    said = f"{merged.checked:,} checked, {merged.corrected:,} corrected{against}"
    click.echo(f"{rows}: {said}.{sheets} Written: {out}.", err=True)
    if merged.contradictions:
        sys.exit(1)


def _roster(given: str) -> tuple[str, Roster]:
    """`student_number=roster.csv:no` -> (region, roster); `roster.csv:no` -> ("", roster)."""
    from inkling.constraints.roster import read_roster, split_column

    region, is_region, of_region = given.partition("=")
    is_region = is_region if re.fullmatch(r"\w+", region) else ""
    path, column = split_column(of_region if is_region else given)
    if not column:
        raise BadRequest(f"--among is {given!r}; expected FILE:COLUMN, as in roster.csv:student_no. Name the column.")
    return region if is_region else "", read_roster(path, column)
