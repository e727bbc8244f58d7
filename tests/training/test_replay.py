from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from inkling.errors import WrongNetwork
from inkling.hands.feature_network import features_of
from inkling.hands.replay import load_replay
from inkling.models import registry
from inkling.training import replay
from inkling.training.data.mnist import split_indices
from tests.training.small import small_mnist


@pytest.mark.learn  # non-digits use Matplotlib's fonts
def test_what_is_written_is_what_guards_load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("N_VARIED", "N_NONDIGITS", "N_MOMENT", "N_MOMENT_NONDIGITS"):
        monkeypatch.setattr(replay, name, 20)
    packaged = registry.find("cnn")
    shutil.copy(packaged.model_path, tmp_path)
    recipe = {**packaged.manifest["recipe"], "n_validation": 50}
    bundle = replace(packaged, path=tmp_path, manifest={**packaged.manifest, "recipe": recipe})
    mnist = small_mnist()
    assert replay.write(bundle, mnist) == tmp_path / "replay.npz"
    found = load_replay(bundle)
    assert (found.n_plain, len(found.varied), len(found.others)) == (50, 20, 20)
    network = features_of(bundle)
    _, validation = split_indices(mnist.y_train, 50, 0)
    exact = network(mnist.x_train[validation].astype(np.float32) / 255)
    assert np.array_equal(found.labels[:50], mnist.y_train[validation])
    assert np.abs(found.features[:50] - exact).max() <= found.features.max() / 255  # rounding to bytes
    values = np.linalg.eigvalsh(found.second_moment)
    assert values.min() > -1e-4 * values.max()
    assert found.second_moment[-1, -1] == pytest.approx(1)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model.tflite", "replay.npz"]


def test_a_network_that_cannot_learn_a_hand_gets_no_file(tmp_path: Path) -> None:
    packaged = registry.find("ann")
    shutil.copy(packaged.model_path, tmp_path)
    with pytest.raises(WrongNetwork):
        replay.write(replace(packaged, path=tmp_path), small_mnist())
    assert [path.name for path in tmp_path.iterdir()] == ["model.tflite"]
