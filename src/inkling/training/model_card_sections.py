"""The sections of a model card that depend on the kind of network: scores, calibration, limits and use.

Each section is a function that takes a manifest and returns lines of Markdown.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from inkling.models.bundle import Bundle
from inkling.training.calibrate import RIGHT
from inkling.training.calibrate_lines import RIGHT as LINES_RIGHT

DATA_SETS = {
    "mnist-test": "MNIST, the 10,000 test images, {looks}",
    "mnist-validation": "MNIST, held-out training images, also used for calibration",
    "validation-augmented": "the same, augmented to imitate other handwriting, pens and scanners; also for calibration",
}


def scores(facts: dict[str, Any]) -> list[str]:
    """A classifier's scores by data set."""
    rows = []
    for name, score in sorted(facts["scores"].items()):
        if "accuracy_95" not in score:
            continue  # refusal scores, shown under Calibration
        words = DATA_SETS.get(name, name).format(looks=_looks(facts))
        others = [f"{score['top_2']:.2%}", f"{score['cross_entropy_calibrated']:.4f}"]
        rows.append([words, f"{score['n']:,}", *_rate(score), *others])
        if "refusals_wrong" in score:
            counted = score["refusals_wrong"]
            words = f"the same, with {counted['refused']:,} refusals counted as wrong"
            rows.append([words, f"{score['n']:,}", *_rate(counted), "", ""])
    apart = facts["scores"].get("mnist-test", {}).get("difference_from_keras")
    same = f" On the test images LiteRT and Keras differ by at most {apart:g} in any probability." if apart else ""
    headings = ("data", "n", "accuracy", "95% interval", "top-2 accuracy", "cross-entropy")
    return [
        "## Scores",
        "",
        *table(headings, rows),
        "Accuracy is the share of images whose label is the most probable of the ten digits; intervals are Wilson's. "
        "These images are already normalized. The accuracy on photos depends on the whole pipeline: `inkling evaluate "
        f"{facts['name']} --data FOLDER`.{same}",
        "",
    ]


def _rate(score: dict[str, Any]) -> list[str]:
    low, high = score["accuracy_95"]
    return [f"{score['accuracy']:.2%}", f"{low:.2%} to {high:.2%}"]


def _looks(facts: dict[str, Any]) -> str:
    """How often the network was evaluated on the test images."""
    return f"evaluated {Bundle(Path(), facts).test_looks_in_words}"


def line_scores(facts: dict[str, Any]) -> list[str]:
    """A line recognizer's scores by set of lines."""
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
        "## Scores",
        "",
        *table(("lines of MNIST", "n", "digits right", "95% interval", "digits and signs right", *lengths), rows),
        "The lines are synthetic, like those of training, and harder than most that people send: poor scans, touching "
        "digits, digits that cross the edges of cells. "
        f"`inkling evaluate {facts['name']}` repeats the first row.{same}",
        "",
    ]


def line_calibration(facts: dict[str, Any]) -> list[str]:
    """A line recognizer's confidence."""
    score = facts["scores"]["validation"]
    wrong = "" if score["selective_accuracy"] is None else f", of which {score['selective_accuracy']:.1%} are right"
    return [
        "## Calibration",
        "",
        f"Temperature {facts['temperature']:g} for the column probabilities. It minimizes the binary cross-entropy of "
        "the probability that a line's digits are right, on other lines of validation digits. Expected calibration "
        f"error of that probability: {score['calibration_error']:.2%} before, "
        f"{score['calibration_error_calibrated']:.2%} after.",
        "",
        f"A line is called read if its probability is at least {facts['sure_at']:g}, its signs are not doubtful, and "
        "it has no mark that is neither digit nor sign. On the lines used to fit this threshold, at least "
        f"{LINES_RIGHT:.0%} of those called read are right. "
        f"Of the validation lines above, {score['coverage']:.1%} are called read{wrong}.",
        "",
    ]


def line_limits(facts: dict[str, Any]) -> list[str]:
    """What a line recognizer cannot do."""
    return [
        "## Limits",
        "",
        "- It recognizes the digits 0 to 9 and the signs above. All currency signs are one class. Letters and other "
        "marks are `mark`, unless they look like a digit or a sign.",
        "- It was trained on synthetic lines. Their digits are MNIST's, written in the United States around 1990, and "
        "others drawn in forms from other countries; real handwriting varies more.",
        "- It reads one upright, cropped line; `inkling.Reader` finds the lines of a picture.",
        "- Its probability is calibrated on synthetic lines and can be too high on other pictures.",
        "- Do not use it where one wrong digit does harm, unless a person checks the unsure readings.",
        "",
    ]


def line_use(facts: dict[str, Any]) -> list[str]:
    """How to use a line recognizer."""
    return [
        "## Use",
        "",
        "`inkling.Reader` uses it for lines that are not a single clear digit. To use it alone, "
        "`inkling.pipeline.line_recognizer.LineRecognizer` computes the column probabilities of a line, and "
        "`inkling.pipeline.prefix_search` decodes them to texts. `model.tflite` runs in any LiteRT runtime. "
        "`model.keras` is the same network for fine-tuning; a clone and the source distribution include it.",
        "",
    ]


def calibration(facts: dict[str, Any]) -> list[str]:
    """A classifier's confidence, and its refusal of other ink."""
    plain = "mnist-test" if "mnist-test" in facts["scores"] else "mnist-validation"
    errors = [
        f"{score['calibration_error']:.2%} before and {score['calibration_error_calibrated']:.2%} after on {where}"
        for name, where in ((plain, "MNIST's images"), ("validation-augmented", "augmented images"))
        if (score := facts["scores"].get(name))
    ]
    return [
        "## Calibration",
        "",
        f"Temperature {facts['temperature']:g}, fitted on the validation images, plain and augmented (Guo et al. "
        f"2017). Expected calibration error: {'; '.join(errors)}. A digit is sure if its confidence is at least "
        f"{facts['sure_at']:g}: at least {RIGHT:.1%} of the validation digits with such a confidence are right."
        if facts["sure_at"] < 1
        else f"Temperature {facts['temperature']:g}. No confidence is high enough to count as sure.",
        "",
        *_refusal(facts),
    ]


def _refusal(facts: dict[str, Any]) -> list[str]:
    found = facts["scores"].get("non-digits")
    if found is None:
        return []
    return [
        f"An image is refused if its probability of being no digit is at least {facts['reject_at']:g}. This refuses "
        f"{1 - found['others_accepted']:.1%} of {found['n_others']:,} letters, scribbles and pieces of digits made "
        f"from the validation images (AUROC {found['auroc']:.4f}), and {found['digits_refused']:.2%} of "
        f"{found['n_digits']:,} digits.",
        "",
    ]


def limits(facts: dict[str, Any]) -> list[str]:
    """What a classifier cannot do."""
    refuses = facts.get("reject_at", 1) < 1
    return [
        "## Limits",
        "",
        "- It recognizes only the digits 0 to 9: "
        + (
            "it refuses most other ink, but it reads a letter that looks like a digit as that digit."
            if refuses
            else "it reads a letter or a scribble as some digit, though often with a low confidence."
        ),
        "- MNIST was written by employees and students in the United States around 1990. Expect a lower accuracy on "
        "handwriting from elsewhere: 1s with a long upstroke and 7s with a bar, for example, are rare in MNIST.",
        "- It expects images normalized like MNIST; `inkling.Reader` normalizes yours.",
        "- Its confidence is calibrated on MNIST and can be too high on other handwriting.",
        "- Do not use it where one wrong digit does harm, unless a person checks the unsure readings.",
        "",
    ]


def use(facts: dict[str, Any]) -> list[str]:
    """How to use a classifier."""
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
        f"or `inkling read photo.jpg --model {name}`. `model.tflite` runs in any LiteRT runtime. `model.keras` is the "
        "same network for fine-tuning; a clone and the source distribution include it.",
        "",
    ]


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """A Markdown table; columns of numbers are right-aligned."""
    numbers = [all(row[k][:1].isdigit() for row in rows if row[k]) for k in range(len(headings))]
    rule = ["---:" if right else "---" for right in numbers]
    return [f"| {' | '.join(row)} |" for row in (headings, rule, *rows)] + [""]


DIGIT_SECTIONS = (scores, calibration, limits, use)
LINE_SECTIONS = (line_scores, line_calibration, line_limits, line_use)
