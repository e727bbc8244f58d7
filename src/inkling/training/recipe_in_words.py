"""A recipe in words, for the model cards."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from inkling.training.recipe import stage_table

OPTIMIZERS = {"adam": "Adam", "adamw": "AdamW", "sgd": "SGD with Nesterov momentum"}
SCHEDULES = {
    "constant": "constant",
    "one_cycle": "one-cycle schedule",
    "cosine": "cosine decay",
    "warmup_stable_decay": "constant, then falling to zero",
}
SETTINGS = {  # recipe parameter -> its description
    "weight_decay": "weight decay {:g}",
    "label_smoothing": "label smoothing {:g}",
    "dropout": "dropout {:g}",
    "ema": "exponential moving average of the weights, momentum {:g}",
    "patience": "early stopping after {:g} epochs without a lower validation loss",
    "lines": "{:,} synthetic lines per epoch; connectionist temporal classification (Graves et al. 2006)",
    "standardise": "inputs with mean 0 and standard deviation 1; the scaling is folded into the weights",
    "nondigits": "non-digits to be refused, {:.0%} as many as digits",
}
CHANGES = {  # augmentation parameter -> its description
    "rotation": "rotation by up to {:g} degrees",
    "shear": "shear by up to {:g}",
    "scale": "scaling by up to {:.0%}",
    "stretch": "aspect ratio changed by a factor of up to e^{:g}",
    "bow": "strokes bowed and ends widened by up to {:g}",
    "shift": "shift by up to {:g} px",
    "elastic": "elastic distortion (strength {:g})",
    "stroke": "strokes up to {:g} px wider or narrower",
    "contrast": "up to {:.0%} less contrast",
    "continental": "{:.0%} of the 1s with an upstroke and of the 7s with a bar",
    "noise": "noise of up to {:g}",
    "drawn": "{:.0%} of the digits replaced by synthetic ones of other forms",
    "coarse": "{:.0%} of the images degraded to low resolution",
    "ragged": "noise of up to {:g} in these before thresholding",
    "enlarged": "{:.0%} of these enlarged",
}


def steps(how: dict[str, Any]) -> list[str]:
    """How a manifest's recipe trains, apart from augmentation."""
    stages = [stage_table(how, stage) for stage in how.get("stages", ())]
    found = [f"batches of {how['batch_size']}, seed {how['seed']}, {OPTIMIZERS[how['optimizer']]}"]
    for number, stage in enumerate(stages or [how], 1):
        found.append(f"stage {number}: {_stage(stage)}" if stages else _stage(stage))
    found += [words.format(how[key]) for key, words in SETTINGS.items() if how.get(key)]
    if how.get("start"):
        found.append(f"fine-tuned from the weights of `{Path(how['start']).name}`")
    if how["teacher"]["name"]:
        found.append(_distillation(how["teacher"]))
    return found


def changes(augmentation: dict[str, Any]) -> list[str]:
    """How images are augmented."""
    return [words.format(augmentation[key]) for key, words in CHANGES.items() if augmentation.get(key)]


def _stage(how: dict[str, Any]) -> str:
    """The settings that can differ between stages."""
    parts = [f"{how['epochs']} epochs, learning rate up to {how['learning_rate']:g}, {SCHEDULES[how['schedule']]}"]
    if how.get("lines") and "texts" in how:
        parts.append(
            "signs in {signs:.0%} of the lines, first digits by Benford's law in {benford:.0%} of the numbers".format(
                **how["texts"]
            )
        )
    if how.get("keep"):
        parts.append(f"at the end the weights move back by {how['keep']:.0%} towards the initial ones")
    return "; ".join(parts)


def _distillation(teacher: dict[str, Any]) -> str:
    words = (
        f"distilled from `{Path(teacher['name']).name}`: its calibrated probabilities make up {teacher['weight']:.0%} "
        "of the loss"
    )
    if teacher.get("pool"):
        words += f"; the images of the first {teacher['pool']} epochs are then repeated in new orders"
    return words
