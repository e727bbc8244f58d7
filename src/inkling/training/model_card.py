"""Manifest -> model card: what a network is, how it was trained, how well it reads, where it fails.

    python -m inkling.training.model_card BUNDLE ...

writes README.md beside each manifest. After "Model Cards for Model
Reporting" (Mitchell et al. 2019). Everything in a card comes from the manifest, so the two cannot disagree.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from inkling.errors import BadBundle, InklingError
from inkling.models import registry
from inkling.models.bundle import Bundle
from inkling.training.architectures import find_architecture
from inkling.training.calibrate import RIGHT
from inkling.training.calibrate_lines import RIGHT as LINES_RIGHT
from inkling.training.recipe import stage_table

FILE_NAME = "README.md"
DATA_SETS = {
    "mnist-test": "MNIST, the 10,000 test images, {looks}",
    "mnist-validation": "MNIST, training images held back; calibration and `sure_at` come from them",
    "validation-augmented": "the same, augmented as every network is calibrated: other hands, pens and scanners",
}
OPTIMIZERS = {"adam": "Adam", "adamw": "AdamW", "sgd": "SGD with Nesterov momentum"}
SCHEDULES = {
    "constant": "constant",
    "one_cycle": "one cycle up and down",
    "cosine": "falling like a cosine",
    "warmup_stable_decay": "constant, then falling to zero",
}
SETTINGS = {  # parameter of a recipe -> words for it
    "weight_decay": "weight decay {:g}",
    "label_smoothing": "label smoothing {:g}",
    "dropout": "dropout {:g}",
    "ema": "averaged weights, momentum {:g}",
    "patience": "stopped after {:g} epochs without a better validation loss",
    "lines": "{:,} synthetic lines an epoch; connectionist temporal classification (Graves et al. 2006)",
    "standardise": "inputs with mean 0 and standard deviation 1, folded into the weights afterwards",
    "nondigits": "{:.0%} non-digits beside the digits, to be refused",
}
CHANGES = {  # parameter of a recipe's augmentation -> words for its amount
    "rotation": "rotation by up to {:g} degrees",
    "shear": "slant by up to {:g}",
    "scale": "size by up to {:.0%}",
    "stretch": "width over height by a factor of up to e^{:g}",
    "bow": "bowed strokes and uneven ends, by up to {:g}",
    "shift": "shift by up to {:g} px",
    "elastic": "elastic bending (strength {:g})",
    "stroke": "strokes up to {:g} px wider or narrower",
    "contrast": "up to {:.0%} less contrast",
    "continental": "{:.0%} of the 1s with an upstroke and of the 7s with a bar",
    "noise": "noise of up to {:g}",
    "drawn": "{:.0%} replaced by synthetic digits of other forms",
    "coarse": "{:.0%} degraded to few pixels",
    "ragged": "noise of up to {:g} in these before they became black or white",
    "enlarged": "{:.0%} of these enlarged",
}


def card(found: Bundle) -> str:
    """The Markdown text for one bundle. Raises BadBundle when its manifest lacks what a card tells."""
    try:
        parts = LINE_PARTS if _reads_lines(found.manifest) else DIGIT_PARTS
        return "\n".join(line for part in parts for line in part(found.manifest)).rstrip() + "\n"
    except (KeyError, TypeError, ValueError) as error:
        raise BadBundle(
            f"the manifest of {found.path} lacks what a model card tells ({error!r}); one written by export was "
            "expected. Export the run again."
        ) from error


def write(found: Bundle) -> Path:
    """Writes the card beside the manifest and returns its path. Raises CannotWrite for one of an installed package."""
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
        else "names the handwritten digit in a 28x28 image"
    )
    return [
        f"# {facts['name']}",
        "",
        f"{facts['recipe']['about']}",
        "",
        f"A network that {does}: architecture `{facts['architecture']}`, "
        f"{facts['parameters']:,} parameters, version `{facts['version']}`, made {facts['created'][:10]}. "
        "This card is written from `manifest.json` by `python -m inkling.training.model_card`.",
        "",
    ]


def _architecture(facts: dict[str, Any]) -> list[str]:
    given = facts["input"]
    n_outputs = facts["layers"][-1]["output_shape"][-1]
    if _reads_lines(facts):
        classes = " ".join(f"`{name}`" for name in facts["classes"])
        output = f"N x w / {given['column_px']} x {n_outputs} probabilities: for each column, of {classes}"
    else:
        last = ", the last that of being none of the ten" if n_outputs > 10 else ""
        output = f"N x {n_outputs} probabilities{last}"
    rows = [
        [f"`{layer['name']}`", layer["type"], _shape(layer["output_shape"]), f"{layer['parameters']:,}"]
        for layer in facts["layers"]
    ]
    return [
        "## Architecture",
        "",
        f"In: N x {_shape(given['shape'])} {given['dtype']}, {given['range'][0]} to {given['range'][1]} "
        f"({given['meaning']}). Out: {output}.",
        "",
        *table(("layer", "type", "output", "parameters"), rows),
    ]


def _stage(how: dict[str, Any]) -> str:
    """What may differ from stage to stage."""
    parts = [f"{how['epochs']} epochs, learning rate up to {how['learning_rate']:g}, {SCHEDULES[how['schedule']]}"]
    if how.get("lines") and "texts" in how:
        parts.append(
            "signs in {signs:.0%} of the lines, {benford:.0%} of numbers begin as amounts do".format(**how["texts"])
        )
    if how.get("keep"):
        parts.append(f"in the end {how['keep']:.0%} of the weights it began with are kept")
    return "; ".join(parts)


def _distillation(teacher: dict[str, Any]) -> str:
    words = (
        f"distilled from `{Path(teacher['name']).name}`: its calibrated probabilities make up {teacher['weight']:.0%} "
        "of the loss"
    )
    if teacher.get("pool"):
        words += f", on the images of {teacher['pool']} epochs, which are repeated in other orders"
    return words


def _training(facts: dict[str, Any]) -> list[str]:
    how = facts["recipe"]
    stages = [stage_table(how, stage) for stage in how.get("stages", ())]
    steps = [f"batches of {how['batch_size']}, seed {how['seed']}, {OPTIMIZERS[how['optimizer']]}"]
    for number, stage in enumerate(stages or [how], 1):
        steps.append(f"stage {number}: {_stage(stage)}" if stages else _stage(stage))
    steps += [words.format(how[key]) for key, words in SETTINGS.items() if how.get(key)]
    if how.get("start"):
        steps.append(f"fine-tuned from the weights of `{Path(how['start']).name}`")
    if how["teacher"]["name"]:
        steps.append(_distillation(how["teacher"]))
    changes = [words.format(how["augmentation"][key]) for key, words in CHANGES.items() if how["augmentation"].get(key)]
    augmented = "Images are used as they are."
    if changes:
        augmented = f"Augmentation: {'; '.join(changes)}."
    elif _reads_lines(facts):
        augmented = (
            "Every line is made by code and shown in one epoch alone (`inkling.training.synthetic_lines`): a number, "
            "mostly with signs or in printed cells, written with MNIST's digits and with digits and signs drawn from "
            "strokes, on plain, ruled, squared or patterned paper, as a camera or a scanner sees it."
        )
    took = facts.get("training")
    time = f"It took {took['seconds']:,.0f} s on {_cores(took['cores'])}. " if took else ""
    versions = ", ".join(f"{name} {version}" for name, version in facts["libraries"].items())
    return [
        "## Training",
        "",
        f"On MNIST's 60,000 training images, less {how['n_validation']:,} held back for validation.",
        "",
        *[f"- {step}" for step in steps],
        "",
        augmented,
        "",
        f"{time}With {versions}. To repeat it: `inkling train --like {facts['name']}`.",
        "",
    ]


def _scores(facts: dict[str, Any]) -> list[str]:
    rows = []
    for name, score in sorted(facts["scores"].items()):
        if "accuracy_95" not in score:
            continue  # not about reading digits; see Calibration
        words = DATA_SETS.get(name, name).format(looks=_looks(facts))
        others = [f"{score['top_2']:.2%}", f"{score['cross_entropy_calibrated']:.4f}"]
        rows.append([words, f"{score['n']:,}", *_rate(score), *others])
        if "refusals_wrong" in score:
            counted = score["refusals_wrong"]
            words = f"the same, its {counted['refused']:,} refusals counted as wrong"
            rows.append([words, f"{score['n']:,}", *_rate(counted), "", ""])
    apart = facts["scores"].get("mnist-test", {}).get("difference_from_keras")
    same = f" On the test images LiteRT and Keras differ by at most {apart:g} in any probability." if apart else ""
    headings = ("data", "n", "right", "95% interval", "among the best two", "cross-entropy")
    return [
        "## Scores",
        "",
        *table(headings, rows),
        "Right means that the label is the most probable of the ten digits. Intervals are Wilson's. These images are "
        "normalized digits already; how well photos are read depends on the whole pipeline: `inkling evaluate "
        f"{facts['name']} --data FOLDER`.{same}",
        "",
    ]


def _rate(score: dict[str, Any]) -> list[str]:
    low, high = score["accuracy_95"]
    return [f"{score['accuracy']:.2%}", f"{low:.2%} to {high:.2%}"]


def _looks(facts: dict[str, Any]) -> str:
    """How often the network was judged on the test images."""
    return f"on which it was judged {Bundle(Path(), facts).test_looks_in_words}"


def _line_scores(facts: dict[str, Any]) -> list[str]:
    names = {"mnist-test": f"test digits, {_looks(facts)}", "validation": "validation digits"}
    found = {words: facts["scores"][name] for name, words in names.items() if name in facts["scores"]}
    rows = []
    for words, score in found.items():
        low, high = score["accuracy_95"]
        rates = score["accuracy"], score["accuracy_written"], *score["accuracy_by_length"].values()
        shown = [f"{rate:.1%}" for rate in rates]
        rows.append([words, f"{score['n']:,}", shown[0], f"{low:.1%} to {high:.1%}", *shown[1:]])
    lengths = [f"{n} symbol{'s' if n != '1' else ''}" for n in facts["scores"]["validation"]["accuracy_by_length"]]
    apart = facts["scores"].get("mnist-test", {}).get("difference_from_keras")
    same = f" On the lines of test digits LiteRT and Keras differ by at most {apart:g}." if apart else ""
    return [
        "## Lines read right",
        "",
        *table(("lines of MNIST's", "n", "digits right", "95% interval", "signs too", *lengths), rows),
        "The lines are synthetic, as those of training are, and harder than most that people send: poor scans, digits "
        "that run into each other, cells that they cross. "
        f"`inkling evaluate {facts['name']}` repeats the first row.{same}",
        "",
    ]


def _line_calibration(facts: dict[str, Any]) -> list[str]:
    score = facts["scores"]["validation"]
    wrong = "" if score["selective_accuracy"] is None else f", of which {score['selective_accuracy']:.1%} are right"
    return [
        "## Calibration",
        "",
        f"Temperature {facts['temperature']:g} of the column probabilities: the one at which the probability of a "
        "line's digits says best whether they are right, on other lines of validation digits. Expected calibration "
        f"error of it: {score['calibration_error']:.2%} before, {score['calibration_error_calibrated']:.2%} after.",
        "",
        f"A line is called read from a probability of {facts['sure_at']:g}, unless its signs are doubtful or a mark is "
        f"neither digit nor sign: of the lines on which this was fitted, at least {LINES_RIGHT:.0%} of those called "
        "read are right. "
        f"Of the validation lines above, {score['coverage']:.1%} are called read{wrong}.",
        "",
    ]


def _line_limits(facts: dict[str, Any]) -> list[str]:
    return [
        "## Limits",
        "",
        "- It knows the digits 0 to 9 and the signs above. Currency signs are one class; letters and other marks are "
        "`mark`, as long as they do not look like a digit or a sign.",
        "- It was trained on synthetic lines. Their digits are MNIST's, written in the United States around 1990, and "
        "others drawn in forms of other countries; real handwriting varies more.",
        "- It reads one line, cut out and upright; `inkling.Reader` finds the lines of a picture.",
        "- Its probability is calibrated on synthetic lines; on other pictures it can be too high.",
        "- Not for decisions in which one wrong digit does harm and nobody checks: have the unsure ones checked.",
        "",
    ]


def _line_use(facts: dict[str, Any]) -> list[str]:
    return [
        "## Use",
        "",
        "`inkling.Reader` uses it beside its classifier, for lines that are not one clean digit. Alone: "
        "`inkling.pipeline.line_recognizer.LineRecognizer` gives the column probabilities of a line and "
        "`inkling.pipeline.prefix_search` the texts that they show. `model.tflite` runs in any LiteRT; `model.keras`, "
        "in a clone and in the source distribution, is the same network for fine-tuning.",
        "",
    ]


def _calibration(facts: dict[str, Any]) -> list[str]:
    plain = "mnist-test" if "mnist-test" in facts["scores"] else "mnist-validation"
    errors = [
        f"{score['calibration_error']:.2%} before and {score['calibration_error_calibrated']:.2%} after on {where}"
        for name, where in ((plain, "MNIST's"), ("validation-augmented", "augmented ones"))
        if (score := facts["scores"].get(name))
    ]
    return [
        "## Calibration",
        "",
        f"Temperature {facts['temperature']:g}, fitted on the validation images, plain and augmented (Guo et al. "
        f"2017). Expected calibration error: {'; '.join(errors)}. A digit counts as sure from a confidence of "
        f"{facts['sure_at']:g}: of all these validation digits read so surely, at least {RIGHT:.1%} are right."
        if facts["sure_at"] < 1
        else f"Temperature {facts['temperature']:g}. No confidence was high enough to count as sure.",
        "",
        *_refusal(facts),
    ]


def _refusal(facts: dict[str, Any]) -> list[str]:
    found = facts["scores"].get("non-digits")
    if found is None:
        return []
    return [
        f"An image with a probability of {facts['reject_at']:g} or more of being no digit is refused: "
        f"{1 - found['others_accepted']:.1%} of {found['n_others']:,} letters, scribbles and pieces of digits made "
        f"from the validation images (AUROC {found['auroc']:.4f}), and {found['digits_refused']:.2%} of "
        f"{found['n_digits']:,} digits.",
        "",
    ]


def _limits(facts: dict[str, Any]) -> list[str]:
    refuses = facts.get("reject_at", 1) < 1
    return [
        "## Limits",
        "",
        "- It knows the digits 0 to 9 and nothing else: "
        + (
            "it refuses most other ink, but a letter that looks like a digit is read as that digit."
            if refuses
            else "a letter or a scribble is read as some digit, though often with a low confidence."
        ),
        "- MNIST was written by employees and pupils in the United States around 1990. Expect less of handwriting "
        "from elsewhere: 1s with a long upstroke and 7s with a bar, for example, are rare in it.",
        "- It expects images normalized as MNIST's were; `inkling.Reader` normalizes yours.",
        "- Its confidence is calibrated on MNIST; on other handwriting it can be too high.",
        "- Not for decisions in which one wrong digit does harm and nobody checks: have the unsure ones checked.",
        "",
    ]


def _use(facts: dict[str, Any]) -> list[str]:
    name = facts["name"]
    return [
        "## Use",
        "",
        "```python",
        "from inkling import Reader",
        "",
        f'reader = Reader("{name}")',
        'print(reader.read("photo.jpg").text)',
        "```",
        "",
        f"or `inkling read photo.jpg --model {name}`. `model.tflite` runs in any LiteRT; `model.keras`, in a clone "
        "and in the source distribution, is the same network for fine-tuning.",
        "",
    ]


def _licence(facts: dict[str, Any]) -> list[str]:
    checks = ", ".join(f"`{name}` {sha256[:12]}" for name, sha256 in facts["data"]["sha256"].items())
    return [
        "## Data and licence",
        "",
        "MNIST is by Yann LeCun, Corinna Cortes and Christopher Burges, made from NIST's Special Databases 1 and 3; it "
        "is given under the Creative Commons Attribution-Share Alike 3.0 licence. SHA-256 of the arrays begins "
        f"{checks}.",
        "",
        "The network: MIT, as the rest of inkling.",
    ]


DIGIT_PARTS = (_what, _architecture, _training, _scores, _calibration, _limits, _use, _licence)
LINE_PARTS = (_what, _architecture, _training, _line_scores, _line_calibration, _line_limits, _line_use, _licence)


def _shape(sides: Sequence[int | None]) -> str:
    return " x ".join("w" if side is None else str(side) for side in sides)


def _cores(n: int) -> str:
    return "1 core" if n == 1 else f"{n} cores"


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    numbers = [all(row[k][:1].isdigit() for row in rows if row[k]) for k in range(len(headings))]
    rule = ["---:" if right else "---" for right in numbers]
    return [f"| {' | '.join(row)} |" for row in (headings, rule, *rows)] + [""]


def main() -> None:
    """The command."""
    try:
        if not sys.argv[1:]:
            sys.exit("card: no bundle is named; expected a packaged model, a bundle or a run folder. Name one or more.")
        for each in [registry.find_network(name) for name in sys.argv[1:]]:
            sys.stdout.write(f"{write(each)}\n")
    except InklingError as error:
        sys.exit(f"card: {error}")


if __name__ == "__main__":
    main()
