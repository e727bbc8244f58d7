"""training.keras_setup: without the extra, the error message says what to install."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from inkling.errors import BadBundle, InklingError, MissingExtra
from inkling.models import registry
from inkling.models.bundle import Bundle
from inkling.training import keras_setup, train


@pytest.mark.parametrize("module", ["keras", "tensorflow"])
def test_a_missing_extra_says_what_to_install(monkeypatch: pytest.MonkeyPatch, module: str) -> None:
    monkeypatch.setitem(sys.modules, module, None)  # makes the import fail
    if module == "tensorflow":
        monkeypatch.setitem(sys.modules, "keras", sys)  # Keras alone is not enough
    with pytest.raises(MissingExtra, match=r"training needs the 'learn' extra.*make install-learn"):
        keras_setup.import_keras()


def test_a_python_without_a_tensorflow_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keras", None)
    monkeypatch.setattr(sys, "version_info", (3, 14, 0))
    with pytest.raises(InklingError, match=r"no release for Python 3\.14 yet; train with Python 3\.11 to 3\.13"):
        keras_setup.import_keras()


@pytest.mark.learn
def test_the_device_is_named() -> None:
    assert re.fullmatch(r"GPU \S.*|CPU \(\w+(: \w+(, \w+)*)?\)", keras_setup.device())


def test_a_wheel_leaves_the_keras_files_out(tmp_path: Path) -> None:
    bundle = Bundle(tmp_path, {"name": "bare", "version": "0"})
    with pytest.raises(BadBundle, match=r"has no model\.keras.*the wheel leaves these files out\. Use a clone"):
        keras_setup.open_keras_model(bundle, task="this test")
    (tmp_path / "model.keras").touch()
    assert keras_setup.keras_model_path(bundle) == tmp_path / "model.keras"


def test_quiet_stderr_swallows_what_c_code_writes_and_gives_it_back() -> None:
    code = (
        "import os; from inkling.training.keras_setup import quiet_stderr\n"
        "with quiet_stderr(): os.write(2, b'noise')\n"
        "os.write(2, b'heard')"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, env=os.environ, timeout=60)
    assert done.stderr == b"heard"


@pytest.mark.slow
def test_importing_the_commands_of_learn_loads_no_tensorflow() -> None:
    code = (
        "import sys, inkling.cli.train, inkling.cli.evaluate, inkling.cli.data, inkling.training.train\n"
        "assert not {'tensorflow', 'keras', 'pandas'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def keras_file(folder: Path, *layers: dict[str, object]) -> Bundle:
    config = {
        "module": "keras",
        "class_name": "Sequential",
        "config": {"layers": list(layers)},
        "registered_name": None,
    }
    with zipfile.ZipFile(folder / "model.keras", "w") as archive:
        archive.writestr("config.json", json.dumps(config))
    return Bundle(folder, {"name": "theirs", "version": "0"})


LAMBDA = {"module": "keras.layers", "class_name": "Lambda", "config": {"function": {"class_name": "__lambda__"}}}
FETCHES = {"module": "keras.src.utils.file_utils", "class_name": "get_file", "config": {"origin": "http://127.0.0.1"}}
RUNS = {"module": "builtins", "class_name": "exec", "config": "print(1)"}
OLD_STYLE = {"class_name": "Lambda", "config": {"function": "code"}}


@pytest.mark.parametrize(
    ("layer", "names"), [(LAMBDA, "Lambda, __lambda__"), (FETCHES, "get_file"), (RUNS, "exec"), (OLD_STYLE, "Lambda")]
)
def test_layers_that_can_run_code_are_refused_before_keras_sees_them(
    tmp_path: Path, layer: dict[str, object], names: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keras_setup, "import_keras", lambda **_: pytest.fail("Keras was asked"))
    with pytest.raises(
        BadBundle, match=f"contains {names}, which can run code; expected only plain .* It was not opened"
    ):
        keras_setup.open_keras_model(keras_file(tmp_path, layer), task="this test")


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\5\6" + bytes(18)])
def test_what_is_no_keras_file_is_one_sentence(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "model.keras").write_bytes(content)
    with pytest.raises(BadBundle, match=r"is not a Keras file \(.*\); expected a network that Keras saved"):
        keras_setup.open_keras_model(Bundle(tmp_path, {"name": "theirs", "version": "0"}), task="this test")


@pytest.mark.parametrize("name", [*registry.packaged(), registry.LINE])
def test_packaged_networks_are_made_of_plain_layers(name: str) -> None:
    keras_setup._check_layers(registry.PACKAGED / name / "model.keras")


@pytest.mark.learn
@pytest.mark.parametrize(
    ("instructions", "policy"), [(["avx2", "avx512f"], "float32"), (["avx2", "avx512_bf16"], "mixed_bfloat16")]
)
def test_bfloat16_is_used_only_where_the_processor_has_it(
    monkeypatch: pytest.MonkeyPatch, instructions: list[str], policy: str
) -> None:
    keras = keras_setup.import_keras()
    monkeypatch.setattr(keras_setup, "processor", lambda: ["x86_64", *instructions])
    with train.precision("bfloat16"):
        assert keras.config.dtype_policy().name == policy
    with train.precision("float32"):
        assert keras.config.dtype_policy().name == "float32"
