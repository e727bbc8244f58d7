"""The light step: learn a hand's last layer in about a second, and promote it only if it is an improvement."""

from __future__ import annotations

import io
import time
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from inkling import scores
from inkling.errors import BadData, BadRequest
from inkling.hands import guards
from inkling.hands.feature_network import CLASSES, features_of
from inkling.hands.guards import Guard, answers
from inkling.hands.last_layer import fit, softmax
from inkling.hands.lesson import LABELS, Lesson
from inkling.hands.replay import Replay, load_replay
from inkling.hands.store import Store, contradictions, teachable
from inkling.models.bundle import Bundle

STRENGTHS = tuple(30.0 * 2**k for k in range(7))  # of staying close; the first at which the guards hold is taken
REPLAY_WEIGHT = 3.0  # of a replayed image at the first strength, where a lesson that was right weighs 1
FEW = 200.0  # weight of a misread lesson that is the only one of its label, so that it acts; of n such, FEW / n^2
MIN_HELD_BACK = 20  # lessons; fewer are all learned from
MIN_MISREAD = 8  # of them; where fewer are misread, held-back ones say nothing
LEAST_GAIN = 0.25  # share of the errors among held-back lessons that must go
MAX_NAMED = 500  # changed lessons that a report names


@dataclass(frozen=True)
class Learned:
    """What a hand has of its own: 4 KB."""

    last_layer: np.ndarray  # (11, F) float32
    temperature: float

    def to_bytes(self) -> bytes:
        content = io.BytesIO()
        np.savez(content, last_layer=self.last_layer, temperature=np.array(self.temperature))
        return content.getvalue()

    @classmethod
    def from_bytes(cls, content: bytes, *, size: int) -> Learned:
        """`size`: features of the network it is for. Raises BadData for anything but what `to_bytes` wrote."""
        try:
            with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
                last_layer = arrays["last_layer"].astype(np.float32)
                temperature = float(arrays["temperature"])
            if last_layer.shape != (CLASSES, size) or not np.isfinite(last_layer).all() or not 0 < temperature < 100:
                raise ValueError(f"shape {last_layer.shape}, temperature {temperature}")
        except (OSError, EOFError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
            raise BadData(
                f"a version of the hand is damaged ({error}); expected a last layer. Teach it again."
            ) from error
        return cls(last_layer, temperature)


@dataclass(frozen=True)
class Taught:
    """The outcome of a lesson."""

    learned: Learned
    promoted: bool
    report: dict[str, Any]  # see `teach`


def teach_hand(store: Store, name: str, bundle: Bundle) -> tuple[int, Taught]:
    """Teach a hand its lessons, keep the version, and make it the active one if it is promoted. Returns its number.

    Raises UnknownName, and what `teach` raises.
    """
    taught = teach(store.lessons(name), bundle)
    base = (bundle.name, bundle.version)
    number = store.add_version(
        name, "light", base=base, payload=taught.learned.to_bytes(), report=taught.report, promoted=taught.promoted
    )
    return number, taught


def teach(lessons: Sequence[Lesson], bundle: Bundle) -> Taught:
    """Learn a last layer from lessons.

    The report holds: promoted and why (`reason`, a sentence), lessons, contradicted, held_back and own (what was read
    right before and after, with Wilson's 95 % interval), changed (numbers of lessons that are read right or wrong
    since), guards, strength, temperature, took_s.

    Raises BadRequest without lessons, and BadBundle or WrongNetwork for a network that cannot learn a hand.
    """
    started = time.perf_counter()
    usable = teachable(lessons)
    contradicted = sum(len(same) for same in contradictions(lessons))
    if not usable:
        why = f"{contradicted} contradict each other" if contradicted else "none is stored"
        raise BadRequest(
            f"the hand has no lessons to learn from ({why}); expected at least one. Correct a digit first."
        )
    replay = load_replay(bundle)
    lesson = _Lesson(usable, bundle, replay)
    strength, learned, checked = lesson.learn_within_guards()
    held_back = lesson.held_back(strength)
    after = lesson.right(learned)
    reason, promoted = _verdict(lesson.before, after, held_back, checked)
    new_temperature = guards.temperature(replay, lesson.layer, learned, fitted=bundle.temperature)
    report = {
        "promoted": promoted,
        "reason": reason,
        "lessons": len(usable),
        "contradicted": contradicted,
        "held_back": None if held_back is None else _compared(lesson.before, held_back),
        "own": _compared(lesson.before, after),
        "changed": {
            "better": [usable[i].id for i in np.flatnonzero(after & ~lesson.before)[:MAX_NAMED]],
            "worse": [usable[i].id for i in np.flatnonzero(lesson.before & ~after)[:MAX_NAMED]],
        },
        "guards": [guard.to_json() for guard in checked],
        "strength": strength,
        "temperature": {"before": bundle.temperature, "after": new_temperature},
        "took_s": round(time.perf_counter() - started, 3),
    }
    return Taught(Learned(learned, new_temperature), promoted, report)


class _Lesson:
    """Lessons as features, and the images that are replayed with them."""

    def __init__(self, lessons: Sequence[Lesson], bundle: Bundle, replay: Replay) -> None:
        network = features_of(bundle)
        tiles = np.stack([each.tile for each in lessons]).astype(np.float32) / np.float32(255)
        self.layer, self.reject_at = network.last_layer, bundle.reject_at
        self.features = network(tiles)  # (N, 28, 28) -> (N, F)
        self.labels = np.array([LABELS.index(each.label) for each in lessons])
        self.before = self.right(self.layer)  # (N,) bool
        self._replay = replay
        probs = softmax(replay.features @ self.layer.T)
        shown = guards.replayed(replay, probs)
        self._replayed, self._replayed_target = replay.features[shown], probs[shown]
        self._folds = _folds(lessons, self.before)

    def right(self, layer: np.ndarray) -> np.ndarray:
        """Which lessons are read right: (N,) bool."""
        probs = softmax(self.features @ layer.T)
        return np.asarray(answers(probs, self.reject_at) == self.labels)

    def learn_within_guards(self) -> tuple[float, np.ndarray, list[Guard]]:
        """Strength, last layer and guards: the first that hold, else the last."""
        everything = np.arange(len(self.labels))
        for strength in STRENGTHS:
            learned = self._learn(everything, strength)
            checked = guards.check(self._replay, self.layer, learned, reject_at=self.reject_at)
            if all(guard.holds for guard in checked):
                break
        return strength, learned, checked

    def held_back(self, strength: float) -> np.ndarray | None:
        """Which lessons are read right by a layer learned from the other half: (N,) bool. None if there are too few."""
        if len(self.labels) < MIN_HELD_BACK or (~self.before).sum() < MIN_MISREAD:
            return None
        right = np.zeros(len(self.labels), bool)
        for fold in (0, 1):
            learned = self._learn(np.flatnonzero(self._folds != fold), strength)
            right[self._folds == fold] = self.right(learned)[self._folds == fold]
        return right

    def _learn(self, rows: np.ndarray, strength: float) -> np.ndarray:
        target = np.concatenate([np.eye(CLASSES)[self.labels[rows]], self._replayed_target])
        replay_weight = REPLAY_WEIGHT * strength / STRENGTHS[0]
        weights = np.concatenate([self._weights(rows), np.full(len(self._replayed), replay_weight)])
        features = np.concatenate([self.features[rows], self._replayed])
        return fit(self.layer, features, target, weights, self._replay.second_moment, strength=strength)

    def _weights(self, rows: np.ndarray) -> np.ndarray:
        weights = np.ones(len(rows))
        misread, labels = ~self.before[rows], self.labels[rows]
        for label in np.unique(labels[misread]):
            same = misread & (labels == label)
            weights[same] = max(1.0, FEW / same.sum() ** 2)
        return weights


def _folds(lessons: Sequence[Lesson], before: np.ndarray) -> np.ndarray:
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


def _verdict(
    before: np.ndarray, after: np.ndarray, held_back: np.ndarray | None, checked: Sequence[Guard]
) -> tuple[str, bool]:
    """Why, in a sentence, and whether it is promoted."""
    n, n_before = len(before), int(before.sum())
    if failed := [guard for guard in checked if not guard.holds]:
        return f"Not promoted: ordinary writing would be read worse ({failed[0]}). Check the labels.", False
    if n_before == n:
        return f"Not promoted: the original network reads all {n:,} lessons right.", False
    if held_back is None:
        n_after = int(after.sum())
        if n_after <= n_before or (before & ~after).any():
            return (
                f"Not promoted: of {n:,} lessons {n_before:,} were right before, {n_after:,} after. Teach more.",
                False,
            )
        return (
            f"Promoted: {n_after:,} of {n:,} lessons are right, where {n_before:,} were, and ordinary writing is read "
            "as before. Too few were misread to hold half of them back.",
            True,
        )
    n_after = int(held_back.sum())
    what = f"of {n:,} lessons, each held back in turn, {n_before:,} were right before and {n_after:,} after"
    if n_after - n_before < LEAST_GAIN * (n - n_before):
        return f"Not promoted: {what}; at least a quarter of the errors should go. Check the labels.", False
    return f"Promoted: {what}, and ordinary writing is read as before.", True


def _compared(before: np.ndarray, after: np.ndarray) -> dict[str, Any]:
    return {"before": _share(before), "after": _share(after)}


def _share(right: np.ndarray) -> dict[str, Any]:
    return {"right": int(right.sum()), "n": len(right), **scores.share_right(right)}
