"""`/train`: train a network and watch its progress. Without a lab, the page explains how to open one."""

from __future__ import annotations

import json

from flask import Blueprint, current_app, render_template
from flask.typing import ResponseReturnValue

from inkling.lab_protocol.hyperparameters import HYPERPARAMETERS, PRESETS, Value
from inkling.server.lab.training_manager import TrainingManager
from inkling.server.rules import PAGE, rule

blueprint = Blueprint("train", __name__)

NETWORK = ("architecture", "hidden", "dropout")
ARCHITECTURES = {  # their names on the page
    "ann": "one hidden layer",
    "ann-dropout": "the same, with dropout",
    "cnn-small": "small filters",
}


@blueprint.get("/train")
@rule(PAGE)
def train() -> ResponseReturnValue:
    """The page. A static site shows a notice instead."""
    if current_app.config["IS_STATIC"]:
        return render_template(
            "needs_server.html",
            heading="Training needs your own machine",
            sentence="Training a whole network takes minutes and needs TensorFlow, so it runs on your own machine.",
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
    """A value as shown on the page: 55000 -> "55,000", 0.001 -> "0.001"."""
    if isinstance(value, str):
        return ARCHITECTURES.get(value, value)
    return f"{value:,}" if isinstance(value, int) else f"{value:g}"
