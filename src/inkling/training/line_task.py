"""The task of the line recognizer: read a row of digits and signs as a whole, without cutting it.

The loss is connectionist temporal classification: Graves, Fernandez, Gomez, Schmidhuber, "Connectionist Temporal
Classification: Labelling Unsegmented Sequence Data with Recurrent Neural Networks" (2006).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Any

import numpy as np

from inkling.errors import BadRecipe
from inkling.models.bundle import Bundle
from inkling.pipeline.line_image import HEIGHT
from inkling.pipeline.litert import LiteRTModel
from inkling.pipeline.symbols import BLANK, CLASSES
from inkling.training import augment, scores
from inkling.training.data.mnist import Mnist, split_indices, subsample
from inkling.training.recipe import Recipe
from inkling.training.synthetic_lines import dataset
from inkling.training.synthetic_lines.dataset import MAX_SYMBOLS, N_WIDTHS, PADDING, Lines

MIN_PROB = 1e-7  # probabilities below it count as it: the logarithm of 0 would be infinite
N_EVALUATION = 2_000  # lines to validate and to test on
N_COMPARED = 50  # lines of each width on which export compares LiteRT with Keras
INFERENCE_BATCH = 50  # lines

Infer = Callable[[np.ndarray], np.ndarray]  # (N, 32, w) float32 -> (N, w / 4, 22) float32


class LineTask:
    """Synthetic lines and their texts, CTC, lines read exactly. See `tasks.Task`."""

    steps_per_execution = 8
    needs_network = False

    def __init__(self, recipe: Recipe, mnist: Mnist) -> None:
        training, validation = split_indices(mnist.y_train, recipe.n_validation, recipe.seed)
        training = subsample(training, mnist.y_train, recipe.n_train, recipe.seed)
        self.recipe = recipe
        # A batch holds lines of one width; of each width some lines fill no batch and are left out.
        self.n_steps = recipe.lines // recipe.batch_size - N_WIDTHS
        self._mnist = mnist
        self._training, self._validation = training, validation

    @cached_property
    def digits(self) -> tuple[np.ndarray, np.ndarray]:
        """What lines are written with: (N, 28, 28) uint8 training digits and their labels (N,)."""
        return self._mnist.x_train[self._training], self._mnist.y_train[self._training]

    @cached_property
    def validation(self) -> list[Lines]:
        """Lines of validation digits."""
        images, labels = self._mnist.x_train[self._validation], self._mnist.y_train[self._validation]
        return dataset.evaluation_lines(images, labels, n=N_EVALUATION, seed=self.recipe.seed)

    @cached_property
    def test(self) -> list[Lines]:
        """Lines of test digits, the same for every network."""
        return dataset.evaluation_lines(self._mnist.x_test, self._mnist.y_test, n=N_EVALUATION, seed=0)

    def check(self) -> None:
        """Raises BadRecipe for too few lines."""
        if self.n_steps < 1:
            least = (N_WIDTHS + 1) * self.recipe.batch_size
            raise BadRecipe(
                f"lines is {self.recipe.lines} and batch_size {self.recipe.batch_size}; at least {least} lines were "
                f"expected, as a batch holds lines of one of {N_WIDTHS} widths. Raise lines or lower batch_size."
            )

    def loss_and_metrics(self) -> tuple[Any, list[Any]]:
        return ctc_loss, []

    def prepare(self, epoch: int, infer: Any) -> tuple[int, list[Lines]]:
        """The epoch's number and its lines, by width."""
        recipe = self.recipe
        processes = augment.thread_count()
        return epoch, dataset.make_lines(
            recipe.lines, *self.digits, seed=recipe.seed, epoch=epoch, processes=processes, how=recipe.texts
        )

    def fit_arguments(self, prepared: tuple[int, list[Lines]]) -> dict[str, Any]:
        """Batches of lines of one width each, in random order."""
        epoch, lines = prepared
        recipe = self.recipe
        rng = np.random.default_rng((recipe.seed, 0xBA7C, epoch))
        batches = []
        for same in lines:
            order = rng.permutation(len(same.images))
            whole = range(0, len(order) - recipe.batch_size + 1, recipe.batch_size)
            batches += [(same, order[start : start + recipe.batch_size]) for start in whole]
        chosen = rng.permutation(len(batches))[: self.n_steps]

        def shown() -> Iterable[tuple[np.ndarray, np.ndarray]]:
            for same, index in (batches[i] for i in chosen):
                yield dataset.as_input(same.images[index]), same.texts[index]

        return {"x": _dataset(shown, len(chosen)), "shuffle": False}

    def validate(self, model: Any) -> dict[str, float]:
        """Mean CTC loss a line, nats, and share of lines read exactly."""
        import tensorflow as tf

        signature = [tf.TensorSpec((None, HEIGHT, None), tf.float32)]
        infer = tf.function(lambda x: model(x, training=False), input_signature=signature)
        losses, right = [], []
        for same in self.validation:
            texts = same.as_lists()
            for start in range(0, len(texts), INFERENCE_BATCH):
                here = slice(start, start + INFERENCE_BATCH)
                probs = infer(dataset.as_input(same.images[here])).numpy()  # (N, 32, w) -> (N, w / 4, 22)
                losses += np.asarray(ctc_loss(same.texts[here], probs)).tolist()
                right += [greedy_decode(one) == text for one, text in zip(probs, texts[here], strict=True)]
        return {"val_loss": float(np.mean(losses)), "val_accuracy": float(np.mean(right))}

    def as_input(self, images: np.ndarray) -> np.ndarray:
        """(N, 32, w) uint8 -> float32, about 0 = paper, 1 = ink"""
        return dataset.as_input(images)

    def load_litert(self, bundle: Bundle) -> Infer:
        """(N, 32, w) -> (N, w / 4, 22)"""
        return LiteRTModel(bundle.model_bytes(), bundle.model_path, shape=(HEIGHT, -1))

    def parity_inputs(self) -> list[np.ndarray]:
        return [dataset.as_input(same.images[:N_COMPARED]) for same in self.validation]

    def test_inputs(self) -> list[np.ndarray]:
        return [dataset.as_input(same.images) for same in self.test]

    def facts(self, bundle: Bundle) -> dict[str, Any]:
        """Input, classes and scores on lines of validation digits."""
        return {
            "input": {
                "shape": [HEIGHT, None],
                "dtype": "float32",
                "range": [dataset.LOW, dataset.HIGH],
                "meaning": "about 1 = ink, 0 = paper; a grey row 32 px high, a width that is a multiple of 4",
            },
            "classes": [*CLASSES, "no new symbol"],
            "scores": {"validation": line_scores(self.load_litert(bundle), self.validation)},
        }

    def test_scores(self, bundle: Bundle) -> dict[str, Any]:
        return line_scores(self.load_litert(bundle), self.test)


def line_scores(infer: Infer, lines: list[Lines]) -> dict[str, Any]:
    """Share of lines whose likeliest text is right, with its 95 % interval, and by number of symbols."""
    right: dict[int, list[bool]] = {}
    for same in lines:
        texts = same.as_lists()
        for start in range(0, len(texts), INFERENCE_BATCH):
            here = slice(start, start + INFERENCE_BATCH)
            for text, probs in zip(texts[here], infer(dataset.as_input(same.images[here])), strict=True):
                right.setdefault(len(text), []).append(greedy_decode(probs) == text)
    n, n_right = sum(map(len, right.values())), sum(map(sum, right.values()))
    low, high = scores.wilson_interval(n_right, n)
    return {
        "n": n,
        "accuracy": round(n_right / n, 6),
        "accuracy_95": [round(low, 6), round(high, 6)],
        "accuracy_by_length": {str(length): round(float(np.mean(each)), 4) for length, each in sorted(right.items())},
    }


def greedy_decode(probs: np.ndarray) -> list[int]:
    """(T, 22) -> the symbols along the most probable columns: best path decoding (Graves et al. 2006, section 3.2)."""
    best = probs.argmax(axis=1)
    is_new = np.append(True, best[1:] != best[:-1])
    return [int(symbol) for symbol in best[is_new & (best != BLANK)]]


def ctc_loss(texts: Any, probs: Any) -> Any:
    """(N, L) symbols, PADDING after the last, and (N, T, 22) -> (N,) negative log probabilities, nats."""
    import tensorflow as tf

    texts = tf.cast(texts, tf.int32)
    present = tf.where(texts != PADDING)
    labels = tf.SparseTensor(present, tf.gather_nd(texts, present), tf.shape(texts, out_type=tf.int64))
    lengths = tf.fill([tf.shape(probs)[0]], tf.shape(probs)[1])
    logits = tf.math.log(tf.maximum(probs, MIN_PROB))
    return tf.nn.ctc_loss(labels, logits, None, lengths, logits_time_major=False, blank_index=BLANK)


def _dataset(batches: Callable[[], Iterable[Any]], n: int) -> Any:
    """A `tf.data.Dataset` of `n` batches whose signature leaves the width open.

    From arrays Keras would compile a graph for the first width that it meets, whose rounding is another, so that an
    interrupted run would not end in the same weights.
    """
    import tensorflow as tf

    signature = (tf.TensorSpec((None, HEIGHT, None), tf.float32), tf.TensorSpec((None, MAX_SYMBOLS), tf.uint8))
    found = tf.data.Dataset.from_generator(lambda: itertools.islice(batches(), n), output_signature=signature)
    return found.apply(tf.data.experimental.assert_cardinality(n))
