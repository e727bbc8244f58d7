"""The light step: learn a hand's last layer in about a second, and promote it only if it is an improvement."""

from __future__ import annotations

import io
import time
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np

from inkling.errors import BadData
from inkling.hands import guards, prototypes, verdict
from inkling.hands.feature_network import CLASSES, FeatureNetwork, features_of
from inkling.hands.guards import Guard, answers
from inkling.hands.last_layer import fit, softmax
from inkling.hands.lesson import LABELS, Lesson
from inkling.hands.prototypes import Metric, metric_of
from inkling.hands.replay import Replay, load_replay
from inkling.hands.store import Store
from inkling.models.bundle import Bundle
from inkling.pipeline.normalize import SIDE

STRENGTHS = tuple(30.0 * 2**k for k in range(7))  # of the penalty; uses the first that passes the guards, or the last
REPLAY_WEIGHT = 3.0  # of a replayed image at the first strength; a lesson that was read correctly has weight 1
VERSIONS = ((8.0, 0.0), (-8.0, 0.0), (0.0, 0.15), (0.0, -0.15))  # of a misread lesson, if there are few: degrees, slant
FEW = 200.0  # weight of a label's only misread lesson, so that it has an effect; FEW / n^2 for each of n


@dataclass(frozen=True)
class Learned:
    """The parameters of one hand: 4 KB, and half a kilobyte for each prototype."""

    last_layer: np.ndarray  # (11, F + P) float32: for the network's F features and the nearness to P prototypes
    prototypes: np.ndarray  # (P, F) float32, features of misread lessons
    temperature: float

    def probs(self, features: np.ndarray, metric: Metric) -> np.ndarray:
        """(N, F) float32 -> (N, 11) probabilities."""
        size = self.prototypes.shape[1]
        logits = features @ self.last_layer[:, :size].T
        if len(self.prototypes):
            logits = logits + metric.nearness(features, self.prototypes) @ self.last_layer[:, size:].T
        return softmax(logits)

    def to_bytes(self) -> bytes:
        content = io.BytesIO()
        np.savez(
            content,
            last_layer=self.last_layer,
            prototypes=self.prototypes,
            temperature=np.array(self.temperature),
        )
        return content.getvalue()

    @classmethod
    def from_bytes(cls, content: bytes, *, size: int) -> Learned:
        """The inverse of `to_bytes`. `size`: number of the network's features. Raises BadData for other content."""
        try:
            with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
                last_layer = arrays["last_layer"].astype(np.float32)
                # versions stored before prototypes were introduced have none
                own = arrays["prototypes"] if "prototypes" in arrays else np.zeros((0, size))
                own = own.astype(np.float32)
                temperature = float(arrays["temperature"])
            fits = own.ndim == 2 and own.shape[1] == size and last_layer.shape == (CLASSES, size + len(own))
            if not fits or not (np.isfinite(last_layer).all() and np.isfinite(own).all() and 0 < temperature < 100):
                raise ValueError(f"shapes {last_layer.shape}, {own.shape}, temperature {temperature}")
        except (OSError, EOFError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
            raise BadData(
                f"a version of the hand is damaged ({error}); expected a last layer. Teach it again."
            ) from error
        return cls(last_layer, own, temperature)


@dataclass(frozen=True)
class Taught:
    """The outcome of teaching."""

    learned: Learned
    promoted: bool
    report: dict[str, Any]  # see `teach`


def teach_hand(store: Store, name: str, bundle: Bundle) -> tuple[int, Taught]:
    """Teach a hand, store the version, and make it the active one if it is promoted.

    Returns the number of the version and the outcome. Raises UnknownName, and the errors of `teach`.
    """
    taught = teach(store.lessons(name), bundle)
    base = (bundle.name, bundle.version)
    number = store.add_version(
        name, "light", base=base, payload=taught.learned.to_bytes(), report=taught.report, promoted=taught.promoted
    )
    return number, taught


def teach(lessons: Sequence[Lesson], bundle: Bundle) -> Taught:
    """Learn a last layer from lessons.

    The report contains the keys of `verdict.report`, and: contradicted, strength, prototypes, temperature, took_s.

    Raises BadRequest without lessons, and BadBundle or WrongNetwork for a network that cannot learn a hand.
    """
    started = time.perf_counter()
    usable = verdict.usable(lessons)
    replay = load_replay(bundle)
    lesson = LightLesson(usable, features_of(bundle), replay, reject_at=bundle.reject_at)
    strength, learned, checked = lesson.learn_within_guards()
    outcome = verdict.Outcome(lesson.labels, lesson.original, lesson.read(learned), lesson.held_back(strength))
    found = verdict.verdict(outcome, checked)
    learned = replace(learned, temperature=lesson.temperature(learned, fitted=bundle.temperature))
    report = {
        **verdict.report(usable, outcome, checked, found),
        "contradicted": verdict.n_contradicted(lessons),
        "strength": strength,
        "prototypes": len(learned.prototypes),
        "temperature": {"before": bundle.temperature, "after": learned.temperature},
        "took_s": round(time.perf_counter() - started, 3),
    }
    return Taught(learned, found.promoted, report)


def varied(tiles: np.ndarray) -> np.ndarray:
    """(N, 28, 28) float32 -> (V N, 28, 28): rotated and slanted; the first version of all tiles, then the second, .."""
    middle = np.full(2, (SIDE - 1) / 2)
    found = []
    for degrees, slant in VERSIONS:
        turn = np.deg2rad(degrees)
        matrix = np.array([[np.cos(turn), slant - np.sin(turn)], [np.sin(turn), np.cos(turn)]])
        place = np.column_stack([matrix, middle - matrix @ middle])
        found += [cv2.warpAffine(tile, place, (SIDE, SIDE), flags=cv2.INTER_LINEAR) for tile in tiles]
    return np.stack(found)


class LightLesson:
    """Lessons as features, and the replay images."""

    def __init__(self, lessons: Sequence[Lesson], network: FeatureNetwork, replay: Replay, *, reject_at: float) -> None:
        """`replay`: the features of ordinary images from `network`."""
        tiles = np.stack([each.tile for each in lessons]).astype(np.float32) / np.float32(255)
        self.features = network(tiles)  # (N, 28, 28) -> (N, F)
        self.labels = np.array([LABELS.index(each.label) for each in lessons])
        self._original = Learned(network.last_layer, np.zeros((0, network.size), np.float32), 1.0)
        self._replay, self._metric, self._reject_at = replay, metric_of(replay), reject_at
        self._replay_probs = self._original.probs(replay.features, self._metric)
        self._shown = guards.replayed(replay, self._replay_probs)
        self.original = self.read(self._original)
        self.before = self.original == self.labels  # (N,) bool, read correctly
        self.halves = verdict.halves(lessons, self.before)
        # The number of misread lessons up to which all their versions also become prototypes.
        self._most_varied = prototypes.MOST // (len(VERSIONS) + 1)
        self._versions = np.zeros((len(VERSIONS), *self.features.shape), np.float32)
        few = np.flatnonzero(~self.before)
        self._is_varied = 0 < len(few) <= 2 * self._most_varied  # one half of the lessons may be within the limit
        if self._is_varied:
            self._versions[:, few] = network(varied(tiles[few])).reshape(len(VERSIONS), len(few), -1)

    def read(self, learned: Learned) -> np.ndarray:
        """The readings of the lessons: (N,) indices of LABELS."""
        return answers(learned.probs(self.features, self._metric), self._reject_at)

    def learn_within_guards(self) -> tuple[float, Learned, list[Guard]]:
        """The strength, the learned parameters and the guards, for the first strength that passes, or the last."""
        everything = np.arange(len(self.labels))
        for strength in STRENGTHS:
            learned = self._learn(everything, strength)
            probs = learned.probs(self._replay.features, self._metric)
            checked = guards.check(self._replay, self._replay_probs, probs, reject_at=self._reject_at)
            if all(guard.holds for guard in checked):
                break
        return strength, learned, checked

    def held_back(self, strength: float) -> np.ndarray | None:
        """The reading of each lesson by a layer learned from the other half: (N,). None if there are too few."""
        if not verdict.can_hold_back(self.before):
            return None
        read = np.zeros(len(self.labels), int)
        for half in (0, 1):
            learned = self._learn(np.flatnonzero(self.halves != half), strength)
            read[self.halves == half] = self.read(learned)[self.halves == half]
        return read

    def temperature(self, learned: Learned, *, fitted: float) -> float:
        """The temperature of the probabilities. `fitted`: the temperature of the original network."""
        probs = learned.probs(self._replay.features, self._metric)
        return guards.temperature(self._replay, self._replay_probs, probs, fitted=fitted)

    def _learn(self, rows: np.ndarray, strength: float) -> Learned:
        features, labels, weights = self.features[rows], self.labels[rows], self._weights(rows)
        misread = rows[~self.before[rows]]
        own = self.features[prototypes.chosen(misread)]
        if self._is_varied and 0 < len(misread) <= self._most_varied:  # each with its versions, which share its weight
            versions = self._versions[:, misread]
            weights[~self.before[rows]] /= len(versions) + 1
            weights = np.concatenate([weights, np.tile(weights[~self.before[rows]], len(versions))])
            own = np.concatenate([own, *versions])
            features = np.concatenate([features, *versions])
            labels = np.concatenate([labels, np.tile(self.labels[misread], len(versions))])
        ordinary = self._metric.nearness(self._replay.features, own)
        target = np.concatenate([np.eye(CLASSES)[labels], self._replay_probs[self._shown]])
        replay_weight = REPLAY_WEIGHT * strength / STRENGTHS[0]
        weights = np.concatenate([weights, np.full(len(self._shown), replay_weight)])
        features = np.concatenate(
            [
                np.column_stack([features, self._metric.nearness(features, own)]),
                np.column_stack([self._replay.features[self._shown], ordinary[self._shown]]),
            ]
        )
        start = np.column_stack([self._original.last_layer, np.zeros((CLASSES, len(own)), np.float32)])
        second_moment = prototypes.with_prototypes(self._replay.second_moment, self._replay.features, ordinary)
        last_layer = fit(start, features, target, weights, second_moment, strength=strength)
        return Learned(last_layer, own, self._original.temperature)

    def _weights(self, rows: np.ndarray) -> np.ndarray:
        weights = np.ones(len(rows))
        misread, labels = ~self.before[rows], self.labels[rows]
        for label in np.unique(labels[misread]):
            same = misread & (labels == label)
            weights[same] = max(1.0, FEW / same.sum() ** 2)
        return weights
