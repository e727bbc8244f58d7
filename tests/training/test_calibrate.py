"""training.calibrate: confidence that also holds for handwriting unlike MNIST's."""

from __future__ import annotations

import numpy as np
import pytest

from inkling.models import registry
from inkling.pipeline.classifier import Classifier
from inkling.pipeline.result import calibrate
from inkling.training import recipe
from inkling.training.augment import augment
from inkling.training.calibrate import COPIES, LEAST_SURE, augmentation, calibrate_network

Digits = tuple[np.ndarray, np.ndarray]


# After calibration without augmented digits, the fractions of right answers are 0.949 and 0.971.
@pytest.mark.parametrize(("name", "right"), [("ann-tutorial", 0.96), ("ann", 0.98)])
def test_what_is_sure_is_right_on_augmented_digits_too(name: str, right: float, digits: Digits) -> None:
    images, labels = digits
    network = Classifier(registry.find(name))
    found = calibrate_network(network, recipe.find(name), images, labels)
    tiles = augment(np.tile(images, (10, 1, 1)), np.tile(labels, 10), augmentation(), np.random.default_rng(1))
    probs = calibrate(network(tiles), found.temperature)
    sure = probs.max(axis=1) >= found.sure_at
    assert np.mean(probs.argmax(axis=1)[sure] == np.tile(labels, 10)[sure]) > right
    assert 0.05 < sure.mean() < 0.9


def test_every_network_is_judged_on_the_same_images(digits: Digits) -> None:
    network = Classifier(registry.find("ann"))
    plain, augmented = (calibrate_network(network, recipe.find(name), *digits) for name in ("ann-tutorial", "ann"))
    assert plain == augmented, "a recipe's augmentation must not affect calibration"
    assert plain.scores["validation-augmented"]["n"] == COPIES * plain.scores["mnist-validation"]["n"]
    assert plain.reject_at == 1


@pytest.mark.parametrize("name", ["ann", "ann-dropout", "ann-tutorial", "cnn"])
def test_shipped_networks_are_calibrated_on_augmented_validation_images(name: str) -> None:
    manifest = registry.find(name).manifest
    judged = manifest["scores"]["validation-augmented"]
    assert judged["n"] == COPIES * manifest["scores"]["mnist-validation"]["n"]
    assert judged["calibration_error_calibrated"] < 0.025
    assert manifest["sure_at"] >= LEAST_SURE
