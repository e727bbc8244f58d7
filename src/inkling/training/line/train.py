"""Trains the network that reads strips: python -m inkling.training.line.train --out RUN

A run is a function of its settings and the data. It keeps where it stands after each epoch, and the same command goes
on from there.

    epochs.jsonl     a line an epoch: steps so far, loss, share of validation strips read exactly, seconds
    checkpoint.npz   where the run stands
    bundle/          model.tflite, model.keras and manifest.json, once it has ended
"""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np

from inkling.errors import InklingError
from inkling.training import augment, checkpoint, lr_schedule
from inkling.training.data.mnist import Mnist, as_input, load_mnist, split_indices
from inkling.training.ema import Average
from inkling.training.keras_setup import import_keras
from inkling.training.line import network
from inkling.training.line.export import export
from inkling.training.line.synthetic_lines import Maker, Strips, collect, exact, judged_strips, written_anew

N_VALIDATION = 5_000  # digits held back, the same as every recipe's
EMA, AVERAGED_EVERY = 0.998, 8  # momentum of the averaged weights a step, and steps from one look to the next
WEIGHT_DECAY = 0.02
LOG, STATE = "epochs.jsonl", "checkpoint.npz"
CONTRAST, NOISE = 0.3, 0.08  # part of the ink's darkness that may be lost, and grain, ink = 1: as the `cnn` learns

Row = dict[str, Any]


@dataclass(frozen=True)
class Settings:
    """What decides a run, apart from the data."""

    epochs: int = 30
    strips: int = 100_000  # an epoch, made anew for each
    batch_size: int = 64
    rate: float = 0.003  # the highest learning rate
    seed: int = 0

    @property
    def n_steps(self) -> int:
        """Of the whole run, at most: strips that fill no batch of their width are left out."""
        return self.epochs * (self.strips // self.batch_size)


def train(settings: Settings, mnist: Mnist, folder: Path, *, say: Any = lambda row: None) -> Path:
    """Trains into `folder`, from its checkpoint if there is one, and returns it with a bundle inside.

    `say` is called with each epoch's line. Raises MissingExtra without the `learn` extra, BadData for a checkpoint
    that does not fit, BadBundle when the exported network answers otherwise than the trained one.
    """
    training, validation = split_indices(mnist.y_train, N_VALIDATION, settings.seed)
    folder.mkdir(parents=True, exist_ok=True)
    learner = build(settings)
    judged = judged_strips(mnist.x_train[validation], mnist.y_train[validation], seed=settings.seed)
    rows = resume(learner, folder)
    if len(rows) < settings.epochs:
        digits = written_anew(mnist.x_train[training], mnist.y_train[training], seed=settings.seed)
        with Maker(*digits, seed=settings.seed, processes=augment.thread_count()) as maker:
            coming = maker.start(settings.strips, epoch=len(rows) + 1)
            for epoch in range(len(rows) + 1, settings.epochs + 1):
                began, strips = time.perf_counter(), collect(coming)
                if epoch < settings.epochs:
                    coming = maker.start(settings.strips, epoch=epoch + 1)
                row = {"epoch": epoch, **learn(learner, strips, judged, settings)}
                rows.append({**row, "seconds": round(time.perf_counter() - began, 1)})
                # The line first: a run killed between the two repeats the epoch and writes the same line again.
                checkpoint.write_text(folder / LOG, "".join(json.dumps(row) + "\n" for row in rows))
                checkpoint.save(folder / STATE, learner.model, learner.average)
                say(rows[-1])
    learner.average.put(learner.model)
    seconds = sum(row["seconds"] for row in rows)
    export(learner.model, folder / "bundle", judged, recipe=asdict(settings), seconds=seconds)
    return folder


@dataclass(frozen=True)
class Learner:
    """A network and what it learns with."""

    model: Any  # keras.Model, compiled
    average: Average
    step: Any  # see network.step_of

    @property
    def steps(self) -> int:
        """How many it has made."""
        return int(self.model.optimizer.iterations)


def build(settings: Settings) -> Learner:
    """The network as it begins, with the optimizer's variables made."""
    keras = import_keras(seed=settings.seed)
    rates = lr_schedule.factors("one_cycle", settings.n_steps) * np.float32(settings.rate)
    optimizer = keras.optimizers.Adam(lr_schedule.keras_schedule(rates), weight_decay=WEIGHT_DECAY)
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    model = network.build()
    model.compile(optimizer)
    optimizer.build(model.trainable_variables)
    return Learner(model, Average(model, EMA), network.step_of(model))


def resume(learner: Learner, folder: Path) -> list[Row]:
    """Puts the checkpoint's state into the network and returns the lines up to it; [] for a new run."""
    if not (folder / STATE).is_file():
        return []
    done = checkpoint.restore(folder / STATE, learner.model, learner.average)
    rows = [json.loads(line) for line in (folder / LOG).read_text("utf-8").splitlines()]
    return [row for row in rows if row["steps"] <= done]


def learn(learner: Learner, strips: list[Strips], judged: list[Strips], settings: Settings) -> Row:
    """One epoch: the steps of the run so far, its mean loss, and how the averaged network reads `judged`."""
    model, losses = learner.model, []
    rng = np.random.default_rng((settings.seed, 0xBA7C, learner.steps))
    for same, chosen in batches(strips, settings.batch_size, rng):
        losses.append(float(learner.step(seen(same.images[chosen], rng), same.texts[chosen])))
        if len(losses) % AVERAGED_EVERY == 0:
            learner.average.update(model, learner.steps, AVERAGED_EVERY)
    with learner.average.inside(model):
        found = exact(lambda x: model.predict(x, batch_size=100, verbose=0), judged)
    return {"steps": learner.steps, "loss": round(float(np.mean(losses)), 4), "exact": found}


def batches(strips: list[Strips], size: int, rng: np.random.Generator) -> list[tuple[Strips, np.ndarray]]:
    """Whole batches, each of strips of one width, in random order: the strips, and which of them."""
    found = []
    for same in strips:
        order = rng.permutation(len(same.images))
        found += [(same, order[i : i + size]) for i in range(0, len(order) - size + 1, size)]
    return [found[i] for i in rng.permutation(len(found))]


def seen(images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(N, 28, w) uint8 -> float32 in 0..1, with less contrast and some grain."""
    x, n = as_input(images), len(images)
    x *= (1 - rng.random((n, 1, 1), np.float32) * np.float32(CONTRAST)).astype(np.float32)
    x += rng.standard_normal(x.shape, np.float32) * (rng.random((n, 1, 1), np.float32) * np.float32(NOISE))
    return np.clip(x, 0, 1, out=x)


@click.command()
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Run folder; one that exists goes on.")
@click.option("--epochs", default=Settings.epochs, show_default=True)
@click.option("--strips", default=Settings.strips, show_default=True, help="Strips an epoch, made anew for each.")
@click.option("--seed", default=Settings.seed, show_default=True)
def main(out: Path, epochs: int, strips: int, seed: int) -> None:
    """Trains, and prints a line an epoch."""
    try:
        train(Settings(epochs, strips, seed=seed), load_mnist(), out, say=lambda row: click.echo(json.dumps(row)))
    except InklingError as error:
        raise SystemExit(f"train: {error}") from error


if __name__ == "__main__":
    main()
