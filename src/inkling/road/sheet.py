"""image -> image without its surroundings: where a sheet of paper lies on something dark, only the sheet is kept.

A photograph seldom ends at the edge of the paper. A sheet is told by its shape: light, large, filling its smallest
rectangle (a light digit on a dark board does not), with ink on it, and nothing written on what surrounds it.
"""

from __future__ import annotations

import cv2
import numpy as np

from inkling.road.reduction import spread

LEAST_AREA = 0.25  # of the picture: a smaller light region is a digit
BARE = 0.7  # of the sheet's area is bare paper; a light digit fills less of its outline
FILLS = 0.86  # of its smallest rectangle: an ellipse fills 0.79
DARK = 0.5  # of the sheet's brightness: lighter surroundings are paper in shadow
LEAST_BORDER = 0.06  # of the picture's border that is dark
RIM = 2  # pixels of the reduced image: the blurred edge of the sheet
BUSY = 0.008  # share of sharp steps in the surroundings from which something is taken to be written there
SHARP_STEP = 0.35  # in the logarithm of brightness


def only_sheet(image: np.ndarray, small: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(H, W) uint8 and the same reduced -> both with the sheet's brightness laid over what surrounds it.

    Both come back unchanged where no sheet is seen, or no surroundings.
    """
    sheet = find_sheet(small)
    if sheet is None:
        return image, small
    level = int(np.median(small[sheet > 0]))
    wide = spread(sheet, image.shape)
    return np.where(wide > 127, image, np.uint8(level)), np.where(sheet > 127, small, np.uint8(level))


def find_sheet(small: np.ndarray) -> np.ndarray | None:
    """(h, w) uint8 -> (h, w) uint8 mask of the sheet's inside, 255 = sheet; None where there is none to be cut out."""
    _, light = cv2.threshold(small, 0, 1, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    border = np.concatenate([light[0], light[-1], light[:, 0], light[:, -1]])
    if min(small.shape) < 24 or 1 - border.mean() < LEAST_BORDER:
        return None
    _, labels, stats, _ = cv2.connectedComponentsWithStats(light, connectivity=4)
    largest = int(np.argmax(np.where(np.arange(len(stats)) > 0, stats[:, cv2.CC_STAT_AREA], 0)))
    region = (labels == largest).astype(np.uint8)
    if largest == 0 or region.mean() < LEAST_AREA:
        return None
    outline = cv2.convexHull(np.concatenate(cv2.findContours(region, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)[0]))
    hull = np.zeros_like(small)
    cv2.fillConvexPoly(hull, outline, 255)
    inside, outside = _grown(hull, -RIM), 255 - _grown(hull, RIM)
    (_, (w, h), _) = cv2.minAreaRect(outline)
    area = np.count_nonzero(hull)
    is_rectangle = area >= FILLS * (w + 1) * (h + 1) and np.count_nonzero(region) >= BARE * area
    is_written_on = np.any((light == 0) & (inside > 0))
    if not (is_rectangle and is_written_on):
        return None
    # Falling light has no edge: the sheet must end in one, so both sides of its outline are compared.
    within = small[(inside > 0) & (_grown(hull, -2 * RIM) == 0) & (light > 0)]
    beyond = small[(outside > 0) & (_grown(hull, 2 * RIM) > 0)]
    if within.size == 0 or beyond.size == 0 or np.quantile(beyond, 0.75) > DARK * np.median(within):
        return None
    return None if _is_busy(small, outside > 0) else inside


def _grown(mask: np.ndarray, by: int) -> np.ndarray:
    """A mask grown by so many pixels, or shrunk when `by` is negative; the picture's border does not shrink it."""
    kernel = np.ones((2 * abs(by) + 1, 2 * abs(by) + 1), np.uint8)
    return cv2.dilate(mask, kernel) if by > 0 else cv2.erode(mask, kernel, borderValue=255)


def _is_busy(small: np.ndarray, where: np.ndarray) -> bool:
    """Whether sharp steps run through a region, as writing has them."""
    log = np.log(small.astype(np.float32) + 24)
    across = np.abs(np.diff(log, axis=1))[where[:, 1:] & where[:, :-1]]
    down = np.abs(np.diff(log, axis=0))[where[1:] & where[:-1]]
    steps = np.concatenate([across, down])
    return bool(steps.size and (steps > SHARP_STEP).mean() > BUSY)
