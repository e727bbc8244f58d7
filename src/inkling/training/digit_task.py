"""The classifier's task: classify the digit in a 28x28 image, optionally with a class for non-digits."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from inkling import scores
from inkling.errors import BadRecipe
from inkling.models.bundle import Bundle
from inkling.pipeline.classifier import Classifier, prediction_from_softmax
from inkling.training import augment, calibrate, input_scaling, nondigits, synthetic_digits, targets
from inkling.training.data.mnist import Mnist, as_input, split_indices, subsample
from inkling.training.recipe import Recipe

N_COMPARED = 1_000  # validation images on which LiteRT is compared with Keras


def scores_of(bundle: Bundle, tiles: np.ndarray, labels: np.ndarray) -> dict[str, Any]:
    """Accuracy and calibration of a bundle's network in LiteRT. tiles: (N, 28, 28) float32; labels: (N,)"""
    found = Classifier(bundle).classify(tiles)
    refused = found.not_digit >= bundle.reject_at if bundle.can_refuse else None
    return scores.summary(found.probs, labels, temperature=bundle.temperature, refused=refused)


@dataclass(frozen=True)
class PreparedImages:
    """The images of an epoch, in training order."""

    images: np.ndarray  # (M, 28, 28) float32
    labels: np.ndarray  # (M,) uint8
    made_for: int  # the epoch in which these images first appear
    order: np.ndarray  # (M,) the position of each image in that epoch


class DigitTask:
    """Images and labels, cross-entropy, accuracy. See `tasks.Task`."""

    steps_per_execution = 16

    def __init__(self, recipe: Recipe, mnist: Mnist) -> None:
        training, validation = split_indices(mnist.y_train, recipe.n_validation, recipe.split_seed)
        training = subsample(training, mnist.y_train, recipe.n_train, recipe.seed)
        self.recipe = recipe
        self.images, self.labels = mnist.x_train[training], mnist.y_train[training]  # (N, 28, 28) uint8, (N,) uint8
        self.x_val, self.y_val = as_input(mnist.x_train[validation]), mnist.y_train[validation]
        self.n_nondigits = nondigits.n_per_epoch(recipe, len(training))
        self.n_steps = (len(training) + self.n_nondigits) // recipe.batch_size
        self._mnist = mnist
        self._validation = validation
        self._known_probs: dict[int, np.ndarray] = {}  # the teacher's outputs, by `PreparedImages.made_for`

    @cached_property
    def teacher(self) -> targets.TeacherNetwork | None:
        """The network whose outputs the new network also learns from, or None."""
        return targets.load_teacher(self.recipe)

    @cached_property
    def nondigits(self) -> np.ndarray:
        """Non-digits made from the run's digits before training: (K, 28, 28) uint8, enough for several epochs."""
        return nondigits.make_pool(self.recipe, self.images, self.labels)

    @cached_property
    def drawn(self) -> np.ndarray | None:
        """Synthetic digits made before training: (10, K, 28, 28) uint8, enough for several epochs; None if unused."""
        recipe = self.recipe
        if not recipe.augmentation.drawn:
            return None
        per_epoch = recipe.augmentation.drawn * len(self.images)
        n = math.ceil(min(recipe.epochs, nondigits.POOL_EPOCHS) * per_epoch / scores.CLASSES)
        return synthetic_digits.make_pool(n, np.random.default_rng((recipe.seed, 0xD2A3)))  # a separate stream

    def check(self) -> None:
        """Raises BadRecipe for a batch larger than the data, and the errors of `load_teacher`."""
        if self.recipe.batch_size > len(self.images):
            raise BadRecipe(
                f"batch_size is {self.recipe.batch_size}; there are {len(self.images)} training images. Lower it."
            )
        _ = self.teacher

    def loss_and_metrics(self) -> tuple[Any, list[Any]]:
        """Cross-entropy and accuracy."""
        loss, metric = targets.loss_and_metric(self.recipe)
        return loss, [metric]

    def prepare(self, epoch: int) -> PreparedImages:
        """The epoch's images and labels, shuffled, augmented and cut to full batches."""
        recipe = self.recipe
        pool = recipe.teacher.pool
        made_for = (epoch - 1) % pool + 1 if pool else epoch
        rng = np.random.default_rng((recipe.seed, made_for))
        images, labels = self.images, self.labels
        if self.n_nondigits:
            chosen = rng.choice(len(self.nondigits), self.n_nondigits, replace=False)
            images = np.concatenate([images, self.nondigits[chosen]])
            labels = np.concatenate([labels, np.full(self.n_nondigits, nondigits.NO_DIGIT, np.uint8)])
        order = rng.permutation(len(images))[: self.n_steps * recipe.batch_size]
        shown, threads = labels[order], augment.thread_count()
        x = augment.epoch_images(
            images[order],
            shown,
            recipe.augmentation,
            seed=recipe.seed,
            epoch=made_for,
            threads=threads,
            drawn=self.drawn,
        )
        if made_for == epoch:
            return PreparedImages(x, shown, made_for, np.arange(len(x)))
        again = np.random.default_rng((recipe.seed, epoch)).permutation(len(x))
        return PreparedImages(x[again], shown[again], made_for, again)

    def prepared_images(self, prepared: PreparedImages) -> list[np.ndarray]:
        return [prepared.images]

    def fit_arguments(self, prepared: PreparedImages) -> dict[str, Any]:
        """Inputs and targets. The teacher's outputs are computed for the same augmented images."""
        y = targets.make_targets(prepared.labels, self.recipe, self._teacher_probs(prepared))
        return {"x": self._scaled(prepared.images), "y": y, "batch_size": self.recipe.batch_size, "shuffle": False}

    def _teacher_probs(self, prepared: PreparedImages) -> np.ndarray | None:
        """(M, C) float32, computed only once for images that are repeated (`teacher.pool`); None without a teacher."""
        if self.teacher is None:
            return None
        known = self._known_probs.get(prepared.made_for)
        if known is None:
            known = np.empty((len(prepared.labels), self.teacher.n_outputs), np.float32)
            known[prepared.order] = self.teacher.probs(prepared.images)
            if self.recipe.teacher.pool:
                self._known_probs[prepared.made_for] = known
        probs: np.ndarray = known[prepared.order]
        return probs

    def validate(self, model: Any) -> dict[str, float]:
        """Cross-entropy and accuracy on the validation images."""
        outputs = model.predict(self._scaled(self.x_val), batch_size=500, verbose=0)  # (V, 28, 28) -> (V, 10 or 11)
        probs = prediction_from_softmax(outputs).probs  # (V, 10)
        return {
            "val_loss": scores.cross_entropy(probs, self.y_val),
            "val_accuracy": scores.accuracy(probs, self.y_val),
        }

    def load_litert(self, bundle: Bundle) -> Any:
        """(N, 28, 28) -> (N, 10 or 11)"""
        return Classifier(bundle).outputs

    def parity_inputs(self) -> list[np.ndarray]:
        return [self.x_val[:N_COMPARED]]

    def test_inputs(self) -> list[np.ndarray]:
        return [as_input(self._mnist.x_test)]

    def facts(self, bundle: Bundle) -> dict[str, Any]:
        """Input, classes, calibration and scores on the validation images."""
        classifier = Classifier(bundle)
        found = calibrate.calibrate_network(classifier, self.recipe, self._mnist.x_train[self._validation], self.y_val)
        return {
            "input": {
                "shape": [28, 28],
                "dtype": "float32",
                "range": [0, 1],
                "meaning": "1 = ink, 0 = paper; longest side 20 px, center of mass in the middle",
            },
            "classes": [*map(str, range(10)), "none"][: classifier.outputs(self.x_val[:1]).shape[1]],
            "temperature": found.temperature,
            "sure_at": found.sure_at,
            "reject_at": found.reject_at,
            "scores": found.scores,
        }

    def test_scores(self, bundle: Bundle) -> dict[str, Any]:
        """Accuracy and calibration on the 10,000 test images."""
        return scores_of(bundle, as_input(self._mnist.x_test), self._mnist.y_test)

    def _scaled(self, x: np.ndarray) -> np.ndarray:
        return input_scaling.standardize(x) if self.recipe.standardise else x
