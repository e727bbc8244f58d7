"""learn.sequence: a run is a function of its settings, and killing it changes nothing."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from inkling.errors import BadBundle
from inkling.models import bundle
from inkling.pipeline.line_recognizer import LineRecognizer, log_likelihoods
from inkling.training.line import network
from inkling.training.line.package import package
from inkling.training.line.synthetic_lines import NOTHING
from inkling.training.line.train import Settings, train
from tests.training.small import LEARN, small_mnist

pytestmark = LEARN
SETTINGS = Settings(epochs=3, strips=1_000, batch_size=32)


@pytest.fixture(scope="module")
def mnist():  # type: ignore[no-untyped-def]
    return small_mnist(copies=30)  # enough to hold 5,000 back


@pytest.fixture(scope="module")
def run(tmp_path_factory, mnist):  # type: ignore[no-untyped-def]
    return train(SETTINGS, mnist, tmp_path_factory.mktemp("runs") / "whole")


def test_it_learns_and_says_so(run: Path) -> None:
    rows = [json.loads(line) for line in (run / "epochs.jsonl").read_text().splitlines()]
    assert [row["epoch"] for row in rows] == [1, 2, 3]
    assert rows[2]["loss"] < rows[0]["loss"]
    assert set(rows[0]["exact"]) == set("12345")


def test_the_exported_network_answers_as_the_trained_one(run: Path) -> None:
    found = bundle.open_bundle(run / "bundle", keys=("name", "version"))
    assert found.manifest["scores"]["difference_from_keras"] < 1e-4
    assert found.manifest["recipe"] == dataclasses.asdict(SETTINGS)
    assert LineRecognizer(found)(np.zeros((28, 56), np.float32)).shape == (28, 11)


def test_a_run_that_was_killed_ends_in_the_same_network(run: Path, tmp_path: Path, mnist) -> None:  # type: ignore[no-untyped-def]
    class Killed(Exception):
        pass

    def kill(row: dict[str, object]) -> None:
        if row["epoch"] == 2:
            raise Killed

    with pytest.raises(Killed):
        train(SETTINGS, mnist, tmp_path / "killed", say=kill)
    with (tmp_path / "killed" / "epochs.jsonl").open("a") as log:  # killed before the third epoch was kept
        log.write((run / "epochs.jsonl").read_text().splitlines(keepends=True)[2])
    again = train(SETTINGS, mnist, tmp_path / "killed")
    versions = [json.loads((each / "bundle" / "manifest.json").read_text())["version"] for each in (run, again)]
    assert versions[0] == versions[1]


def test_the_loss_is_what_the_road_takes_texts_to_be_worth() -> None:
    probs = np.random.default_rng(0).dirichlet(np.ones(11), (3, 12)).astype(np.float32)
    texts = np.full((3, 5), NOTHING, np.uint8)
    texts[0, :1], texts[1, :3], texts[2, :5] = 4, (1, 1, 2), (9, 8, 8, 0, 3)
    expected = [-log_likelihoods(one, [text[text != NOTHING]])[0] for one, text in zip(probs, texts, strict=True)]
    np.testing.assert_allclose(np.array(network.ctc_loss(texts, probs)), expected, rtol=1e-4)


def test_packaging_judges_on_the_test_digits_once(run: Path, tmp_path: Path, mnist) -> None:  # type: ignore[no-untyped-def]
    packaged = package(run, mnist, into=tmp_path / "sequence")
    assert set(packaged.manifest["scores"]["mnist-test"]) == set("12345")
    assert packaged.model_bytes() == (run / "bundle" / "model.tflite").read_bytes()


def test_a_run_without_a_bundle_is_refused_and_nothing_is_left(tmp_path: Path, mnist) -> None:  # type: ignore[no-untyped-def]
    shutil.rmtree(tmp_path / "run", ignore_errors=True)
    with pytest.raises(BadBundle, match="no readable manifest"):
        package(tmp_path / "run", mnist, into=tmp_path / "sequence")
    assert not (tmp_path / "sequence").exists()
