"""training.reproducibility: the packaged networks can be trained again, and differences are reported."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from inkling.cli.train import command
from inkling.errors import BadBundle, BadRecipe
from inkling.models import registry
from inkling.models.bundle import Bundle
from inkling.training import recipe, reproducibility
from inkling.training.data.mnist import load_mnist
from inkling.training.tasks import make_task
from inkling.user_dirs import MNIST, cache_folder

needs_mnist = pytest.mark.skipif(not (cache_folder() / MNIST).is_file(), reason="needs MNIST: inkling data fetch")
SHIPPED = {**registry.packaged(), registry.LINE: registry.line_recognizer()}

FACTS = {
    "version": "aaa",
    "libraries": {"tensorflow": "2.21.0", "keras": "3.15.1"},
    "reproducibility": {"images_sha256": ["1", "2"], "processor": ["x86_64", "avx2"], "threads": 2},
}


def changed(**parts: Any) -> Bundle:
    facts = copy.deepcopy(FACTS)
    for name, value in parts.items():
        facts[name] = {**facts[name], **value} if isinstance(value, dict) else value
    return Bundle(Path(), facts)


@pytest.mark.parametrize(
    ("parts", "why"),
    [
        ({"libraries": {"keras": "3.16.0"}}, "other library versions: keras 3.15.1, now 3.16.0"),
        ({"reproducibility": {"images_sha256": ["1", "3"], "threads": 4}}, "other images in epoch 1 of stage 2: the "),
        (
            {"reproducibility": {"processor": ["x86_64"], "threads": 4}},
            "another processor (x86_64 avx2; now x86_64)",
        ),
        ({"reproducibility": {"threads": 4}}, "another number of threads (2; now 4)"),
        ({"reproducibility": {"images_sha256": ["", "2"]}}, "unknown; libraries, images of epoch 1, processor and"),
        ({"reproducibility": None}, "unknown; one of the manifests does not record"),
    ],
)
def test_the_first_reason_is_named(parts: dict[str, Any], why: str) -> None:
    assert reproducibility.first_difference(changed(), changed(version="bbb", **parts)).startswith(why)


def test_the_processor_is_told_by_its_instruction_sets(tmp_path: Path) -> None:
    assert reproducibility.processor()[0]
    listed = tmp_path / "cpuinfo"
    listed.write_text("processor\t: 0\nflags\t\t: fpu avx2 amx_bf16 fma\n\nprocessor\t: 1\nflags\t\t: fpu\n")
    assert reproducibility.processor(listed)[1:] == ["fma", "avx2", "amx_bf16"]
    assert len(reproducibility.processor(tmp_path / "none")) == 1


def test_arrays_are_hashed_as_their_bytes() -> None:
    both = reproducibility.sha256_of_images([np.arange(4, dtype=np.float32), np.arange(6, dtype=np.uint8)[::2]])
    assert both == reproducibility.sha256_of_images(
        [np.frombuffer(np.arange(4, dtype=np.float32).tobytes() + b"\0\2\4", np.uint8)]
    )


@pytest.mark.parametrize("name", sorted(SHIPPED))
@pytest.mark.slow
@needs_mnist
def test_the_images_of_the_first_epoch_are_those_that_a_shipped_network_saw(name: str) -> None:
    """Detects changes of the augmentation that change the training images of a packaged network."""
    facts = SHIPPED[name].manifest
    recorded = facts.get("reproducibility", {}).get("images_sha256", [])
    if not recorded:
        pytest.skip(f"{name} was trained before the images were recorded")
    mnist = load_mnist()
    for stage, expected in zip(recipe.stages_of(recipe.from_table(facts["recipe"])), recorded, strict=True):
        task = make_task(stage, mnist)
        assert reproducibility.sha256_of_images(task.prepared_images(task.prepare(1))) == expected


@pytest.mark.learn
@pytest.mark.slow
@needs_mnist
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_the_tutorial_network_is_repeated_bit_for_bit(tmp_path: Path) -> None:
    """On another kind of processor the weights may differ; then the processor is the reported reason."""
    shipped = registry.find("ann-tutorial")
    done = CliRunner().invoke(command, ["--like", "ann-tutorial", "--out", str(tmp_path / "run")])
    again = registry.find(tmp_path / "run")
    before, after = (each.manifest["reproducibility"] for each in (shipped, again))
    assert after["images_sha256"] == before["images_sha256"]
    assert "mnist-test" not in again.manifest["scores"]
    if (after["processor"], after["threads"]) == (before["processor"], before["threads"]):
        assert again.version == shipped.version
    if again.version == shipped.version:
        assert (done.exit_code, f"the weights are the same as those of {shipped.path}" in done.stdout) == (0, True)
    else:
        assert done.exit_code == 1
        assert "reason: another " in done.stderr


def test_what_cannot_be_repeated_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(BadRecipe, match="--like repeats the recipe of a network"):
        CliRunner().invoke(command, ["tiny", "--like", "ann"], catch_exceptions=False)
    network = registry.PACKAGED / "ann" / "model.tflite"
    with pytest.raises(BadBundle, match="has no recipe in its manifest"):
        CliRunner().invoke(command, ["--like", str(network)], catch_exceptions=False)
