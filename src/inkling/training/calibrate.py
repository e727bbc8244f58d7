"""Calibration: a classifier's temperature, `sure_at` and `reject_at`, all from validation images.

MNIST's images are neater than those that people send. Every classifier is calibrated on plain and augmented validation
images, so that its confidence holds for other handwriting and pens too. The augmentation is the same for all
classifiers, whatever they were trained with, so that a network trained on plain MNIST is not overconfident.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from inkling import scores
from inkling.pipeline.classifier import Classifier, Prediction
from inkling.pipeline.result import calibrate
from inkling.training import augment, nondigits
from inkling.training.data.mnist import as_input
from inkling.training.recipe import Augmentation, Recipe
from inkling.training.recipe import find as find_recipe

AUGMENTED_AS = "cnn"  # the recipe whose augmentation is used for the validation images: the strongest augmentation
COPIES = 3  # augmented versions of each validation image
RIGHT = 0.995  # required accuracy of the sure digits; decides `sure_at`
LEAST_SURE = 0.9  # lower bound of `sure_at`: a less confident digit is never sure, even if RIGHT allows it
REFUSED = 0.001  # largest share of the validation digits that is refused; decides `reject_at` (at least 0.5)
N_NONDIGITS = 5_000  # number of images generated to measure refusal


@dataclass(frozen=True)
class Calibration:
    """A manifest's entries about confidence."""

    temperature: float
    sure_at: float
    reject_at: float  # 1 = never refuses
    scores: dict[str, dict[str, Any]]  # by data set


def calibrate_network(model: Classifier, recipe: Recipe, images: np.ndarray, labels: np.ndarray) -> Calibration:
    """Calibrates on validation images (V, 28, 28) uint8 and labels (V,)."""
    plain = model.classify(as_input(images))
    changed_labels = np.tile(labels, COPIES)
    tiles = augment.augment(np.tile(images, (COPIES, 1, 1)), changed_labels, augmentation(), _rng(recipe, 0))
    changed = model.classify(tiles)
    probs = np.concatenate([plain.probs, changed.probs])
    answers = np.concatenate([labels, changed_labels])
    temperature = round(scores.fit_temperature(probs, answers), 4)
    sure_at = max(LEAST_SURE, scores.sure_at(calibrate(probs, temperature), answers, right=RIGHT))
    reject_at, refusal = 1.0, {}
    if recipe.nondigits:
        p_none = np.concatenate([plain.not_digit, changed.not_digit])
        reject_at = max(0.5, float(np.quantile(p_none, 1 - REFUSED)))
        others = nondigits.make_nondigits(N_NONDIGITS, images, labels, _rng(recipe, 1))
        refusal = {"non-digits": scores.refusal(p_none, model.classify(others).not_digit, reject_at=reject_at)}
    reject_at = round(reject_at, 4)

    def score(found: Prediction, answers: np.ndarray) -> dict[str, Any]:
        refused = found.not_digit >= reject_at if recipe.nondigits else None
        return scores.summary(found.probs, answers, temperature=temperature, refused=refused)

    by_set = {"mnist-validation": score(plain, labels), "validation-augmented": score(changed, changed_labels)}
    return Calibration(temperature, round(sure_at, 4), reject_at, {**by_set, **refusal})


def augmentation() -> Augmentation:
    """The augmentation of the validation images for calibration."""
    return find_recipe(AUGMENTED_AS).augmentation


def _rng(recipe: Recipe, stream: int) -> np.random.Generator:
    return np.random.default_rng((recipe.seed, 0xCA11B, stream))
