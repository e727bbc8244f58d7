"""image -> ink: how much of each pixel is ink, whatever the pen, the paper and the light.

Brightness is light times reflectance. The light changes slowly over the paper, so the paper's brightness is
estimated everywhere, and ink is what reflects less than the paper around it (more, for light ink on dark).
"""

from __future__ import annotations

import cv2
import numpy as np

FLAT = 6.0  # grey levels: a paper whose brightness varies less than this is taken as even
MIN_CONTRAST = 0.10  # of the paper's brightness: fainter marks are taken as texture, not ink
NOISE_FACTOR = 5.0  # ink stands out by this many standard deviations of the paper's grain
SMALL_SIDE = 64  # pixels: the reduced image on which polarity and paper are judged
SHARP = 0.3  # of the sharpest edge: an edge sharper than this may be that of a stroke
WIDEST_STROKE = 0.27  # of the longer side: a wider dark region is taken as paper in shadow or background


def find_ink(image: np.ndarray) -> np.ndarray:
    """(H, W) uint8 grey -> (H, W) float32 in 0..1; 0 = paper, 1 = full ink, between = edges of strokes.

    All zeros when there is nothing that stands out from the paper.
    """
    small = reduced(image)
    if not is_light_paper(small):
        image, small = cv2.bitwise_not(image), cv2.bitwise_not(small)
    return stretch(contrast_with_paper(image, estimate_paper(small)))


def reduced(image: np.ndarray) -> np.ndarray:
    """(H, W) uint8 -> the same with its longer side at most SMALL_SIDE, by the mean of the pixels."""
    factor = SMALL_SIDE / max(image.shape)
    if factor >= 1:
        return image
    size_wh = (max(1, round(image.shape[1] * factor)), max(1, round(image.shape[0] * factor)))
    return cv2.resize(image, size_wh, interpolation=cv2.INTER_AREA)


def is_light_paper(small: np.ndarray) -> bool:
    """Whether dark ink stands on light paper, from the reduced image; two witnesses are heard.

    Edges: coming in from the picture's border, the first sharp edge leads from paper to ink. A gradient of light has
    no sharp edge, and that of a shadow is met from both sides, so light hardly sways this witness.
    Areas: parted by Otsu's threshold (1979), most of the border and most of the picture is paper. This one decides
    where the ink fills the picture to its border.
    """
    return edge_witness(small) + 0.5 * area_witness(small) >= 0


def edge_witness(small: np.ndarray) -> float:
    """(h, w) uint8 -> -1 (each first edge leads to something lighter) .. 1 (to something darker)."""
    log = np.log(small.astype(np.float32) + 16.0)  # equal contrasts become equal steps, in light and in shade
    steps = [log[:, :-2] - log[:, 2:], (log[:-2] - log[2:]).T]  # positive: darker to the right, and downwards
    sharp = SHARP * max(float(np.abs(step).max(initial=0.0)) for step in steps)
    if sharp < 0.02:
        return 0.0
    votes = []
    for step in steps:
        for inward in (step, -step[:, ::-1]):
            strong = np.abs(inward) > sharp
            first = strong.argmax(axis=1)
            votes.append(inward[strong.any(axis=1), first[strong.any(axis=1)]])
    vote = np.concatenate(votes)
    return float(vote.sum() / np.abs(vote).sum())


def area_witness(small: np.ndarray) -> float:
    """(h, w) uint8 -> -1 (border and picture are dark) .. 1 (they are light); the border counts double."""
    threshold, _ = cv2.threshold(small, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    light = small > threshold
    border = np.concatenate([light[0], light[-1], light[:, 0], light[:, -1]])
    return float((4 * border.mean() + 2 * light.mean()) / 3 - 1)


def contrast_with_paper(image: np.ndarray, paper: np.ndarray) -> np.ndarray:
    """Dark ink on light paper, (H, W) uint8 -> (H, W) float32: share of the paper's light that is missing, 0..1.

    The offset keeps noise in black regions from counting as contrast.
    """
    if np.ptp(paper) < FLAT:
        level = float(np.median(paper))
        table = np.maximum(level - np.arange(256, dtype=np.float32), 0.0) / (level + 16.0)
        return np.asarray(cv2.LUT(image, table.astype(np.float32)))
    wide = cv2.resize(paper, image.shape[::-1], interpolation=cv2.INTER_LINEAR)
    contrast: np.ndarray = cv2.subtract(wide, image, dtype=cv2.CV_32F)
    contrast /= wide + np.float32(16.0)
    return np.asarray(np.maximum(contrast, 0.0, out=contrast))


def estimate_paper(small: np.ndarray) -> np.ndarray:
    """The reduced image -> the brightness of the bare paper, float32, on the same grid.

    A grey closing (dilation, then erosion: Serra 1982) removes dark things narrower than its kernel, which are
    strokes, and keeps wider ones, which are shadow.
    """
    side = max(3, round(max(small.shape) * WIDEST_STROKE) | 1)
    kernel = cv2.getStructuringElement(cv2.MORPH_RECT, (side, side))
    closed = cv2.morphologyEx(small, cv2.MORPH_CLOSE, kernel, borderType=cv2.BORDER_REPLICATE)
    return cv2.GaussianBlur(closed, (0, 0), side / 6).astype(np.float32)


def stretch(contrast: np.ndarray) -> np.ndarray:
    """Contrast -> ink: the paper's grain to 0, the body of the strokes to 1. (H, W) float32 -> (H, W) float32."""
    strongest = float(contrast.max())
    if strongest < MIN_CONTRAST:
        return np.zeros_like(contrast)
    levels = cv2.convertScaleAbs(contrast, alpha=255.0 / strongest)
    unit = strongest / 255.0
    histogram = cv2.calcHist([levels], [0], None, [256], [0, 256]).ravel()
    middle, sigma = _grain(histogram)
    edge = min(middle + 3.5 * sigma, 250.0)
    body = _body(histogram, round(edge))
    if body * unit < MIN_CONTRAST or body < middle + NOISE_FACTOR * sigma:
        return np.zeros_like(contrast)
    floor = max(edge, 0.08 * body) if edge < 0.5 * body else 0.5 * body
    ink: np.ndarray = cv2.LUT(levels, np.clip((np.arange(256) - floor) / (body - floor), 0, 1).astype(np.float32))
    return ink


def _grain(histogram: np.ndarray) -> tuple[float, float]:
    """Median and standard deviation of the paper's levels, from quantiles that ink hardly moves."""
    cumulated = histogram.cumsum() / histogram.sum()
    low, middle = (int(np.searchsorted(cumulated, q)) for q in (0.1, 0.5))
    return float(middle), (middle - low) / 1.2816  # the 10th percentile of a normal lies 1.2816 sigma below


def _body(histogram: np.ndarray, edge: int) -> float:
    """The usual level of the strokes: the median of what Otsu's threshold finds dark among levels above the grain."""
    marks = histogram.copy()
    marks[: edge + 1] = 0
    total = marks.sum()
    if total == 0:
        return 0.0
    level = np.arange(256)
    weight = marks.cumsum()
    moment = (marks * level).cumsum()
    with np.errstate(invalid="ignore", divide="ignore"):
        between = (moment[-1] * weight - moment * total) ** 2 / (weight * (total - weight))
    threshold = int(np.nanargmax(np.where(np.isfinite(between), between, -1.0)))
    marks[: threshold + 1] = 0
    upper = marks.cumsum()
    if upper[-1] == 0:  # a single level: pure black on white
        return float(level[histogram[edge + 1 :].nonzero()[0][-1] + edge + 1])
    return float(np.searchsorted(upper, 0.5 * upper[-1]))
