"""A page of the doubtful readings only, the most doubtful first, for a person to check.

One file that opens offline and loads nothing: images, style and program are inside, and its content security policy
allows nothing else. It can be viewed without JavaScript. With it, a person types the right digits, presses Enter for
the next image, and saves the corrections as a table.
"""

from __future__ import annotations

import base64
import hashlib
import heapq
from collections import Counter
from importlib import resources
from itertools import count
from pathlib import Path

from inkling.batch.atomic_file import check_writable, commit, partial_path, write_error
from inkling.batch.review_card import OpenImage, ReviewCard, make_card
from inkling.batch.table import ResultJson
from inkling.constraints.constraints import Constraints

MAX_CARDS = 500  # on one page: some 10 MB


class ReviewPage:
    """A page that is being collected: keeps the most doubtful readings, bounded in number."""

    def __init__(self, path: Path, *, about: str = "", max_cards: int = MAX_CARDS) -> None:
        """`about`: what read the images, for the head of the page. Raises NotFound if `path` cannot be written."""
        check_writable(path)
        self.path = path
        self.outcomes: Counter[str] = Counter()
        self.doubtful = 0
        self._about, self._max_cards = about, max_cards
        self._kept: list[tuple[float, int, ResultJson, OpenImage | None]] = []  # a heap, the least doubtful at its root
        self._failures: list[ResultJson] = []
        self._order = count()

    def add(self, result: ResultJson, open_image: OpenImage | None = None) -> None:
        """Keep a doubtful result: unsure, no digit, empty, not opened, or against the constraints.

        `open_image` gives the picture's bytes when the page is written; None: its source is a file.
        """
        self.outcomes[result["outcome"] if result["ok"] else "failed"] += 1
        if not is_doubtful(result):
            return
        self.doubtful += 1
        if not result["ok"]:
            if len(self._failures) < self._max_cards:
                self._failures.append(result)
            return
        rank = (-_trust(result), -next(self._order))  # of equals, the first ones are kept
        if len(self._kept) < self._max_cards:
            heapq.heappush(self._kept, (*rank, result, open_image))
        elif rank > self._kept[0][:2]:
            heapq.heapreplace(self._kept, (*rank, result, open_image))

    def finish(self) -> None:
        """Write the page. Raises NotFound if that fails."""
        try:
            # A file name may hold bytes that are not text.
            partial_path(self.path).write_text(self._render(), encoding="utf-8", errors="backslashreplace")
        except OSError as error:
            raise write_error(self.path, error) from error
        commit(self.path)

    def close(self) -> None:
        """Delete the unfinished page, which holds nothing yet."""
        partial_path(self.path).unlink(missing_ok=True)

    def _render(self) -> str:
        """The page as HTML."""
        from jinja2 import Environment, StrictUndefined

        # In the order they came: an archive is opened again from front to back.
        by_order = sorted(self._kept, key=lambda kept: -kept[1])
        made = {order: make_card(result, open_image) for _, order, result, open_image in by_order}
        cards = [made[order] for _, order, _, _ in sorted(self._kept, key=lambda kept: kept[:2], reverse=True)]
        folder = resources.files("inkling.batch") / "review_page"
        style, program, page = ((folder / f"review.{kind}").read_text("utf-8") for kind in ("css", "js", "html"))
        environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
        return environment.from_string(page).render(
            cards=cards,
            failures=self._failures,
            outcomes=self.outcomes,
            total=self.outcomes.total(),
            doubtful=self.doubtful,
            about=self._about,
            name=self.path.stem,
            page_id=_page_id(cards),
            style=style,
            program=program,
            style_hash=_csp_hash(style),
            program_hash=_csp_hash(program),
        )


def about(model: str, version: str, constraints: Constraints) -> str:
    """The model and the constraints, for a person."""
    read_by = f"Read by {model} {version}"
    return f"{read_by}; known of each number: {constraints.in_words()}." if constraints.stated else f"{read_by}."


def is_doubtful(result: ResultJson) -> bool:
    """Whether a person should check the image."""
    return not result["ok"] or result["outcome"] != "read" or not _satisfies(result)


def _satisfies(result: ResultJson) -> bool:
    return bool(result.get("constraint", {"satisfied": True})["satisfied"])


def _trust(result: ResultJson) -> float:
    """The order of the page, the least first: a text that violates the constraints comes before all others."""
    return float(result["confidence"]) if _satisfies(result) else 0.0


def _csp_hash(content: str) -> str:
    """The name of an inline style or program in a content security policy."""
    return f"sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}"


def _page_id(cards: list[ReviewCard]) -> str:
    """The key by which a browser remembers what was checked: the same images with the same texts."""
    listed = "\n".join(f"{card.source}\t{card.text}" for card in cards)
    return hashlib.sha256(listed.encode(errors="surrogateescape")).hexdigest()[:16]
