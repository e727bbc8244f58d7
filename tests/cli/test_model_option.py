"""--model with a user's own network."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from inkling import Reader
from inkling.cli import group
from inkling.errors import BadBundle
from inkling.models import registry
from tests.pictures import encoded, enlarged

Digits = tuple[np.ndarray, np.ndarray]


@pytest.fixture
def picture(digits: Digits, tmp_path: Path) -> Path:
    path = tmp_path / "three.png"
    path.write_bytes(encoded(enlarged(digits[0][3], 6)))
    return path


def test_a_litert_file_reads_and_says_what_is_not_known(digits: Digits, picture: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine.tflite"
    shutil.copy(registry.find("ann-tutorial").model_path, mine)
    done = CliRunner().invoke(group, ["read", str(picture), "--model", str(mine), "--json"])
    assert done.exit_code == 0, done.output
    assert "mine.tflite has no calibration" in done.stderr
    answer = json.loads(done.stdout)
    assert (answer["text"], answer["model"]["name"]) == (str(digits[1][3]), "mine")
    assert (Reader(mine).predict(digits[0]) == Reader("ann-tutorial").predict(digits[0])).all()


@pytest.mark.parametrize(("name", "says"), [
    ("gone.tflite", "is not a file"),
    ("bad.tflite", "cannot be loaded"),
    ("line.tflite", "takes float32 input"),
])  # fmt: skip
def test_a_file_that_is_no_such_network(picture: Path, tmp_path: Path, name: str, says: str) -> None:
    (tmp_path / "bad.tflite").write_bytes(b"nothing")
    shutil.copy(registry.PACKAGED / "line" / "model.tflite", tmp_path / "line.tflite")
    done = CliRunner().invoke(group, ["read", str(picture), "--model", str(tmp_path / name)])
    assert done.exit_code == 1
    assert str(done.exception).startswith(f"{tmp_path / name} {says}")
    assert done.stderr == ""


def test_a_network_of_other_inputs() -> None:
    with pytest.raises(BadBundle, match=r"takes float32 input .* float32 of \(N, 28, 28\) or \(N, 28, 28, 1\)"):
        Reader(registry.PACKAGED / "line" / "model.tflite")


@pytest.mark.learn
@pytest.mark.filterwarnings("ignore:__array__ implementation")  # of TensorFlow
@pytest.mark.parametrize(("shape", "activation"), [((28, 28), "softmax"), ((28, 28, 1), None), ((784,), "softmax")])
def test_a_keras_file_is_converted_once(
    digits: Digits, picture: Path, tmp_path: Path, shape: tuple[int, ...], activation: str | None
) -> None:
    from inkling.training.keras_setup import import_keras

    keras = import_keras(seed=1)
    model = keras.Sequential([keras.Input(shape), keras.layers.Flatten(), keras.layers.Dense(10, activation)])
    model.save(tmp_path / "mine.keras")
    done = CliRunner().invoke(
        group,
        ["read", str(picture), "--model", str(tmp_path / "mine.keras"), "--json"],
        env={"INKLING_CACHE": str(tmp_path / "cache")},
    )
    assert done.exit_code == 0, done.output
    (converted,) = (tmp_path / "cache").rglob("*.tflite")
    x = digits[0][:50].astype(np.float32) / 255
    expected = model.predict(x.reshape(-1, *shape), verbose=0)
    if activation is None:
        expected = np.exp(expected) / np.exp(expected).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(Reader(converted).predict_proba(x), expected, atol=1e-4)


@pytest.mark.learn
@pytest.mark.filterwarnings("ignore:__array__ implementation")  # of TensorFlow
def test_a_keras_file_of_other_inputs_is_named_and_not_what_was_made_of_it(picture: Path, tmp_path: Path) -> None:
    from inkling.training.keras_setup import import_keras

    keras = import_keras(seed=1)
    model = keras.Sequential([keras.Input((32, 32)), keras.layers.Flatten(), keras.layers.Dense(10)])
    model.save(tmp_path / "wide.keras")
    done = CliRunner().invoke(
        group,
        ["read", str(picture), "--model", str(tmp_path / "wide.keras")],
        env={"INKLING_CACHE": str(tmp_path / "cache")},
    )
    assert str(done.exception).startswith(f"{tmp_path / 'wide.keras'} takes float32 input of shape [-1, 32, 32]")
