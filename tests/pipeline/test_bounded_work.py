"""Pictures made to take long: the work for each is bounded, whatever they hold."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from inkling import Reader
from inkling.pipeline.over_segmentation import ranking
from inkling.pipeline.over_segmentation.segmentation_graph import SegmentationGraph

SIDE = 1600


def blobs() -> np.ndarray:
    """A few components, each half as high as the picture, none a digit; unbounded, 272 megapixels of cuts."""
    noise = np.random.default_rng(8).integers(0, 255, (SIDE, SIDE)).astype(np.float32)
    soft = cv2.GaussianBlur(noise, (0, 0), 8)
    return np.where(soft > soft.mean() + 0.7 * soft.std(), 255, 0).astype(np.uint8)


def specks(n: int) -> np.ndarray:
    image = np.full((SIDE, SIDE), 255, np.uint8)
    y, x = np.random.default_rng(0).integers(1, SIDE - 2, (2, n))
    image[y, x] = image[y + 1, x] = 0
    return image


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader("cnn")


@pytest.mark.slow
def test_large_blobs_are_cut_a_few_times_only(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[SegmentationGraph] = []
    plain = ranking.build_graph

    def spied(*args: object, **kwargs: object) -> SegmentationGraph:
        made.append(plain(*args, **kwargs))  # type: ignore[arg-type]
        return made[-1]

    monkeypatch.setattr(ranking, "build_graph", spied)
    reader.read(blobs())
    boxes = [segment.glyph.box_xywh for graph in made for segment in graph.segments]
    assert boxes, "there is something to cut"
    assert sum(w * h for _, _, w, h in boxes) < 200e6, "pixels that are shown to the network in all"


@pytest.mark.slow
def test_specks_beyond_number_are_not_all_looked_at(reader: Reader) -> None:
    trace = reader.trace(specks(100_000))
    assert trace.reading.outcome == "not_digit"
    assert len(trace.tiles) < 1100
