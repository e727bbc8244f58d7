"""Find the digits: ink -> one box per digit, in reading order.

The ink's connected components are labeled; specks, shadows and frames are dropped; parts of broken digits are merged;
the result is grouped into lines. Lengths are relative to the reference height, the median height of the tall
components, so the result does not depend on the number's size in the image.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from inkling.pipeline.box import Box
from inkling.pipeline.config.segmentation import SEGMENTATION as CONFIG
from inkling.pipeline.config.shared import SHARED
from inkling.pipeline.line_grouping import group_lines
from inkling.pipeline.union_find import roots_of


@dataclass(frozen=True)
class Glyph:
    """The ink of one digit."""

    box_xywh: Box  # pixels of the ink image
    components: tuple[int, ...]  # their values in the label image


@dataclass(frozen=True)
class Segmentation:
    """The digits of an image."""

    lines: list[list[Glyph]]  # top to bottom, each left to right
    labels: np.ndarray  # (h, w) uint16 or int32: 0 = background, else the number of a connected component
    corner_xy: tuple[int, int]  # top-left corner of `labels`, in the ink image; `labels` covers all ink plus 1 pixel

    @property
    def glyphs(self) -> list[Glyph]:
        """Every glyph in reading order."""
        return [glyph for line in self.lines for glyph in line]


def glyph_mask(segmentation: Segmentation, glyph: Glyph) -> np.ndarray:
    """(h, w) bool mask of the glyph's ink in its box."""
    x, y, w, h = glyph.box_xywh
    x, y = x - segmentation.corner_xy[0], y - segmentation.corner_xy[1]
    labels = segmentation.labels[y : y + h, x : x + w]
    return labels == glyph.components[0] if len(glyph.components) == 1 else np.isin(labels, glyph.components)


def segment(ink: np.ndarray, *, single: bool = False) -> Segmentation:
    """(H, W) float32 ink, 0..1 -> its digits. `single`: all ink except specks and frames is one digit."""
    mask = threshold(ink, SHARED.ink_threshold)  # (H, W) uint8
    ink_box = _as_box(np.array(cv2.boundingRect(mask)))
    if ink_box[2] == 0:
        return Segmentation([], mask[:0, :0], (0, 0))
    x0, y0, x1, y1 = padded_corners(ink_box)
    cropped = mask[y0:y1, x0:x1]
    dtype = cv2.CV_16U if cropped.size < 4 * 65535 else cv2.CV_32S  # at most every fourth pixel starts a component
    n, labels = cv2.connectedComponents(cropped, connectivity=8, ltype=dtype)  # three times as fast as with statistics
    if n == 2:
        return Segmentation([[Glyph(ink_box, (1,))]], labels, (x0, y0))
    # stats: (n, 5) x, y, w, h, area
    _, labels, stats, _ = cv2.connectedComponentsWithStats(cropped, connectivity=8, ltype=dtype)
    stats[:, :2] += (x0, y0)
    kept = _without_clutter(stats, labels, corner_xy=(x0, y0), shape=ink.shape)  # (k,) component numbers
    kept = _without_shadows(kept, stats, labels, ink[y0:y1, x0:x1], corner_xy=(x0, y0), shape=ink.shape)
    boxes = stats[kept, :4]  # (k, 4)
    groups = [list(range(len(kept)))] if single else _without_punctuation(boxes, _merge_parts(boxes))
    glyphs = [Glyph(bounding_box(boxes[group]), tuple(kept[group].tolist())) for group in groups]
    lines = group_lines(np.array([glyph.box_xywh for glyph in glyphs]))
    return Segmentation([[glyphs[i] for i in line] for line in lines], labels, (x0, y0))


def padded_corners(box_xywh: Box) -> Box:
    """Box -> x0, y0, x1, y1 of a slice that is one pixel larger on each side, to include the strokes' soft edge.

    A slice may extend beyond the image's right and bottom borders. It is clipped at the left and top borders, because
    negative indices would wrap around.
    """
    x, y, w, h = box_xywh
    return max(x - 1, 0), max(y - 1, 0), x + w + 1, y + h + 1


def threshold(ink: np.ndarray, level: float) -> np.ndarray:
    """(H, W) float32 -> (H, W) uint8: 1 if there is more ink than `level`, else 0."""
    return np.asarray(ink > level).view(np.uint8)


def reference_height(boxes: np.ndarray) -> float:
    """(N, 4) x, y, w, h -> the median height of the tall boxes, in pixels."""
    heights = boxes[:, 3]
    return float(np.median(heights[heights >= CONFIG.tall_share * heights.max()]))


def bounding_box(boxes: np.ndarray) -> Box:
    """(N, 4) x, y, w, h -> the box around all of them."""
    low = boxes[:, :2].min(axis=0)
    high = (boxes[:, :2] + boxes[:, 2:]).max(axis=0)
    return _as_box(np.concatenate([low, high - low]))


def _without_clutter(
    stats: np.ndarray, labels: np.ndarray, *, corner_xy: tuple[int, int], shape: tuple[int, ...]
) -> np.ndarray:
    """Numbers of the components that may be digits or parts of digits: no frames, specks or excess components."""
    h_image, w_image = shape
    x, y, w, h, area = stats.T
    borders_touched = (x <= 0).astype(int) + (y <= 0) + (x + w >= w_image) + (y + h >= h_image)
    dropped = ((w >= CONFIG.frame_extent * w_image) | (h >= CONFIG.frame_extent * h_image)) & (borders_touched >= 2)
    dropped[0] = True  # the background
    for i in np.flatnonzero(dropped)[1:]:
        others = np.delete(h, [0, int(i)])
        if others.max(initial=0) < CONFIG.max_part_size * h[i] and not _is_along_border(labels == i, corner_xy, shape):
            dropped[i] = False  # a digit that fills the image, with specks beside it
    numbers = np.flatnonzero(~dropped)
    if numbers.size == 0:
        return np.array([int(np.argmax(area[1:])) + 1])
    numbers = np.sort(numbers[np.argsort(-area[numbers], kind="stable")[: CONFIG.max_components]])
    is_frame = _hollow_around_others(stats[numbers])
    for i in np.flatnonzero(is_frame):
        is_frame[i] = _is_along_its_box(labels, int(numbers[i]), stats[numbers[i]], corner_xy)
    numbers = numbers[~is_frame]
    min_size = CONFIG.max_speck_size * reference_height(stats[numbers])
    return np.asarray(numbers[np.maximum(w, h)[numbers] >= min_size])


def _is_along_border(component: np.ndarray, corner_xy: tuple[int, int], shape: tuple[int, ...]) -> bool:
    """Whether most of a component, (h, w) bool at `corner_xy`, is along the image's border, like a frame."""
    x0, y0 = corner_xy
    margin = max(1, round(CONFIG.frame_border_share * max(shape)))
    inner = component[max(margin - y0, 0) : shape[0] - margin - y0, max(margin - x0, 0) : shape[1] - margin - x0]
    return bool(np.count_nonzero(inner) < 0.5 * np.count_nonzero(component))


def _without_shadows(
    numbers: np.ndarray,
    stats: np.ndarray,
    labels: np.ndarray,
    ink: np.ndarray,
    *,
    corner_xy: tuple[int, int],
    shape: tuple[int, ...],
) -> np.ndarray:
    """Drop remnants of shadows: components that touch the image's border and contain hardly any full ink."""
    kept = []
    for number in numbers:
        x, y, w, h, _ = stats[number]
        if x <= 0 or y <= 0 or x + w >= shape[1] or y + h >= shape[0]:
            x, y = x - corner_xy[0], y - corner_xy[1]
            own = ink[y : y + h, x : x + w][labels[y : y + h, x : x + w] == number]
            if np.quantile(own, 0.75) < CONFIG.full_ink:
                continue
        kept.append(number)
    return np.array(kept) if kept else numbers


def _hollow_around_others(stats: np.ndarray) -> np.ndarray:
    """(N, 5) -> (N,) bool: which components may be printed boxes, because they are hollow and contain another."""
    x, y, w, h, area = stats.T
    contains = (
        np.greater.outer(x, x).T
        & np.greater.outer(y, y).T
        & np.less.outer(x + w, x + w).T
        & np.less.outer(y + h, y + h).T
        & (h[None, :] >= CONFIG.min_framed_height * h[:, None])
    )  # [i, j]: j is inside i
    return np.asarray(contains.any(axis=1) & (area < CONFIG.max_frame_fill * w * h))


def _is_along_its_box(labels: np.ndarray, number: int, stats: np.ndarray, corner_xy: tuple[int, int]) -> bool:
    """Whether nearly all of a component is near the sides of its box, like a frame or a ring around a number."""
    x, y, w, h, area = (int(value) for value in stats)
    x, y = x - corner_xy[0], y - corner_xy[1]
    dx, dy = round(CONFIG.frame_side_band * w), round(CONFIG.frame_side_band * h)
    inner = labels[y + dy : y + h - dy, x + dx : x + w - dx]
    return bool(np.count_nonzero(inner == number) <= (1 - CONFIG.min_frame_share) * area)


def _merge_parts(boxes: np.ndarray) -> list[list[int]]:
    """(N, 4) boxes of components -> groups of indices that form one digit each."""
    reference = reference_height(boxes)
    x, y, w, h = boxes.T.astype(float)
    x_gap, x_overlap = _gap_and_overlap(x, w)  # (N, N) each
    y_gap, _ = _gap_and_overlap(y, h)
    # Above each other, or one inside the other.
    stacked_height = np.maximum.outer(y + h, y + h) - np.minimum.outer(y, y)
    max_gap = CONFIG.max_gap * reference
    stacked = (
        (x_overlap >= CONFIG.min_stacked_overlap * np.minimum.outer(w, w))
        & (y_gap <= 2 * max_gap)
        & ((stacked_height <= CONFIG.max_stacked_height * reference) | (y_gap <= max_gap / 2))
    )
    # A small stroke next to the upper part of a tall one: the detached top of a 5.
    small = (h < CONFIG.max_part_size * reference) & (np.maximum(w, h) >= 2 * CONFIG.max_speck_size * reference)
    upper = np.subtract.outer(y + h / 2, y + CONFIG.upper_part_share * h) < 0  # [i, j]: i's center is in j's upper part
    beside = small[:, None] & ~small[None, :] & upper & (x_gap <= max_gap) & (y_gap <= max_gap)
    roots = roots_of(len(boxes), np.argwhere(stacked | beside).tolist())
    return [np.flatnonzero(roots == root).tolist() for root in dict.fromkeys(roots.tolist())]


def _gap_and_overlap(start: np.ndarray, length: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Starts and lengths of N intervals -> pairwise gaps and overlaps, (N, N) each, at least 0."""
    end = start + length
    common = np.minimum.outer(end, end) - np.maximum.outer(start, start)
    return np.maximum(-common, 0), np.maximum(common, 0)


def _without_punctuation(boxes: np.ndarray, groups: list[list[int]]) -> list[list[int]]:
    """Drop points, commas and dashes: groups that are small or flat compared with the digits."""
    around = np.array([bounding_box(boxes[group]) for group in groups])
    reference = reference_height(around)
    w, h = around[:, 2], around[:, 3]
    small = (h < CONFIG.max_part_size * reference) & (w < CONFIG.max_part_size * reference)
    dropped = small | (h < CONFIG.max_dash_height * reference)
    return [group for group, drop in zip(groups, dropped, strict=True) if not drop]


def _as_box(row: np.ndarray) -> Box:
    x, y, w, h = (int(value) for value in row)
    return x, y, w, h
