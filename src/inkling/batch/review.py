"""A page that shows only the doubtful readings of a pile, the most doubtful first, to be checked by a person.

One file that opens offline and asks for nothing: pictures, style and program are inside, and its content security
policy allows no other. Without JavaScript it can be looked at; with it, one types the right digits, presses Enter for
the next, and saves the corrections as a table.
"""

from __future__ import annotations

import base64
import hashlib
import heapq
from collections import Counter
from dataclasses import dataclass
from importlib import resources
from itertools import count
from pathlib import Path
from typing import Any

from inkling.batch.atomic_file import check_writable, commit, partial_path, write_error
from inkling.batch.review_card import ReviewCard, make_card
from inkling.batch.table import ResultJson

MOST = 500  # pictures on one page: some 10 MB


@dataclass(frozen=True)
class FailedImage:
    """A file that could not be opened."""

    source: str
    error: str


class ReviewPage:
    """The page on its way: keeps the most doubtful readings, bounded in number."""

    def __init__(self, path: Path, *, about: str = "", most: int = MOST) -> None:
        """`about`: what was read with, for the page's head. Raises NotFound when `path` cannot be written."""
        check_writable(path)
        self.path = path
        self.outcomes: Counter[str] = Counter()
        self.doubtful = 0
        self._about, self._most = about, most
        self._kept: list[tuple[float, int, ReviewCard]] = []  # a heap, the least doubtful on top
        self._failures: list[FailedImage] = []
        self._order = count()

    def add(self, row: ResultJson) -> None:
        """Keeps what is doubtful: unsure, no digit, empty, not opened, or against what is known."""
        self.outcomes[row["outcome"] if row["ok"] else "failed"] += 1
        if not is_doubtful(row):
            return
        self.doubtful += 1
        if not row["ok"]:
            if len(self._failures) < self._most:
                self._failures.append(FailedImage(row["source"], row["error"]))
            return
        place = (-_share_of_trust(row), -next(self._order))  # of equals, those that came first are kept
        if len(self._kept) < self._most:
            heapq.heappush(self._kept, (*place, make_card(row)))
        elif place > self._kept[0][:2]:
            heapq.heapreplace(self._kept, (*place, make_card(row)))

    def finish(self) -> None:
        """Writes the page. Raises NotFound when that fails."""
        cards = [card for _, _, card in sorted(self._kept, key=lambda kept: kept[:2], reverse=True)]
        page = render(
            cards,
            self._failures,
            outcomes=self.outcomes,
            doubtful=self.doubtful,
            about=self._about,
            name=self.path.name,
        )
        try:
            # A file name may hold bytes that are no text.
            partial_path(self.path).write_text(page, encoding="utf-8", errors="backslashreplace")
        except OSError as error:
            raise write_error(self.path, error) from error
        commit(self.path)

    def close(self) -> None:
        """Takes the unfinished page away: it holds nothing yet."""
        partial_path(self.path).unlink(missing_ok=True)


def is_doubtful(row: ResultJson) -> bool:
    """Whether a person should look at the picture of this JSON object."""
    return not row["ok"] or row["outcome"] != "read" or not row.get("constraint", {"satisfied": True})["satisfied"]


def _share_of_trust(row: ResultJson) -> float:
    """What the page is ordered by, the least first: a text that breaks what is known comes before all others."""
    return float(row["confidence"]) if row.get("constraint", {"satisfied": True})["satisfied"] else 0.0


def render(
    cards: list[ReviewCard],
    failures: list[FailedImage],
    *,
    outcomes: Counter[str],
    doubtful: int,
    about: str = "",
    name: str = "review.html",
) -> str:
    """The page as HTML."""
    from jinja2 import Environment, StrictUndefined

    folder = resources.files("inkling.batch") / "review_page"
    style, program, page = ((folder / f"review.{kind}").read_text("utf-8") for kind in ("css", "js", "html"))
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    values: dict[str, Any] = {
        "cards": cards,
        "failures": failures,
        "outcomes": outcomes,
        "total": outcomes.total(),
        "doubtful": doubtful,
        "about": about,
        "name": Path(name).stem,
        "page_id": _identity(cards),
        "style": style,
        "program": program,
        "style_hash": _hash(style),
        "program_hash": _hash(program),
    }
    return environment.from_string(page).render(values)


def _hash(content: str) -> str:
    """What a content security policy names an inline style or program by."""
    return f"sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}"


def _identity(cards: list[ReviewCard]) -> str:
    """By which a browser remembers what was checked on this page: the same pictures, read the same."""
    listed = "\n".join(f"{card.source}\t{card.text}" for card in cards)
    return hashlib.sha256(listed.encode(errors="surrogateescape")).hexdigest()[:16]
