"""Write measurements as Markdown into a page: blocks between two comments, tables, and rates with intervals."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from inkling.errors import BadData


def with_block(page: str, name: str, block: str) -> str:
    """The page with one block replaced. Raises BadData if the page has no such block."""
    begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    before, found, rest = page.partition(begin)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        raise BadData(f"the page has no block {begin} ... {end}; expected one for the table. Add the two lines.")
    return f"{before}{begin}\n{block}\n{end}{after}"


def write_blocks(path: Path, blocks: dict[str, str]) -> None:
    """Replace several blocks of a page; `blocks`: name -> content."""
    page = path.read_text("utf-8")
    for name, block in blocks.items():
        page = with_block(page, name, block)
    path.write_text(page, "utf-8")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table whose first column is text and whose other columns are numbers."""
    rule = ["---", *["---:" for _ in head[1:]]]
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, rule, *rows))


def rate(value: float | None, interval: Sequence[float] | None = None, *, places: int = 1) -> str:
    """A rate in percent with its interval below; a dash for None."""
    if value is None:
        return "-"
    low_high = "" if interval is None else f" <br> {interval[0]:.{places}%} to {interval[1]:.{places}%}"
    return f"**{value:.{places}%}**{low_high}"
