"""Rows of digits written by code, and the segmentation graphs into which they are cut."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from inkling.pipeline.classifier import Prediction
from inkling.pipeline.normalize import normalize_glyphs
from inkling.pipeline.reader import prepare
from inkling.pipeline.segmentation import Segmentation
from inkling.training import degrade, synthetic_digits
from inkling.training.over_segmentation import touching_digits
from inkling.training.over_segmentation.config import GLYPH_GROUPS
from inkling.training.over_segmentation.crf import COSTS, Arcs
from inkling.training.over_segmentation.glyph_groups import build_graphs, group_glyphs
from inkling.training.over_segmentation.segmentation_graph import Segment

KINDS = {"close": 0.0, "some touch": 0.4, "all touch": 1.0}  # share of neighbours that touch
ALONE = "alone"
COPY = "a poor copy"  # of one digit
ENLARGED = 6  # times: a digit that stands alone
RAGGED = 0.15  # of a poor copy
Written = tuple[np.ndarray, list[int]]  # (H, W) uint8 dark on light, text


@dataclass(frozen=True)
class UnclassifiedGraph:
    """A segmentation graph that no network has classified yet: A segments, sorted by their end."""

    last: int  # node
    start: np.ndarray  # (A,) nodes
    end: np.ndarray  # (A,) nodes
    shapes: np.ndarray  # (A, 5), what all costs in FITTED but the first are multiplied with
    tiles: np.ndarray  # (A, 28, 28) float32

    def with_prediction(self, prediction: Prediction) -> Arcs:
        """The graph with the network's prediction of its A tiles."""
        accepted = np.log(np.maximum(1 - prediction.not_digit, COSTS.min_probability))
        log_probs = np.log(np.maximum(prediction.probs, COSTS.min_probability))
        return Arcs(self.last, self.start, self.end, log_probs, np.column_stack([accepted, self.shapes]))


def write_row(kind: str, images: np.ndarray, labels: np.ndarray, rng: np.random.Generator, *, longest: int) -> Written:
    """A row of (N, 28, 28) uint8 digits of some kind, or a digit that stands alone."""
    if kind == COPY:
        return write_copy(images, labels, rng)
    if kind == ALONE:
        i = int(rng.integers(len(images)))
        large = cv2.resize(images[i], None, fx=ENLARGED, fy=ENLARGED, interpolation=cv2.INTER_CUBIC)
        return 255 - np.pad(large, 4 * ENLARGED), [int(labels[i])]
    picked = rng.integers(len(images), size=rng.integers(2, longest + 1))
    ink = touching_digits.write(images[picked], rng, share=KINDS[kind]).max(axis=0)
    return np.asarray(255 - np.rint(255 * ink), np.uint8), labels[picked].tolist()


def write_copy(images: np.ndarray, labels: np.ndarray, rng: np.random.Generator) -> Written:
    """A poor copy of one digit, as it is or enlarged; half of them in a form that code draws."""
    i = int(rng.integers(len(images)))
    ink, label = images[i] / np.float32(255), int(labels[i])
    if rng.random() < 0.5:
        ink = synthetic_digits.draw_form(synthetic_digits.random_form(label, rng), rng)
    copy = degrade.degrade_image(ink, rng, edge_noise=RAGGED)
    copy = degrade.enlarge(copy, rng) if rng.random() < 0.5 else copy
    margin = int(rng.integers(len(copy) // 3 + 1))
    return 255 - np.pad(np.rint(255 * copy).astype(np.uint8), margin), [label]


def cut_image(image: np.ndarray) -> list[UnclassifiedGraph]:
    """(H, W) uint8 -> its graphs in reading order, with every glyph cut that can be."""
    prepared = prepare(image)
    segmentation, found = prepared.segmentation, []
    boxes = [glyph.box_xywh for glyph in segmentation.glyphs]
    groups = group_glyphs(segmentation, [w <= GLYPH_GROUPS.max_aspect_ratio * h for _, _, w, h in boxes])
    for group, graph in zip(groups, build_graphs(segmentation, groups), strict=True):
        uncut = [Segment(0, 1, None, 0, 1.0, segmentation.glyphs[group.numbers[0]])]
        segments = sorted(graph.segments, key=lambda segment: segment.end) if graph else uncut
        parts = Segmentation([[one.glyph for one in segments]], segmentation.labels, segmentation.corner_xy)
        start, end = np.array([(segment.start, segment.end) for segment in segments]).T
        tiles = normalize_glyphs(prepared.ink, parts)
        found.append(UnclassifiedGraph(int(end[-1]), start, end, shapes(segments), tiles))
    return found


def shapes(segments: list[Segment]) -> np.ndarray:
    """(A, 5): by how much each cost in FITTED but the first raises the score of a segment."""
    w, h = np.array([segment.glyph.box_xywh[2:] for segment in segments], float).T
    scores = np.array([np.nan if segment.cut_score is None else segment.cut_score for segment in segments])
    columns = (
        -np.isfinite(scores).astype(float),
        np.nan_to_num(scores),
        -np.array([segment.gaps for segment in segments], float),
        -np.maximum(w / h - COSTS.usual_width, 0),
        -np.maximum(COSTS.usual_height - np.array([segment.height for segment in segments]), 0),
    )
    return np.stack(columns, axis=1)
