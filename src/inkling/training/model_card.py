"""Writes model cards: architecture, training, scores, calibration and limits of a network.

    python -m inkling.training.model_card BUNDLE ...

writes README.md next to each manifest, in the style of "Model Cards for Model Reporting" (Mitchell et al. 2019).
All facts about the network come from the manifest, so the card and the manifest cannot disagree.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from inkling.errors import BadBundle, InklingError
from inkling.models import registry
from inkling.models.bundle import Bundle
from inkling.training import recipe_in_words
from inkling.training.architectures import find_architecture
from inkling.training.model_card_sections import DIGIT_SECTIONS, LINE_SECTIONS, table

FILE_NAME = "README.md"


def card(found: Bundle) -> str:
    """The Markdown text for one bundle. Raises BadBundle when its manifest lacks an entry that the card needs."""
    try:
        own = LINE_SECTIONS if _reads_lines(found.manifest) else DIGIT_SECTIONS
        parts = (_what, _architecture, _training, *own, _licence)
        return "\n".join(line for part in parts for line in part(found.manifest)).rstrip() + "\n"
    except (KeyError, TypeError, ValueError) as error:
        raise BadBundle(
            f"the manifest of {found.path} lacks an entry for the model card ({error!r}); expected one written by "
            "export. Export the run again."
        ) from error


def write(found: Bundle) -> Path:
    """Writes the card next to the manifest and returns its path. Raises CannotWrite for an installed package."""
    registry.check_replaceable(found.path)
    path = found.path / FILE_NAME
    path.write_text(card(found), "utf-8")
    return path


def _reads_lines(facts: dict[str, Any]) -> bool:
    return find_architecture(facts["architecture"]).task == "lines"


def _what(facts: dict[str, Any]) -> list[str]:
    does = (
        "reads a handwritten line of digits and signs"
        if _reads_lines(facts)
        else "classifies the handwritten digit in a 28x28 image"
    )
    return [
        f"# {facts['name']}",
        "",
        f"{facts['recipe']['about']}",
        "",
        f"A network that {does}: architecture `{facts['architecture']}`, "
        f"{facts['parameters']:,} parameters, version `{facts['version']}`, created {facts['created'][:10]}. "
        "`python -m inkling.training.model_card` generates this card from `manifest.json`.",
        "",
    ]


def _architecture(facts: dict[str, Any]) -> list[str]:
    given = facts["input"]
    n_outputs = facts["layers"][-1]["output_shape"][-1]
    if _reads_lines(facts):
        classes = " ".join(f"`{name}`" for name in facts["classes"])
        output = f"N x w / {given['column_px']} x {n_outputs} probabilities, in each column of {classes}"
    else:
        last = ', the last for "none of the ten"' if n_outputs > 10 else ""
        output = f"N x {n_outputs} probabilities{last}"
    rows = [
        [f"`{layer['name']}`", layer["type"], _shape(layer["output_shape"]), f"{layer['parameters']:,}"]
        for layer in facts["layers"]
    ]
    return [
        "## Architecture",
        "",
        f"Input: N x {_shape(given['shape'])} {given['dtype']}, {given['range'][0]} to {given['range'][1]} "
        f"({given['meaning']}). Output: {output}.",
        "",
        *table(("layer", "type", "output", "parameters"), rows),
    ]


def _training(facts: dict[str, Any]) -> list[str]:
    how = facts["recipe"]
    changes = recipe_in_words.changes(how["augmentation"])
    augmented = "The images are not augmented."
    if changes:
        augmented = f"Augmentation: {'; '.join(changes)}."
    elif _reads_lines(facts):
        augmented = (
            "Every line is synthetic and shown in one epoch only (`inkling.training.synthetic_lines`): a number, "
            "mostly with signs or in printed cells, written with MNIST's digits and with digits and signs drawn from "
            "strokes, on plain, ruled, squared or patterned paper, photographed or scanned."
        )
    took = facts.get("training")
    time = f"Training took {took['seconds']:,.0f} s on {_cores(took['cores'])}. " if took else ""
    versions = ", ".join(f"{name} {version}" for name, version in facts["libraries"].items())
    return [
        "## Training",
        "",
        f"On MNIST's 60,000 training images, except {how['n_validation']:,} held out for validation.",
        "",
        *[f"- {step}" for step in recipe_in_words.steps(how)],
        "",
        augmented,
        "",
        f"{time}Libraries: {versions}. To repeat it: `inkling train --like {facts['name']}`.",
        "",
    ]


def _licence(facts: dict[str, Any]) -> list[str]:
    checks = ", ".join(f"`{name}` {sha256[:12]}" for name, sha256 in facts["data"]["sha256"].items())
    return [
        "## Data and license",
        "",
        "MNIST is by Yann LeCun, Corinna Cortes and Christopher Burges, who made it from NIST's Special Databases 1 "
        "and 3. It is available under the Creative Commons Attribution-Share Alike 3.0 license. First digits of the "
        f"SHA-256 of the arrays: {checks}.",
        "",
        "The network is under the MIT license, like the rest of inkling.",
    ]


def _shape(sides: Sequence[int | None]) -> str:
    return " x ".join("w" if side is None else str(side) for side in sides)


def _cores(n: int) -> str:
    return "1 core" if n == 1 else f"{n} cores"


def main() -> None:
    """Runs the command."""
    try:
        if not sys.argv[1:]:
            sys.exit("card: no bundle is named; expected a packaged model, a bundle or a run folder. Name one or more.")
        for each in [registry.find_network(name) for name in sys.argv[1:]]:
            sys.stdout.write(f"{write(each)}\n")
    except InklingError as error:
        sys.exit(f"card: {error}")


if __name__ == "__main__":
    main()
