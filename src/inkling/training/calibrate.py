"""Calibration: a network's temperature, `sure_at` and `reject_at`, all from validation images.

MNIST's images are neater than what people send. A network trained with augmentation is calibrated on augmented
validation images beside the plain ones, so that its confidence holds for other pens too.
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

COPIES = 3  # augmented versions of each validation image
RIGHT = 0.995  # share of the sure digits that are to be right; decides `sure_at`
REFUSED = 0.001  # share of the digits that may be refused; decides `reject_at`
N_NONDIGITS = 5_000  # made to measure with


@dataclass(frozen=True)
class Calibration:
    """A manifest's entries about confidence."""

    temperature: float
    sure_at: float
    reject_at: float  # 1 = refuses nothing
    scores: dict[str, dict[str, Any]]  # by data set


def calibrate_network(model: Classifier, recipe: Recipe, images: np.ndarray, labels: np.ndarray) -> Calibration:
    """Calibrates on validation images (V, 28, 28) uint8 and labels (V,)."""
    plain = model.classify(as_input(images))
    tiles, changed_labels = augmented_copies(recipe, images, labels)
    changed = model.classify(tiles)
    probs = np.concatenate([plain.probs, changed.probs])
    answers = np.concatenate([labels, changed_labels])
    temperature = round(scores.fit_temperature(probs, answers), 4)
    found = {"mnist-validation": scores.summary(plain.probs, labels, temperature=temperature)}
    if len(tiles):
        found["validation-augmented"] = scores.summary(changed.probs, changed_labels, temperature=temperature)
    sure_at = scores.sure_at(calibrate(probs, temperature), answers, right=RIGHT)
    reject_at = 1.0
    if recipe.nondigits:
        p_none = np.concatenate([plain.not_digit, changed.not_digit])
        reject_at = max(0.5, float(np.quantile(p_none, 1 - REFUSED)))
        others = nondigits.make_nondigits(N_NONDIGITS, images, labels, _rng(recipe, 1))
        found["non-digits"] = scores.refusal(p_none, model.classify(others).not_digit, reject_at=reject_at)
    return Calibration(temperature, round(sure_at, 4), round(reject_at, 4), found)


def augmented_copies(recipe: Recipe, images: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """COPIES augmented versions of the images and their labels; none for a recipe without augmentation."""
    if recipe.augmentation.is_none:
        return np.zeros((0, 28, 28), np.float32), labels[:0]
    again = np.tile(labels, COPIES)
    return augment.augment(np.tile(images, (COPIES, 1, 1)), again, recipe.augmentation, _rng(recipe, 0)), again


def _rng(recipe: Recipe, stream: int) -> np.random.Generator:
    return np.random.default_rng((recipe.seed, 0xCA11B, stream))
