"""benchmarks.accuracy.baselines: a baseline's input, the scoring, and the cache of answers."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks.accuracy import baseline_readers, baselines, labelled_sets
from benchmarks.accuracy.baseline_readers import Answers, BaselineReader, Setting
from benchmarks.accuracy.labelled_sets import LabelledSet
from inkling import Reader
from inkling.training.data.mnist import Mnist

PLAIN = Setting("plain", None, 0)


@pytest.fixture(scope="module")
def mnist(digits: tuple[np.ndarray, np.ndarray]) -> Mnist:
    images, labels = digits
    return Mnist(images, labels, images, labels)


@pytest.fixture
def eight(tmp_path: Path, mnist: Mnist) -> LabelledSet:
    return labelled_sets.of_mnist(mnist, tmp_path, most=8)


def written(path: Path, image: np.ndarray) -> Path:
    cv2.imwrite(str(path), image)
    return path


def test_prepared_images_are_dark_on_light_of_the_height_with_its_margin(tmp_path: Path) -> None:
    night = np.zeros((50, 100), np.uint8)
    night[20:30, 40:60] = 255
    (made,) = baseline_readers.prepare([written(tmp_path / "a.png", night)], Setting("", 100, 0.1), tmp_path / "out")
    image = cv2.imread(str(made), cv2.IMREAD_GRAYSCALE)
    assert image.shape == (120, 220)
    assert image[0, 0] == image[-1, -1] == 255
    assert image[60, 110] == 0


def test_prepared_images_keep_colours_when_told(tmp_path: Path) -> None:
    night = np.zeros((30, 30), np.uint8)
    setting = Setting("", None, 0.5, invert=False)
    (made,) = baseline_readers.prepare([written(tmp_path / "a.png", night)], setting, tmp_path / "out")
    assert cv2.imread(str(made), cv2.IMREAD_GRAYSCALE).max() == 0


def test_transparency_lies_on_white(tmp_path: Path) -> None:
    drawing = np.zeros((20, 20, 4), np.uint8)
    drawing[8:12, 8:12, 3] = 255  # opaque black; the rest is transparent black
    grey = baseline_readers._grey(written(tmp_path / "a.png", drawing))
    assert grey[0, 0] == 255
    assert grey[10, 10] == 0


def test_score_counts_whole_texts() -> None:
    found = baselines.score(["12", "3", ""], ["12", "31", "4"], 0.3)
    assert found["right"] == pytest.approx(1 / 3)
    assert found["cpu_ms"] == pytest.approx(100)
    assert found["right_95"][0] < 1 / 3 < found["right_95"][1]


def test_best_setting_counts_and_answers_are_cached(
    eight: LabelledSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(baselines, "CACHE", tmp_path / "cache")
    calls = []

    def read(paths: Sequence[Path], setting: Setting) -> Answers:
        calls.append(setting.name)
        return Answers(list(eight.labels) if setting.name == "good" else ["x"] * len(paths), 0.1)

    baseline = BaselineReader("r", "1", read, (PLAIN, Setting("good", 64, 0)), ())
    first, second = baselines.score_baseline(baseline, eight), baselines.score_baseline(baseline, eight)
    assert first is not None
    assert first["right"] == 1
    assert first["setting"] == "good"
    assert first["tried"] == {"plain": 0, "good": 1}
    assert first == second
    assert calls == ["plain", "good"]
    newer = BaselineReader("r", "2", read, (PLAIN,), ())
    assert baselines.score_baseline(newer, eight) is not None
    assert calls == ["plain", "good", "plain"]


def test_baseline_without_rows_is_left_out(tmp_path: Path, mnist: Mnist) -> None:
    rows = labelled_sets.of_rows(mnist, tmp_path, most=2, touching=False)
    assert baselines.score_baseline(baseline_readers.tutorial(), rows) is None


def test_fingerprint_changes_with_a_picture_and_a_label(eight: LabelledSet) -> None:
    before = eight.fingerprint
    assert before == eight.fingerprint
    assert LabelledSet(eight.name, eight.paths, ("9", *eight.labels[1:]), False).fingerprint != before
    written(eight.paths[0], np.zeros((9, 9), np.uint8))
    assert eight.fingerprint != before


def test_folders_are_sampled_the_same_each_time(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "none").mkdir()
    for i in range(12):
        written(tmp_path / "one" / f"{i % 10}__{i}.png", np.full((9, 9), 255, np.uint8))
    (few,) = labelled_sets.of_folders(tmp_path, most=5)
    (again,) = labelled_sets.of_folders(tmp_path, most=5)
    (every,) = labelled_sets.of_folders(tmp_path, most=50)
    assert few.paths == again.paths
    assert len(few.paths) == 5
    assert len(every.paths) == 12
    assert all(path.name.startswith(f"{label}__") for path, label in zip(few.paths, few.labels, strict=True))
    assert labelled_sets.of_folders(None, most=5) == []


def test_rows_have_five_digits_each(tmp_path: Path, mnist: Mnist) -> None:
    apart, touching = (labelled_sets.of_rows(mnist, tmp_path, most=3, touching=each) for each in (False, True))
    assert {len(label) for label in apart.labels + touching.labels} == {5}
    assert apart.rows
    assert all(path.is_file() for path in apart.paths + touching.paths)


def test_tutorial_reads_what_is_already_a_tile(tmp_path: Path, mnist: Mnist) -> None:
    paths = [written(tmp_path / f"{i}.png", mnist.x_test[i]) for i in range(40)]
    baseline = baseline_readers.tutorial()
    as_they_are, turned = (baseline.read(paths, setting).texts for setting in baseline.singles)
    labels = [str(label) for label in mnist.y_test[:40]]
    assert np.mean([a == b for a, b in zip(as_they_are, labels, strict=True)]) > 0.9
    assert np.mean([a == b for a, b in zip(turned, labels, strict=True)]) < 0.6


@pytest.mark.skipif(shutil.which("tesseract") is None, reason="tesseract is not installed")
def test_tesseract_gives_a_text_for_each_picture(tmp_path: Path) -> None:
    paths = []
    for text in ("", "407", "1234"):
        page = np.full((80, 260), 255, np.uint8)
        cv2.putText(page, text, (20, 60), cv2.FONT_HERSHEY_DUPLEX, 1.6, 0, 3, cv2.LINE_AA)
        paths.append(written(tmp_path / f"p{text}.png", page))
    baseline = baseline_readers.tesseract()
    assert baseline is not None
    setting = next(each for each in baseline.rows if each.options == ("--psm", "7"))
    answers = baseline.read(paths, setting)
    assert answers.texts == ["", "407", "1234"]
    assert answers.cpu_s > 0


def test_rapidocr_that_is_not_there_is_none(tmp_path: Path) -> None:
    assert baseline_readers.rapidocr("rapidocr", "RapidOCR", python=tmp_path / "python") is None


def test_fidelity_compares_the_same_digits(reader: Reader, mnist: Mnist) -> None:
    found = baselines.fidelity(reader, mnist, 60)
    assert found["n"] == 60
    assert found["direct"] > 0.9
    assert found["points_lost"] == pytest.approx(100 * (found["direct"] - found["pipeline"]))
    alone = found["right_by_one_alone"]
    assert alone["direct"] - alone["pipeline"] == round(60 * (found["direct"] - found["pipeline"]))


def test_inkling_reads_the_set(reader: Reader, eight: LabelledSet) -> None:
    found = baselines.score_inkling(reader, eight)
    assert found["n"] == 8
    assert found["right"] >= 0.75
