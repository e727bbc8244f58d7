"""learn.keras_setup: without the extra a person is told what to install."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from inkling.errors import MissingExtra
from inkling.training import keras_setup


@pytest.mark.parametrize("module", ["keras", "tensorflow"])
def test_a_missing_extra_says_what_to_install(monkeypatch: pytest.MonkeyPatch, module: str) -> None:
    monkeypatch.setitem(sys.modules, module, None)  # how Python marks a module that cannot be imported
    if module == "tensorflow":
        monkeypatch.setitem(sys.modules, "keras", sys)  # that Keras is there does not help
    with pytest.raises(MissingExtra, match=r"training needs the 'learn' extra.*make install-learn"):
        keras_setup.import_keras()


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
