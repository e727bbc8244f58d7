"""The review page: only the doubtful readings, the most doubtful first, for a person to check.

A single file that works offline: images, styles and script are embedded, and its content security policy blocks
everything else. It can be viewed without JavaScript. With JavaScript, a person types the correct digits, presses Enter
for the next image, and saves the corrections as a table, which `inkling merge` merges into the table of readings. The
page checks each typed number against the constraints. For an allowlist, it also shows the numbers that are on
several pictures or on none.
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
from inkling.batch.csv_table import ResultJson
from inkling.batch.review_card import OpenImage, ReviewCard, make_card
from inkling.constraints.constraints import Constraints
from inkling.pipeline.ctc import N_DIGITS
from inkling.pipeline.prefix_search import any_text

MAX_CARDS = 500  # on one page: about 10 MB
MAX_LISTED = 20_000  # numbers of an allowlist embedded in the page: about 200 KB
ANYTHING = Constraints(any_text(N_DIGITS))


@dataclass(frozen=True, eq=False)
class _Kept:
    """A result that may be shown on the page."""

    result: ResultJson
    open_image: OpenImage | None
    field: str  # "" if the picture contains one number


class ReviewPage:
    """Collects the most doubtful readings, up to a maximum, and writes the page."""

    def __init__(
        self, path: Path, *, about: str = "", constraints: Constraints = ANYTHING, max_cards: int = MAX_CARDS
    ) -> None:
        """`about`: model and constraints, for the page's header; `constraints`: the constraints on every number.

        Raises NotFound if `path` cannot be written.
        """
        check_writable(path)
        self.path = path
        self.outcomes: Counter[str] = Counter()
        self.doubtful = 0
        self._what = "picture"  # or "field" for sheets
        self._about, self._constraints, self._max_cards = about, constraints, max_cards
        self._kept: list[tuple[float, int, _Kept]] = []  # a heap with the least doubtful at the root
        self._failures: list[ResultJson] = []
        self._told: list[ResultJson] = []
        self._order = count()
        self._constraints_of: dict[str, Constraints] = {}  # by field
        self._listed: dict[str, dict[str, list[_Kept]]] = {}  # the sure readings, by field and number

    def add(
        self,
        result: ResultJson,
        open_image: OpenImage | None = None,
        *,
        name: str = "",
        constraints: Constraints | None = None,
        doubtful: bool | None = None,
    ) -> None:
        """Add a reading. All are counted; doubtful ones are shown, and the others are matched against the allowlist.

        A reading is a number in a picture or a field of a sheet. Call this for each field in turn, with its `name` (its
        column in the table) and its `constraints` (None: those of the page). `result` needs `source` (the picture's or
        sheet's name in the table), `ok`, `outcome`, `text` and `confidence`. Optional and shown if present: `written`,
        `reason`, `digits`, `others`, `size` and `constraint`, as in the JSON of a reading. `open_image` is called when
        the page is written and returns the picture or crop to show, as bytes or an (H, W) uint8 array; boxes of digits
        are in its pixels. If it is None, the source is a file. If `doubtful` is None, `is_doubtful` decides.
        """
        self.outcomes[result["outcome"] if result["ok"] else "failed"] += 1
        if name:
            self._what = "field"
        self._constraints_of.setdefault(name, constraints or self._constraints)
        kept = _Kept(result, open_image, name)
        if not (is_doubtful(result) if doubtful is None else doubtful):
            self._take_listed(kept)
        elif result["ok"]:
            self._show(kept, _trust(result))
        else:
            self.doubtful += 1
            if len(self._failures) < self._max_cards:
                self._failures.append(result)

    def tell(self, source: str, reason: str) -> None:
        """Add a sheet that needs another look as a whole. Its fields that were read are added separately."""
        if len(self._told) < self._max_cards:
            self._told.append({"source": source, "error": reason})

    def _take_listed(self, kept: _Kept) -> None:
        """Record a sure number of an allowlist. A number on several pictures is shown although it is sure."""
        listed, text = self._constraints_of[kept.field].allowlist, _number(kept.result)
        if listed is None or len(listed) > MAX_LISTED or not text:
            return
        same = self._listed.setdefault(kept.field, {}).setdefault(text, [])
        same.append(kept)
        for each in same if len(same) == 2 else same[2:][-1:]:
            self._show(each, 0.0)

    def _show(self, kept: _Kept, trust: float) -> None:
        self.doubtful += 1
        rank = (-trust, -next(self._order))  # of equal readings, the earlier ones are kept
        if len(self._kept) < self._max_cards:
            heapq.heappush(self._kept, (*rank, kept))
        elif rank > self._kept[0][:2]:
            heapq.heapreplace(self._kept, (*rank, kept))

    def finish(self) -> None:
        """Write the page. Raises NotFound if that fails."""
        try:
            # A file name may contain undecodable bytes.
            partial_path(self.path).write_text(self._render(), encoding="utf-8", errors="backslashreplace")
        except OSError as error:
            raise write_error(self.path, error) from error
        commit(self.path)

    def close(self) -> None:
        """Delete the unfinished page, which is still empty."""
        partial_path(self.path).unlink(missing_ok=True)

    def _render(self) -> str:
        """The page as HTML."""
        from jinja2 import Environment, StrictUndefined

        # In the order of `add`, so that an archive is reread sequentially.
        by_order = sorted(self._kept, key=lambda kept: -kept[1])
        made = {order: make_card(kept.result, kept.open_image, name=kept.field) for _, order, kept in by_order}
        shown = sorted(self._kept, key=lambda kept: kept[:2], reverse=True)
        cards = [made[order] for _, order, _ in shown]
        fields = list(dict.fromkeys(kept.field for *_, kept in shown) | dict.fromkeys(self._listed))
        on_page = {kept for *_, kept in shown}
        folder = resources.files("inkling.batch") / "review_page"
        style, program, page = ((folder / f"review.{kind}").read_text("utf-8") for kind in ("css", "js", "html"))
        environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
        return environment.from_string(page).render(
            cards=list(zip(cards, [fields.index(kept.field) for *_, kept in shown], strict=True)),
            known=json.dumps([self._known(field, on_page) for field in fields]),
            has_list=any(self._constraints_of[field].allowlist for field in fields),
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

    def _known(self, field: str, on_page: set[_Kept]) -> dict[str, Any]:
        """The data with which the page's script checks the numbers of one field."""
        constraints = self._constraints_of[field]
        listed = constraints.allowlist
        elsewhere = {
            text: [kept.result["source"] for kept in same if kept not in on_page]
            for text, same in self._listed.get(field, {}).items()
        }
        return {
            "field": field,
            "length": constraints.length,
            "pattern": constraints.pattern,
            "signs": constraints.n_symbols > N_DIGITS,  # whether the pattern applies to the number as written
            "check": constraints.check and constraints.check.name,
            "list": listed and {"name": listed.name, "numbers": listed.numbers if len(listed) <= MAX_LISTED else None},
            "elsewhere": elsewhere,  # number -> pictures that are not shown but have a sure reading of it
        }


def _number(result: ResultJson) -> str:
    """The text of a reading without white space: only its digits."""
    return "".join(result.get("text", "").split())


def about(model: str, version: str, constraints: Constraints) -> str:
    """The text about the model and the constraints in the page's header."""
    read_by = f"Read by {model} {version}"
    return f"{read_by}; constraints on each number: {constraints.in_words()}." if constraints.stated else f"{read_by}."


def is_doubtful(result: ResultJson) -> bool:
    """Whether a person should check the image."""
    return not result["ok"] or result["outcome"] != "read" or not _satisfies(result)


def _satisfies(result: ResultJson) -> bool:
    return bool(result.get("constraint", {"satisfied": True})["satisfied"])


def _trust(result: ResultJson) -> float:
    """The sort key of the page, lowest first: a text that violates the constraints precedes all others."""
    return float(result["confidence"]) if _satisfies(result) else 0.0


def _csp_hash(content: str) -> str:
    """The hash of an inline style or script for a content security policy."""
    return f"sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}"


def _page_id(cards: list[ReviewCard]) -> str:
    """The key of the browser's saved checks; the same for the same images with the same texts."""
    listed = "\n".join(f"{card.source}\t{card.name}\t{card.text}" for card in cards)
    return hashlib.sha256(listed.encode(errors="surrogateescape")).hexdigest()[:16]
