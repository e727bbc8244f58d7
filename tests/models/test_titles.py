"""Packaged networks have titles. Other networks keep their names unless their manifests have titles."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from inkling.models.registry import line_recognizer, packaged
from inkling.models.titles import TITLES, title_of


def test_every_packaged_network_has_a_title_of_its_own() -> None:
    bundles = [*packaged().values(), line_recognizer()]
    titles = [title_of(bundle) for bundle in bundles]
    assert {bundle.name for bundle in bundles} == set(TITLES)
    assert len(set(titles)) == len(titles)
    assert title_of(packaged()["cnn"]) == "Best reader"


def test_ones_own_network_is_not_taken_for_a_packaged_one(tmp_path: Path) -> None:
    mine = replace(packaged()["cnn"], path=tmp_path)
    assert title_of(mine) == "cnn"
    assert title_of(replace(mine, manifest={**mine.manifest, "title": "My reader"})) == "My reader"
