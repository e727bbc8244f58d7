"""Teach a hand a network of its own, and judge it by the rules of the light step (`hands.verdict`, `hands.guards`)."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from inkling.hands import guards, light, verdict
from inkling.hands.full import LearnedNetwork, classifier_of
from inkling.hands.guards import Guard, answers
from inkling.hands.lesson import LABELS, Lesson
from inkling.hands.replay import load_replay
from inkling.models.bundle import Bundle
from inkling.training import replay
from inkling.training.data.mnist import Mnist, as_input
from inkling.training.hand_tuning import Shown, Tuner, Weights, moved_back

KEEP = (0.15, 0.3, 0.5, 0.7)  # share of the old weights; the first at which the guards hold is taken

OnProgress = Callable[[str, float], None]  # a stage in words, and the share of the whole job that is done, 0..1


@dataclass(frozen=True)
class TaughtNetwork:
    """The outcome of a full teaching."""

    learned: LearnedNetwork
    promoted: bool
    report: dict[str, Any]  # see `Teacher.teach`


class Teacher:
    """Teaches hands, each starting from the same network."""

    def __init__(self, bundle: Bundle, mnist: Mnist, on_progress: OnProgress = lambda stage, done: None) -> None:
        """Raises what `Tuner` and `load_replay` raise."""
        self._bundle, self._replay, self._on_progress = bundle, load_replay(bundle), on_progress
        on_progress("preparing images", 0.0)
        self._tuner = Tuner(bundle, mnist)
        on_progress("preparing images", 0.1)
        rng = np.random.default_rng(replay.SEED)  # the images whose features guard the light step
        self._ordinary, _, _ = replay.ordinary_images(bundle, mnist, rng)
        self._ordinary_features = self._tuner.features(self._ordinary)
        self._ordinary_probs = self._tuner.probs(self._tuner.original, self._ordinary_features)

    def teach(self, lessons: Sequence[Lesson]) -> TaughtNetwork:
        """Learn a network from lessons.

        It is promoted by the rules of the light step, and only if it reads no fewer of the lessons held back than the
        light step does. The report holds what `verdict.report` says, and: contradicted, keep, light (what the light
        step reads of the lessons held back), temperature, took_s. Raises BadRequest without lessons.
        """
        started = time.perf_counter()
        usable = verdict.usable(lessons)
        tiles = np.stack([each.tile for each in usable])
        self._on_progress("preparing lessons", 0.2)
        shown = self._tuner.shown(tiles, np.array([LABELS.index(each.label) for each in usable]))
        before = self._read(self._tuner.original, shown)
        learned = self._learn(shown, np.arange(len(usable)), "learning from all lessons", 0.25)
        keep = self._keep_within_guards(learned)
        held_back = self._held_back(usable, shown, before, keep)
        self._on_progress("checking ordinary digits", 0.85)
        network = LearnedNetwork(
            self._tuner.export(moved_back(learned, self._tuner.original, keep)), self._bundle.temperature
        )
        classifier = classifier_of(network)  # judged as it will read, in LiteRT
        after = answers(classifier.outputs(as_input(tiles)), self._bundle.reject_at)
        probs = classifier.outputs(self._ordinary)
        checked = self._check(probs)
        outcome = verdict.Outcome(shown.labels, before, after, held_back)
        of_light = light.teach(lessons, self._bundle)
        found = _against_light(verdict.verdict(outcome, checked), outcome, of_light)
        temperature = guards.temperature(self._replay, self._ordinary_probs, probs, fitted=self._bundle.temperature)
        report = {
            **verdict.report(usable, outcome, checked, found),
            "contradicted": verdict.n_contradicted(lessons),
            "keep": keep,
            "light": of_light.report["held_back"],
            "temperature": {"before": self._bundle.temperature, "after": temperature},
            "took_s": round(time.perf_counter() - started, 3),
        }
        return TaughtNetwork(LearnedNetwork(network.content, temperature), found.promoted, report)

    def _read(self, weights: Weights, shown: Shown) -> np.ndarray:
        """What the lessons are read as: (N,) indices of LABELS."""
        return answers(self._tuner.probs(weights, shown.features[0]), self._bundle.reject_at)

    def _learn(self, shown: Shown, rows: np.ndarray, stage: str, so_far: float) -> Weights:
        return self._tuner.learn(shown, rows, lambda done: self._on_progress(stage, so_far + 0.2 * done))

    def _check(self, probs: np.ndarray) -> list[Guard]:
        return guards.check(self._replay, self._ordinary_probs, probs, reject_at=self._bundle.reject_at)

    def _keep_within_guards(self, learned: Weights) -> float:
        """The first share in KEEP at which the guards hold, else the last."""
        for keep in KEEP:
            probs = self._tuner.probs(moved_back(learned, self._tuner.original, keep), self._ordinary_features)
            if all(guard.holds for guard in self._check(probs)):
                break
        return keep

    def _held_back(self, lessons: Sequence[Lesson], shown: Shown, before: np.ndarray, keep: float) -> np.ndarray | None:
        """What lessons are read as by a network that learned the other half: (N,). None if there are too few."""
        right = before == shown.labels
        if not verdict.can_hold_back(right):
            return None
        halves, read = verdict.halves(lessons, right), np.zeros(len(lessons), int)
        for half in (0, 1):
            stage = f"learning from a half, to judge by the other: {half + 1} of 2"
            learned = self._learn(shown, np.flatnonzero(halves != half), stage, 0.45 + 0.2 * half)
            read[halves == half] = self._read(moved_back(learned, self._tuner.original, keep), shown)[halves == half]
        return read


def _against_light(found: verdict.Verdict, outcome: verdict.Outcome, of_light: light.Taught) -> verdict.Verdict:
    """The verdict, but no promotion where the light step reads more of the lessons held back."""
    if not found.promoted or outcome.held_back is None or not of_light.promoted:
        return found
    n_full = int(outcome.right(outcome.held_back).sum())
    n_light = of_light.report["held_back"]["after"]["right"]
    if n_full >= n_light:
        return found
    return verdict.Verdict(
        False,
        f"Not promoted: of {len(outcome.labels):,} lessons, each held back in turn, the network reads {n_full:,} right "
        f"and the light step {n_light:,}. Teach by the light step.",
    )
