"""image -> ink: how much of each pixel is ink, whatever the pen, the paper and the light.

Brightness is light times reflectance. The light changes slowly over the paper, so the paper's brightness is
estimated everywhere, and ink is what reflects less than the paper around it (more, for light ink on dark).
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

from inkling.pipeline.border_noise import remove_border_noise
from inkling.pipeline.downscaling import downscale, upscale
from inkling.pipeline.global_threshold import ICON, binarize_even_paper
from inkling.pipeline.level_statistics import level_range, median_level
from inkling.pipeline.page_crop import crop_page
from inkling.pipeline.polarity import is_light_paper
from inkling.pipeline.stroke_width import stroke_width

EVEN = 6.0  # grey levels: a paper whose brightness varies less than this is taken as even
KERNEL_TO_STROKE = 3.5  # in uneven light: how much wider than a stroke the region around is looked at
SMOOTH = 0.99  # share of the paper's variance that a quadratic surface explains if nothing but falling light varies
OFFSET = 24.0  # grey levels added to the paper's, so that noise in black regions does not count as contrast
NO_CONTRAST = 51  # of 255 levels: as light as the paper; lower levels are lighter, which only grain is
FAINTEST = 10  # of the 204 levels of dark: fainter marks are texture, however sharp
FAINT = 60  # of the 204 levels: fainter marks are ink only if they end as sharply as strokes do
SOFT = 0.3  # pixels of edges for each pixel of body: more than strokes have; stains, creases and shadows have more
STANDS_OUT = 5.0  # standard deviations of the grain, from which a level is taken as made by a pen
GRAINY = (200, 1.0)  # an image this large, pixels, with this much grain, grey levels, is a photograph to be smoothed
SAMPLED = 128  # rows, evenly spread, are enough to know how dark paper and strokes are
PAPER_SHARE = 0.7  # quantile of a row or column that is paper
BLOT = 0.5  # of the usual brightness: a darker patch clear of the border is no shadow
WIDEST_STROKE = 0.27  # of the longer side: a wider dark region is taken as paper in shadow or background
LEVELS = np.arange(256)


def binarize(image: np.ndarray) -> np.ndarray:
    """(H, W) uint8 grey -> (H, W) float32 in 0..1; 0 = paper, 1 = full ink, between = edges of strokes.

    All zeros when there is nothing that stands out from the paper.
    """
    image, small = crop_page(image, downscale(image))
    ink = binarize_even_paper(image, small) if _has_no_shadow(image) else None
    if ink is None:
        ink = _ink_on(image, small)
    if ink is None:
        ink = binarize_even_paper(image, small, sharp=True)
    if ink is None and level_range(small) >= EVEN:
        ink = _ink_on(*flatten_illumination(image, small), sharp=True)
    return np.zeros(image.shape, np.float32) if ink is None else remove_border_noise(ink)


def _ink_on(image: np.ndarray, small: np.ndarray, *, sharp: bool = False) -> np.ndarray | None:
    """The picture and the same reduced -> ink; None when there is none, or no sharp one where that is asked for."""
    if not is_light_paper(small):
        image, small = cv2.bitwise_not(image), cv2.bitwise_not(small)
    image, paper = denoise(image), estimate_background(small)
    if level_range(paper) < EVEN:
        return stretch_contrast(image, contrast_of_levels(median_level(paper)), sharp=sharp)
    return stretch_contrast(contrast_with_background(image, paper), LEVELS, sharp=sharp)


def _has_no_shadow(image: np.ndarray) -> bool:
    """Whether it is an icon, or has only two levels, as a scanner or a program leaves them."""
    if max(image.shape) <= ICON:
        return True
    return all(_has_two_levels(some) for some in (np.ascontiguousarray(image[::7, ::5]), image))


def _has_two_levels(image: np.ndarray) -> bool:
    """Whether there is nothing between the darkest and the lightest level of an (H, W) uint8 image."""
    return not np.any((image > image.min()) & (image < image.max()))


def flatten_illumination(image: np.ndarray, small: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The picture and the same reduced, both under even light: columns and rows are brought to one brightness.

    A second look, where light falls so unevenly that no ink was told from it: the curl of a receipt, the bands of a
    scanner. The lighter part of a row or column is paper, unless a stroke runs along most of it.
    """
    light = np.maximum(small, 1).astype(np.float32)
    columns = np.quantile(light, PAPER_SHARE, axis=0)
    light = np.outer(np.quantile(light / columns, PAPER_SHARE, axis=1), columns).astype(np.float32)
    level = np.float32(np.median(small))

    def under(light: np.ndarray, picture: np.ndarray) -> np.ndarray:
        return np.asarray(np.minimum(picture * (level / np.maximum(light, 1)), 255), np.uint8)

    return under(upscale(light, image.shape), image), under(light, small)


def denoise(image: np.ndarray) -> np.ndarray:
    """Removes the grain of a photograph; a drawing has none and stays as it is.

    The grain is the median step between neighbouring pixels on a sparse grid, which strokes hardly touch.
    """
    side, grain = GRAINY
    if max(image.shape) < side or image.shape[1] < 2:  # OpenCV ends the process on an empty difference
        return image
    left, right = image[::7, :-1:5], image[::7, 1::5]
    steps = cv2.absdiff(left[:, : right.shape[1]], right)
    if median_level(steps) < grain:
        return image
    return cv2.GaussianBlur(image, (3, 3), 0)


@lru_cache(maxsize=256)
def contrast_of_levels(paper: float) -> np.ndarray:
    """Share of the light of even paper that is missing at each level of brightness: its level -> (256,) int.

    NO_CONTRAST = as light as the paper, 255 = all light is missing.
    """
    share = (paper - LEVELS) / (paper + OFFSET)
    return np.asarray(np.rint(NO_CONTRAST + (255 - NO_CONTRAST) * share).clip(0, 255), int)


def contrast_with_background(image: np.ndarray, paper: np.ndarray) -> np.ndarray:
    """The same of each pixel where the paper is uneven: (H, W) uint8 and the reduced paper -> (H, W) uint8."""
    # 1 - (image + OFFSET) / (paper + OFFSET) is the same share, in fewer passes over the picture.
    light = upscale(paper + np.float32(OFFSET), image.shape)
    left = (image + np.float32(OFFSET)) / light
    return np.asarray(np.maximum(255 - left * np.float32(255 - NO_CONTRAST), 0), np.uint8)


def estimate_background(small: np.ndarray) -> np.ndarray:
    """The reduced image -> the brightness of the bare paper, float32, on the same grid.

    A grey closing (dilation, then erosion: Serra 1982) removes dark things narrower than its kernel, which are
    strokes, and keeps wider ones, which are shadow. Where light falls off smoothly towards the border the closing
    would stay too light by half a kernel, so such paper is first levelled by the surface that the inside shows.
    """
    side = max(3, round(max(small.shape) * WIDEST_STROKE) | 1)
    paper = _closed(small, side)
    if level_range(paper) < EVEN:
        return paper
    if (blots := _blots(small, paper)) is not None:
        return np.where(blots, np.float32(np.median(paper)), paper)
    side = min(side, _kernel_for(small, paper))
    paper = _closed(small, side)
    surface = _smooth_surface(paper, side // 2)
    return paper if surface is None else _closed(small / surface, side) * surface


def _blots(small: np.ndarray, paper: np.ndarray) -> np.ndarray | None:
    """Where dark patches wider than any stroke stand on the paper, (h, w) bool; None where there are none.

    A shadow comes in from the border or fades; a blot is dark, clear of the border and ends in an edge.
    """
    level = float(np.median(small))
    n, labels, stats, _ = cv2.connectedComponentsWithStats((small < BLOT * level).astype(np.uint8), connectivity=8)
    x, y, w, h, _ = stats.T
    inside = (x > 0) & (y > 0) & (x + w < small.shape[1]) & (y + h < small.shape[0])
    hollow = [i for i in range(1, n) if inside[i] and np.any(paper[labels == i] < BLOT * level)]
    if not hollow:
        return None
    return cv2.dilate(np.isin(labels, hollow).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0


def _kernel_for(small: np.ndarray, paper: np.ndarray) -> int:
    """The smallest odd kernel that still removes these strokes: the smaller it is, the less shadow is taken for ink."""
    contrast = 1 - (small + OFFSET) / (paper + OFFSET)
    strongest = float(np.quantile(contrast, 0.995))
    return int(KERNEL_TO_STROKE * stroke_width((contrast > 0.6 * strongest).astype(np.uint8)) + 2) | 1


def _closed(small: np.ndarray, side: int) -> np.ndarray:
    kernel = cv2.getStructuringElement(cv2.MORPH_RECT, (side, side))
    wide = cv2.dilate(small, kernel, borderType=cv2.BORDER_REPLICATE)
    if (
        level_range(wide) == 0
    ):  # on a drawing bare paper is near everywhere: there is nothing left to take back or to blur
        return np.asarray(wide, np.float32)
    closed = cv2.erode(wide, kernel, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(cv2.GaussianBlur(closed, (0, 0), side / 6), np.float32)


def _smooth_surface(paper: np.ndarray, rim: int) -> np.ndarray | None:
    """The quadratic surface through the inside of `paper`, continued over its rim; None where it does not fit."""
    h, w = paper.shape
    if min(h, w) <= 2 * rim + 3:
        return None
    y, x = (np.linspace(-1, 1, n, dtype=np.float32) for n in (h, w))
    terms = np.stack(np.broadcast_arrays(1, x, y[:, None], x * x, (y * y)[:, None], x * y[:, None]), axis=-1)
    inside = (slice(rim, h - rim), slice(rim, w - rim))
    basis, values = terms[inside].reshape(-1, 6), paper[inside].ravel()
    weights = np.linalg.solve(basis.T @ basis, basis.T @ values)
    if np.var(values - basis @ weights) > (1 - SMOOTH) * np.var(values):
        return None
    return np.asarray(np.maximum(terms @ weights, 1.0), np.float32)


def stretch_contrast(image: np.ndarray, contrast: np.ndarray, *, sharp: bool = False) -> np.ndarray | None:
    """Contrast -> ink: the paper's grain to 0, the body of the strokes to 1. (H, W) uint8 -> (H, W) float32.

    `contrast`: that of each level of the image, (256,) int. None where nothing stands out. Faint marks, and all where
    `sharp` is asked for, must end in sharp edges.
    """
    every = max(1, len(image) // SAMPLED)
    histogram = cv2.calcHist([image[::every]], [0], None, [256], [0, 256]).ravel()
    histogram = np.bincount(contrast, histogram, 256)
    middle, sigma = _grain(histogram)
    edge = min(middle + 3.5 * sigma, 250.0)
    body = _body(histogram, round(edge))
    depth = body - middle
    softest = SOFT if sharp else depth / FAINT if depth < FAINT else np.inf
    if depth < max(FAINTEST, STANDS_OUT * sigma) or _softness(histogram, middle, body) > softest:
        return None
    floor = min(max(edge, middle + 0.08 * depth), middle + 0.5 * depth)
    table = np.clip((LEVELS - floor) / (body - floor), 0.0, 1.0)
    return cv2.LUT(image, table.astype(np.float32)[contrast])


def _softness(histogram: np.ndarray, middle: float, body: float) -> float:
    """Pixels at a quarter to three fifths of the body's contrast, for each one above that."""
    low, high = round(middle + 0.25 * (body - middle)), round(middle + 0.6 * (body - middle))
    return float(histogram[low:high].sum() / max(histogram[high:].sum(), 1.0))


def _grain(histogram: np.ndarray) -> tuple[float, float]:
    """Median and standard deviation of the paper's levels, from quantiles that ink hardly moves."""
    cumulated = histogram.cumsum() / histogram.sum()
    low, middle = (int(np.searchsorted(cumulated, q)) for q in (0.1, 0.5))
    return float(middle), (middle - low) / 1.2816  # the 10th percentile of a normal lies 1.2816 sigma below


def _body(histogram: np.ndarray, edge: int) -> float:
    """The usual level of the strokes: the median of what Otsu's threshold finds dark among levels above the grain."""
    marks = histogram.copy()
    marks[: edge + 1] = 0
    weight = marks.cumsum()
    total = weight[-1]
    if total == 0:
        return 0.0
    moment = (marks * LEVELS).cumsum()
    rest = np.maximum(weight * (total - weight), 1e-9)
    threshold = int(np.argmax((moment[-1] * weight - moment * total) ** 2 / rest))
    above = total - weight[threshold]
    if above == 0:  # a single level, such as pure black on white
        return float(marks.argmax())
    return float(np.searchsorted(weight, weight[threshold] + 0.5 * above))
