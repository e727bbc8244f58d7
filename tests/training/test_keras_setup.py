"""training.keras_setup: without the extra a person is told what to install."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from inkling.errors import BadBundle, InklingError, MissingExtra
from inkling.models.bundle import Bundle
from inkling.training import keras_setup


@pytest.mark.parametrize("module", ["keras", "tensorflow"])
def test_a_missing_extra_says_what_to_install(monkeypatch: pytest.MonkeyPatch, module: str) -> None:
    monkeypatch.setitem(sys.modules, module, None)  # how Python marks a module that cannot be imported
    if module == "tensorflow":
        monkeypatch.setitem(sys.modules, "keras", sys)  # that Keras is there does not help
    with pytest.raises(MissingExtra, match=r"training needs the 'learn' extra.*make install-learn"):
        keras_setup.import_keras()


def test_a_python_without_a_tensorflow_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keras", None)
    monkeypatch.setattr(sys, "version_info", (3, 14, 0))
    with pytest.raises(InklingError, match=r"no release for Python 3\.14 yet; train with Python 3\.11 to 3\.13"):
        keras_setup.import_keras()


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


def test_importing_the_commands_of_learn_loads_no_tensorflow() -> None:
    code = (
        "import sys, inkling.cli.train, inkling.cli.evaluate, inkling.cli.data, inkling.training.train\n"
        "assert not {'tensorflow', 'keras', 'pandas'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
