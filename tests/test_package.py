import shutil
from pathlib import Path
from typing import Any

import pytest

from inkling import bundle
from inkling.errors import BadBundle
from inkling.learn.package import package

UNUSED: Any = None  # MNIST: the bundle brings its scores on the test images


def test_a_bundle_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    source = tmp_path / "run"
    shutil.copytree(bundle.PACKAGED / "ann-tutorial", source)
    into = tmp_path / "bundles"
    (into / "ann-tutorial").mkdir(parents=True)
    (into / "ann-tutorial" / "old").touch()
    made = package(source, UNUSED, into=into)
    assert made.version == bundle.find("ann-tutorial").version
    assert {path.name for path in (into / "ann-tutorial").iterdir()} == {
        "README.md",
        "manifest.json",
        "model.keras",
        "model.tflite",
    }
    assert [path.name for path in into.iterdir()] == ["ann-tutorial"]


def test_a_packaged_bundle_is_not_packaged_over_itself(tmp_path: Path) -> None:
    folder = tmp_path / "ann-tutorial"
    shutil.copytree(bundle.PACKAGED / "ann-tutorial", folder)
    with pytest.raises(BadBundle, match="is packaged already"):
        package(folder, UNUSED, into=tmp_path)
    assert (folder / "model.tflite").is_file()
