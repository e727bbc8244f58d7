"""Straighten the picture's paper, and cut rows out of it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from inkling.pipeline.box import Box
from inkling.pipeline.config.layout import LAYOUT
from inkling.pipeline.downscaling import reduced_by
from inkling.pipeline.layout.geometry import mapped_corners, scaling
from inkling.pipeline.layout.light import Paper, even, separate
from inkling.pipeline.layout.perspective import Page
from inkling.pipeline.layout.records import Row


@dataclass(frozen=True)
class Sheet:
    """The picture's paper, downscaled and straightened, and the mapping from the picture to it."""

    image: np.ndarray  # (H, W) uint8, the original picture
    paper: Paper  # of the work picture
    to_work: np.ndarray  # (3, 3) pixels of the picture -> pixels of the work picture
    scale: float  # work pixels per pixel of the picture
    size_wh: tuple[int, int]  # of the work picture


def straighten(image: np.ndarray, page: Page | None) -> tuple[Sheet, np.ndarray | None]:
    """The work picture, and the mask of the sheet's surroundings in it; None without a sheet."""
    scale = min(1.0, LAYOUT.work_side_px / max(image.shape))
    reduced = reduced_by(image, scale)
    to_work = scaling(reduced.shape[1] / image.shape[1], reduced.shape[0] / image.shape[0])
    outside: np.ndarray | None = None
    if page is not None:
        if page.is_whole:
            size_wh = (max(8, round(page.size_wh[0] * scale)), max(8, round(page.size_wh[1] * scale)))
            to_page = scaling(size_wh[0] / page.size_wh[0], size_wh[1] / page.size_wh[1]) @ page.to_page
            between = to_page @ np.linalg.inv(to_work)
            inside = cv2.warpPerspective(np.ones_like(reduced), between, size_wh)  # a corner may be outside
            reduced = cv2.warpPerspective(
                reduced, between, size_wh, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
            )
            to_work = to_page
            rim = max(2, round(LAYOUT.rim_share * max(size_wh)))
            inside[:rim] = inside[-rim:] = 0
            inside[:, :rim] = inside[:, -rim:] = 0
            outside = 1 - inside
        else:
            corners = cv2.perspectiveTransform(page.corners[None], to_work)[0]
            inside = np.zeros(reduced.shape, np.uint8)
            cv2.fillConvexPoly(inside, np.rint(corners).astype(np.int32), (1,))
            rim = max(2, round(LAYOUT.rim_share * max(reduced.shape)))
            outside = 1 - cv2.erode(inside, np.ones((2 * rim + 1, 2 * rim + 1), np.uint8), borderValue=(1,))
            reduced = np.where(inside > 0, reduced, _continued(reduced, inside))
    return Sheet(image, separate(reduced, is_sheet=page is not None), to_work, scale, reduced.shape[::-1]), outside


def _continued(image: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """(H, W) uint8 gray and mask of a sheet -> (H, W) uint8: the sheet's brightness, extrapolated beyond its edge."""
    side = max(3, round(LAYOUT.continued_share * max(image.shape)))
    levels = cv2.blur(image * inside, (side, side), borderType=cv2.BORDER_REPLICATE).astype(np.float32)
    weights = cv2.blur(inside * np.uint8(255), (side, side), borderType=cv2.BORDER_REPLICATE)
    known = weights > LAYOUT.min_known
    filled = np.full(image.shape, np.median(image[inside > 0]), np.float32)
    filled[known] = 255 * levels[known] / weights[known]
    return np.asarray(np.clip(filled, 0, 255), np.uint8)


def cut(
    sheet: Sheet,
    level: np.ndarray,
    box: tuple[float, float, float, float],
    others: np.ndarray | None = None,
    others_level: np.ndarray | None = None,
) -> Row:
    """Cut a leveled box out of the picture, at the picture's resolution.

    `level`: (3, 3), pixels of the work picture -> leveled pixels. `others`: uint8 mask of ink to paint over because it
    belongs to other rows, leveled by `others_level`.
    """
    x, y, w, h = box
    to_image = np.linalg.inv(level @ sheet.to_work) @ np.array([[sheet.scale, 0, x], [0, sheet.scale, y], [0, 0, 1]])
    to_image /= to_image[2, 2]
    size_wh = max(1, round(w / sheet.scale)), max(1, round(h / sheet.scale))
    if np.allclose(to_image - np.eye(3), [[0, 0, to_image[0, 2]], [0, 0, to_image[1, 2]], [0, 0, 0]], atol=1e-6):
        size = np.array(sheet.image.shape[::-1])
        low = np.clip(np.rint(to_image[:2, 2]).astype(int), 0, size - 1)
        high = np.clip(low + size_wh, low + 1, size)
        image = sheet.image[low[1] : high[1], low[0] : high[0]]
        to_image = np.array([[1.0, 0, low[0]], [0, 1, low[1]], [0, 0, 1]])
    else:
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        image = cv2.warpPerspective(sheet.image, to_image, size_wh, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    fx, fy = (a / b for a, b in zip(sheet.paper.background.shape[::-1], sheet.size_wh, strict=True))
    image = even(image, sheet.paper, scaling(fx, fy) @ sheet.to_work @ to_image)
    if others is not None and others.any():
        matrix = (level if others_level is None else others_level) @ sheet.to_work @ to_image
        flags = cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP
        over = cv2.warpPerspective(others, matrix, image.shape[::-1], flags=flags)
        if over.any() and not over.all():
            image = np.where(over > 0, np.uint8(np.median(image[over == 0])), image)
    return Row(np.ascontiguousarray(image, np.uint8), to_image)


def picture_box(sheet: Sheet, level: np.ndarray, box: np.ndarray) -> Box:
    """A leveled box -> the upright box in the picture that encloses it."""
    x, y, w, h = (int(value) for value in box)
    matrix = np.linalg.inv(level @ sheet.to_work)
    return Row(np.zeros((1, 1), np.uint8), matrix).to_image_box((x, y, w, h))


def levelled_box(row: Row, level: np.ndarray) -> np.ndarray:
    """The upright (4,) box around a row in leveled pixels. `level`: (3, 3), pixels of the picture -> leveled pixels."""
    h, w = row.image.shape
    corners = mapped_corners((0, 0, w, h), level @ row.to_image)
    low = corners.min(axis=0)
    return np.concatenate([low, corners.max(axis=0) - low])
