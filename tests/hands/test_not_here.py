from __future__ import annotations

import importlib.util
from dataclasses import replace
from pathlib import Path

import pytest

from inkling.hands import full_job
from inkling.models import registry


@pytest.mark.parametrize(
    ("missing", "sentence"),
    [("fcntl", "Linux and macOS"), ("tensorflow", "make install-learn"), ("keras", "make install-learn")],
)
def test_what_is_not_installed_is_named(missing: str, sentence: str, monkeypatch: pytest.MonkeyPatch) -> None:
    there = importlib.util.find_spec("json")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == missing else there)
    assert sentence in full_job.not_here(registry.find("cnn"))


def test_data_and_weights_that_are_not_there_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there, bundle = importlib.util.find_spec("json"), registry.find("cnn")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: there)
    monkeypatch.setenv("INKLING_CACHE", str(tmp_path))
    assert "inkling data fetch" in full_job.not_here(bundle)
    (tmp_path / "mnist.npz").touch()
    assert "no model.keras" in full_job.not_here(replace(bundle, path=tmp_path))
    (tmp_path / "model.keras").touch()
    assert full_job.not_here(replace(bundle, path=tmp_path)) == ""
