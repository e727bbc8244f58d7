import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from inkling.errors import BadBundle, CannotWrite
from inkling.models import registry
from inkling.training import model_card, publish, run_history
from inkling.training.package import package

UNUSED: Any = None  # instead of MNIST: the bundle already has its test scores


def test_a_bundle_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    source = tmp_path / "run"
    shutil.copytree(registry.PACKAGED / "ann-tutorial", source)
    into = tmp_path / "bundles"
    (into / "ann-tutorial").mkdir(parents=True)
    (into / "ann-tutorial" / "old").touch()
    made = package(source, UNUSED, into=into)
    assert made.version == registry.find("ann-tutorial").version
    assert {path.name for path in (into / "ann-tutorial").iterdir()} == {
        "README.md",
        "history.csv",
        "manifest.json",
        "model.keras",
        "model.tflite",
    }
    assert [path.name for path in into.iterdir()] == ["ann-tutorial"]


def test_a_run_s_history_is_kept(tmp_path: Path) -> None:
    run = tmp_path / "run"
    shutil.copytree(registry.PACKAGED / "ann-tutorial", run / "bundle")
    rows: list[run_history.EpochMetrics] = [dict.fromkeys(run_history.COLUMNS, 1)]
    rows[0]["loss"] = 0.123456789
    run_history.write_history(run / "history.csv", rows)
    made = package(run, UNUSED, into=tmp_path / "bundles")
    assert run_history.read_history(made.path / "history.csv") == [{**rows[0], "loss": 0.123457}]


def test_a_packaged_bundle_is_not_packaged_over_itself(tmp_path: Path) -> None:
    folder = tmp_path / "ann-tutorial"
    shutil.copytree(registry.PACKAGED / "ann-tutorial", folder)
    with pytest.raises(BadBundle, match="is already packaged"):
        package(folder, UNUSED, into=tmp_path)
    assert (folder / "model.tflite").is_file()


def test_the_files_of_an_installed_package_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = shutil.copytree(registry.PACKAGED / "ann-tutorial", tmp_path / "run")
    installed = tmp_path / "site-packages/inkling/models/bundles"
    shutil.copytree(registry.PACKAGED / "ann", installed / "ann")
    monkeypatch.setattr(registry, "PACKAGED", installed)
    before = sorted(path for path in installed.rglob("*"))
    with pytest.raises(CannotWrite, match="belongs to the installed package, whose files must not change"):
        package(run, UNUSED, into=installed)
    with pytest.raises(CannotWrite, match="Copy the folder and name the copy"):
        publish.publish(registry.find("ann"), UNUSED)
    with pytest.raises(CannotWrite):
        model_card.write(registry.find("ann"))
    assert sorted(path for path in installed.rglob("*")) == before


def test_a_network_that_was_trained_again_keeps_its_date(tmp_path: Path) -> None:
    folders = [tmp_path / "bundles" / "ann-tutorial", tmp_path / "again"]
    for folder, made in zip(folders, ("2026-01-01T00:00:00Z", "2026-02-02T00:00:00Z"), strict=True):
        shutil.copytree(registry.PACKAGED / "ann-tutorial", folder)
        facts = json.loads((folder / "manifest.json").read_text())
        facts |= {"created": made, "reproducibility": {"threads": len(made) + folders.index(folder)}}
        (folder / "manifest.json").write_text(json.dumps(facts))
    manifest = package(folders[1], UNUSED, into=tmp_path / "bundles").manifest
    assert (manifest["created"], manifest["reproducibility"]) == ("2026-01-01T00:00:00Z", {"threads": 21})
