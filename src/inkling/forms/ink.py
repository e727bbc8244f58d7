"""The handwriting on a form: the page without the blank's print, and the strokes in each box."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from inkling.forms.config import INK as CONFIG
from inkling.forms.registration import Blank, Registered
from inkling.pipeline.box import Box
from inkling.pipeline.layout.light import MOST_CONTRAST, ink_threshold

Glyph = np.ndarray  # (h, w) float32 ink of one digit, 0..1


@dataclass(frozen=True)
class PageInk:
    """The writing on a page that is aligned with its blank."""

    soft: np.ndarray  # (h, w) float32, 0..1: amount of ink
    labels: np.ndarray  # (h, w) int32: the component of each pixel, 0 = paper
    stats: np.ndarray  # (n, 5) x, y, w, h, area of each component

    def in_box(self, box: Box) -> list[tuple[Box, np.ndarray]]:
        """The components in a box, from left to right: the box of each, and its (h, w) bool mask.

        A component that crosses the box's edge belongs to the box completely if most of it is inside and it is no
        larger than a digit, or if nearly all of it is inside. Of another component larger than a digit, the part inside
        belongs to the box unless it is small. Dirt is removed, but ink as small as dirt is kept just above or below
        larger ink, because it may be a piece of a broken stroke.
        """
        x, y, w, h = box
        window = self.labels[y : y + h, x : x + w]
        inside = np.bincount(window.ravel(), minlength=len(self.stats))
        found: list[tuple[Box, np.ndarray]] = []
        small: list[tuple[Box, np.ndarray]] = []
        for label in np.flatnonzero(inside).tolist():
            if not label:
                continue
            left, top, wide, high, area = self.stats[label].tolist()
            share = inside[label] / area
            is_one = wide <= CONFIG.max_width * w and high <= CONFIG.max_height * h
            if share < (CONFIG.min_own if is_one else CONFIG.min_part):
                continue
            if not is_one and share < CONFIG.whole:
                part = (max(left, x), max(top, y), min(left + wide, x + w), min(top + high, y + h))
                left, top, wide, high = part[0], part[1], part[2] - part[0], part[3] - part[1]
            mask = self.labels[top : top + high, left : left + wide] == label
            size = int(mask.sum()) / (h * h)
            if size >= CONFIG.min_piece:
                (found if size >= CONFIG.min_pixels else small).append(((left, top, wide, high), mask))
        while near := [i for i, (piece, _) in enumerate(small) if _is_near(piece, found, CONFIG.piece_reach * h)]:
            found.append(small.pop(near[0]))
        return sorted(found, key=lambda one: one[0][0])

    def glyph(self, parts: Sequence[tuple[Box, np.ndarray]]) -> tuple[Box, Glyph]:
        """Components -> the box around them, and their ink in it with a margin of one pixel."""
        left, top = (min(box[k] for box, _ in parts) for k in (0, 1))
        right, base = (max(box[k] + box[k + 2] for box, _ in parts) for k in (0, 1))
        mask = np.zeros((base - top + 2, right - left + 2), np.uint8)
        for (x, y, w, h), own in parts:
            mask[y - top + 1 : y - top + 1 + h, x - left + 1 : x - left + 1 + w] |= own.view(np.uint8)
        padded = cv2.copyMakeBorder(self.soft[top:base, left:right], 1, 1, 1, 1, cv2.BORDER_CONSTANT)
        return (left, top, right - left, base - top), padded * cv2.dilate(mask, np.ones((3, 3), np.uint8))

    def row_image(self, parts: Sequence[tuple[Box, np.ndarray]], height: int) -> np.ndarray:
        """Components -> (h, w) uint8, black on white: only their ink, with the margin that the line network expects."""
        _, ink = self.glyph(parts)
        rim_y, rim_x = (round(share * height) for share in (CONFIG.rim_y, CONFIG.rim_x))
        ink = cv2.copyMakeBorder(ink, rim_y, rim_y, rim_x, rim_x, cv2.BORDER_CONSTANT)
        return np.asarray(255 * (1 - ink), np.uint8)


def _is_near(box: Box, others: Sequence[tuple[Box, np.ndarray]], reach_px: float) -> bool:
    """Whether a box is above or below one of the others, at most `reach_px` away."""
    x, y, w, h = box
    return any(
        left < x + w and x < left + wide and max(top - y - h, y - top - high) <= reach_px
        for (left, top, wide, high), _ in others
    )


def written_ink(sheet: Registered, blank: Blank) -> PageInk:
    """A page that is aligned with its blank -> its writing.

    The blank's print is removed. Strokes that continue on both sides of a printed line are joined across it.
    """
    contrast = sheet.contrast
    reach = 2 * CONFIG.print_reach_px + 1
    printed = cv2.dilate((blank.contrast >= CONFIG.print_level).view(np.uint8), np.ones((reach, reach), np.uint8)) > 0
    rest = np.where(printed, np.uint8(0), contrast)
    bridge = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (CONFIG.bridge_px, CONFIG.bridge_px))
    crossing = np.minimum(contrast, cv2.morphologyEx(rest, cv2.MORPH_CLOSE, bridge))
    ink = np.where(printed, crossing, rest)
    ink[~sheet.seen] = 0
    threshold = max(ink_threshold(ink), CONFIG.min_contrast)
    if threshold > MOST_CONTRAST:
        return PageInk(np.zeros(ink.shape, np.float32), np.zeros(ink.shape, np.int32), np.zeros((1, 5), np.int32))
    body = max(float(np.median(ink[ink >= threshold])), threshold + 1.0) if (ink >= threshold).any() else 255.0
    low = CONFIG.paper_share * threshold
    soft = np.clip((ink.astype(np.float32) - low) / (body - low), 0, 1)
    _, labels, stats, _ = cv2.connectedComponentsWithStats((ink >= threshold).view(np.uint8), connectivity=8)
    return PageInk(soft, labels, stats)
