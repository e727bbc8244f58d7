"""Train a network for one hand, and judge it by the rules of the light step (`hands.verdict`, `hands.guards`)."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from inkling.hands import guards, light_teaching, verdict
from inkling.hands.guards import Guard, answers
from inkling.hands.hand_network import LearnedNetwork, classifier_of
from inkling.hands.lesson import LABELS, Lesson
from inkling.hands.replay import load_replay
from inkling.models.bundle import Bundle
from inkling.training import replay
from inkling.training.data.mnist import Mnist, as_input
from inkling.training.fine_tune import moved_back
from inkling.training.hand_tuning import Shown, Tuner, Weights

KEEP = (0.15, 0.3, 0.5, 0.7)  # shares of the old weights; the first at which the guards hold is used, else the last

OnProgress = Callable[[str, float], None]  # the current stage in words, and the share of the job done, 0..1


@dataclass(frozen=True)
class TaughtNetwork:
    """The result of training a network for a hand."""

    learned: LearnedNetwork
    promoted: bool
    report: dict[str, Any]  # see `Teacher.teach`


class Teacher:
    """Teaches hands, each starting from the same network."""

    def __init__(self, bundle: Bundle, mnist: Mnist, on_progress: OnProgress = lambda stage, done: None) -> None:
        """Raises the errors of `Tuner` and `load_replay`."""
        self._bundle, self._replay, self._on_progress = bundle, load_replay(bundle), on_progress
        on_progress("preparing images", 0.0)
        self._tuner = Tuner(bundle, mnist)
        on_progress("preparing images", 0.1)
        rng = np.random.default_rng(replay.SEED)  # gives the same images as those that guard the light step
        self._ordinary, _, _ = replay.ordinary_images(bundle, mnist, rng)
        self._ordinary_features = self._tuner.features(self._ordinary)
        self._ordinary_probs = self._tuner.probs(self._tuner.original, self._ordinary_features)

    def teach(self, lessons: Sequence[Lesson]) -> TaughtNetwork:
        """Train a network on lessons.

        It is promoted by the rules of the light step, unless the light step would be promoted and reads more held-out
        lessons correctly. The report has the entries of `verdict.report` and: contradicted, keep, light (held-out
        score of the light step), temperature, took_s. Raises BadRequest without lessons.
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
        classifier = classifier_of(network)  # evaluated in LiteRT, as it will be used
        after = answers(classifier.outputs(as_input(tiles)), self._bundle.reject_at)
        probs = classifier.outputs(self._ordinary)
        checked = self._check(probs)
        outcome = verdict.Outcome(shown.labels, before, after, held_back)
        of_light = light_teaching.teach(lessons, self._bundle)
        found = against_light(verdict.verdict(outcome, checked), outcome, of_light)
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
        """The network's reading of each lesson: (N,) indices into LABELS."""
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
        """How a network trained on the other half reads each lesson: (N,). None if there are too few lessons."""
        right = before == shown.labels
        if not verdict.can_hold_back(right):
            return None
        halves, read = verdict.halves(lessons, right), np.zeros(len(lessons), int)
        for half in (0, 1):
            stage = f"learning from one half, testing on the other: {half + 1} of 2"
            learned = self._learn(shown, np.flatnonzero(halves != half), stage, 0.45 + 0.2 * half)
            read[halves == half] = self._read(moved_back(learned, self._tuner.original, keep), shown)[halves == half]
        return read


def against_light(found: verdict.Verdict, outcome: verdict.Outcome, of_light: light_teaching.Taught) -> verdict.Verdict:
    """The verdict, without promotion if the light step is promoted and reads more held-out lessons correctly."""
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
