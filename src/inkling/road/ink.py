"""image -> ink: how much of each pixel is ink, whatever the pen, the paper and the light.

Brightness is light times reflectance. The light changes slowly over the paper, so the paper's brightness is
estimated everywhere, and ink is what reflects less than the paper around it (more, for light ink on dark).
"""

from __future__ import annotations

import cv2
import numpy as np

EVEN = 6.0  # grey levels: a paper whose brightness varies less than this is taken as even
MIN_CONTRAST = 25  # of 255 parts of the paper's light: fainter marks are taken as texture, not ink
OFFSET = 16.0  # grey levels: see contrast_with_paper
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
    log = np.log(small.astype(np.float32) + OFFSET)  # equal contrasts become equal steps, in light and in shade
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
    """Share of the paper's light that is missing: (H, W) uint8 and its paper -> (H, W) uint8, 255 = all of it.

    The offset keeps noise in black regions from counting as contrast.
    """
    if np.ptp(paper) < EVEN:
        level = float(np.median(paper))
        share = np.maximum(level - np.arange(256), 0.0) / (level + OFFSET)
        return cv2.LUT(image, np.rint(255 * share).astype(np.uint8))
    light = cv2.resize(paper, image.shape[::-1], interpolation=cv2.INTER_LINEAR)
    missing = cv2.subtract(light, image, dtype=cv2.CV_32F)
    return cv2.divide(missing, light + np.float32(OFFSET), scale=255, dtype=cv2.CV_8U)


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
    """Contrast -> ink: the paper's grain to 0, the body of the strokes to 1. (H, W) uint8 -> (H, W) float32."""
    histogram = cv2.calcHist([contrast], [0], None, [256], [0, 256]).ravel()
    middle, sigma = _grain(histogram)
    edge = min(middle + 3.5 * sigma, 250.0)
    body = _body(histogram, round(edge))
    if body < MIN_CONTRAST or body < middle + NOISE_FACTOR * sigma:
        return np.zeros(contrast.shape, np.float32)
    floor = min(max(edge, 0.08 * body), 0.5 * body)
    table = np.clip((np.arange(256) - floor) / (body - floor), 0.0, 1.0)
    return cv2.LUT(contrast, table.astype(np.float32))


def _grain(histogram: np.ndarray) -> tuple[float, float]:
    """Median and standard deviation of the paper's levels, from quantiles that ink hardly moves."""
    cumulated = histogram.cumsum() / histogram.sum()
    low, middle = (int(np.searchsorted(cumulated, q)) for q in (0.1, 0.5))
    return float(middle), (middle - low) / 1.2816  # the 10th percentile of a normal lies 1.2816 sigma below


def _body(histogram: np.ndarray, edge: int) -> float:
    """The usual level of the strokes: the median of what Otsu's threshold finds dark among levels above the grain."""
    marks = histogram.astype(np.float64)
    marks[: edge + 1] = 0
    weight = marks.cumsum()
    total = weight[-1]
    if total == 0:
        return 0.0
    level = np.arange(256)
    moment = (marks * level).cumsum()
    rest = np.maximum(weight * (total - weight), 1e-9)
    threshold = int(np.argmax((moment[-1] * weight - moment * total) ** 2 / rest))
    above = total - weight[threshold]
    if above == 0:  # a single level, such as pure black on white
        return float(marks.argmax())
    return float(np.searchsorted(weight, weight[threshold] + 0.5 * above))
