"""The network that reads a strip, and what it learns by.

Convolutions alone, so that a strip may have any width, with connectionist temporal classification: Graves, Fernandez,
Gomez, Schmidhuber, "Connectionist Temporal Classification" (2006).
"""

from __future__ import annotations

from typing import Any

from inkling.pipeline.line_recognizer import BLANK
from inkling.pipeline.normalize import SIDE
from inkling.training.line.synthetic_lines import MOST_DIGITS, NOTHING

LEAST = 1e-7  # a probability below which the loss does not look


def build() -> Any:
    """(N, 28, w) float32 in 0..1 -> (N, w / 2, 11): in every other column the ten digits, or none that is new there."""
    from keras import Input, Sequential, layers

    model = Sequential(
        [Input((SIDE, None), name="strips"), layers.Reshape((SIDE, -1, 1), name="image")], name="sequence"
    )
    # (channels, strides down and across)
    convolutions = [(16, 1, 1), (32, 2, 2), (32, 1, 1), (48, 2, 1), (48, 1, 1), (64, 2, 1)]
    for i, (channels, down, across) in enumerate(convolutions, 1):
        model.add(layers.Conv2D(channels, 3, (down, across), padding="same", use_bias=False, name=f"conv_{i}"))
        _normalised(model, i)
    # What stands in a column, from top to bottom: (N, 4, w / 2, 64) -> (N, 1, w / 2, 96)
    model.add(layers.Conv2D(96, (4, 1), padding="valid", use_bias=False, name="columns"))
    _normalised(model, "columns")
    for i in (7, 8):  # beside the column, as far as a digit reaches
        model.add(layers.Conv2D(96, (1, 7), padding="same", use_bias=False, name=f"conv_{i}"))
        _normalised(model, i)
    model.add(layers.Reshape((-1, 96), name="sequence"))
    model.add(layers.Dropout(0.15, name="dropout"))
    model.add(layers.Dense(BLANK + 1, activation="softmax", name="probs"))
    return model


def ctc_loss(texts: Any, probs: Any) -> Any:
    """(N, L) digits, NOTHING after the last, and (N, T, 11) -> (N,) negative log probabilities, nats."""
    import tensorflow as tf

    texts = tf.cast(texts, tf.int32)
    there = tf.where(texts != NOTHING)
    shape = tf.shape(texts, out_type=tf.int64)
    labels = tf.SparseTensor(there, tf.gather_nd(texts, there), shape)
    columns = tf.fill([tf.shape(probs)[0]], tf.shape(probs)[1])
    logits = tf.math.log(tf.maximum(probs, LEAST))
    return tf.nn.ctc_loss(labels, logits, None, columns, logits_time_major=False, blank_index=BLANK)


def step_of(model: Any) -> Any:
    """A step of a compiled model: (B, 28, w) float32 and (B, MOST_DIGITS) uint8 -> their mean loss before it.

    One graph for all widths: Keras's own makes one for the first width that it meets, whose rounding is another, so
    that a run which was interrupted would not end in the same weights.
    """
    import tensorflow as tf

    @tf.function(  # type: ignore[untyped-decorator]
        input_signature=[tf.TensorSpec((None, SIDE, None), tf.float32), tf.TensorSpec((None, MOST_DIGITS), tf.uint8)]
    )
    def step(x: Any, texts: Any) -> Any:
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(ctc_loss(texts, model(x, training=True)))
        weights = model.trainable_variables
        model.optimizer.apply(tape.gradient(loss, weights), weights)
        return loss

    return step


def _normalised(model: Any, name: object) -> None:
    from keras import layers

    model.add(layers.BatchNormalization(momentum=0.95, name=f"norm_{name}"))
    model.add(layers.ReLU(name=f"relu_{name}"))
