"""training.report.shifted_digits: digits unlike MNIST's on which confidence is checked."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inkling.errors import NotFound
from inkling.training.data.mnist import Mnist, as_input
from inkling.training.report.shifted_digits import augmented_test_digits, digits_in_pictures

Digits = tuple[np.ndarray, np.ndarray]


def test_augmented_test_digits_are_changed_and_the_same_each_time(digits: Digits) -> None:
    images, labels = digits
    mnist = Mnist(images[:0], labels[:0], images, labels)
    found = augmented_test_digits(mnist)
    np.testing.assert_array_equal(found.labels, labels)
    assert np.abs(found.tiles - as_input(images)).mean() > 0.05
    np.testing.assert_array_equal(found.tiles, augmented_test_digits(mnist).tiles)


def test_a_folder_of_pictures_gives_its_single_digits(digits: Digits, tmp_path: Path) -> None:
    images, labels = digits
    (tmp_path / "deeper").mkdir()
    for i in range(4):
        Image.fromarray(255 - images[i]).resize((84, 84)).save(tmp_path / "deeper" / f"{labels[i]}__{i}.png")
    Image.fromarray(255 - np.hstack([images[4], images[5]])).save(tmp_path / "12__two.png")
    Image.new("L", (60, 60), 255).save(tmp_path / "3__blank.png")
    (tmp_path / "5__torn.png").write_bytes(b"no picture")
    found = digits_in_pictures(tmp_path)
    assert found.name == tmp_path.name
    assert found.labels.tolist() == sorted(labels[:4].tolist())
    assert found.tiles.shape == (4, 28, 28)
    order = np.argsort(labels[:4], kind="stable")
    assert np.abs(found.tiles - as_input(images[order])).mean() < 0.05


def test_a_folder_without_single_digits(digits: Digits, tmp_path: Path) -> None:
    Image.fromarray(255 - digits[0][0]).save(tmp_path / "12__two.png")
    with pytest.raises(NotFound, match="no picture of a single digit"):
        digits_in_pictures(tmp_path)
