"""Damaged or forged kept models are skipped, and the others are still offered."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from inkling.errors import BadBundle
from inkling.models import registry
from inkling.models.bundle import version_of
from inkling.server.app import create_app
from inkling.server.service.kept_models import KeptModels, open_kept
from inkling.server.settings import Settings


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """A lab's folder of kept models with two valid ones: "good" and "other"."""
    for name in ("good", "other"):
        keep(tmp_path / "lab" / "models" / name)
    return tmp_path / "lab" / "models"


def keep(folder: Path) -> None:
    shutil.copytree(registry.PACKAGED / "ann-tutorial", folder)
    change(folder, name=folder.name)


def change(folder: Path, **values: Any) -> None:
    path = folder / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), **values}), "utf-8")


FORGERIES: dict[str, Callable[[Path], object]] = {
    "another's name": lambda folder: change(folder, name="cnn"),
    "no number of parameters": lambda folder: change(folder, parameters="many"),
    "a list of scores": lambda folder: change(folder, scores=[1, 2]),
    "a score of text": lambda folder: change(folder, scores={"mnist-test": {"accuracy": "high"}}),
    "an interval alone": lambda folder: change(folder, scores={"mnist-test": {"accuracy_95": [0.9, 0.99]}}),
    "half an interval": lambda folder: change(folder, scores={"mnist-test": {"accuracy": 0.9, "accuracy_95": [0.9]}}),
    "a score beyond 1": lambda folder: change(folder, scores={"mnist-validation": {"accuracy": 7}}),
    "layers of numbers": lambda folder: change(folder, layers=[1]),
    "a recipe of text": lambda folder: change(folder, recipe="none"),
    "no temperature": lambda folder: change(folder, temperature=0),
    "a threshold that is not a number": lambda folder: change(folder, sure_at=float("nan")),
    "another's network": lambda folder: shutil.copy(registry.PACKAGED / "ann" / "model.tflite", folder),
    "no network": lambda folder: (folder / "model.tflite").unlink(),
    "an endless list": lambda folder: (folder / "manifest.json").write_text("[" * 200_000),
    "a huge manifest": lambda folder: change(folder, notes="x" * 1_000_001),
}


@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES.keys())
def test_a_forged_one_is_left_out(models: Path, forge: Callable[[Path], object]) -> None:
    forge(models / "good")
    with pytest.raises(BadBundle, match=r"\. \w.*\.$"):
        open_kept(models / "good")
    assert list(KeptModels(models).bundles()) == ["other"]


def test_numbers_written_as_text_are_taken_as_numbers(models: Path) -> None:
    change(models / "good", parameters="5", temperature="1.5")
    kept = KeptModels(models).bundles()["good"]
    assert kept.manifest["parameters"] == 5
    assert kept.temperature == 1.5


def test_the_pages_and_the_comparison_go_on(models: Path, seven: bytes) -> None:
    change(models / "good", scores=[], parameters=None)
    network = b"TFL3" * 1000
    keep(models / "unusable")
    (models / "unusable" / "model.tflite").write_bytes(network)  # it matches the manifest, but is not a network
    change(models / "unusable", version=version_of(network))
    client = create_app(Settings(model="ann-tutorial", lab=True, lab_folder=str(models.parent))).test_client()
    page = client.get("/models")
    assert page.status_code == 200
    assert 'href="/models/other"' in page.text
    listed = client.get("/api/v1/models")
    assert listed.status_code == 200
    assert {"other", "unusable"} < {model["name"] for model in listed.json["models"]}
    compared = client.post("/api/v1/compare", data=seven, content_type="image/png")
    assert compared.status_code == 200, compared.json
    names = [reading["model"]["name"] for reading in compared.json["readings"]]
    assert "other" in names
    assert not {"good", "unusable"} & set(names)
    alone = client.post("/api/v1/read?model=unusable", data=seven, content_type="image/png")
    assert (alone.status_code, alone.json["kind"]) == (503, "BadBundle")
