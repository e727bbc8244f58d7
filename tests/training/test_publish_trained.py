"""python -m inkling.training.publish on a trained network: files, numbers, reproducibility."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inkling.errors import BadBundle, InklingError
from inkling.models import bundle, registry
from inkling.pipeline.classifier import Classifier
from inkling.server.routes.reports import ReportSchema
from inkling.server.service.reports import load_model_card, load_report
from inkling.training import publish, recipe, train
from inkling.training.data.mnist import Mnist, as_input
from tests.training.small import LEARN, small_mnist

pytestmark = LEARN

TINY = {"name": "tiny", "architecture": "ann", "epochs": 2, "batch_size": 50, "hidden": 12, "n_validation": 200}


@pytest.fixture(scope="module")
def mnist() -> Mnist:
    return small_mnist()


@pytest.fixture(scope="module")
def run(mnist: Mnist, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with its report."""
    folder = tmp_path_factory.mktemp("runs") / "tiny"
    train.train(recipe.from_table(TINY), mnist, folder)
    assert publish.publish(registry.find(folder), mnist) == folder / "bundle" / "report" / "report.json"
    return folder


def test_the_web_shows_what_was_published(run: Path, mnist: Mnist) -> None:
    found = registry.find(run)
    report = load_report(found, "tiny")
    values = report.values
    assert ReportSchema().validate({"ok": True, **values}) == {}
    probs = Classifier(found)(as_input(mnist.x_test))
    wrong = np.flatnonzero(probs.argmax(1) != mnist.y_test)
    assert sorted(values["mistakes"]["index"]) == wrong.tolist()
    assert values["mistakes"]["total"] == len(wrong) > 0
    assert values["history"]["epoch"] == [1, 2]
    assert values["map"]["index"] == list(range(200))
    names = {figure["name"] for figure in values["figures"]}
    assert {"learning-loss", "learning-error", "reliability", "coverage", "robustness-rotation"} <= names
    assert {path.name for path in report.folder.iterdir()} == {
        "report.json",
        "mistakes.png",
        *(f"{name}.svg" for name in names),
    }
    for name in names:
        assert report.image(f"{name}.svg").startswith(b"<svg")
    with Image.open(report.folder / "mistakes.png") as sheet:
        first = np.asarray(sheet)[:28, :28]
    assert np.array_equal(first, mnist.x_test[values["mistakes"]["index"][0]])
    card = load_model_card(found)
    assert card is not None
    assert "<h3>Limits</h3>" in card


def test_running_it_again_changes_nothing(run: Path, mnist: Mnist) -> None:
    folder = run / "bundle" / "report"
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    publish.publish(registry.find(run), mnist)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert not list(folder.parent.glob(".report-*")), "nothing is left over"


def test_without_a_history_there_are_no_curves(run: Path, mnist: Mnist, tmp_path: Path) -> None:
    shutil.copytree(run / "bundle", tmp_path / "alone")
    found = bundle.open_bundle(tmp_path / "alone")
    publish.publish(found, mnist)
    values = load_report(found, "alone").values
    assert values["history"] is None
    assert not [figure for figure in values["figures"] if figure["name"].startswith("learning")]
    publish.keep_history(found, run)
    publish.publish(found, mnist)
    assert load_report(found, "alone").values["history"]["epoch"] == [1, 2]


def test_without_the_keras_file_the_report_of_before_stays(run: Path, mnist: Mnist) -> None:
    network = run / "bundle" / "model.keras"
    hidden = network.rename(network.with_suffix(".away"))
    try:
        with pytest.raises(BadBundle, match="or export the run again"):
            publish.publish(registry.find(run), mnist)
    finally:
        hidden.rename(network)
    assert json.loads((run / "bundle" / "report" / "report.json").read_text("utf-8"))["model"]["name"] == "tiny"


def test_a_full_disk_ends_in_one_sentence(run: Path, mnist: Mnist, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(InklingError, match="No space left on device"):
        publish.publish(registry.find(run), mnist)
