"""training.model_card: every packaged bundle's card matches its manifest. Needs no TensorFlow."""

from __future__ import annotations

import copy
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from inkling.errors import BadBundle
from inkling.models import registry
from inkling.models.bundle import Bundle
from inkling.pipeline.symbols import CLASSES
from inkling.training import model_card, recipe_in_words
from inkling.training.recipe import Augmentation

DIGITS = registry.packaged()
LINE = registry.line_recognizer()
BUNDLES = {**DIGITS, registry.LINE: LINE}
LINE_FACTS: dict[str, Any] = {
    "input": {"shape": [32, None], "dtype": "float32", "range": [-0.5, 1.5], "meaning": "ink", "column_px": 4},
    "classes": [*CLASSES, "no new symbol"],
    "temperature": 0.93,
    "sure_at": 0.91,
    "scores": {
        name: {
            "n": 2000,
            "accuracy": 0.8123,
            "accuracy_95": [0.79, 0.83],
            "accuracy_written": 0.7456,
            "accuracy_by_length": {"1": 0.97, "2-3": 0.9, "11 or more": 0.5},
            "coverage": 0.456,
            "selective_accuracy": 0.991,
            "calibration_error": 0.0321,
            "calibration_error_calibrated": 0.0123,
        }
        for name in ("validation", "mnist-test")
    },
}  # as `line_task` writes them


@pytest.mark.parametrize("name", sorted(BUNDLES))
def test_the_card_is_up_to_date_with_the_manifest(name: str) -> None:
    path = BUNDLES[name].path / model_card.FILE_NAME
    assert path.is_file(), f"write it: python -m inkling.training.model_card {name}"
    assert path.read_text("utf-8") == model_card.card(BUNDLES[name]), (
        f"write it anew: python -m inkling.training.model_card {name}"
    )


@pytest.mark.parametrize("name", sorted(DIGITS))
def test_a_card_tells_the_facts(name: str) -> None:
    facts, text = BUNDLES[name].manifest, model_card.card(BUNDLES[name])
    for fact in (facts["version"], f"{facts['parameters']:,}", f"{facts['temperature']:g}", facts["recipe"]["about"]):
        assert fact in text
    for layer in facts["layers"]:
        assert f"| `{layer['name']}` | {layer['type']} |" in text
    for score in facts["scores"].values():
        if "accuracy_95" not in score:
            continue
        low, high = score["accuracy_95"]
        assert f"| {score['n']:,} | {score['accuracy']:.2%} | {low:.2%} to {high:.2%} |" in text
    for heading in ("Architecture", "Training", "Scores", "Calibration", "Limits", "Use", "Data and license"):
        assert f"\n## {heading}\n" in text


def test_every_kind_of_augmentation_has_words() -> None:
    assert set(recipe_in_words.CHANGES) == set(Augmentation.__dataclass_fields__) - {"elastic_sigma"}


def test_what_a_recipe_does_is_told() -> None:
    found = BUNDLES["ann-tutorial"]
    facts = copy.deepcopy(found.manifest)
    facts["recipe"] |= {"dropout": 0.25, "label_smoothing": 0.05, "optimizer": "adamw", "patience": 7}
    facts["recipe"] |= {"standardise": True, "nondigits": 0.2}
    facts["training"] = {"seconds": 1234.5, "cores": 2}
    facts["scores"]["mnist-test"]["difference_from_keras"] = 6.6e-07
    facts["scores"]["non-digits"] = {
        "n_digits": 900, "n_others": 5000, "auroc": 0.9912, "digits_refused": 0.002, "others_accepted": 0.1
    }  # fmt: skip
    facts["layers"][-1]["output_shape"], facts["reject_at"] = [11], 0.75
    facts["recipe"]["augmentation"] |= {"rotation": 12.0, "continental": 0.2}
    facts["recipe"]["teacher"]["name"] = "runs/big"
    facts["recipe"] |= {"start": "runs/first", "keep": 0.2}
    text = model_card.card(Bundle(found.path, facts))
    for words in (
        "AdamW",
        "dropout 0.25",
        "label smoothing 0.05",
        "after 7 epochs",
        "rotation by up to 12 degrees",
        "20% of the 1s",
        "distilled from `big`",
        "inputs with mean 0 and standard deviation 1",
        "non-digits to be refused, 20% as many as digits",
        "fine-tuned from the weights of `first`",
        "at the end the weights move back by 20% towards the initial ones",
        "Training took 1,234 s on 2 cores.",
        "differ by at most 6.6e-07",
        "probability of being no digit is at least 0.75. This refuses 90.0% of 5,000",
        "0.20% of 900 digits",
        "N x 11 probabilities, the last",
        "it refuses most other ink",
    ):
        assert words in text
    assert "The images are not augmented" not in text
    assert "| non-digits |" not in text
    facts["sure_at"] = 1.0
    assert "No confidence is high enough" in model_card.card(Bundle(found.path, facts))


def test_the_card_of_a_line_recognizer_tells_the_facts() -> None:
    how = {
        **LINE.manifest["recipe"],
        "stages": [{"epochs": 27}, {"epochs": 60, "texts": {"signs": 0.35, "benford": 0.6}}],
    }
    text = model_card.card(Bundle(LINE.path, {**LINE.manifest, **LINE_FACTS, "recipe": how}))
    for words in (
        "stage 1: 27 epochs",
        "stage 2: 60 epochs",
        "signs in 35% of the lines, first digits by Benford's law in 60% of the numbers",
        "reads a handwritten line of digits and signs",
        "N x w / 4 x",
        "of `0` `1`",
        "`%` `(` `)` `\N{CURRENCY SIGN}` `mark` `no new symbol`",
        "| 2,000 | 81.2% | 79.0% to 83.0% | 74.6% | 97.0% | 90.0% | 50.0% |",
        "| 1 symbol | 2-3 symbols | 11 or more symbols |",
        "Temperature 0.93",
        "3.21% before, 1.23% after",
        "if its probability is at least 0.91,",
        "at least 97% of those called read are right",
        "45.6% are called read, of which 99.1% are right",
    ):
        assert words in text
    nothing_read = copy.deepcopy(LINE_FACTS)
    nothing_read["scores"]["validation"] |= {"coverage": 0.0, "selective_accuracy": None}
    assert "0.0% are called read.\n" in model_card.card(Bundle(LINE.path, {**LINE.manifest, **nothing_read}))


def test_a_manifest_without_the_facts_is_one_sentence() -> None:
    bare = Bundle(Path("bare"), {"name": "bare", "version": "0", "temperature": 1, "sure_at": 1})
    with pytest.raises(BadBundle, match="lacks an entry for the model card"):
        model_card.card(bare)


@pytest.mark.slow
def test_the_command_writes_beside_the_manifest(tmp_path: Path) -> None:
    shutil.copytree(BUNDLES["ann-tutorial"].path, tmp_path / "mine")
    (tmp_path / "mine" / model_card.FILE_NAME).unlink()
    run = [sys.executable, "-m", "inkling.training.model_card"]
    done = subprocess.run([*run, str(tmp_path / "mine")], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == str(tmp_path / "mine" / model_card.FILE_NAME)
    assert (tmp_path / "mine" / model_card.FILE_NAME).read_text("utf-8") == model_card.card(BUNDLES["ann-tutorial"])
    failed = subprocess.run([*run, "nothing"], capture_output=True, text=True, timeout=60, check=False)
    assert failed.returncode == 1
    assert failed.stderr.startswith("card: unknown model 'nothing'")
    unnamed = subprocess.run(run, capture_output=True, text=True, timeout=60, check=False)
    assert (unnamed.returncode, unnamed.stdout) == (1, "")
    assert unnamed.stderr.startswith("card: no bundle is named; expected ")
