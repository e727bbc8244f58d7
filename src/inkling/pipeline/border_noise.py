"""ink -> ink without what reaches in from the border of the picture: a finger, a pen, a torn edge, a scroll bar.

Only what cannot be a digit goes, and only beside whole digits: a digit that the border cuts must stay, because
leaving it out would change the number.
"""

from __future__ import annotations

import cv2
import numpy as np

INK_AT = 0.35  # ink from which a pixel belongs to a piece
NEAR = 0.04  # of the longer side: pieces this near to the border may belong to it
LEAST_DIGIT = 0.04  # of the shorter side: lower pieces inside are no digits to compare with
THICK = 1.6  # times as thick as the thickest stroke inside: a finger, a blot, a dark corner ..
STOUT = 0.16  # .. whose largest disc has so much of its length as radius; a digit's, beside a speck, has less
LONG = 1.8  # times as long as wide: a bar
STRAIGHT = 0.8  # of its smallest rectangle is ink: a straight bar
RULER = 0.9  # of its upright box is ink: drawn by a program
LEVEL = 0.6  # of the higher one: what a 1 beside other digits has in common with their row
LYING = 50.0  # degrees from upright, from which a bar is no 1
FRAGMENT = 0.45  # of the digits' height: a lower piece above or below them is what is left of something else
FRAGMENT_AT_BORDER = 0.6  # of the digits' height: the same where it touches the border
APART = 0.4  # of the digits' height between a bar along the border and the nearest digit
RULE = 0.02  # of its length is the usual thickness of a line across the picture
SLANT = 0.1  # of its length that such a line rises or falls
MAX_PIECES = 256  # with more this is a page of text or a texture, and nothing is taken away


def remove_border_noise(ink: np.ndarray) -> np.ndarray:
    """(H, W) float32 ink -> the same, with 0 where something reaches in from the border."""
    margin = max(1, round(NEAR * max(ink.shape)))
    if not any(strip.size and strip.max() > INK_AT for strip in _strips(ink, margin)):
        return ink
    mask = np.asarray(ink > INK_AT).view(np.uint8)
    n, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    if not 1 < n <= MAX_PIECES:
        return ink
    rules = _rules(stats, ink.shape)
    gone = [*rules, *_intruders(mask, labels, stats, others_than=rules, margin=margin)]
    if not gone:
        return ink
    result = ink.copy()
    for i in gone:
        _erase(result, labels, int(i), stats[i, :4])
    return result


def _intruders(
    mask: np.ndarray, labels: np.ndarray, stats: np.ndarray, *, others_than: np.ndarray, margin: int
) -> list[int]:
    """Numbers of the pieces at the border that are no digits, where there are whole digits to compare them with."""
    h_picture, w_picture = mask.shape
    x, y, w, h, _ = stats.T
    gap = np.stack([x, y, w_picture - x - w, h_picture - y - h])  # pixels to the left, upper, right and lower border
    inner = np.flatnonzero((gap.min(axis=0) > margin) & (h >= max(8, LEAST_DIGIT * min(mask.shape))))
    if inner.size == 0:
        return []
    height = float(np.median(h[inner][h[inner] >= 0.5 * h[inner].max()]))
    inner = inner[h[inner] >= 0.5 * height]
    framed = cv2.copyMakeBorder(mask, 1, 1, 1, 1, cv2.BORDER_CONSTANT)  # what the border cuts is not thicker for it
    deep = cv2.distanceTransform(framed, cv2.DIST_L2, 3)[1:-1, 1:-1]
    thickest = max(_depth(deep, labels, stats, int(i)) for i in inner)

    def goes(i: int) -> bool:
        box, digits = stats[i, :4], stats[inner, :4]
        piece = (labels[box[1] : box[1] + box[3], box[0] : box[0] + box[2]] == i).astype(np.uint8)
        if _is_scroll_bar(box, piece, gap[:, i], digits, height):
            return True
        if gap[:, i].min() > 0:
            return _is_fragment(box, digits, FRAGMENT * height)
        depth = _depth(deep, labels, stats, i)
        return (
            depth > max(THICK * thickest, STOUT * max(box[2:]))
            or _is_bar(box, piece, digits, height)
            or _is_fragment(box, digits, FRAGMENT_AT_BORDER * height)
        )

    near = np.setdiff1d(np.flatnonzero(gap.min(axis=0) <= margin), [0, *others_than])
    return [int(i) for i in near if goes(int(i))]


def _rules(stats: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Numbers of the pieces that are lines from the left border to the right one, as ruled paper has them."""
    x, _, w, h, area = stats.T
    across = (x <= 0) & (w >= shape[1])
    across[0] = False
    return np.flatnonzero(across & (area <= RULE * w * shape[1]) & (h <= SLANT * w))


def _strips(ink: np.ndarray, width: int) -> tuple[np.ndarray, ...]:
    return ink[:width], ink[-width:], ink[:, :width], ink[:, -width:]


def _depth(deep: np.ndarray, labels: np.ndarray, stats: np.ndarray, i: int) -> float:
    """The radius of the largest disc within a piece, pixels."""
    x, y, w, h = stats[i, :4]
    return float(deep[y : y + h, x : x + w][labels[y : y + h, x : x + w] == i].max())


def _is_bar(box_xywh: np.ndarray, piece: np.ndarray, inner: np.ndarray, height: float) -> bool:
    """Whether a piece is a pen, a ruler or the edge of a table: straight and long, and no 1 of this row.

    It lies, or it stands apart from the digits and not level with them.
    """
    ((_, _), (w, h), angle) = cv2.minAreaRect(cv2.findNonZero(piece))
    long, short = max(w, h) + 1, min(w, h) + 1
    if long < LONG * short or np.count_nonzero(piece) < STRAIGHT * long * short:
        return False
    from_upright = (angle if h >= w else angle + 90) % 180
    if min(from_upright, 180 - from_upright) > LYING:
        return True
    return not _is_level(box_xywh, inner) and _distance(box_xywh, inner) >= APART * height


def _is_fragment(box_xywh: np.ndarray, inner: np.ndarray, height: float) -> bool:
    """Whether a piece is lower than so many pixels and stands wholly above or below the digits."""
    _, y, _, h = box_xywh
    return bool(h < height and (y + h <= inner[:, 1].min() or y >= (inner[:, 1] + inner[:, 3]).max()))


def _is_scroll_bar(box_xywh: np.ndarray, piece: np.ndarray, gap: np.ndarray, inner: np.ndarray, height: float) -> bool:
    """Whether a piece is a straight bar along a border and well apart from the digits."""
    _, _, w, h = box_xywh
    along = np.array([h, w, h, w]) >= LONG * np.array([w, h, w, h])
    if np.count_nonzero(piece) < RULER * w * h or not along[gap == gap.min()].any():
        return False
    if gap.min() <= 0 and _is_level(box_xywh, inner):  # what the border left of a 1
        return False
    return _distance(box_xywh, inner) >= APART * height


def _is_level(box_xywh: np.ndarray, inner: np.ndarray) -> bool:
    """Whether a piece stands in one row with the digits."""
    _, y, _, h = box_xywh
    top, bottom = np.median(inner[:, 1]), np.median(inner[:, 1] + inner[:, 3])
    return bool(min(y + h, bottom) - max(y, top) >= LEVEL * max(h, bottom - top))


def _distance(box_xywh: np.ndarray, others: np.ndarray) -> float:
    """Pixels between a box and the nearest of others, along the farther of the two axes."""
    x, y, w, h = box_xywh
    dx = np.maximum(others[:, 0] - (x + w), x - (others[:, 0] + others[:, 2]))
    dy = np.maximum(others[:, 1] - (y + h), y - (others[:, 1] + others[:, 3]))
    return float(np.maximum(dx, dy).min())


def _erase(ink: np.ndarray, labels: np.ndarray, i: int, box_xywh: np.ndarray) -> None:
    """Sets a piece and its soft edge, two pixels wide, to paper; other pieces stay."""
    x, y, w, h = (int(value) for value in box_xywh)
    y0, x0 = max(y - 2, 0), max(x - 2, 0)
    where = (slice(y0, y + h + 2), slice(x0, x + w + 2))
    own = cv2.dilate((labels[where] == i).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    ink[where][own & ((labels[where] == i) | (labels[where] == 0))] = 0
