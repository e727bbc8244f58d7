"""scripts.image: its checks, and its last measurement. `make image` builds the image itself."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest

from inkling import Reader
from scripts import image

RESULT = json.loads(image.RESULT.read_text())


def test_the_image_that_was_measured_is_as_it_should_be() -> None:
    assert image.faults(RESULT) == []
    assert RESULT["pictures"] == 10
    assert RESULT["image_mb"] == RESULT["base_mb"] + RESULT["added_mb"]


@pytest.mark.parametrize(
    ("name", "value"),
    [("user", 0), ("root_is_writable", True), ("has_pip", True), ("pictures_right", 9), ("image_mb", 451)],
)
def test_a_fault_of_an_image_is_named(name: str, value: object) -> None:
    (fault,) = image.faults({**RESULT, name: value})
    assert str(value) in fault


def test_the_ten_images_are_one_of_each_digit(reader: Reader) -> None:
    images = image.ten_images()
    assert list(images) == list("0123456789")
    assert sum(reader.read(each).text == digit for digit, each in images.items()) >= 9


def test_slimming_removes_what_is_never_opened_and_nothing_else(deploy: Path, tmp_path: Path) -> None:
    spec = importlib.util.spec_from_file_location("slim", deploy / "slim.py")
    assert spec is not None
    assert spec.loader is not None
    slim = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(slim)
    gone = ("numpy/ma/tests/test_core.py", "ai_edge_litert/vendors/a/b.so", "pygments/lexers/python.py")
    kept = (
        "numpy/ma/core.py",
        "ai_edge_litert/libLiteRt.so",
        "pygments/lexers/__init__.py",
        "inkling/client/transport.py",
    )
    for name in gone + kept:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(bytes(1000))
    saved = slim.slim(tmp_path)
    assert sum(saved.values()) == 3000
    assert [name for name in gone + kept if (tmp_path / name).exists()] == list(kept)
    assert sum(slim.slim(tmp_path).values()) == 0
