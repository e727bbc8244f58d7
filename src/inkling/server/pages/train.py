"""`/train`: train a network and watch it learn. Without a lab the page says how to open it."""

from __future__ import annotations

import json

from flask import Blueprint, current_app, render_template
from flask.typing import ResponseReturnValue

from inkling.lab_protocol.hyperparameters import HYPERPARAMETERS, PRESETS, Value
from inkling.server.lab.training_manager import TrainingManager
from inkling.server.rules import PAGE, rule

blueprint = Blueprint("train", __name__)

NETWORK = ("architecture", "hidden", "dropout")
ARCHITECTURES = {  # what the page calls them
    "ann": "one hidden layer",
    "ann-dropout": "the same, with dropout",
    "cnn-small": "small filters",
}


@blueprint.get("/train")
@rule(PAGE)
def train() -> ResponseReturnValue:
    """The page. A folder of files has a sentence in its place."""
    if current_app.config["IS_STATIC"]:
        return render_template(
            "needs_server.html",
            heading="Training needs your own machine",
            sentence="A whole network takes minutes to train, with TensorFlow, so it runs in an inkling of your own.",
            command="make install-learn && .venv/bin/inkling data fetch && .venv/bin/inkling serve --lab",
        )
    manager: TrainingManager = current_app.extensions["inkling-lab"]
    network = [choice for choice in HYPERPARAMETERS if choice.name in NETWORK]
    augmentation = [choice for choice in HYPERPARAMETERS if choice.part == "augmentation"]
    return render_template(
        "train.html",
        closed=manager.closed_reason(),
        network=network,
        learning=[choice for choice in HYPERPARAMETERS if choice not in network and choice not in augmentation],
        augmentation=augmentation,
        presets=PRESETS,
        named=named,
        as_json=json.dumps,
    )


def named(value: Value) -> str:
    """A value as the page writes it: 55000 -> "55,000", 0.001 -> "0.001"."""
    if isinstance(value, str):
        return ARCHITECTURES.get(value, value)
    return f"{value:,}" if isinstance(value, int) else f"{value:g}"
