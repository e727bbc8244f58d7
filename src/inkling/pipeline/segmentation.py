"""ink -> glyphs: one box per digit, in reading order.

Connected pieces of ink are found, specks and frames dropped, the pieces of one broken digit joined, and what is
left put into lines, top to bottom, each from left to right. All lengths are relative to the reference height, the
usual height of the tall pieces, so that a small number on a large board and a large one are treated alike.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from inkling.pipeline.line_grouping import group_lines

INK_AT = 0.35  # ink from which a pixel belongs to a stroke
SPECK = 0.12  # of the reference height: a piece smaller than this in both directions is dirt
SMALL = 0.45  # of the reference height: a lower and narrower piece is a part of a digit or a mark, not a digit
FLAT = 0.2  # of the reference height: a lower piece is a dash or a rule, however wide
FULL = 0.8  # ink that three quarters of a digit's pixels do not stay below
ALONG, FRAME = 0.2, 0.85  # of its box's sides: so near to them lies so much of a frame, but less of a digit
RIM = 0.06  # of the longer side of the picture: how far from its border a frame lies at most
REACH = 0.12  # of the reference height: how near the parts of one digit are
MAX_PIECES = 1024  # the largest ones are looked at; more is a page of text or a texture


@dataclass(frozen=True)
class Glyph:
    """The ink of one digit."""

    box_xywh: tuple[int, int, int, int]  # pixels of the ink image
    components: tuple[int, ...]  # its numbers in the label image
    part: np.ndarray | None = None  # (h, w) bool: its own ink within the box where it is cut from the pieces; else None


@dataclass(frozen=True)
class Segmentation:
    """All digits of a picture."""

    lines: list[list[Glyph]]  # top to bottom, each left to right
    labels: np.ndarray  # (h, w) uint16 or int32: 0 = paper, else the number of a connected piece
    corner_xy: tuple[int, int]  # where `labels` stands in the ink image: it covers all ink and a rim

    @property
    def flat(self) -> list[Glyph]:
        """Every glyph in reading order."""
        return [glyph for line in self.lines for glyph in line]


def glyph_mask(glyphs: Segmentation, glyph: Glyph) -> np.ndarray:
    """(h, w) bool: which pixels of the glyph's box are its own ink."""
    if glyph.part is not None:
        return glyph.part
    x, y, w, h = glyph.box_xywh
    x, y = x - glyphs.corner_xy[0], y - glyphs.corner_xy[1]
    labels = glyphs.labels[y : y + h, x : x + w]
    return labels == glyph.components[0] if len(glyph.components) == 1 else np.isin(labels, glyph.components)


def segment(ink: np.ndarray, *, single: bool = False) -> Segmentation:
    """(H, W) float32 ink -> Glyphs. `single` takes all ink that is neither speck nor frame as one digit."""
    mask = above(ink, INK_AT)
    inked = _as_box(np.array(cv2.boundingRect(mask)))
    if inked[2] == 0:
        return Segmentation([], mask[:0, :0], (0, 0))
    x0, y0, x1, y1 = with_rim(inked)
    inside = mask[y0:y1, x0:x1]
    kind = cv2.CV_16U if inside.size < 4 * 65535 else cv2.CV_32S  # at most every fourth pixel starts a piece
    n, labels = cv2.connectedComponents(inside, connectivity=8, ltype=kind)  # a third of the time that it takes ..
    if n == 2:
        return Segmentation([[Glyph(inked, (1,))]], labels, (x0, y0))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(inside, connectivity=8, ltype=kind)  # .. to measure them too
    stats[:, :2] += (x0, y0)
    numbers = _without_clutter(stats, labels, corner_xy=(x0, y0), shape=ink.shape)
    numbers = _without_shades(numbers, stats, labels, ink[y0:y1, x0:x1], corner_xy=(x0, y0), shape=ink.shape)
    boxes = stats[numbers, :4]
    groups = [list(range(len(numbers)))] if single else _without_marks(boxes, _joined(boxes))
    glyphs = [Glyph(box_around(boxes[group]), tuple(numbers[group].tolist())) for group in groups]
    lines = group_lines(np.array([glyph.box_xywh for glyph in glyphs]))
    return Segmentation([[glyphs[i] for i in line] for line in lines], labels, (x0, y0))


def with_rim(box_xywh: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    """Box -> x0, y0, x1, y1 of the slice one pixel wider on each side, for the soft edge of the outermost strokes.

    Beyond the picture's right and lower border a slice may reach; beyond the others it would wrap, so it is cut.
    """
    x, y, w, h = box_xywh
    return max(x - 1, 0), max(y - 1, 0), x + w + 1, y + h + 1


def above(ink: np.ndarray, level: float) -> np.ndarray:
    """(H, W) float32 -> (H, W) uint8: 1 where there is more ink than `level`, else 0."""
    return np.asarray(ink > level).view(np.uint8)


def reference_height(boxes: np.ndarray) -> float:
    """(N, 4) x, y, w, h -> the median height of the boxes at least half as high as the highest, pixels."""
    heights = boxes[:, 3]
    return float(np.median(heights[heights >= 0.5 * heights.max()]))


def _without_clutter(
    stats: np.ndarray, labels: np.ndarray, *, corner_xy: tuple[int, int], shape: tuple[int, ...]
) -> np.ndarray:
    """Numbers of the pieces that may be digits or parts of them; frames and specks are left out."""
    h_picture, w_picture = shape
    x, y, w, h, area = stats.T
    touches = (x <= 0).astype(int) + (y <= 0) + (x + w >= w_picture) + (y + h >= h_picture)
    along_the_edge = ((w >= 0.85 * w_picture) | (h >= 0.85 * h_picture)) & (touches >= 2)
    along_the_edge[0] = True  # the paper itself
    for i in np.flatnonzero(along_the_edge)[1:]:
        others = np.delete(h, [0, int(i)])
        if others.max(initial=0) < SMALL * h[i] and not _is_rim(labels == i, corner_xy, shape):
            along_the_edge[i] = False  # a digit that fills the picture, and specks beside it
    numbers = np.flatnonzero(~along_the_edge)
    if numbers.size == 0:
        return np.array([int(np.argmax(area[1:])) + 1])
    numbers = np.sort(numbers[np.argsort(-area[numbers], kind="stable")[:MAX_PIECES]])
    around = _frames(stats[numbers])
    for i in np.flatnonzero(around):
        around[i] = _runs_along_its_box(labels, int(numbers[i]), stats[numbers[i]], corner_xy)
    numbers = numbers[~around]
    least = SPECK * reference_height(stats[numbers])
    return np.asarray(numbers[np.maximum(w, h)[numbers] >= least])


def _is_rim(piece: np.ndarray, corner_xy: tuple[int, int], shape: tuple[int, ...]) -> bool:
    """Whether most of a piece lies along the border of the picture, as a frame does; `piece` is a slice of it."""
    x0, y0 = corner_xy
    margin = max(1, round(RIM * max(shape)))
    inner = piece[max(margin - y0, 0) : shape[0] - margin - y0, max(margin - x0, 0) : shape[1] - margin - x0]
    return bool(np.count_nonzero(inner) < 0.5 * np.count_nonzero(piece))


def _without_shades(
    numbers: np.ndarray,
    stats: np.ndarray,
    labels: np.ndarray,
    ink: np.ndarray,
    *,
    corner_xy: tuple[int, int],
    shape: tuple[int, ...],
) -> np.ndarray:
    """Leaves out what is nowhere full ink and runs out of the picture: the remains of a shadow at the border."""
    kept = []
    for number in numbers:
        x, y, w, h, _ = stats[number]
        if x <= 0 or y <= 0 or x + w >= shape[1] or y + h >= shape[0]:
            x, y = x - corner_xy[0], y - corner_xy[1]
            own = ink[y : y + h, x : x + w][labels[y : y + h, x : x + w] == number]
            if np.quantile(own, 0.75) < FULL:
                continue
        kept.append(number)
    return np.array(kept) if kept else numbers


def _frames(stats: np.ndarray) -> np.ndarray:
    """Which pieces may be printed boxes: hollow, around another piece too tall to be dirt in the hole of a digit."""
    x, y, w, h, area = stats.T
    inside = (
        np.greater.outer(x, x).T
        & np.greater.outer(y, y).T
        & np.less.outer(x + w, x + w).T
        & np.less.outer(y + h, y + h).T
        & (h[None, :] >= 0.3 * h[:, None])
    )  # [i, j]: j lies within i
    return np.asarray(inside.any(axis=1) & (area < 0.35 * w * h))


def _runs_along_its_box(labels: np.ndarray, number: int, stats: np.ndarray, corner_xy: tuple[int, int]) -> bool:
    """Whether nearly all of a piece is near the sides of its box, as of a frame, or a ring around a number."""
    x, y, w, h, area = (int(value) for value in stats)
    x, y, dx, dy = x - corner_xy[0], y - corner_xy[1], round(ALONG * w), round(ALONG * h)
    inner = labels[y + dy : y + h - dy, x + dx : x + w - dx]
    return bool(np.count_nonzero(inner == number) <= (1 - FRAME) * area)


def _joined(boxes: np.ndarray) -> list[list[int]]:
    """(N, 4) boxes of pieces -> groups of indices that form one digit each."""
    reference = reference_height(boxes)
    x, y, w, h = boxes.T.astype(float)
    x_gap, x_overlap = _gap_and_overlap(x, w)
    y_gap, y_overlap = _gap_and_overlap(y, h)
    area = w * h
    inside = x_overlap * y_overlap >= 0.6 * np.minimum.outer(area, area)
    stacked_height = np.maximum.outer(y + h, y + h) - np.minimum.outer(y, y)
    stacked = (
        (x_overlap >= 0.5 * np.minimum.outer(w, w))
        & (y_gap <= 2 * REACH * reference)
        & ((stacked_height <= 1.35 * reference) | (y_gap <= REACH * reference / 2))
    )
    # A small stroke close beside the upper part of a tall one: the top of a 5 that was set down late.
    small = (h < SMALL * reference) & (np.maximum(w, h) >= 2 * SPECK * reference)
    upper = np.subtract.outer(y + h / 2, y + 0.4 * h) < 0  # [i, j]: the middle of i is in the upper 40 % of j
    beside = small[:, None] & ~small[None, :] & upper & (x_gap <= REACH * reference) & (y_gap <= REACH * reference)
    parent = list(range(len(boxes)))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    for i, j in np.argwhere(inside | stacked | beside):
        parent[root(int(i))] = root(int(j))
    groups: dict[int, list[int]] = {}
    for i in range(len(boxes)):
        groups.setdefault(root(i), []).append(i)
    return list(groups.values())


def _gap_and_overlap(start: np.ndarray, length: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Intervals (N,), (N,) -> pairwise distance and pairwise common length, (N, N) each, at least 0."""
    end = start + length
    common = np.minimum.outer(end, end) - np.maximum.outer(start, start)
    return np.maximum(-common, 0), np.maximum(common, 0)


def _without_marks(boxes: np.ndarray, groups: list[list[int]]) -> list[list[int]]:
    """Leaves out points, commas and dashes: groups that are small or flat beside the digits."""
    around = np.array([box_around(boxes[group]) for group in groups])
    reference = reference_height(around)
    w, h = around[:, 2], around[:, 3]
    mark = ((h < SMALL * reference) & (w < SMALL * reference)) | (h < FLAT * reference)
    return [group for group, drop in zip(groups, mark, strict=True) if not drop]


def _as_box(row: np.ndarray) -> tuple[int, int, int, int]:
    x, y, w, h = (int(value) for value in row)
    return x, y, w, h


def box_around(boxes: np.ndarray) -> tuple[int, int, int, int]:
    """(N, 4) boxes -> the box around all of them."""
    low = boxes[:, :2].min(axis=0)
    high = (boxes[:, :2] + boxes[:, 2:]).max(axis=0)
    return _as_box(np.concatenate([low, high - low]))
