"""Decide whether a new version of a hand is an improvement: the held-out lessons, the verdict, and the report.

The light step and teaching the whole network (`inkling.training.hand_tuning`) share this code.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from inkling import scores
from inkling.errors import BadRequest
from inkling.hands.guards import Guard
from inkling.hands.lesson import LABELS, Lesson, contradictions, teachable

MIN_HELD_BACK = 20  # lessons; with fewer, none is held out
MIN_MISREAD = 8  # misread lessons; with fewer, a test on held-out lessons is not conclusive
LEAST_GAIN = 0.25  # fraction of the errors on held-out lessons that must disappear
MAX_NAMED = 500  # changed lessons that a report lists


@dataclass(frozen=True)
class Outcome:
    """The labels of N lessons and their readings: (N,) indices of LABELS each."""

    labels: np.ndarray
    before: np.ndarray  # read by the original network
    after: np.ndarray  # read by the new version
    held_back: np.ndarray | None  # read by a version learned from the other half; None if there are too few lessons

    def right(self, read: np.ndarray) -> np.ndarray:
        """(N,) bool: whether each lesson is read correctly."""
        return np.asarray(read == self.labels)


@dataclass(frozen=True)
class Verdict:
    """Whether a version is promoted, and why."""

    promoted: bool
    reason: str  # a message


def usable(lessons: Sequence[Lesson]) -> list[Lesson]:
    """The lessons that can be learned. Raises BadRequest if there are none."""
    found = teachable(lessons)
    if not found:
        contradicted = n_contradicted(lessons)
        why = f"{contradicted} contradict each other" if contradicted else "none is stored"
        raise BadRequest(
            f"the hand has no lessons to learn from ({why}); expected at least one. Correct a digit first."
        )
    return found


def n_contradicted(lessons: Sequence[Lesson]) -> int:
    """The number of lessons that contradict each other."""
    return sum(len(same) for same in contradictions(lessons))


def can_hold_back(before: np.ndarray) -> bool:
    """Whether enough lessons exist and are misread to hold some out. `before`: which were read correctly, (N,) bool."""
    return len(before) >= MIN_HELD_BACK and int((~before).sum()) >= MIN_MISREAD


def halves(lessons: Sequence[Lesson], before: np.ndarray) -> np.ndarray:
    """The half of each lesson, (N,) 0 or 1: by session if possible, otherwise stratified by label and correctness."""
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
    """Whether the lessons are read better and nothing else is read worse."""
    before, after = outcome.right(outcome.before), outcome.right(outcome.after)
    n, n_before = len(before), int(before.sum())
    if failed := [guard for guard in checked if not guard.holds]:
        return Verdict(False, f"Not promoted: ordinary writing would be read worse ({failed[0]}). Check the labels.")
    if n_before == n:
        return Verdict(False, f"Not promoted: the original network reads all {n:,} lessons right.")
    if outcome.held_back is None:
        n_after = int(after.sum())
        if n_after <= n_before or (before & ~after).any():
            what = f"of {n:,} lessons {n_before:,} were right before, {n_after:,} after"
            return Verdict(False, f"Not promoted: {what}. Teach more.")
        counts = f"{n_after:,} of your {n:,} digits; before, it read {n_before:,}"
        what = "your digit; before, it did not" if n == 1 else counts
        return Verdict(True, f"It now reads {what}. Ordinary writing is read as before.")
    n_after = int(outcome.right(outcome.held_back).sum())
    what = f"of {n:,} lessons, each held back in turn, {n_before:,} were right before and {n_after:,} after"
    if n_after - n_before < LEAST_GAIN * (n - n_before):
        return Verdict(False, f"Not promoted: {what}; at least a quarter of the errors should go. Check the labels.")
    return Verdict(True, f"Promoted: {what}, and ordinary writing is read as before.")


def report(lessons: Sequence[Lesson], outcome: Outcome, checked: Sequence[Guard], found: Verdict) -> dict[str, Any]:
    """The report that is stored with a version.

    Keys: promoted, reason (a message), lessons, held_back and own (how many were read correctly before and after, with
    Wilson's 95 % interval), changed (lessons with a different reading: the lesson's number `lesson`, `label`, `before`,
    `after`), confusion (label, reading, count; before and after), guards.
    """
    right = outcome.right
    changed = np.flatnonzero(outcome.before != outcome.after)[:MAX_NAMED]
    return {
        "promoted": found.promoted,
        "reason": found.reason,
        "lessons": len(lessons),
        "held_back": None
        if outcome.held_back is None
        else {"before": _share(right(outcome.before)), "after": _share(right(outcome.held_back))},
        "own": {"before": _share(right(outcome.before)), "after": _share(right(outcome.after))},
        "changed": [
            {
                "lesson": lessons[i].id,
                "label": lessons[i].label,
                "before": LABELS[outcome.before[i]],
                "after": LABELS[outcome.after[i]],
            }
            for i in changed
        ],
        "confusion": {
            "before": _confusion(outcome.labels, outcome.before),
            "after": _confusion(outcome.labels, outcome.after),
        },
        "guards": [guard.to_json() for guard in checked],
    }


def _confusion(labels: np.ndarray, read: np.ndarray) -> list[list[Any]]:
    pairs, counts = np.unique(np.stack([labels, read]), axis=1, return_counts=True)
    return [[LABELS[label], LABELS[as_], int(n)] for (label, as_), n in zip(pairs.T, counts, strict=True)]


def _share(right: np.ndarray) -> dict[str, Any]:
    return {"right": int(right.sum()), "n": len(right), **scores.share_right(right)}
