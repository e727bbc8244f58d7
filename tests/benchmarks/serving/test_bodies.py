"""benchmarks.serving.bodies: the four bodies, and how each server receives them."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from benchmarks.serving import bodies, report
from inkling.pipeline.reader import Reader


@pytest.mark.parametrize("name", bodies.BODIES)
def test_every_body_is_a_picture_of_a_seven(name: str) -> None:
    assert Reader("ann").read(bodies.BODIES[name][0]()).text == "7"


def test_the_pages_png_holds_the_drawing() -> None:
    image = Image.open(io.BytesIO(bodies.page_png()))
    assert image.mode == "L"
    assert np.array_equal(np.asarray(image), bodies.grey())


def test_the_photograph_has_three_megapixels() -> None:
    wide, high = Image.open(io.BytesIO(bodies.jpeg())).size
    assert 3e6 < wide * high < 3.3e6


@pytest.mark.parametrize("form", [False, True])
def test_every_server_gets_the_same_kind_of_body(form: bool) -> None:
    chosen = bodies.contestants(form=form)
    assert [each.name for each in chosen] == list(bodies.SERVERS)
    assert {each.kind.partition(" ")[0] for each in chosen} == {"form" if form else "raw"}


def test_the_table_has_a_row_for_each_body() -> None:
    one = {"bytes": 900, "per_s": {"inkling ann": 400.0, "tutorial": 8.0, "FastAPI": 500.0}, "errors": {}}
    numbers = {
        "quick": False,
        "bodies": dict.fromkeys(bodies.BODIES, one),
        "rounds": 5,
        "seconds": 5,
        "connections": 8,
    }
    table = report.bodies({**numbers, "machine": {"cores": 2, "cpu": "x", "python": "3"}})
    assert table.count("| 50x | 0.80x |") == len(bodies.BODIES)


def test_a_trial_in_which_a_server_answered_nothing_has_no_ratio() -> None:
    assert (report.times(400, 8), report.times(400, 0)) == ("50x", "-")
