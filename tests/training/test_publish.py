"""The parts of python -m inkling.training.publish without TensorFlow: mistakes, times, nearest neighbors."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from inkling.errors import BadBundle, NotFound
from inkling.models import bundle, registry
from inkling.training import publish, run_history
from inkling.training.report import embedding
from inkling.training.report.measurements import Latency


def judged(labels: list[int], read: list[int], confidence: list[float]) -> Any:
    """The attributes of `Measurements` that are used here."""
    probs = np.full((len(labels), 10), 0.0)
    probs[np.arange(len(labels)), read] = confidence
    return SimpleNamespace(labels=np.array(labels), probs=probs)


def test_mistakes_are_the_surest_first() -> None:
    found = judged([1, 2, 3, 4], [1, 7, 8, 9], [0.99, 0.6, 0.9, 0.7])
    assert publish.chosen_mistakes(found).tolist() == [2, 3, 1]
    assert publish.chosen_mistakes(judged([1, 2], [1, 2], [0.9, 0.9])).tolist() == []


def test_of_too_many_mistakes_each_kind_is_shown() -> None:
    found = judged([4] * 5 + [7], [9] * 5 + [1], [0.9, 0.95, 0.8, 0.99, 0.85, 0.5])
    assert publish.chosen_mistakes(found, 3).tolist() == [3, 1, 5]


def test_confidence_is_never_rounded_to_certainty() -> None:
    assert publish.digit_columns(judged([1], [1], [0.99999]), np.array([0]))["confidence"] == [0.9999]


@pytest.mark.parametrize(("n", "size"), [(0, (560, 28)), (1, (560, 28)), (20, (560, 28)), (21, (560, 56))])
def test_the_sprite_holds_every_tile(n: int, size: tuple[int, int]) -> None:
    tiles = np.random.default_rng(1).integers(0, 256, (n, 28, 28), np.uint8)
    sheet = publish.sprite(tiles)
    assert sheet.size == size
    for i, tile in enumerate(tiles):
        x, y = i % publish.COLUMNS * 28, i // publish.COLUMNS * 28
        assert np.array_equal(np.asarray(sheet)[y : y + 28, x : x + 28], tile)


def test_the_file_is_json_with_a_line_a_key() -> None:
    report = {"a": {"text": "one, two", "rate": 0.123456789}, "b": [1, (2.0, None)], "c": "x"}
    text = publish.to_text(report)
    assert json.loads(text) == {"a": {"text": "one, two", "rate": 0.123457}, "b": [1, [2.0, None]], "c": "x"}
    assert len(text.splitlines()) == 5


def timed(folder: Path, version: str) -> Any:
    found = bundle.Bundle(folder, {"name": "x", "version": version})
    return SimpleNamespace(subject=SimpleNamespace(bundle=found), latency=Latency(99.0, 9.0, 256))


def test_times_come_from_a_quiet_machine_where_there_are_any(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    results = tmp_path / "results.json"
    results.write_text(json.dumps({"models": {"x": {"version": "aaa", "single_us": 13.4, "batch_us": 1.4}}}), "utf-8")
    monkeypatch.setattr(publish, "RESULTS", results)
    (tmp_path / "report").mkdir()
    before = {"model": {"version": "bbb"}, "speed": {"single_us": 7.0}}
    (tmp_path / "report" / "report.json").write_text(json.dumps(before), "utf-8")
    assert publish.speed_of(timed(tmp_path, "aaa"))["single_us"] == 13.4
    assert publish.speed_of(timed(tmp_path, "bbb"))["single_us"] == 7.0, "a second run changes nothing"
    assert publish.speed_of(timed(tmp_path, "ccc"))["single_us"] == 99.0
    monkeypatch.setattr(publish, "RESULTS", tmp_path / "gone.json")
    assert publish.speed_of(timed(tmp_path, "aaa"))["single_us"] == 99.0


def test_a_history_belongs_to_the_weights_that_it_led_to(tmp_path: Path) -> None:
    own, other = tmp_path / "own", tmp_path / "other"
    for run, name in ((own, "ann-tutorial"), (other, "ann")):
        shutil.copytree(registry.find(name).path, run / "bundle")
        rows: list[run_history.EpochMetrics] = [dict.fromkeys(run_history.COLUMNS, 1)]
        run_history.write_history(run / "history.csv", rows)
    shutil.copytree(registry.find("ann-tutorial").path, tmp_path / "ann-tutorial")
    found = bundle.open_bundle(tmp_path / "ann-tutorial")
    kept = found.path / "history.csv"
    kept.unlink()
    with pytest.raises(BadBundle, match="expected the run that produced the bundle's weights"):
        publish.keep_history(found, other)
    with pytest.raises(NotFound, match="expected a run folder"):
        publish.keep_history(found, tmp_path)
    assert not kept.exists()
    publish.keep_history(found, own)
    assert len(run_history.read_history(kept)) == 1


def test_a_wrong_name_ends_in_one_sentence() -> None:
    with pytest.raises(SystemExit, match="unknown model 'cn'"):
        publish.main(["cn"])
    with pytest.raises(SystemExit):
        publish.main(["ann", "cnn", "--history", "runs/x"])
    with pytest.raises(SystemExit) as nothing:
        publish.main([])
    assert nothing.value.code == 2


def test_who_is_near_whom() -> None:
    hidden = np.array([[0.0, 0], [1, 0], [1.5, 0], [10, 0]])
    assert embedding.nearest_neighbours(hidden, 2).tolist() == [[1, 2], [2, 0], [1, 0], [2, 1]]
    assert embedding.nearest_neighbours(hidden, 9).shape == (4, 3)


def test_the_map_fills_its_square_and_keeps_its_shape() -> None:
    xy = embedding.fit_square(np.array([[0.0, 0], [2, 0], [1, 1]]))
    assert xy.tolist() == [[0, 250], [1000, 250], [500, 750]]


def test_neighbours_are_counted_among_the_first_digits_alone() -> None:
    hidden = np.array([[0.0], [1], [5], [5.1], [5.05]])
    labels = np.array([4, 9, 3, 3, 8])
    found = embedding.embedding_map(np.array([0, 1, 2, 3, 2000]), hidden, np.zeros((5, 2)), labels, first=1000)
    assert found.same_label == 0.5
    assert found.mixed_pairs == [(4, 9, 2)]
    assert found.neighbours[2].tolist()[0] == 4, "on the map all distances are equal"
    assert json.loads(json.dumps(found.to_json()))["mixed"] == [{"digits": [4, 9], "n": 2}]
