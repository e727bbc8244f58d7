"""How far a trained network may be trusted: temperature, `sure_at`, `reject_at`, all from validation images.

MNIST's own images are neater than what people send. A network whose recipe changes its images is calibrated on
validation images changed the same way, beside the plain ones, so that its confidence holds for other pens too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from inkling.pipeline.classifier import Classifier
from inkling.pipeline.result import calibrate
from inkling.training import augment, nondigits, scores
from inkling.training.data.mnist import as_input
from inkling.training.recipe import Recipe

COPIES = 3  # changed versions of each validation image
RIGHT = 0.995  # part of the sure digits that are to be right; decides `sure_at`
REFUSED = 0.001  # part of the digits that may be refused; decides `reject_at`
N_OTHERS = 5_000  # non-digits made to measure with


@dataclass(frozen=True)
class Trust:
    """What the manifest says about a network's confidence."""

    temperature: float
    sure_at: float
    reject_at: float  # 1 = refuses nothing
    scores: dict[str, dict[str, Any]]  # by data set


def measure(model: Classifier, recipe: Recipe, images: np.ndarray, labels: np.ndarray) -> Trust:
    """Calibrates on validation images (V, 28, 28) uint8 and labels (V,)."""
    plain = model.classify(as_input(images))
    tiles, same_labels = lifelike(recipe, images, labels)
    changed = model.classify(tiles)
    probs = np.concatenate([plain.probs, changed.probs])
    answers = np.concatenate([labels, same_labels])
    temperature = round(scores.fit_temperature(probs, answers), 4)
    found = {"mnist-validation": scores.summary(plain.probs, labels, temperature=temperature)}
    if len(tiles):
        found["validation-augmented"] = scores.summary(changed.probs, same_labels, temperature=temperature)
    sure_at = scores.sure_at(calibrate(probs, temperature), answers, right=RIGHT)
    reject_at = 1.0
    if recipe.nondigits:
        strange = np.concatenate([plain.not_digit, changed.not_digit])
        reject_at = max(0.5, float(np.quantile(strange, 1 - REFUSED)))
        others = nondigits.make_nondigits(N_OTHERS, images, labels, _rng(recipe, 1))
        found["non-digits"] = scores.refusal(strange, model.classify(others).not_digit, reject_at=reject_at)
    return Trust(temperature, round(sure_at, 4), round(reject_at, 4), found)


def lifelike(recipe: Recipe, images: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The images changed as the recipe changes its own, COPIES times, and their labels; none for a plain recipe."""
    if recipe.augmentation.is_none:
        return np.zeros((0, 28, 28), np.float32), labels[:0]
    again = np.tile(labels, COPIES)
    return augment.augment(np.tile(images, (COPIES, 1, 1)), again, recipe.augmentation, _rng(recipe, 0)), again


def _rng(recipe: Recipe, stream: int) -> np.random.Generator:
    return np.random.default_rng((recipe.seed, 0xCA11B, stream))
