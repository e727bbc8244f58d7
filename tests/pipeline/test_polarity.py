import cv2
import numpy as np
import pytest

from inkling.pipeline.downscaling import downscale
from inkling.pipeline.polarity import area_cue, edge_cue, has_light_background
from tests.pictures import drawn_seven


def test_cues_agree_on_a_plain_drawing_and_turn_with_it() -> None:
    small = downscale(drawn_seven())
    assert edge_cue(small) > 0.9
    assert area_cue(small) > 0.9
    assert edge_cue(255 - small) < -0.9
    assert area_cue(255 - small) < -0.9
    assert edge_cue(np.full((64, 64), 90, np.uint8)) == 0.0


@pytest.mark.parametrize("paper", [0, 255])
def test_a_drawing_on_pure_paper_is_told_as_its_edges_tell_it(paper):
    rng = np.random.default_rng(7)
    for _ in range(20):
        small = np.full((70, 70), paper, np.uint8)
        points = rng.integers(8, 62, (rng.integers(2, 7), 1, 2)).astype(np.int32)
        cv2.polylines(small, [points], False, int(rng.integers(60, 196)), int(rng.integers(1, 8)))
        assert has_light_background(small) == (edge_cue(small) > 0) == (paper == 255)
