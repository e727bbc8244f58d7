"""training.own_architecture: a network from a user's file, which runs only on request."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from inkling.cli.train import command
from inkling.errors import BadRecipe, BadRequest
from inkling.lab_protocol.hyperparameters import validated
from inkling.models import registry
from inkling.pipeline.classifier import Classifier
from inkling.training import architectures, own_architecture, recipe, train
from inkling.training.keras_setup import import_keras
from inkling.training.recipe import Recipe
from inkling.training.sweep import search_space
from tests.training.small import LEARN, small_mnist

pytestmark = LEARN

NET = """
from dataclasses import dataclass
from keras import Input, Model, Sequential, layers

@dataclass
class Layer:
    units: int

def net(recipe):
    return Sequential([
        Input((28, 28)),
        layers.Flatten(),
        layers.Dense(Layer(recipe.hidden).units, "relu"),
        layers.Dense(10, "softmax", dtype="float32"),
    ])
"""
TABLE = {"name": "mine", "architecture": "nets/my_net.py:net", "hidden": 12, "epochs": 2, "n_validation": 200}


@pytest.fixture(autouse=True)
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(architectures, "ARCHITECTURES", dict(architectures.ARCHITECTURES))
    monkeypatch.setattr(own_architecture, "ARCHITECTURES", architectures.ARCHITECTURES)
    import_keras(seed=0)


def loaded(folder: Path, source: str, **changes: object) -> Recipe:
    (folder / "nets").mkdir(exist_ok=True)
    (folder / "nets" / "my_net.py").write_text(source, "utf-8")
    return own_architecture.load(recipe.from_table({**TABLE, **changes}), folder)


def build(how: Recipe) -> object:
    return architectures.find_architecture(how.architecture).build(how)


def test_it_trains_into_a_bundle_that_is_read_as_any_other(tmp_path: Path) -> None:
    mine = loaded(tmp_path, NET)
    assert mine.architecture == "my_net.py:net"
    run = train.train(mine, small_mnist(), tmp_path / "run", score_test=False)
    manifest = registry.find_network(run).manifest
    assert (manifest["architecture"], manifest["parameters"]) == ("my_net.py:net", 784 * 12 + 12 + 12 * 10 + 10)
    assert manifest["architecture_sha256"] == hashlib.sha256(NET.encode()).hexdigest()
    assert (run / "my_net.py").read_text("utf-8") == NET
    architectures.ARCHITECTURES.pop("my_net.py:net")
    read = recipe.from_table(manifest["recipe"])  # valid without its code, but cannot be built
    probs = Classifier(registry.find(run))(np.zeros((3, 28, 28), np.float32))
    assert probs.sum(1) == pytest.approx(1, abs=1e-5)
    with pytest.raises(BadRecipe, match=r"'my_net.py:net', which is Python code; only inkling train"):
        build(read)


def test_resume_runs_the_copy(tmp_path: Path) -> None:
    mine = loaded(tmp_path, NET)

    def stop(metrics: dict[str, float]) -> None:
        raise train.StopTraining

    whole = train.train(mine, small_mnist(), tmp_path / "whole", score_test=False)
    run = train.train(mine, small_mnist(), tmp_path / "run", score_test=False, callbacks=train.Callbacks(on_epoch=stop))
    (tmp_path / "nets" / "my_net.py").unlink()
    again = own_architecture.load(recipe.find(run / "recipe.toml"), run)
    train.train(again, small_mnist(), run, score_test=False)
    images = np.random.default_rng(0).random((5, 28, 28), np.float32)
    first, second = (Classifier(registry.find(each))(images) for each in (whole, run))
    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize(
    ("source", "changes", "message"),
    [
        ("", {"architecture": "other.py:net"}, r"other.py cannot be read \(No such file"),
        ("", {}, "has no function 'net'; its functions: none"),
        ("def nett(recipe): pass", {}, "has no function 'net'; its functions: nett"),
        ("raise SystemExit(3)", {}, "fails in line 1: SystemExit"),
        ("import nowhere_to_be_found", {}, "fails in line 1: ModuleNotFoundError: No module"),
        ("def net(recipe):\n  return 1 +", {}, "fails in line 2: SyntaxError"),
        ("\ndef net(recipe):\n    return recipe.nothing", {}, "fails in line 3: AttributeError: .*nothing"),
        ("def net(recipe):\n    return 3", {}, "returns int; expected a keras.Model"),
        (NET, {"nondigits": 0.2}, r"to \(None, 10\); expected \(None, 28, 28\) to \(None, 11\)"),
        (NET.replace("(28, 28)", "(28, 28, 1)"), {}, r"maps \(None, 28, 28, 1\) to"),
        (NET.replace('10, "softmax"', "10"), {}, "expected float32 probabilities that sum to 1"),
        (NET.replace("layers.Flatten()", "layers.Lambda(lambda x: x), layers.Flatten()"), {}, "uses Lambda"),
        (
            "import keras\nclass Net(keras.Model):\n  def call(self, x): return x\ndef net(recipe): return Net()",
            {},
            r"maps None to None|subclass of keras.Model",
        ),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(
    source: str, changes: dict[str, object], message: str, tmp_path: Path
) -> None:
    with pytest.raises(BadRecipe, match=message):
        build(loaded(tmp_path, source, **changes))


def test_the_command_runs_code_only_when_told_to(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text("raise SystemExit('it ran')", "utf-8")
    (tmp_path / "mine.toml").write_text('name = "mine"\narchitecture = "net.py:net"\n', "utf-8")
    arguments = [str(tmp_path / "mine.toml"), "--out", str(tmp_path / "run")]
    assert "add --run-code" in str(CliRunner().invoke(command, arguments).exception)
    assert "it ran" in str(CliRunner().invoke(command, [*arguments, "--run-code"]).exception)
    refused = CliRunner().invoke(command, ["tiny", "--run-code", "--out", str(tmp_path / "run")]).exception
    assert "is part of inkling" in str(refused)
    assert not (tmp_path / "run").exists()


def test_neither_the_train_page_nor_a_sweep_takes_one() -> None:
    with pytest.raises(BadRequest, match=r"architecture is 'my_net.py:net'; expected one of"):
        validated({"architecture": "my_net.py:net"})
    with pytest.raises(BadRecipe, match="Python code that sweeps do not run"):
        search_space.check((), recipe.from_table({**TABLE, "hidden": 128}), "loss")
