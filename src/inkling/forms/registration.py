"""Find a blank form in the picture of a page, and align the page with it.

Features of the print locate the sheet roughly, at any scale, rotation and perspective (ORB: Rublee, Rabaud, Konolige,
Bradski, "ORB: an efficient alternative to SIFT or SURF", 2011; the homography by USAC, Raguram et al., 2013). Then
corners of the print are tracked from the blank to the page with subpixel accuracy (Lucas, Kanade, 1981). They refine
the homography, verify that this is the form, and correct the distortion of a curled page.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from inkling.forms.config import REGISTRATION as CONFIG
from inkling.pipeline.box import Box
from inkling.pipeline.downscaling import reduced_by
from inkling.pipeline.layout.light import separate


class Blank:
    """A blank form, prepared to be found in pictures."""

    def __init__(self, picture: np.ndarray) -> None:
        """`picture`: (H, W) uint8 gray."""
        self.scale = min(1.0, CONFIG.work_side_px / max(picture.shape))  # work pixels per pixel of the picture
        self.image = reduced_by(picture, self.scale)  # (h, w) uint8
        self.contrast = separate(self.image, is_sheet=True).contrast
        self.printed = self.contrast >= CONFIG.printed_at
        self.features = Features(self.image)
        corners = cv2.goodFeaturesToTrack(
            self.contrast,
            CONFIG.max_points,
            CONFIG.corner_quality,
            CONFIG.min_apart_px,
            mask=_within(self.image.shape, CONFIG.window_px // 2),
            blockSize=7,
        )
        self.corners = np.zeros((0, 1, 2), np.float32) if corners is None else corners  # (n, 1, 2)


class Features:
    """Features of a picture, in pixels of the picture."""

    def __init__(self, image: np.ndarray) -> None:
        factor = min(1.0, CONFIG.feature_side_px / max(image.shape))
        small = reduced_by(image, factor)
        everywhere = np.full(small.shape, 255, np.uint8)
        keypoints, descriptors = cv2.ORB.create(CONFIG.n_features).detectAndCompute(small, everywhere)
        points = np.array([each.pt for each in keypoints], np.float32).reshape(-1, 2)
        self.points = points / (np.array(small.shape[::-1]) / image.shape[::-1])  # (n, 2)
        self.descriptors = np.zeros((0, 32), np.uint8) if descriptors is None else descriptors
        self.px = 1 / factor  # pixels of the image per feature pixel


@dataclass(frozen=True)
class Registered:
    """A page aligned with its blank."""

    image: np.ndarray  # (h, w) uint8 gray, in the blank's work pixels
    contrast: np.ndarray  # (h, w) uint8, 0 = paper, 255 = black
    printed: np.ndarray  # (h, w) bool: the blank's print that is also on the page
    to_page: np.ndarray  # (3, 3) work pixels -> pixels of the picture
    seen: np.ndarray  # (h, w) bool: pixels within the picture
    agreement: float  # fraction of the print's corners in the picture that were found, 0..1
    cover: float  # fraction of the print's area that these corners span, 0..1

    def page_box(self, box: Box) -> Box:
        """A box in work pixels -> the upright box around it in the picture."""
        x, y, w, h = box
        corners = np.array([[[x, y], [x + w, y], [x + w, y + h], [x, y + h]]], np.float32)
        [mapped] = cv2.perspectiveTransform(corners, self.to_page)
        (left, top), (right, base) = np.floor(mapped.min(axis=0)), np.ceil(mapped.max(axis=0))
        return int(left), int(top), max(1, int(right - left)), max(1, int(base - top))


def register(page: np.ndarray, blank: Blank) -> list[Registered]:
    """(H, W) uint8 gray picture -> the sheets of the form in it, at most two, the clearest first; [] for none."""
    features = Features(page)
    pairs = _matches(features, blank)
    found: list[Registered] = []
    for least in (CONFIG.min_inliers, CONFIG.min_second_inliers):
        rough = _homography(pairs, blank.features.px, least=least)
        if rough is None:
            break
        sheet = _laid(page, blank, rough)
        if sheet is None:
            break
        found.append(sheet)
        pairs = pairs[~_inside(pairs[:, :2], sheet.to_page, blank.image.shape)]
    return sorted(found, key=lambda sheet: -sheet.agreement)


def _matches(page: Features, blank: Blank) -> np.ndarray:
    """(n, 4): x, y in the page and x, y in the blank of features that match unambiguously."""
    if min(len(page.points), len(blank.features.points)) < 2:
        return np.zeros((0, 4), np.float32)
    nearest = cv2.BFMatcher(cv2.NORM_HAMMING).knnMatch(page.descriptors, blank.features.descriptors, k=2)
    good = [first for first, second in nearest if first.distance < CONFIG.ratio * second.distance]
    of_page, of_blank = [each.queryIdx for each in good], [each.trainIdx for each in good]
    return np.concatenate([page.points[of_page], blank.features.points[of_blank]], axis=1).reshape(-1, 4)


def _homography(pairs: np.ndarray, px: float, *, least: int) -> np.ndarray | None:
    """(3, 3) pixels of the blank -> pixels of the page; None if it has fewer than `least` inliers."""
    if len(pairs) < least:
        return None
    matrix, inliers = cv2.findHomography(
        pairs[:, 2:], pairs[:, :2], cv2.USAC_MAGSAC, CONFIG.reprojection_px * px, maxIters=5000, confidence=0.999
    )
    return None if matrix is None or inliers is None or int(inliers.sum()) < least else matrix


def _laid(page: np.ndarray, blank: Blank, to_page: np.ndarray) -> Registered | None:
    """The page aligned with the blank, from a rough homography; None if the print does not match."""
    shape = blank.image.shape
    shift = np.zeros((*shape, 2), np.float32)  # of a curled page, in work pixels
    for reach_px in (None, None, *CONFIG.reach_px):
        if not _is_plausible(to_page, shape):
            return None
        aligned = _warped(page, to_page, shift)
        points, moved, same = _followed(_as_dark(_contrast(aligned), blank), blank)
        points, moves = points[same], (moved - points)[same]
        if len(points) < CONFIG.min_inliers:
            return None
        if reach_px is None:
            step, _ = cv2.findHomography(points, points + moves, cv2.RANSAC, CONFIG.bent_px)
            if step is None:
                return None
            to_page = to_page @ step
        elif np.quantile(np.linalg.norm(moves, axis=1), CONFIG.flat_share) > CONFIG.flat_px:
            shift += _smoothed(points, moves, shape, reach_px)
        else:
            break
    aligned = _warped(page, to_page, shift)
    contrast = _contrast(aligned)
    as_dark = _as_dark(contrast, blank)
    points, moved, same = _followed(as_dark, blank)
    same &= np.linalg.norm(moved - points, axis=1) < CONFIG.found_px
    seen = _seen(page.shape, to_page, shape)
    x, y = np.rint(points).astype(int).T
    in_picture = seen[y, x]
    agreement = float(same[in_picture].mean()) if in_picture.any() else 0.0
    if agreement < CONFIG.min_agreement:
        return None
    cover = _hull_area(points[same]) / max(_hull_area(points), 1.0)
    near = np.ones((CONFIG.near_px, CONFIG.near_px), np.uint8)
    printed = blank.printed & (cv2.dilate(as_dark, near) >= CONFIG.printed_share * blank.contrast)
    return Registered(aligned, contrast, printed, to_page, seen, agreement, cover)


def _contrast(aligned: np.ndarray) -> np.ndarray:
    return separate(aligned, is_sheet=True).contrast


def _followed(contrast: np.ndarray, blank: Blank) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Corners of the print (n, 2), their positions on the page (n, 2), and (n,) bool: whether they match."""
    size = (CONFIG.window_px, CONFIG.window_px)
    start = np.zeros_like(blank.corners)  # filled by the call
    if not len(blank.corners):
        return np.zeros((0, 2)), np.zeros((0, 2)), np.zeros(0, bool)
    moved, found, _ = cv2.calcOpticalFlowPyrLK(
        blank.contrast, contrast, blank.corners, start, winSize=size, maxLevel=CONFIG.levels
    )
    back, found_back, _ = cv2.calcOpticalFlowPyrLK(
        contrast, blank.contrast, moved, start.copy(), winSize=size, maxLevel=CONFIG.levels
    )
    points, moved, back = (each.reshape(-1, 2) for each in (blank.corners, moved, back))
    same = (found.ravel() > 0) & (found_back.ravel() > 0)
    same &= np.linalg.norm(back - points, axis=1) < CONFIG.max_return_px
    same &= np.linalg.norm(moved - points, axis=1) < CONFIG.max_moved_px
    for i in np.flatnonzero(same).tolist():
        same[i] = _correlation(contrast, moved[i], blank.contrast, points[i]) >= CONFIG.min_same
    return points, moved, same


def _as_dark(contrast: np.ndarray, blank: Blank) -> np.ndarray:
    """The page's contrast, scaled so that its print is as dark as the blank's, because tracking compares brightness."""
    reach = np.ones((CONFIG.print_reach_px, CONFIG.print_reach_px), np.uint8)
    levels = [float(np.median(cv2.dilate(each, reach)[blank.printed])) for each in (blank.contrast, contrast)]
    return cv2.convertScaleAbs(contrast, alpha=min(levels[0] / max(levels[1], 1.0), CONFIG.max_gain))


def _correlation(image: np.ndarray, at: np.ndarray, other: np.ndarray, other_at: np.ndarray) -> float:
    """The correlation of the windows around two points, -1..1."""
    size = (CONFIG.window_px, CONFIG.window_px)
    one, two = cv2.getRectSubPix(image, size, at.tolist()), cv2.getRectSubPix(other, size, other_at.tolist())
    return float(cv2.matchTemplate(one, two, cv2.TM_CCOEFF_NORMED)[0, 0])


def _smoothed(points: np.ndarray, moves: np.ndarray, shape: tuple[int, ...], reach_px: float) -> np.ndarray:
    """(h, w, 2): the movement of each pixel of the page, interpolated from the corners near it."""
    off = np.linalg.norm(moves - _local_moves(points, moves, points, reach_px), axis=1)
    kept = off <= CONFIG.max_odd * np.median(off) + CONFIG.flat_px  # drops corners that were tracked to another box
    h, w = shape
    rows, columns = (max(2, round(2 * side / CONFIG.reach_px[-1])) for side in shape)
    y, x = np.mgrid[:rows, :columns]
    places = np.stack([(x + 0.5) * w / columns, (y + 0.5) * h / rows], axis=-1).reshape(-1, 2)
    field = _local_moves(points[kept], moves[kept], places, reach_px).reshape(rows, columns, 2)
    return cv2.resize(field.astype(np.float32), (w, h), interpolation=cv2.INTER_CUBIC)


def _local_moves(points: np.ndarray, moves: np.ndarray, at: np.ndarray, reach_px: float) -> np.ndarray:
    """(n, 2) moves of points -> (m, 2) moves at other points, from an affine map fitted to the points around each.

    Local linear regression (Cleveland, 1979), with a weak prior toward no movement.
    """
    offset = (points[None] - at[:, None]) / reach_px  # (m, n, 2)
    weight = np.exp(-0.5 * np.square(offset).sum(axis=2))
    terms = np.concatenate([np.ones((*weight.shape, 1)), offset], axis=2)  # (m, n, 3)
    weighted = terms * weight[..., None]
    normal = np.einsum("mni,mnj->mij", weighted, terms) + np.diag(CONFIG.rigid_weights)
    return np.asarray(np.linalg.solve(normal, np.einsum("mni,nk->mik", weighted, moves))[:, 0])


def _warped(page: np.ndarray, to_page: np.ndarray, shift: np.ndarray) -> np.ndarray:
    """The page in the blank's pixels, (h, w) uint8. `shift`: (h, w, 2), added to these pixels before the homography."""
    h, w = shift.shape[:2]
    if not shift.any():
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        return np.asarray(cv2.warpPerspective(page, to_page, (w, h), flags=flags, borderMode=cv2.BORDER_REPLICATE))
    y, x = np.mgrid[:h, :w].astype(np.float32)
    places = cv2.perspectiveTransform(np.stack([x, y], axis=-1) + shift, to_page)
    return np.asarray(
        cv2.remap(page, places[..., 0], places[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    )


def _seen(page_shape: tuple[int, ...], to_page: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """(h, w) bool: which pixels of the blank are within the picture."""
    inside = np.full(page_shape, 255, np.uint8)
    return np.asarray(cv2.warpPerspective(inside, to_page, shape[::-1], flags=cv2.WARP_INVERSE_MAP) > 127)


def _is_plausible(to_page: np.ndarray, shape: tuple[int, ...]) -> bool:
    """Whether the view of a sheet is possible: convex, not mirrored, not edge-on."""
    corners = _sheet_corners(to_page, shape)
    sides = np.roll(corners, -1, axis=0) - corners
    turns = sides[:, 0] * np.roll(sides[:, 1], -1) - sides[:, 1] * np.roll(sides[:, 0], -1)
    lengths = np.linalg.norm(sides, axis=1) / (shape[1], shape[0], shape[1], shape[0])
    return bool(np.all(turns > 0) and lengths.min() > CONFIG.min_side_ratio * lengths.max())


def _inside(points: np.ndarray, to_page: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """(n, 2) points in the picture -> (n,) bool: which are on the sheet."""
    corners = _sheet_corners(to_page, shape)
    return np.array([cv2.pointPolygonTest(corners, each, False) >= 0 for each in points.tolist()], bool)


def _sheet_corners(to_page: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """(4, 2) float32: the sheet's corners in the picture."""
    h, w = shape
    corners = np.array([[[0, 0], [w, 0], [w, h], [0, h]]], np.float32)
    return np.asarray(cv2.perspectiveTransform(corners, to_page)[0], np.float32)


def _hull_area(points: np.ndarray) -> float:
    return float(cv2.contourArea(cv2.convexHull(points.astype(np.float32)))) if len(points) > 2 else 0.0


def _within(shape: tuple[int, ...], rim: int) -> np.ndarray:
    """(h, w) uint8 mask: 255 except for a border of `rim` pixels."""
    mask = np.zeros(shape, np.uint8)
    mask[rim:-rim, rim:-rim] = 255
    return mask
