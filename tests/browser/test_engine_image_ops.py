"""The engine's image operations equal OpenCV's: levels and labels exactly, floats to the last bits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import cv2
import numpy as np
import pytest
from playwright.sync_api import Browser

from tests.browser.engine_modules import Engine

pytestmark = pytest.mark.browser

RNG = np.random.default_rng(7)
LEVELS = RNG.integers(0, 256, (77, 91)).astype(np.uint8)
FLOATS = RNG.random((77, 91)).astype(np.float32)
MATRIX = np.array([[1.03, 0.1, -3], [-0.08, 0.97, 4], [0.0004, -0.0002, 1]])
AFFINE = np.vstack([MATRIX[:2], [0, 0, 1]])
INVERSE = cv2.WARP_INVERSE_MAP

Call = Callable[..., Any]


@pytest.fixture(scope="module")
def call(chromium: Browser) -> Iterator[Call]:
    with chromium.new_context() as context:
        engine = Engine(context.new_page())
        yield lambda name, *args: engine.call("image_ops", name, *args)


def blobs(h: int, w: int, share: float = 0.4, size: float = 2.0) -> np.ndarray:
    """(h, w) uint8 with blobs: the given share of the pixels is 1."""
    noise = cv2.GaussianBlur(np.random.default_rng(h * w).random((h, w)).astype(np.float32), (0, 0), size)
    return np.asarray(noise > np.quantile(noise, 1 - share), np.uint8)


def same(found: Any, expected: Any, atol: float = 0.0) -> None:
    np.testing.assert_allclose(np.asarray(found, float), np.asarray(expected, float), rtol=0, atol=atol)


@pytest.mark.parametrize("wh", [(45, 38), (30, 11), (91, 20), (13, 77), (13, 11), (182, 154), (230, 333)])
def test_resize(call: Call, wh: tuple[int, int]) -> None:
    for image, atol in ((LEVELS, 0), (FLOATS, 1e-6)):
        same(call("resizeArea", image, *wh), cv2.resize(image, wh, interpolation=cv2.INTER_AREA), atol)
        same(call("resizeLinear", image, *wh), cv2.resize(image, wh, interpolation=cv2.INTER_LINEAR), atol)
    same(call("resizeCubic", FLOATS, *wh), cv2.resize(FLOATS, wh, interpolation=cv2.INTER_CUBIC), 1e-6)


def test_gaussian_blur(call: Call) -> None:
    same(call("gaussianBlur", LEVELS, 0, 3), cv2.GaussianBlur(LEVELS, (3, 3), 0))
    for sigma in (0.5, 1.0, 17 / 6, 4.5):
        same(call("gaussianBlur", LEVELS, sigma), cv2.GaussianBlur(LEVELS, (0, 0), sigma))
        same(call("gaussianBlur", FLOATS, sigma), cv2.GaussianBlur(FLOATS, (0, 0), sigma), 1e-6)


@pytest.mark.parametrize("side", [3, 5, 9, 21, 93])
def test_blur_and_median(call: Call, side: int) -> None:
    same(call("blur", LEVELS, side, side), cv2.blur(LEVELS, (side, side)))
    replicated = cv2.blur(LEVELS, (side, side), borderType=cv2.BORDER_REPLICATE)
    same(call("blur", LEVELS, side, side, {"replicate": True}), replicated)
    same(call("medianBlur", LEVELS, side), cv2.medianBlur(LEVELS, side))


@pytest.mark.parametrize("wh", [(3, 3), (1, 7), (21, 1), (15, 15), (101, 101)])
def test_morphology(call: Call, wh: tuple[int, int]) -> None:
    kernel = np.ones(wh[::-1], np.uint8)
    for image in (LEVELS, FLOATS):
        same(call("dilate", image, *wh), cv2.dilate(image, kernel))
        same(call("erode", image, *wh), cv2.erode(image, kernel))
        same(call("dilate", image, *wh), cv2.dilate(image, kernel, borderType=cv2.BORDER_REPLICATE))
    same(call("closed", LEVELS, *wh), cv2.morphologyEx(LEVELS, cv2.MORPH_CLOSE, kernel))
    same(call("opened", LEVELS, *wh), cv2.morphologyEx(LEVELS, cv2.MORPH_OPEN, kernel))


def test_dilation_with_an_anchor(call: Call) -> None:
    found = call("dilate", LEVELS, 7, 7, {"anchorX": 3, "anchorY": 6})
    same(found, cv2.dilate(LEVELS, np.ones((7, 7), np.uint8), anchor=(3, 6)))


@pytest.mark.parametrize("connectivity", [4, 8])
@pytest.mark.parametrize(("share", "size"), [(0.1, 0.6), (0.5, 0.6), (0.4, 2.0), (0.6, 3.0), (0.0, 1.0), (1.0, 1.0)])
def test_connected_components(call: Call, connectivity: int, share: float, size: float) -> None:
    for shape in ((50, 61), (33, 40), (120, 97)):
        mask = blobs(*shape, share, size)
        n, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=connectivity)
        found = call("connectedComponents", mask, {"connectivity": connectivity})
        assert found["count"] == n
        same(found["labels"], labels)
        same(found["stats"].reshape(-1, 5)[1:], stats[1:])
        assert found["stats"][4] == stats[0, 4]


@pytest.mark.parametrize("size", [3, 5])
def test_distance_transform(call: Call, size: int) -> None:
    mask = blobs(80, 90, 0.7, 4)
    same(call("distanceTransform", mask, size), cv2.distanceTransform(mask, cv2.DIST_L2, size), 1e-5)


def test_otsu_and_moments(call: Call) -> None:
    for sigma in (0.5, 2, 5):
        image = cv2.GaussianBlur(LEVELS, (0, 0), sigma)
        histogram = np.bincount(image.ravel(), minlength=256).astype(np.int32)
        assert call("otsuThreshold", histogram) == cv2.threshold(image, 0, 255, cv2.THRESH_OTSU)[0]
    expected = cv2.moments(FLOATS)
    for name, value in call("moments", FLOATS).items():
        assert value == pytest.approx(expected[name], rel=1e-9)


@pytest.mark.parametrize("q", [0.0, 0.1, 0.25, 0.5, 0.77, 0.995, 1.0])
def test_quantiles(call: Call, q: float) -> None:
    for values in (FLOATS[0, :10].copy(), FLOATS[0, :11].copy(), LEVELS[0]):
        assert call("quantile", values, q) == pytest.approx(np.quantile(values.astype(float), q), abs=1e-12)


@pytest.mark.parametrize("nearest", [False, True])
@pytest.mark.parametrize("inverse", [False, True])
@pytest.mark.parametrize("replicate", [False, True])
def test_warps(call: Call, nearest: bool, inverse: bool, replicate: bool) -> None:
    flags = (cv2.INTER_NEAREST if nearest else cv2.INTER_LINEAR) | (INVERSE if inverse else 0)
    border = cv2.BORDER_REPLICATE if replicate else cv2.BORDER_CONSTANT
    options = {"inverse": inverse, "nearest": nearest, "replicate": replicate}
    for image, atol in ((LEVELS, 0), (FLOATS, 1e-6)):
        found = call("warpAffine", image, AFFINE.ravel().tolist(), 80, 66, options)
        same(found, cv2.warpAffine(image, AFFINE[:2], (80, 66), flags=flags, borderMode=border), atol)
        found = call("warpPerspective", image, MATRIX.ravel().tolist(), 80, 66, options)
        expected = cv2.warpPerspective(image, MATRIX, (80, 66), flags=flags, borderMode=border)
        assert np.mean(np.abs(found - expected.astype(float)) > atol) < 1e-3  # a 32nd of a pixel may round differently


def test_matrices(call: Call) -> None:
    quad = np.array([[0, 0], [50, 3], [48, 60], [-2, 55]], np.float32)
    target = np.array([[1, 1], [80, 0], [80, 40], [0, 42]], np.float32)
    expected = cv2.getPerspectiveTransform(quad, target)
    same(call("perspectiveBetween", quad.tolist(), target.tolist()), expected.ravel(), 1e-9)
    same(call("mappedPoints", quad.tolist(), expected.ravel().tolist()), target, 1e-4)
    same(call("inverseOf", MATRIX.ravel().tolist()), np.linalg.inv(MATRIX).ravel(), 1e-12)


def test_division(call: Call) -> None:
    other = LEVELS[::-1].copy()
    other[:5] = 0
    same(call("divided", LEVELS, other, 230), cv2.divide(LEVELS, other, scale=230))


@pytest.mark.parametrize("shape", [(60, 70), (61, 75), (40, 44), (90, 33), (120, 130)])
def test_contours_and_polygons(call: Call, shape: tuple[int, int]) -> None:
    for size in (1.0, 2.0, 5.0):
        mask = blobs(*shape, 0.3, size)
        for simple, method in ((True, cv2.CHAIN_APPROX_SIMPLE), (False, cv2.CHAIN_APPROX_NONE)):
            outer, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, method)
            every, _ = cv2.findContours(mask, cv2.RETR_CCOMP, method)
            found = call("outerContours", mask, {"simple": simple})
            assert [each["points"] for each in found] == [each.reshape(-1, 2).tolist() for each in outer]
            found = call("findContours", mask, {"simple": simple})
            assert sorted(one["points"] for one in found) == sorted(one.reshape(-1, 2).tolist() for one in every)
        _, labels, stats, _ = cv2.connectedComponentsWithStats(mask)
        largest = (labels == 1 + stats[1:, 4].argmax()).astype(np.uint8)
        _check_polygon(call, largest)


def _check_polygon(call: Call, mask: np.ndarray) -> None:
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    hull = cv2.convexHull(np.concatenate(contours))
    points = hull.reshape(-1, 2).tolist()
    assert call("hullOfMask", mask) == points
    filled = np.zeros_like(mask)
    cv2.fillConvexPoly(filled, hull, (255,))
    same(call("filledHull", mask, points, 255), filled)
    rectangle, found = cv2.minAreaRect(hull), call("minAreaRect", points)
    same([*found["center"], *found["size"], found["angle"]], [*rectangle[0], *rectangle[1], rectangle[2]], 1e-4)
    assert call("contourArea", points) == cv2.contourArea(hull)
    length = cv2.arcLength(hull, True)
    assert call("closedLength", points) == pytest.approx(length)
    assert call("isConvex", points) == cv2.isContourConvex(hull)
    for tolerance in np.arange(0.01, 0.3, 0.03):
        expected = cv2.approxPolyDP(hull, tolerance * length, True).reshape(-1, 2).tolist()
        assert call("simplified", points, float(tolerance * length)) == expected
    for x, y in [(0, 0), (20, 20), (10, 35), tuple(points[0])]:
        assert call("sideOf", points, [x, y]) == cv2.pointPolygonTest(hull, (x, y), False)
