import cv2
import numpy as np
import pytest

from inkling.pipeline import global_threshold, polarity
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


def box(*, ink: int, frame: int = 200) -> np.ndarray:
    """(64, 64) uint8: a square of ink on paper of level 200, with a frame of level `frame` along the border."""
    small = np.full((64, 64), frame, np.uint8)
    small[5:-5, 5:-5] = 200
    small[20:44, 20:44] = ink
    return small


@pytest.mark.parametrize(("ink", "tells"), [(193, False), (186, True)])
def test_faint_edges_are_not_asked(ink: int, tells: bool) -> None:
    assert (edge_cue(box(ink=ink)) != 0) == tells


@pytest.mark.parametrize(("frame", "cue"), [(155, 1), (120, -1)])
def test_the_first_sharp_edge_counts(frame: int, cue: int) -> None:
    assert cue * edge_cue(box(ink=60, frame=frame)) > 0.3


@pytest.mark.parametrize(("ink", "tells"), [(156, False), (120, True)])
def test_edges_must_stand_out_from_a_texture(ink: int, tells: bool) -> None:
    small = np.tile(np.array([[200, 200, 210, 210]], np.uint8), (64, 16))
    small[20:44, 20:44] = ink
    assert (edge_cue(small) != 0) == tells


@pytest.mark.parametrize(("edges", "is_light"), [(-0.4, True), (-0.7, False)])
def test_areas_have_half_a_vote(edges: float, is_light: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(polarity, "edge_cue", lambda small: edges)
    assert area_cue(box(ink=60)) == pytest.approx(0.9, abs=0.1)
    assert has_light_background(box(ink=60)) == is_light


@pytest.mark.parametrize(("edges", "is_light"), [(-0.8, True), (-1.3, False)])
def test_corners_have_half_a_vote_too(edges: float, is_light: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(global_threshold, "edge_cue", lambda small: edges)
    image = box(ink=60)
    ink = global_threshold.binarize_globally(image, image)
    assert ink is not None
    assert (ink[32, 32] == 1) == is_light
