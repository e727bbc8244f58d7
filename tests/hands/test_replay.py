from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from inkling.errors import BadBundle
from inkling.hands.feature_network import features_of
from inkling.hands.last_layer import softmax
from inkling.hands.replay import FILE, NO_DIGIT, load_replay
from inkling.models import registry


def test_the_packaged_replay_is_of_the_packaged_network_and_small() -> None:
    bundle = registry.find("cnn")
    replay = load_replay(bundle)
    assert (bundle.path / FILE).stat().st_size <= 1_000_000
    assert (replay.n_plain, len(replay.varied), len(replay.others)) == (5000, 3000, 2000)
    probs = softmax(replay.features @ features_of(bundle).last_layer.T)
    right = (probs[: replay.n_plain, :10].argmax(axis=1) == replay.labels[: replay.n_plain]).mean()
    assert right == pytest.approx(bundle.manifest["scores"]["mnist-validation"]["accuracy"], abs=0.0011)
    assert (probs[replay.others, NO_DIGIT] >= bundle.reject_at).mean() > 0.8


def test_another_versions_replay_is_refused(tmp_path: Path) -> None:
    bundle = registry.find("cnn")
    shutil.copy(bundle.path / FILE, tmp_path / FILE)
    other = replace(bundle, path=tmp_path, manifest={**bundle.manifest, "version": "0123456789ab"})
    with pytest.raises(BadBundle, match=r"expected 0123456789ab\. Make it with: python -m inkling\.training\.replay"):
        load_replay(other)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 broken", b"x" * 5_000_000])
def test_a_damaged_replay_is_said(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    with pytest.raises(BadBundle, match="is damaged"):
        load_replay(replace(registry.find("cnn"), path=tmp_path))


def test_a_missing_replay_and_pickled_arrays_are_said(tmp_path: Path) -> None:
    bundle = replace(registry.find("cnn"), path=tmp_path)
    with pytest.raises(BadBundle, match="does not exist"):
        load_replay(bundle)
    with (tmp_path / FILE).open("wb") as file:
        np.savez(file, version=np.array([{"a": 1}], dtype=object))
    with pytest.raises(BadBundle, match="is damaged"):
        load_replay(bundle)
