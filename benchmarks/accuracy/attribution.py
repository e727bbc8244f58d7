"""Measure how reliable the explanations of the convolutional network are: a deletion test.

    python -m benchmarks.accuracy.attribution [--digits 60] [--gradients]

For each of the MNIST validation digits chosen, this erases the tenth of the ink pixels that an explanation ranks
highest, and measures the drop in the lead over the runner-up. It compares occlusion with several patches, random
ink and, with `--gradients` (needs the learn extra), integrated gradients (Sundararajan, Taly and Yan, 2017) and
gradient times input. Writes attribution.json.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import numpy as np

from benchmarks.common import mnist_digits, name_and_version, write_json
from inkling import Reader
from inkling.explain.log_odds import log_odds
from inkling.explain.occlusion import FAINT, spread, windows

OUT = Path(__file__).with_suffix(".json")
PATCHES = ((3, 1), (3, 2), (5, 1))  # side of the patch, and step, in pixels
STEPS = 32  # of integrated gradients
ERASED_SHARE = 0.1  # fraction of the ink pixels

Explain = Callable[[np.ndarray, int, int], np.ndarray]  # (28, 28) tile, digit, rival -> (28, 28) points


def leads(reader: Reader, tiles: np.ndarray, digit: int, rival: int) -> np.ndarray:
    """(N, 28, 28) -> (N,) the lead of `digit` over `rival`, in points."""
    contrast = np.zeros((1, 10))
    contrast[0, digit], contrast[0, rival] = 1, -1
    return log_odds(reader.classifier(tiles), contrast, reader.bundle.temperature)[:, 0]


def occlusion(reader: Reader, side: int, step: int) -> Explain:
    """Like `inkling.explain.occlusion`, with patches of `side` pixels, moved by `step` pixels."""

    def explain(tile: np.ndarray, digit: int, rival: int) -> np.ndarray:
        patches = [at for at in windows(side, step) if tile[at].max() > FAINT]
        erased = np.repeat(tile[None], len(patches) + 1, axis=0)
        for changed, at in zip(erased[1:], patches, strict=True):
            changed[at] = 0
        found = leads(reader, erased, digit, rival)
        return np.asarray(spread((found[0] - found[1:])[:, None], patches, 28)[0] * tile)

    return explain


def integrated_gradients(reader: Reader, steps: int) -> Explain:
    """Mean gradient on the path from blank paper to the tile, times the tile; with one step, gradient times input."""
    import keras
    import tensorflow as tf

    network = keras.models.load_model(reader.bundle.path / "model.keras", compile=False)
    last = network.layers[-1]
    features = keras.Model(network.inputs, network.layers[-2].output)
    weights, bias = (each.numpy() for each in last.weights)
    shares = (np.arange(steps) + 0.5) / steps if steps > 1 else np.ones(1)

    def explain(tile: np.ndarray, digit: int, rival: int) -> np.ndarray:
        on_the_way = tf.convert_to_tensor((tile[None] * shares[:, None, None]).astype(np.float32))
        with tf.GradientTape() as tape:
            tape.watch(on_the_way)
            logits = features(on_the_way, training=False) @ weights + bias
            lead = tf.reduce_sum(logits[:, digit] - logits[:, rival])
        return np.asarray(tape.gradient(lead, on_the_way).numpy().mean(axis=0) * tile)

    return explain


def drop(reader: Reader, tile: np.ndarray, points: np.ndarray, digit: int, rival: int) -> float:
    """The drop in the lead when the ink that an explanation ranks highest is erased."""
    inked = np.flatnonzero(tile > FAINT)
    first = inked[np.argsort(-points.ravel()[inked], kind="stable")][: round(ERASED_SHARE * len(inked))]
    without = tile.copy()
    without.ravel()[first] = 0
    before, after = leads(reader, np.stack([tile, without]), digit, rival)
    return float(before - after)


@click.command()
@click.option("--digits", "n", default=60, show_default=True)
@click.option("--gradients", is_flag=True, help="Also measure gradients, which needs the learn extra.")
def main(*, n: int, gradients: bool) -> None:
    """Print the drop of the lead for each kind of explanation."""
    reader = Reader("cnn")
    rng = np.random.default_rng(0)
    kinds: dict[str, Explain] = {
        f"occlusion, patch {side}, step {step}": occlusion(reader, side, step) for side, step in PATCHES
    }
    if gradients:
        kinds[f"integrated gradients, {STEPS} steps"] = integrated_gradients(reader, STEPS)
        kinds["gradient times input"] = integrated_gradients(reader, 1)
    kinds["at random"] = lambda tile, _digit, _rival: rng.random(tile.shape)
    images, _ = mnist_digits("validation")
    drops: dict[str, list[float]] = {name: [] for name in kinds}
    for image in images[rng.choice(len(images), n, replace=False)]:
        tile = image.astype(np.float32) / 255
        rival, digit = np.argsort(reader.classifier(tile[None])[0])[-2:].tolist()
        for name, explain in kinds.items():
            drops[name].append(drop(reader, tile, explain(tile, digit, rival), digit, rival))
    found: dict[str, Any] = {}
    for name, values in drops.items():
        error = float(np.std(values) / np.sqrt(n))
        found[name] = {"points": round(float(np.mean(values)), 2), "standard_error": round(error, 2)}
        click.echo(f"{name:34} {np.mean(values):5.2f} ± {error:.2f} points")
    command = f"python -m benchmarks.accuracy.attribution --digits {n}{' --gradients' if gradients else ''}"
    content = {"written_by": command, "model": name_and_version(reader)}
    write_json(OUT, {**content, "digits": n, "drops": found})


if __name__ == "__main__":
    main()
