"""A page of the doubtful readings only, the most doubtful first, for a person to check.

One file that opens offline and loads nothing: images, style and program are inside, and its content security policy
allows nothing else. It can be viewed without JavaScript. With it, a person types the right digits, presses Enter for
the next image, and saves the corrections as a table, which `inkling merge` puts into the table of readings. What is
known of a number is checked as it is typed; of a list, the page tells the numbers on two pictures and on none.
"""

from __future__ import annotations

import base64
import hashlib
import heapq
import json
from collections import Counter
from dataclasses import dataclass
from importlib import resources
from itertools import count
from pathlib import Path
from typing import Any

from inkling.batch.atomic_file import check_writable, commit, partial_path, write_error
from inkling.batch.review_card import OpenImage, ReviewCard, make_card
from inkling.batch.table import ResultJson
from inkling.constraints.constraints import Constraints
from inkling.pipeline.ctc import N_DIGITS
from inkling.pipeline.prefix_search import any_text

MAX_CARDS = 500  # on one page: some 10 MB
MAX_LISTED = 20_000  # numbers of a list that the page holds: some 200 kB
ANYTHING = Constraints(any_text(N_DIGITS))


@dataclass(frozen=True)
class _Kept:
    """A result that may come to the page."""

    result: ResultJson
    open_image: OpenImage | None
    name: str  # of the field
    constraints: Constraints


class ReviewPage:
    """A page that is being collected: keeps the most doubtful readings, bounded in number."""

    def __init__(
        self, path: Path, *, about: str = "", constraints: Constraints = ANYTHING, max_cards: int = MAX_CARDS
    ) -> None:
        """`about`: what read the images, for the head of the page; `constraints`: what is known of every number.

        Raises NotFound if `path` cannot be written.
        """
        check_writable(path)
        self.path = path
        self.outcomes: Counter[str] = Counter()
        self.doubtful = 0
        self._what = "picture"  # or "field", of a sheet
        self._about, self._constraints, self._max_cards = about, constraints, max_cards
        self._kept: list[tuple[float, int, _Kept]] = []  # a heap, the least doubtful at its root
        self._failures: list[ResultJson] = []
        self._told: list[ResultJson] = []
        self._order = count()
        self._listed: dict[_Group, dict[str, list[_Kept]]] = {}  # the sure readings by their numbers

    def add(
        self,
        result: ResultJson,
        open_image: OpenImage | None = None,
        *,
        name: str = "",
        constraints: Constraints | None = None,
        doubtful: bool | None = None,
    ) -> None:
        """Take a reading: a doubtful one is shown, the others count, and say which numbers of a list are there.

        A number in a picture, or a field of a sheet: call this for each field in turn, with its `name` (the column of
        the table that it stands in) and its own `constraints` (None: those of the page). `result` needs `source` (as
        the table names the picture or sheet), `ok`, `outcome`, `text` and `confidence`; `written`, `reason`, `digits`,
        `others`, `size` and `constraint` as in the JSON of a reading are shown where they are there. `open_image`
        gives the picture or the crop to show when the page is written, as bytes or an (H, W) uint8 array; boxes of
        digits are in its pixels. None: the source is a file. `doubtful`: None leaves it to `is_doubtful`.
        """
        self.outcomes[result["outcome"] if result["ok"] else "failed"] += 1
        if name:
            self._what = "field"
        kept = _Kept(result, open_image, name, constraints or self._constraints)
        if not (is_doubtful(result) if doubtful is None else doubtful):
            self._take_listed(kept)
        elif result["ok"]:
            self._show(kept, _trust(result))
        else:
            self.doubtful += 1
            if len(self._failures) < self._max_cards:
                self._failures.append(result)

    def tell(self, source: str, reason: str) -> None:
        """Name a sheet that needs another look as a whole; those of its fields that are read are added, too."""
        if len(self._told) < self._max_cards:
            self._told.append({"source": source, "error": reason})

    def _take_listed(self, kept: _Kept) -> None:
        """Note a sure number of a list; those that stand on two pictures are shown after all."""
        listed, text = kept.constraints.allowlist, _number(kept.result)
        if listed is None or len(listed) > MAX_LISTED or not text:
            return
        same = self._listed.setdefault((id(kept.constraints), kept.name), {}).setdefault(text, [])
        same.append(kept)
        for each in same if len(same) == 2 else same[2:][-1:]:
            self._show(each, 0.0)

    def _show(self, kept: _Kept, trust: float) -> None:
        self.doubtful += 1
        rank = (-trust, -next(self._order))  # of equals, the first ones are kept
        if len(self._kept) < self._max_cards:
            heapq.heappush(self._kept, (*rank, kept))
        elif rank > self._kept[0][:2]:
            heapq.heapreplace(self._kept, (*rank, kept))

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
        made = {order: make_card(kept.result, kept.open_image, name=kept.name) for _, order, kept in by_order}
        shown = sorted(self._kept, key=lambda kept: kept[:2], reverse=True)
        cards = [made[order] for _, order, _ in shown]
        groups = list(dict.fromkeys(_group(kept) for *_, kept in shown) | dict.fromkeys(self._listed))
        known_of = {id(kept.constraints): kept.constraints for *_, kept in shown}
        known_of |= {
            id(kept.constraints): kept.constraints
            for numbers in self._listed.values()
            for same in numbers.values()
            for kept in same[:1]
        }
        on_page = {id(kept) for *_, kept in shown}
        folder = resources.files("inkling.batch") / "review_page"
        style, program, page = ((folder / f"review.{kind}").read_text("utf-8") for kind in ("css", "js", "html"))
        environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
        return environment.from_string(page).render(
            cards=list(zip(cards, [groups.index(_group(kept)) for *_, kept in shown], strict=True)),
            known=json.dumps([self._known(group, known_of[group[0]], on_page) for group in groups]),
            has_list=any(known_of[known].allowlist for known, _ in groups),
            not_shown=self.outcomes["read"] - sum(kept.result["outcome"] == "read" for *_, kept in shown),
            failures=self._failures,
            told=self._told,
            outcomes=self.outcomes,
            total=self.outcomes.total(),
            doubtful=self.doubtful,
            what=self._what,
            about=self._about,
            name=self.path.stem,
            page_id=_page_id(cards),
            style=style,
            program=program,
            style_hash=_csp_hash(style),
            program_hash=_csp_hash(program),
        )

    def _known(self, group: _Group, constraints: Constraints, on_page: set[int]) -> dict[str, Any]:
        """What the page's program checks in one group of numbers."""
        listed = constraints.allowlist
        elsewhere = {
            text: [kept.result["source"] for kept in same if id(kept) not in on_page]
            for text, same in self._listed.get(group, {}).items()
        }
        return {
            "field": group[1],
            "length": constraints.length,
            "pattern": constraints.pattern,
            "signs": constraints.n_symbols > N_DIGITS,  # the pattern is of the number as written
            "check": constraints.check and constraints.check.name,
            "list": listed and {"name": listed.name, "numbers": listed.numbers if len(listed) <= MAX_LISTED else None},
            "elsewhere": elsewhere,  # number -> the pictures not shown that it was surely read on
        }


_Group = tuple[int, str]  # numbers that are told apart by a list: the id of their constraints, and their field


def _group(kept: _Kept) -> _Group:
    return id(kept.constraints), kept.name


def _number(result: ResultJson) -> str:
    """The digits alone."""
    return "".join(result.get("text", "").split())


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
    listed = "\n".join(f"{card.source}\t{card.name}\t{card.text}" for card in cards)
    return hashlib.sha256(listed.encode(errors="surrogateescape")).hexdigest()[:16]
