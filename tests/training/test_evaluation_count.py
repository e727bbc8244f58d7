"""training.evaluation_count: each evaluation on the test images is counted in the network's manifest."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from inkling.errors import BadBundle, InklingError
from inkling.models import registry
from inkling.models.bundle import Bundle, best_known_score, open_bundle
from inkling.models.network_file import open_network_file
from inkling.training import evaluate
from inkling.training.data.mnist import Mnist

Digits = tuple[np.ndarray, np.ndarray]


@pytest.fixture
def mnist(digits: Digits) -> Mnist:
    return Mnist(*digits, *digits)


@pytest.fixture
def unjudged(tmp_path: Path) -> Bundle:
    """A copy of `ann-tutorial` without test scores, as training writes it."""
    shutil.copytree(registry.PACKAGED / "ann-tutorial", tmp_path / "bundle")
    path = tmp_path / "bundle" / "manifest.json"
    facts = json.loads(path.read_text())
    del facts["scores"]["mnist-test"]
    facts |= {"test_looks": 0, "recipe": {**facts["recipe"], "n_validation": 100}}
    path.write_text(json.dumps(facts))
    return open_bundle(path.parent)


def test_each_evaluation_on_the_test_images_is_counted(unjudged: Bundle, mnist: Mnist) -> None:
    for n in (1, 2):
        assert evaluate.evaluate_mnist(unjudged, mnist)["test_looks"] == n
        assert open_bundle(unjudged.path).test_looks == n
    held_back = evaluate.evaluate_mnist(unjudged, mnist, data="mnist-validation")
    assert (held_back["data"], held_back["n"]) == ("mnist-validation", 100)
    assert "test_looks" not in held_back
    assert open_bundle(unjudged.path).test_looks == 2
    assert unjudged.test_looks_in_words == "twice"


def test_packaged_networks_stay_as_they_are(mnist: Mnist) -> None:
    path = registry.PACKAGED / "ann-tutorial" / "manifest.json"
    before = path.read_bytes()
    evaluate.evaluate_mnist(registry.find("ann-tutorial"), mnist)
    assert path.read_bytes() == before


def test_a_network_judged_before_looks_were_counted_does_not_begin_at_one(unjudged: Bundle, mnist: Mnist) -> None:
    del unjudged.manifest["test_looks"]
    unjudged.manifest["scores"]["mnist-test"] = {"accuracy": 0.9, "accuracy_95": [0.89, 0.91]}
    assert evaluate.evaluate_mnist(unjudged, mnist)["test_looks"] is None
    assert unjudged.test_looks_in_words == "an unknown number of times"


def test_a_network_file_has_no_manifest_to_count_in(mnist: Mnist) -> None:
    found = open_network_file(registry.PACKAGED / "ann-tutorial" / "model.tflite")
    assert evaluate.evaluate_mnist(found, mnist)["n"] == 200
    with pytest.raises(BadBundle, match="the held-out images are unknown"):
        evaluate.evaluate_mnist(found, mnist, data="mnist-validation")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_look_that_cannot_be_counted_is_refused(unjudged: Bundle, mnist: Mnist) -> None:
    (unjudged.path / ".manifest.json.part").symlink_to("/dev/full")
    with pytest.raises(InklingError, match=r"No space left on device.* Evaluate a writable copy of the folder"):
        evaluate.evaluate_mnist(unjudged, mnist)


def test_a_validation_score_is_not_taken_for_a_test_score(unjudged: Bundle) -> None:
    words, score = best_known_score(unjudged)
    assert (words, score["n"]) == ("validation images", 5000)
    assert best_known_score(registry.find("ann"))[0] == "test images"
    assert best_known_score(Bundle(Path(), {"name": "bare"})) == ("", {})
