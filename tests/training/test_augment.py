"""training.augment: reproducible, within range, centered like the pipeline's tiles."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from inkling.training import augment
from inkling.training.continental import with_continental_forms
from inkling.training.recipe import Augmentation

Digits = tuple[np.ndarray, np.ndarray]

FULL = Augmentation(
    rotation=15,
    shear=0.3,
    scale=0.1,
    stretch=0.4,
    bow=0.2,
    shift=1,
    elastic=34,
    stroke=0.5,
    contrast=0.2,
    continental=0.3,
    noise=0.1,
    drawn=0.5,
    coarse=0.5,
    ragged=0.2,
    enlarged=0.5,
)
QUALITIES = {"elastic_sigma", "ragged", "enlarged"}  # have no effect without another parameter
EACH = [field.name for field in dataclasses.fields(Augmentation) if field.name not in QUALITIES]


def augmented(digits: Digits, how: Augmentation, *, seed: int = 0, epoch: int = 1, threads: int = 1) -> np.ndarray:
    return augment.epoch_images(*digits, how, seed=seed, epoch=epoch, threads=threads)


def test_nothing_in_nothing_out() -> None:
    empty = np.zeros((0, 28, 28), np.uint8), np.zeros(0, np.uint8)
    assert augmented(empty, FULL).shape == (0, 28, 28)


def test_no_augmentation_only_scales_to_one(digits: Digits) -> None:
    np.testing.assert_array_equal(augmented(digits, Augmentation()), digits[0] / np.float32(255))


def test_same_seed_and_epoch_same_images_whatever_the_threads(digits: Digits, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(augment, "CHUNK", 64)  # so that 200 images make several chunks
    first = augmented(digits, FULL)
    np.testing.assert_array_equal(augmented(digits, FULL, threads=3), first)
    assert not np.array_equal(augmented(digits, FULL, epoch=2), first)
    assert not np.array_equal(augmented(digits, FULL, seed=1), first)


@pytest.mark.parametrize("name", EACH)
def test_each_parameter_alone_changes_images_and_keeps_them_in_range(digits: Digits, name: str) -> None:
    images = augmented(digits, dataclasses.replace(Augmentation(), **{name: getattr(FULL, name)}))
    assert images.dtype == np.float32
    assert images.min() >= 0
    assert images.max() <= 1
    changed = (np.abs(images - digits[0] / np.float32(255)).max((1, 2)) > 0.01).mean()
    # Minimum fraction of changed images: `continental` changes only some of the 1s and 7s, `drawn` and `coarse` about
    # half of the images, the other parameters nearly all.
    expected = {"continental": 0.02, "drawn": 0.35, "coarse": 0.35}.get(name, 0.9)
    assert changed >= expected


def test_the_originals_are_left_alone(digits: Digits) -> None:
    before = digits[0].copy()
    augmented(digits, FULL)
    np.testing.assert_array_equal(digits[0], before)


def test_digits_stay_centred_and_as_large_as_a_tile(digits: Digits) -> None:
    how = Augmentation(rotation=20, shear=0.4, stretch=0.5)
    images = augmented(digits, how)
    mass = images.sum((1, 2))
    x = (images.sum(1) * np.arange(28)).sum(1) / mass
    y = (images.sum(2) * np.arange(28)).sum(1) / mass
    assert np.abs(x - 14).max() < 0.5
    assert np.abs(y - 14).max() < 0.5
    ink = images > 0.25
    sides = np.maximum(ink.any(1).sum(1), ink.any(2).sum(1))
    assert np.median(sides) == 20
    assert np.percentile(sides, [2, 98]).tolist() == pytest.approx([20, 20], abs=1.5)


def test_bending_by_next_to_nothing_keeps_the_picture(digits: Digits) -> None:
    plain = digits[0] / np.float32(255)
    images = augmented(digits, Augmentation(rotation=0.01))  # centering shifts them by a fraction of a pixel
    assert np.corrcoef(images.ravel(), plain.ravel())[0, 1] > 0.93
    assert images.sum() == pytest.approx(plain.sum(), rel=0.03)


def test_elastic_fields_are_smooth_and_as_strong_as_asked() -> None:
    fields = augment.elastic_fields(500, 34, 4.5, np.random.default_rng(0))
    assert fields.shape == (500, 28, 28)
    # Uniform noise has variance 1/3; smoothing with a Gaussian of sigma s leaves 1 / (4 pi s^2) of it.
    expected = 34 * np.sqrt(1 / 3 / (4 * np.pi * 4.5**2))
    assert fields[:, 14, 14].std() == pytest.approx(expected, rel=0.1)
    assert np.abs(np.diff(fields, axis=2)).max() < 0.5 * fields.std() * 3


def test_strokes_grow_and_shrink_but_ink_stays_full(digits: Digits) -> None:
    images = augmented(digits, Augmentation(stroke=0.8))
    ratio = images.sum((1, 2)) / (digits[0] / 255).sum((1, 2))
    assert ratio.min() < 0.8
    assert ratio.max() > 1.2
    np.testing.assert_allclose(images.max((1, 2)), 1, atol=1e-6)


def test_continental_forms_add_ink_to_1_and_7_only(digits: Digits) -> None:
    images, labels = digits
    drawn = with_continental_forms(images, labels, 1.0, np.random.default_rng(0))
    more = drawn.astype(int).sum((1, 2)) > images.astype(int).sum((1, 2))
    assert more[labels == 1].all()
    assert more[labels == 7].mean() > 0.9  # a new bar may overlap an existing one
    assert not more[(labels != 1) & (labels != 7)].any()


def test_neighbours_do_not_touch(digits: Digits) -> None:
    """Images that are stacked and changed in one call get no ink from their neighbors in the stack."""
    how = Augmentation(rotation=30, shift=8, elastic=60, stroke=1.5)
    images = np.full((9, 28, 28), 255, np.uint8)
    images[::2] = 0
    changed = augmented((images, np.zeros(9, np.uint8)), how)
    assert changed[::2].max() == 0
    assert changed[1::2].max((1, 2)).tolist() == [1] * 4


def test_synthetic_digits_come_from_the_pool_where_there_is_one(digits: Digits) -> None:
    pool = np.zeros((10, 3, 28, 28), np.uint8)
    pool[:, :, 14, 14] = np.arange(1, 11)[:, None]
    images, labels = digits
    changed = augment.epoch_images(images, labels, Augmentation(drawn=1), seed=0, epoch=1, drawn=pool)
    np.testing.assert_array_equal(np.rint(changed.sum((1, 2)) * 255), labels + 1)


def test_an_empty_image_survives() -> None:
    blank = np.zeros((4, 28, 28), np.uint8), np.array([1, 7, 1, 3], np.uint8)
    images = augmented(blank, dataclasses.replace(FULL, noise=0.0, continental=1.0, drawn=0.0))
    assert np.isfinite(images).all()
    assert images.max() == 0
