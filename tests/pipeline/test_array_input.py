"""The interpretation of each array type, and the messages for ambiguous values."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from inkling import Reader
from inkling.errors import BadRequest
from inkling.pipeline.array_input import to_levels, to_picture, to_tiles

RAMP = np.arange(256, dtype=np.uint8).reshape(16, 16)


@pytest.mark.parametrize(
    ("array", "levels"),
    [
        (RAMP, RAMP),
        (RAMP.astype(np.int64), RAMP),
        (RAMP.astype(np.uint16), RAMP),
        (RAMP.astype(np.uint16) * 257, RAMP),
        (RAMP.astype(np.float32), RAMP),
        (RAMP.astype(np.float16), RAMP),
        (RAMP / 255, RAMP),
        ((RAMP / 255).astype(np.float16), RAMP),
        (RAMP / 255 * 1.0005, RAMP),  # rounding errors above 1
        (RAMP > 127, np.where(RAMP > 127, 255, 0)),
        (np.zeros((3, 3)), np.zeros((3, 3))),
        (np.zeros((3, 3), int), np.zeros((3, 3))),
        (np.zeros((0, 3)), np.zeros((0, 3))),
    ],
    ids=lambda value: str(value.dtype),
)
def test_levels(array: np.ndarray, levels: np.ndarray) -> None:
    found = to_levels(array)
    assert found.dtype == np.uint8
    assert np.abs(found.astype(int) - levels).max(initial=0) <= 1


@pytest.mark.parametrize(
    "array",
    [
        RAMP / 16,  # like scikit-learn's digits, 0..16
        RAMP / 255 * 2 - 1,
        RAMP.astype(np.float32) * 4,
        np.where(RAMP > 9, np.nan, 0.5),
        np.where(RAMP > 9, np.inf, 0.5),
        RAMP.astype(int) - 128,
        (RAMP > 127).astype(int),
    ],
)
def test_what_may_mean_two_things_is_refused_and_the_advice_works(array: np.ndarray) -> None:
    with pytest.raises(BadRequest) as error:
        to_levels(array)
    assert str(array.dtype) in str(error.value)
    how = re.search(r"for example (.+)\.$", str(error.value))
    assert how
    assert to_levels(eval(how[1], {"np": np, "a": array})).any()


@pytest.mark.parametrize("array", [RAMP.astype(complex), RAMP.astype(str), np.array([[object()]])])
def test_what_is_no_real_number_is_refused(array: np.ndarray) -> None:
    with pytest.raises(BadRequest, match="expected bool, integers of 0 to 255 or floats of 0 to 1"):
        to_levels(array)


@pytest.mark.parametrize(
    ("shape", "picture"),
    [((20, 30), (20, 30)), ((20, 30, 3), (20, 30, 3)), ((3, 20, 30), (20, 30, 3)), ((1, 20, 30), (20, 30, 1))],
)
def test_channels_first_or_last(shape: tuple[int, ...], picture: tuple[int, ...]) -> None:
    assert to_picture(np.zeros(shape)).shape == picture


@pytest.mark.parametrize("shape", [(20,), (8, 8, 5), (0, 8), (2, 20, 30, 1), ()])
def test_no_picture(shape: tuple[int, ...]) -> None:
    with pytest.raises(BadRequest, match=re.escape(f"array has shape {shape}; expected a picture as (H, W)")):
        to_picture(np.zeros(shape))


@pytest.mark.parametrize("shape", [(5, 28, 28), (5, 28, 28, 1), (5, 784), (0, 784)])
def test_tiles(shape: tuple[int, ...]) -> None:
    ones = to_tiles(np.full(shape, 255, np.int32))
    assert (ones.shape, ones.dtype) == ((shape[0], 28, 28), np.float32)
    assert (ones == 1).all()
    exact = to_tiles(np.full(shape, 0.1234567, np.float32))
    assert (exact == np.float32(0.1234567)).all()


@pytest.mark.parametrize("shape", [(28, 28), (784,), (2, 32, 32), (2, 28, 28, 3)])
def test_no_tiles(shape: tuple[int, ...]) -> None:
    with pytest.raises(BadRequest, match=r"expected MNIST's images as \(N, 28, 28\)"):
        to_tiles(np.zeros(shape))


def test_a_reader_reads_every_type_alike(reader: Reader, digits: tuple[np.ndarray, np.ndarray]) -> None:
    image = digits[0][3]
    expected = reader.read(image).text

    class Tensor:
        """Like PyTorch's or TensorFlow's tensors."""

        def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
            return (image[None] / 255).astype(np.float32)

    class OnGPU:
        def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
            raise TypeError("can't convert cuda:0 device type tensor to numpy.")

    for same in (image.astype(int), image / 255, image.astype(np.float32), image[None], image[..., None], Tensor()):
        assert reader.read(same).text == expected
    assert reader.read(image > 100).outcome in ("read", "unsure")
    with pytest.raises(BadRequest, match=r"a OnGPU cannot become an array .* t\.detach\(\)\.cpu\(\)\.numpy\(\)"):
        reader.read(OnGPU())
