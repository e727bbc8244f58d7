"""benchmarks.accuracy.out_of_distribution and energy with a packaged network, compared with counts by hand."""

from __future__ import annotations

import dataclasses
import zipfile

import numpy as np
import pytest

from benchmarks.accuracy import out_of_distribution
from benchmarks.accuracy.energy import Energy
from benchmarks.rendering.stroke_rendering import enlarged, on_paper
from inkling import Reader
from inkling.models import registry
from inkling.training.data.mnist import as_input


@pytest.fixture(scope="module")
def images(digits: tuple[np.ndarray, np.ndarray]) -> list[np.ndarray]:
    return [enlarged(image) for image in digits[0][::10]]


@pytest.fixture(scope="module")
def judged(reader: Reader, images: list[np.ndarray]) -> out_of_distribution.Judged:
    return out_of_distribution.judge(reader, Energy(reader.bundle), images)


@pytest.mark.learn
def test_energy_is_that_of_the_weights_multiplied_by_hand(digits: tuple[np.ndarray, np.ndarray]) -> None:
    import h5py

    found = registry.find("ann-tutorial")
    with zipfile.ZipFile(found.path / "model.keras") as archive, archive.open("model.weights.h5") as file:
        weights = h5py.File(file, "r")["layers"]
        (w1, b1), (w2, b2) = ([weights[name]["vars"][k][:] for k in "01"] for name in ("dense", "dense_1"))
    tiles = as_input(digits[0][:20])
    logits = np.maximum(tiles.reshape(20, 784) @ w1 + b1, 0) @ w2 + b2  # (20, 10)
    assert np.allclose(Energy(found)(tiles), np.log(np.exp(logits).sum(axis=1)), atol=1e-4)


def test_energy_knows_digits_from_noise(digits: tuple[np.ndarray, np.ndarray]) -> None:
    energy = Energy(registry.find("ann-tutorial"))
    rng = np.random.default_rng(0)
    blank = energy(np.zeros((4, 28, 28), np.float32))
    written = energy(as_input(digits[0][:40]))
    faint = energy(rng.random((40, 28, 28), dtype=np.float32) * 0.05)
    assert blank is not None
    assert written is not None
    assert faint is not None
    assert np.ptp(blank) < 1e-5
    assert np.median(written) > np.median(faint)


def test_judge_scores_each_image(judged: out_of_distribution.Judged, images: list[np.ndarray]) -> None:
    assert {len(score) for score in judged.scores.values()} == {len(images)}
    assert not judged.refused.any()  # a network without the eleventh output
    assert (judged.scores["softmax"] > 0.1).all()
    assert np.isfinite(judged.scores["energy"]).all()


def test_blank_paper_scores_lowest(reader: Reader, images: list[np.ndarray]) -> None:
    blank = np.full((60, 60), 255, np.uint8)
    judged = out_of_distribution.judge(reader, Energy(reader.bundle), [blank, *images[:2]])
    assert judged.scores["energy"].argmin() == 0
    assert judged.scores["softmax"][0] == judged.scores["not_digit"][0] == judged.scores["auto"][0] == 0
    assert judged.refused.tolist() == [True, False, False]


def test_uninformative_scores_are_left_out(judged: out_of_distribution.Judged, reader: Reader) -> None:
    line = np.zeros((90, 30), np.float32)
    line[10:80, 12:16] = 1
    others = out_of_distribution.judge(reader, Energy(reader.bundle), [on_paper(line)] * 3)
    rates = out_of_distribution.rates_of_others(judged, others)
    assert set(rates["auroc"]) == {"softmax", "energy"}
    assert rates["accepted"] == 1
    assert rates["n"] == 3


def test_refusals_are_counted(judged: out_of_distribution.Judged) -> None:
    refusing = dataclasses.replace(
        judged,
        single=tuple(dataclasses.replace(r, digits=(), others=r.digits, text="") for r in judged.single[:5])
        + judged.single[5:],
        scores={**judged.scores, "not_digit": np.r_[np.zeros(5), np.full(len(judged.single) - 5, 0.9)]},
    )
    assert refusing.refused.sum() == 5
    rates = out_of_distribution.rates_of_others(judged, refusing)
    assert rates["accepted"] == 1 - 5 / len(judged.single)
    assert "not_digit" in rates["auroc"]
    assert out_of_distribution.rates_of_digits(refusing, ["0"] * len(judged.single))["refused"] == 5 / len(
        judged.single
    )
    both = out_of_distribution.joined([judged, refusing])
    assert both.refused.sum() == 5
    assert len(both.scores["energy"]) == 2 * len(judged.single)
    names = out_of_distribution.accepted_names(["a"] * 5 + ["b"] * (len(judged.single) - 5), refusing)
    assert names["a"]["accepted"] == 0
    assert next(iter(names)) == "b"


def test_curve_is_short_and_complete() -> None:
    rng = np.random.default_rng(0)
    found = out_of_distribution.curve(rng.normal(1, 1, 5000), rng.normal(0, 1, 5000))
    assert len(found["digits"]) <= out_of_distribution.CURVE
    assert found["out_of_distribution"] == sorted(found["out_of_distribution"])
    assert found["out_of_distribution"][-1] == 1
