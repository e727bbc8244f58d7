import json
import shutil
from pathlib import Path

import pytest

from inkling.errors import BadBundle, UnknownName, WrongNetwork
from inkling.models import bundle, registry


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copytree(registry.PACKAGED / "ann-tutorial", tmp_path / "copy")
    return tmp_path / "copy"


@pytest.mark.parametrize("name", registry.packaged())
def test_every_packaged_bundle_is_whole(name: str) -> None:
    found = registry.find(name)
    assert found.name == name
    assert bundle.version_of(found.model_bytes()) == found.version
    assert (found.path / "model.keras").is_file()
    assert found.manifest["scores"]["mnist-test"]["n"] == 10_000
    assert 0.5 <= found.sure_at <= 1
    assert found.temperature > 0


def test_the_line_recognizer_is_whole_and_no_reader() -> None:
    found = registry.line_recognizer()
    assert bundle.version_of(found.model_bytes()) == found.version
    assert (found.path / "model.keras").is_file()
    assert {"1", "2-3", "4-6"} <= set(found.manifest["scores"]["validation"]["accuracy_by_length"])
    assert registry.find_network("line").version == registry.find_network(found.path).version == found.version
    with pytest.raises(WrongNetwork, match="expected a classifier"):
        registry.find(found.path)


def test_found_by_name_folder_and_run(copy: Path) -> None:
    assert registry.find().name == registry.default_name()
    assert registry.find(copy).name == registry.find(str(copy)).name == "ann-tutorial"
    run = copy.parent / "run"
    copy.rename(run.parent / "bundle")
    run.mkdir()
    (run.parent / "bundle").rename(run / "bundle")
    assert registry.find(run).name == "ann-tutorial"


def test_one_changed_byte_is_noticed(copy: Path) -> None:
    content = bytearray((copy / "model.tflite").read_bytes())
    content[len(content) // 2] ^= 1
    (copy / "model.tflite").write_bytes(content)
    with pytest.raises(BadBundle, match="its manifest says"):
        registry.find(copy).model_bytes()


@pytest.mark.parametrize("content", ["", "[]", "{}", "null", '{"name": "x"}', "{"])
def test_damaged_manifest_is_one_sentence(copy: Path, content: str) -> None:
    (copy / "manifest.json").write_text(content)
    with pytest.raises(BadBundle, match="manifest"):
        registry.find(copy)


def test_what_is_no_bundle_is_named(copy: Path) -> None:
    (copy / "model.tflite").unlink()
    with pytest.raises(BadBundle, match="cannot be read"):
        registry.find(copy).model_bytes()
    (copy / "manifest.json").unlink()
    with pytest.raises(BadBundle, match="no readable manifest"):
        registry.find(copy)
    with pytest.raises(BadBundle, match="is not a folder"):
        registry.find(copy / "nothing")
    with pytest.raises(UnknownName, match="Did you mean 'ann-tutorial'"):
        registry.find("ann-tutorila")


def test_manifest_holds_what_the_contract_names() -> None:
    manifest = json.loads((registry.PACKAGED / "ann-tutorial" / "manifest.json").read_text())
    keys = {"name", "version", "architecture", "parameters", "layers", "input", "temperature", "sure_at", "scores"}
    assert keys | {"recipe", "data", "libraries"} <= set(manifest)
    assert manifest["parameters"] == 101_770
