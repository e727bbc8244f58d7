"""Statistics of misreadings, counted from corrections: by digit, confusion, source and week."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path, PurePath
from typing import Any

from inkling import offline_page
from inkling.hands.lesson import LABELS

TEMPLATE = Path(__file__).parent / "corrections_page.html"
MAX_ROWS = 50  # sources that a report lists


@dataclass(frozen=True)
class Said:
    """A lesson without its picture."""

    label: str
    said: str
    source: str
    created: str

    @property
    def is_misread(self) -> bool:
        """Whether the digit was read as something else."""
        return self.said not in ("", self.label)


def report(lessons: Sequence[Said]) -> dict[str, Any]:
    """Counts of lessons and of misread lessons.

    by_digit: these counts for each label; confusion: the label read (`said`), the correct label (`right`) and the
    count, the most frequent first; by_source: the most misread first; by_week: by the week's Monday, the oldest first.
    Lessons with an empty `said` count as read correctly.
    """
    misread = [lesson for lesson in lessons if lesson.is_misread]
    pairs = Counter((lesson.said, lesson.label) for lesson in misread)
    by_digit = _counted(lessons, lambda lesson: lesson.label)
    by_source = sorted(_counted(lessons, kind_of_source).items(), key=lambda entry: (-entry[1]["misread"], entry[0]))
    by_week = _counted(lessons, week)
    nothing = {"lessons": 0, "misread": 0}
    return {
        "lessons": len(lessons),
        "misread": len(misread),
        "by_digit": [{"digit": label, **by_digit.get(label, nothing)} for label in LABELS],
        "confusion": [{"said": said, "right": right, "n": n} for (said, right), n in pairs.most_common()],
        "by_source": [{"source": source, **counts} for source, counts in by_source[:MAX_ROWS]],
        "by_week": [{"week": monday, **counts} for monday, counts in sorted(by_week.items())],
    }


def kind_of_source(lesson: Said) -> str:
    """The name of the folder if the source is a file; otherwise the source itself: "board", "upload", .."""
    path = PurePath(lesson.source)
    return (path.parent.name or "(this folder)") if path.suffix else lesson.source or "(not said)"


def week(lesson: Said) -> str:
    """The Monday of the week in which the lesson was stored, ISO 8601."""
    day = date.fromisoformat(lesson.created[:10])
    return date.fromordinal(day.toordinal() - day.weekday()).isoformat()


def page(found: dict[str, Any], *, title: str) -> str:
    """A report as an HTML page that works offline."""
    shown = [row for row in found["by_digit"] if row["lessons"]]
    share = f"{found['misread'] / found['lessons']:.1%}" if found["lessons"] else "-"
    counted = ("stored", "misread", "share misread")
    confusion = [(row["right"], row["said"], f"{row['n']:,}") for row in found["confusion"]]
    tables: list[tuple[str, str, tuple[str, ...], Sequence[tuple[str, ...]]]] = [
        ("digits", "By digit", ("is", *counted), _rows(shown, "digit")),
        ("confusion", "Confusions", ("is", "was read as", "times"), confusion),
        ("sources", "By source", ("from", *counted), _rows(found["by_source"], "source")),
        ("weeks", "By week", ("week of", *counted), _rows(found["by_week"], "week")),
    ]
    facts = [(f"{found['lessons']:,}", "stored digits"), (f"{found['misread']:,}", "misread"), (share, "share misread")]
    return offline_page.render(
        TEMPLATE,
        styles=(offline_page.REPORT_CSS,),
        title=title,
        facts=facts,
        tables=[each for each in tables if each[3]],
    )


def _rows(counts: Iterable[dict[str, Any]], name: str) -> list[tuple[str, ...]]:
    return [
        (row[name], f"{row['lessons']:,}", f"{row['misread']:,}", f"{row['misread'] / row['lessons']:.1%}")
        for row in counts
    ]


def _counted(lessons: Iterable[Said], key: Callable[[Said], str]) -> dict[str, dict[str, int]]:
    counts: dict[str, dict[str, int]] = {}
    for lesson in lessons:
        each = counts.setdefault(key(lesson), {"lessons": 0, "misread": 0})
        each["lessons"] += 1
        each["misread"] += lesson.is_misread
    return counts
