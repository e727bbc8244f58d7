"""The line recognizer's task: read a row of digits and signs as a whole, without segmentation.

The loss is connectionist temporal classification: Graves, Fernandez, Gomez, Schmidhuber, "Connectionist Temporal
Classification: Labelling Unsegmented Sequence Data with Recurrent Neural Networks" (2006).
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from inkling.errors import BadRecipe
from inkling.models.bundle import Bundle
from inkling.pipeline.config.line import LINE_IMAGE
from inkling.pipeline.ctc import greedy_decode, log_likelihoods
from inkling.pipeline.line_image import HEIGHT
from inkling.pipeline.litert import LiteRTModel
from inkling.pipeline.symbols import BLANK, CLASSES, as_written
from inkling.training import augment
from inkling.training.calibrate_lines import Infer, Line, fit_sure_at, fit_temperature, line_scores
from inkling.training.data.mnist import Mnist, split_indices, subsample
from inkling.training.recipe import Recipe
from inkling.training.synthetic_lines import dataset
from inkling.training.synthetic_lines.dataset import MAX_SYMBOLS, N_WIDTHS, PADDING, Lines
from inkling.training.synthetic_lines.handwriting import DigitImages

MIN_PROB = 1e-7  # lower bound of probabilities, so that their logarithm is finite
COLUMN_PX = LINE_IMAGE.width_step_px
N_EVALUATION = 2_000  # lines to validate and to test on
N_CALIBRATION = 4_000  # lines for the temperature, which `fit_temperature` fits on every third of them
N_PICTURES = 3_000  # pictures for choosing `sure_at`; measuring a high accuracy takes many
N_COMPARED = 50  # lines of each width on which export compares LiteRT with Keras
INFERENCE_BATCH = 50  # lines


class LineTask:
    """Data: synthetic lines and their texts. Loss: CTC. Score: lines read exactly. See `tasks.Task`."""

    steps_per_execution = 8

    def __init__(self, recipe: Recipe, mnist: Mnist) -> None:
        training, validation = split_indices(mnist.y_train, recipe.n_validation, recipe.split_seed)
        training = subsample(training, mnist.y_train, recipe.n_train, recipe.seed)
        self.recipe = recipe
        # A batch holds lines of one width; lines that do not fill a batch are left out.
        self.n_steps = recipe.lines // recipe.batch_size - N_WIDTHS
        self._mnist = mnist
        self._training, self._validation = training, validation

    @cached_property
    def digits(self) -> tuple[np.ndarray, np.ndarray]:
        """The training digits that lines are composed from: (N, 28, 28) uint8 images and labels (N,)."""
        return self._mnist.x_train[self._training], self._mnist.y_train[self._training]

    @cached_property
    def validation(self) -> list[Lines]:
        """Lines of validation digits, for evaluation."""
        return self._validation_lines(N_EVALUATION, seed=self.recipe.seed)

    @cached_property
    def calibration(self) -> list[Lines]:
        """Other lines of validation digits, so that the scores on `validation` also test the calibration."""
        return self._validation_lines(N_CALIBRATION, seed=self.recipe.seed + 1)

    @cached_property
    def test(self) -> list[Lines]:
        """Lines of test digits, the same for every network."""
        return dataset.evaluation_lines(self._mnist.x_test, self._mnist.y_test, n=N_EVALUATION, seed=0)

    def _validation_lines(self, n: int, *, seed: int) -> list[Lines]:
        images, labels = self._mnist.x_train[self._validation], self._mnist.y_train[self._validation]
        return dataset.evaluation_lines(images, labels, n=n, seed=seed)

    def check(self) -> None:
        """Raises BadRecipe for too few lines."""
        if self.n_steps < 1:
            least = (N_WIDTHS + 1) * self.recipe.batch_size
            raise BadRecipe(
                f"lines is {self.recipe.lines} and batch_size is {self.recipe.batch_size}; expected at least {least} "
                f"lines, because a batch holds lines of one of {N_WIDTHS} widths. Raise lines or lower batch_size."
            )

    def loss_and_metrics(self) -> tuple[Any, list[Any]]:
        return ctc_loss, []

    def prepare(self, epoch: int) -> tuple[int, list[Lines]]:
        """The epoch's number and its lines, by width."""
        recipe = self.recipe
        processes = augment.thread_count()
        return epoch, dataset.make_lines(
            recipe.lines, *self.digits, seed=recipe.seed, epoch=epoch, processes=processes, how=recipe.texts
        )

    def prepared_images(self, prepared: tuple[int, list[Lines]]) -> list[np.ndarray]:
        return [same.images for same in prepared[1]]

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

        shown = [(same.images[index], same.texts[index]) for same, index in (batches[i] for i in chosen)]
        return {"x": _dataset(shown), "shuffle": False}

    def validate(self, model: Any) -> dict[str, float]:
        """Mean CTC loss per line in nats, and share of lines whose digits and signs are right, decoded greedily."""
        import tensorflow as tf

        signature = [tf.TensorSpec((None, HEIGHT, None), tf.float32)]
        infer = tf.function(lambda x: model(x, training=False), input_signature=signature)
        lines = read_lines(lambda x: np.asarray(infer(x)), self.validation)
        losses = [-log_likelihoods(np.maximum(line.probs, MIN_PROB), [line.text])[0] for line in lines]
        right = [as_written(greedy_decode(line.probs)) == as_written(line.text) for line in lines]
        return {"val_loss": float(np.mean(losses)), "val_accuracy": float(np.mean(right))}

    def load_litert(self, bundle: Bundle) -> Infer:
        """(N, 32, w) -> (N, w / 4, 22)"""
        return LiteRTModel(bundle.model_bytes(), bundle.model_path, (HEIGHT, -1))

    def parity_inputs(self) -> list[np.ndarray]:
        return [dataset.as_input(same.images[:N_COMPARED]) for same in self.validation]

    def test_inputs(self) -> list[np.ndarray]:
        return [dataset.as_input(same.images) for same in self.test]

    def facts(self, bundle: Bundle) -> dict[str, Any]:
        """Input, classes, calibration and scores on lines of validation digits."""
        infer = self.load_litert(bundle)
        classes = [*CLASSES, "no new symbol"]
        temperature = fit_temperature(read_lines(infer, self.calibration))
        calibrated = Bundle(bundle.path, {**bundle.manifest, "classes": classes, "temperature": temperature})
        digits = DigitImages(self._mnist.x_train[self._validation], self._mnist.y_train[self._validation])
        sure_at = fit_sure_at(calibrated, digits, self.recipe.texts, n=N_PICTURES, seed=self.recipe.seed)
        calibration = {"temperature": temperature, "sure_at": sure_at}
        return {
            "input": {
                "shape": [HEIGHT, None],
                "dtype": "float32",
                "range": [dataset.LOW, dataset.HIGH],
                "meaning": f"about 1 = ink, 0 = paper; a gray row {HEIGHT} px high, w a multiple of {COLUMN_PX}",
                "column_px": COLUMN_PX,
            },
            "classes": classes,
            **calibration,
            "scores": {"validation": line_scores(read_lines(infer, self.validation), infer, **calibration)},
        }

    def test_scores(self, bundle: Bundle) -> dict[str, Any]:
        """Scores on lines of test digits, with the manifest's calibration."""
        return self.scores_of(bundle, self.test)

    def scores_of(self, bundle: Bundle, lines: list[Lines]) -> dict[str, Any]:
        """Scores on the given lines, with the manifest's calibration."""
        infer = self.load_litert(bundle)
        found = read_lines(infer, lines)
        return line_scores(found, infer, temperature=bundle.temperature, sure_at=bundle.sure_at)


def read_lines(infer: Infer, lines: list[Lines]) -> list[Line]:
    """Runs a network on lines and returns their images, outputs and texts."""
    found: list[Line] = []
    for same in lines:
        texts = same.as_lists()
        for start in range(0, len(texts), INFERENCE_BATCH):
            here = slice(start, start + INFERENCE_BATCH)
            images = dataset.as_input(same.images[here])
            probs = infer(images)  # (N, 32, w) -> (N, w / 4, 22)
            found += map(Line, images, probs, texts[here])
    return found


def ctc_loss(texts: Any, probs: Any) -> Any:
    """(N, L) symbols, PADDING after the last, and (N, T, 22) -> (N,) negative log probabilities in nats."""
    import tensorflow as tf

    texts = tf.cast(texts, tf.int32)
    present = tf.where(texts != PADDING)
    labels = tf.SparseTensor(present, tf.gather_nd(texts, present), tf.shape(texts, out_type=tf.int64))
    lengths = tf.fill([tf.shape(probs)[0]], tf.shape(probs)[1])
    logits = tf.math.log(tf.maximum(probs, MIN_PROB))
    return tf.nn.ctc_loss(labels, logits, None, lengths, logits_time_major=False, blank_index=BLANK)


def _dataset(batches: list[tuple[np.ndarray, np.ndarray]]) -> Any:
    """Batches of (B, 32, w) uint8 line images and (B, MAX_SYMBOLS) uint8 texts -> a `tf.data.Dataset` of them.

    Its signature leaves the width open. From arrays, Keras would compile a graph for the width of the first batch. That
    graph rounds differently, so a resumed run would end with other weights. The data set runs no Python code, because
    closing a data set that uses a Python generator can deadlock.
    """
    import tensorflow as tf

    pixels = tf.constant(np.concatenate([images.ravel() for images, _ in batches]))
    sizes = np.array([images.size for images, _ in batches])
    ends, widths = tf.constant(np.cumsum(sizes)), tf.constant(np.array([images.shape[2] for images, _ in batches]))
    texts = tf.constant(np.stack([texts for _, texts in batches]))  # (n, B, MAX_SYMBOLS)
    values = tf.constant(dataset.as_input(np.arange(256, dtype=np.uint8)))

    def batch(i: Any) -> tuple[Any, Any]:
        size = len(batches[0][1]) * HEIGHT * widths[i]
        images = tf.reshape(pixels[ends[i] - size : ends[i]], tf.stack([-1, HEIGHT, widths[i]]))
        x = tf.gather(values, tf.cast(images, tf.int32))
        return tf.ensure_shape(x, (None, HEIGHT, None)), tf.ensure_shape(texts[i], (None, MAX_SYMBOLS))

    return tf.data.Dataset.range(len(batches)).map(batch)
