"""Manifest of a network that reads strips -> its model card."""

from __future__ import annotations

from inkling.models.bundle import Bundle
from inkling.pipeline.normalize import SIDE
from inkling.training.model_card import FILE_NAME, table

SETS = {"mnist-test": "MNIST's test images; used for nothing but these numbers", "validation": "validation images"}


def card(found: Bundle) -> str:
    """The Markdown text."""
    facts = found.manifest
    how, took = facts["recipe"], facts["training"]
    layers = [
        [f"`{layer['name']}`", layer["type"], _shape(layer), f"{layer['parameters']:,}"] for layer in facts["layers"]
    ]
    shares = [
        [f"strips of {words}", *(f"{s:.1%}" for s in facts["scores"][name].values())] for name, words in SETS.items()
    ]
    lines = [
        f"# {facts['name']}",
        "",
        "Reads digits that touch as a whole, without cutting them. It gives no reading of its own: of the ways to cut "
        "a mark into digits that another network finds likely, it says how probable it takes their texts to be.",
        "",
        f"{facts['parameters']:,} parameters, version `{facts['version']}`, made {facts['created'][:10]}. This card is "
        "written from `manifest.json` by `python -m inkling.training.line.package RUN`.",
        "",
        f"In: N x {SIDE} x w {facts['input']['dtype']}, 0 to 1 ({facts['input']['meaning']}). Out: N x w/2 x 11, for "
        "every other column the probabilities of the ten digits, and of no new one; learnt by connectionist temporal "
        "classification (Graves et al. 2006).",
        "",
        *table(("layer", "type", "output", "parameters"), layers),
        f"Trained on {how['epochs']} times {how['strips']:,} strips of one to five digits that touch, written by code "
        f"with MNIST's training images less those held back; seed {how['seed']}, {took['seconds']:,.0f} s on "
        f"{took['cores']} cores. `python -m inkling.training.line.train --out RUN` does it again.",
        "",
        "## Read exactly",
        "",
        *table(("digits in a strip", *facts["scores"]["validation"]), shares),
        "The strips are hard ones: poor copies of few pixels, ends that run into each other. LiteRT and Keras differ "
        f"by at most {facts['scores']['difference_from_keras']:g}.",
    ]
    return "\n".join(lines) + "\n"


def write(found: Bundle) -> None:
    """Writes the card beside the manifest."""
    (found.path / FILE_NAME).write_text(card(found), "utf-8")


def _shape(layer: dict[str, list[int | None]]) -> str:
    return " x ".join("any" if side is None else str(side) for side in layer["output_shape"])
