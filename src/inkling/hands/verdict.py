"""Whether a new version of a hand is an improvement: which lessons are held back, the verdict, and the report of both.

The same for the light step and for a whole network (`inkling.training.hand_tuning`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from inkling import scores
from inkling.errors import BadRequest
from inkling.hands.guards import Guard
from inkling.hands.lesson import Lesson
from inkling.hands.store import contradictions, teachable

MIN_HELD_BACK = 20  # lessons; fewer are all learned from
MIN_MISREAD = 8  # of them; where fewer are misread, held-back ones say nothing
LEAST_GAIN = 0.25  # share of the errors among held-back lessons that must go
MAX_NAMED = 500  # changed lessons that a report names


@dataclass(frozen=True)
class Outcome:
    """Which lessons are read right, (N,) bool each."""

    before: np.ndarray  # by the original network
    after: np.ndarray  # by the new version
    held_back: np.ndarray | None  # by one that was learned from the other half; None if there are too few


@dataclass(frozen=True)
class Verdict:
    """Whether a version is promoted, and why."""

    promoted: bool
    reason: str  # a sentence


def usable(lessons: Sequence[Lesson]) -> list[Lesson]:
    """The lessons that can be learned from. Raises BadRequest if there are none."""
    found = teachable(lessons)
    if not found:
        contradicted = n_contradicted(lessons)
        why = f"{contradicted} contradict each other" if contradicted else "none is stored"
        raise BadRequest(
            f"the hand has no lessons to learn from ({why}); expected at least one. Correct a digit first."
        )
    return found


def n_contradicted(lessons: Sequence[Lesson]) -> int:
    """Lessons that others contradict."""
    return sum(len(same) for same in contradictions(lessons))


def can_hold_back(before: np.ndarray) -> bool:
    """Whether enough lessons were misread to judge by held-back ones. `before`: which are read right, (N,) bool."""
    return len(before) >= MIN_HELD_BACK and int((~before).sum()) >= MIN_MISREAD


def halves(lessons: Sequence[Lesson], before: np.ndarray) -> np.ndarray:
    """Two halves, (N,) 0 or 1: by session, else alike in labels and in what was read right."""
    sessions: dict[str, list[int]] = {}
    for i, lesson in enumerate(lessons):
        sessions.setdefault(lesson.session, []).append(i)
    folds = np.zeros(len(lessons), int)
    sizes = [0, 0]
    for rows in sorted(sessions.values(), key=len, reverse=True):
        fold = int(sizes[1] < sizes[0])
        folds[rows] = fold
        sizes[fold] += len(rows)
    if min(sizes) < len(lessons) / 4:
        order = sorted(range(len(lessons)), key=lambda i: (lessons[i].label, before[i], lessons[i].sha256))
        folds[order] = np.arange(len(lessons)) % 2
    return folds


def verdict(outcome: Outcome, checked: Sequence[Guard]) -> Verdict:
    """Whether lessons are read better, and nothing else worse."""
    before, after, held_back = outcome.before, outcome.after, outcome.held_back
    n, n_before = len(before), int(before.sum())
    if failed := [guard for guard in checked if not guard.holds]:
        return Verdict(False, f"Not promoted: ordinary writing would be read worse ({failed[0]}). Check the labels.")
    if n_before == n:
        return Verdict(False, f"Not promoted: the original network reads all {n:,} lessons right.")
    if held_back is None:
        n_after = int(after.sum())
        if n_after <= n_before or (before & ~after).any():
            what = f"of {n:,} lessons {n_before:,} were right before, {n_after:,} after"
            return Verdict(False, f"Not promoted: {what}. Teach more.")
        return Verdict(
            True,
            f"Promoted: {n_after:,} of {n:,} lessons are right, where {n_before:,} were, and ordinary writing is read "
            "as before. Too few were misread to hold half of them back.",
        )
    n_after = int(held_back.sum())
    what = f"of {n:,} lessons, each held back in turn, {n_before:,} were right before and {n_after:,} after"
    if n_after - n_before < LEAST_GAIN * (n - n_before):
        return Verdict(False, f"Not promoted: {what}; at least a quarter of the errors should go. Check the labels.")
    return Verdict(True, f"Promoted: {what}, and ordinary writing is read as before.")


def report(lessons: Sequence[Lesson], outcome: Outcome, checked: Sequence[Guard], found: Verdict) -> dict[str, Any]:
    """What a version keeps of how it came about.

    promoted and why (`reason`, a sentence), lessons, held_back and own (what was read right before and after, with
    Wilson's 95 % interval), changed (numbers of lessons that are read right or wrong since), guards.
    """
    before, after, held_back = outcome.before, outcome.after, outcome.held_back
    return {
        "promoted": found.promoted,
        "reason": found.reason,
        "lessons": len(lessons),
        "held_back": None if held_back is None else _compared(before, held_back),
        "own": _compared(before, after),
        "changed": {
            "better": [lessons[i].id for i in np.flatnonzero(after & ~before)[:MAX_NAMED]],
            "worse": [lessons[i].id for i in np.flatnonzero(before & ~after)[:MAX_NAMED]],
        },
        "guards": [guard.to_json() for guard in checked],
    }


def _compared(before: np.ndarray, after: np.ndarray) -> dict[str, Any]:
    return {"before": _share(before), "after": _share(after)}


def _share(right: np.ndarray) -> dict[str, Any]:
    return {"right": int(right.sum()), "n": len(right), **scores.share_right(right)}
