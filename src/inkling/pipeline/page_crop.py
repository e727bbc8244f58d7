"""image -> image without its surroundings: where a sheet of paper lies on something else, only the sheet is kept.

A photograph seldom ends at the edge of the paper, nor a screenshot at that of the drawing. A sheet is told by its
shape: large, bare, filling its smallest rectangle (a light digit on a dark board does not) and with four corners (a
bold 8 has none, whose holes might be writing), with ink on it, and nothing written on what surrounds it.
"""

from __future__ import annotations

import cv2
import numpy as np

from inkling.pipeline.downscaling import upscale
from inkling.pipeline.level_statistics import median_level

LEAST_AREA = 0.25  # of the picture: a smaller light region is a digit
BARE = 0.7  # of the sheet's area is bare paper; a light digit fills less of its outline
FILLS = 0.86  # of its smallest rectangle: an ellipse fills 0.79
CORNERED = 0.88  # of its outline lies between its four corners, seen from whatever side; a bold 8's is rounder
DARK = 0.5  # of the sheet's brightness: lighter surroundings are paper in shadow
LEAST_BORDER = 0.06  # of the picture's border that is dark
BLANK_AREA = 0.4  # of the picture: a smaller rectangle with nothing on it may be a digit
LONG = 1.8  # times as long as wide: the same
LEAST_STEP = 10.0  # grey levels between a panel and its surroundings
BAND = 4  # pixels of the reduced image along the border, whose most usual level is that of the surroundings
MOST_SIDES = 2  # of the picture that a panel may reach
LIKE = 0.35  # of that step: what lies just beyond a panel differs less from the border of the picture
MARK = 0.1  # of the light: a darker or lighter spot on a panel is writing
RIM = 2  # pixels of the reduced image: the blurred edge of the sheet
BUSY = 0.008  # share of sharp steps in the surroundings from which something is taken to be written there
SHARP_STEP = 0.35  # in the logarithm of brightness


def crop_page(image: np.ndarray, small: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(H, W) uint8 and the same reduced -> both with the sheet's brightness laid over what surrounds it.

    Both come back unchanged where no sheet is seen, or no surroundings.
    """
    sheet = find_page(small)
    if sheet is None:
        return image, small
    level = int(np.median(small[sheet > 0]))
    wide = upscale(sheet, image.shape)
    return np.where(wide > 127, image, np.uint8(level)), np.where(sheet > 127, small, np.uint8(level))


def find_page(small: np.ndarray) -> np.ndarray | None:
    """(h, w) uint8 -> (h, w) uint8 mask of the sheet's inside, 255 = sheet; None where there is none to be cut out."""
    if min(small.shape) < 24:
        return None
    lightest = small.max()
    if _is_border_of(small, lightest):  # as of most drawings: nothing dark lies around, so it is no light sheet
        return _panel(small, float(lightest))
    sheet = _light_sheet(small)
    return _panel(small, _usual(small)) if sheet is None else sheet


def _is_border_of(small: np.ndarray, level: int) -> bool:
    """Whether a band along the picture's border has one level only."""
    others = np.asarray(small != level).view(np.uint8)
    return cv2.countNonZero(others) == cv2.countNonZero(others[BAND:-BAND, BAND:-BAND])


def _light_sheet(small: np.ndarray) -> np.ndarray | None:
    """A sheet on something dark, parted by Otsu's threshold (1979)."""
    _, light = cv2.threshold(small, 0, 1, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    if 1 - _ring(light).mean() < LEAST_BORDER:
        return None
    found = _rectangle(light)
    if found is None:
        return None
    outline, inside, outside = found
    if not np.any((light == 0) & (inside > 0)) and not _may_be_blank(outline):
        return None
    # Falling light has no edge: the sheet must end in one, so both sides of its outline are compared.
    within = small[(inside > 0) & (_grown(outline, -2 * RIM) == 0) & (light > 0)]
    beyond = small[(outside > 0) & (_grown(outline, 2 * RIM) > 0)]
    if within.size == 0 or beyond.size == 0 or np.quantile(beyond, 0.75) > DARK * np.median(within):
        return None
    if _is_busy(small, outside > 0):
        return None
    # A torn edge is no straight line: what is dark and reaches beyond the outline is no writing.
    _, labels = cv2.connectedComponents((light == 0).astype(np.uint8), connectivity=4)
    behind = np.isin(labels, np.unique(labels[(outside > 0) & (light == 0)]))
    return np.asarray(inside & ~_grown(behind.astype(np.uint8) * 255, RIM))


def _panel(small: np.ndarray, around: float) -> np.ndarray | None:
    """A sheet or window that differs a little from even surroundings of the level `around`.

    A lighter one may run out of the picture on a side or two; a darker one that did would be a shadow.
    """
    h, w = small.shape
    paper = median_level(small[h // 4 : h - h // 4, w // 4 : w - w // 4])
    step = paper - around
    if abs(step) < LEAST_STEP:
        return None
    limit = (paper + around) / 2
    found = _rectangle((small > limit if step > 0 else small < limit).astype(np.uint8))
    if found is None:
        return None
    outline, inside, outside = found
    sides = outline[0].any(), outline[-1].any(), outline[:, 0].any(), outline[:, -1].any()
    rim = np.zeros_like(small, dtype=bool)
    rim[RIM:-RIM, RIM:-RIM] = True  # a line may run along the border of the picture
    # Its edge is sharp, or it would be light that falls off: all is as in the middle, and just beyond as at the border.
    within = small[(inside > 0) & (_grown(outline, -2 * RIM - 1) == 0)].astype(np.float32)
    near = (outside > 0) & (_grown(outline, 2 * RIM + 1) > 0)
    beyond = small[near & rim if np.any(near & rim) else near].astype(np.float32)
    if sum(sides) > (MOST_SIDES if step > 0 else 0) or within.size == 0 or beyond.size == 0:
        return None
    # Beyond, half may differ: a sheet throws a shadow, and has a frame around it.
    if np.quantile(np.abs(within - paper), 0.75) > LIKE * abs(step) or np.median(np.abs(beyond - around)) > LIKE * abs(
        step
    ):
        return None
    marks = np.abs(small - paper) > MARK * (paper + 24)
    is_written_on = np.any(marks & (_grown(inside, -1) > 0)) or _may_be_blank(outline)
    return inside if is_written_on and not _is_busy(small, (outside > 0) & rim) else None


def _may_be_blank(outline: np.ndarray) -> bool:
    """Whether a rectangle is a sheet even with nothing on it: too large and too wide for a bold 1."""
    h, w = np.ptp(np.argwhere(outline), axis=0) + 1
    return bool((outline > 0).mean() >= BLANK_AREA and max(h, w) < LONG * min(h, w))


def _sides(small: np.ndarray) -> tuple[np.ndarray, ...]:
    return small[0], small[-1], small[:, 0], small[:, -1]


def _rectangle(region: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """(h, w) uint8, 1 = perhaps sheet -> masks of the largest piece's hull, of its inside and its outside.

    None where that is small, no rectangle, or not bare.
    """
    _, labels, stats, _ = cv2.connectedComponentsWithStats(region, connectivity=4)
    largest = int(np.argmax(np.where(np.arange(len(stats)) > 0, stats[:, cv2.CC_STAT_AREA], 0)))
    piece = (labels == largest).astype(np.uint8)
    if largest == 0 or piece.mean() < LEAST_AREA:
        return None
    outline = cv2.convexHull(np.concatenate(cv2.findContours(piece, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)[0]))
    hull = np.zeros_like(piece)
    cv2.fillConvexPoly(hull, outline, (255,))
    (_, (w, h), _) = cv2.minAreaRect(outline)
    area = np.count_nonzero(hull)
    if area < FILLS * (w + 1) * (h + 1) or np.count_nonzero(piece) < BARE * area or not _has_four_corners(outline):
        return None
    return hull, _grown(hull, -RIM), 255 - _grown(hull, RIM)


def _has_four_corners(outline: np.ndarray) -> bool:
    """Whether a convex outline, as OpenCV has it, is nearly that of a quadrangle (Douglas, Peucker 1973)."""
    length = cv2.arcLength(outline, True)
    simpler = (cv2.approxPolyDP(outline, tolerance * length, True) for tolerance in np.arange(0.01, 0.3, 0.005))
    quadrangle = next((corners for corners in simpler if len(corners) <= 4), outline)
    return bool(cv2.contourArea(quadrangle) >= CORNERED * cv2.contourArea(outline))


def _ring(small: np.ndarray) -> np.ndarray:
    """The pixels along the picture's border."""
    return np.concatenate(_sides(small))


def _usual(small: np.ndarray) -> float:
    """The most usual level near the picture's border, whatever line runs along it."""
    sides = small[:BAND], small[-BAND:], small[:, :BAND], small[:, -BAND:]
    band = np.concatenate([side.ravel() for side in sides])
    eighths = band >> 3  # 32 bins of 8 levels
    return median_level(band[eighths == np.bincount(eighths).argmax()])


def _grown(mask: np.ndarray, by: int) -> np.ndarray:
    """A mask grown by so many pixels, or shrunk when `by` is negative; the picture's border does not shrink it."""
    kernel = np.ones((2 * abs(by) + 1, 2 * abs(by) + 1), np.uint8)
    return cv2.dilate(mask, kernel) if by > 0 else cv2.erode(mask, kernel, borderValue=(255,))


def _is_busy(small: np.ndarray, where: np.ndarray) -> bool:
    """Whether sharp steps run through a region, as writing has them."""
    log = np.log(small.astype(np.float32) + 24)
    across = np.abs(np.diff(log, axis=1))[where[:, 1:] & where[:, :-1]]
    down = np.abs(np.diff(log, axis=0))[where[1:] & where[:-1]]
    steps = np.concatenate([across, down])
    return bool(steps.size and (steps > SHARP_STEP).mean() > BUSY)
