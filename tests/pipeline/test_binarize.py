import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inkling.pipeline import binarize as inks
from inkling.pipeline.binarize import binarize, flatten_illumination
from inkling.pipeline.downscaling import downscale
from tests.pictures import drawn_seven, overlap

CLEAN = drawn_seven() < 128


def light(kind: str, shape: tuple[int, int] = (280, 280)) -> np.ndarray:
    """(h, w) float: the illumination of each pixel."""
    y, x = np.mgrid[: shape[0], : shape[1]] / np.array(shape)[:, None, None]
    return {
        "even": np.ones(shape),
        "from the left": 1 - 0.7 * x,
        "from below": 0.3 + 0.7 * y,
        "lamp": np.exp(-2 * ((x - 0.3) ** 2 + (y - 0.2) ** 2)),
        "flash": 1.0 - 0.9 * np.hypot(x - 0.5, y - 0.5) ** 2,
        "shadow": np.where(x + 0.3 * y < 0.5, 0.55, 1.0),
    }[kind].clip(0.05, 1)


@pytest.mark.parametrize("blank", [0, 1, 128, 255])
def test_even_paper_has_no_ink(blank: int) -> None:
    ink = binarize(np.full((60, 80), blank, np.uint8))
    assert ink.shape == (60, 80)
    assert ink.dtype == np.float32
    assert not ink.any()


@pytest.mark.parametrize("kind", ["even", "from the left", "lamp", "flash"])
def test_noisy_blank_paper_has_no_ink(kind: str) -> None:
    rng = np.random.default_rng(1)
    paper = 210 * light(kind) + rng.normal(0, 4, (280, 280))
    assert not binarize(paper.clip(0, 255).astype(np.uint8)).any()


@pytest.mark.parametrize("inverted", [False, True])
@pytest.mark.parametrize("kind", ["even", "from the left", "from below", "lamp", "flash", "shadow"])
def test_ink_is_found_in_any_light_and_polarity(kind: str, inverted: bool) -> None:
    rng = np.random.default_rng(2)
    picture = drawn_seven(ink=60, paper=230) * light(kind) + rng.normal(0, 3, (280, 280))
    picture = picture.clip(0, 255).astype(np.uint8)
    ink = binarize(255 - picture if inverted and kind == "even" else picture)
    assert overlap(ink, CLEAN) > 0.85


@pytest.mark.parametrize(("ink", "paper"), [(0, 255), (255, 0), (90, 160), (160, 90), (190, 230), (60, 20)])
def test_strong_and_faint_ink_of_either_polarity(ink: int, paper: int) -> None:
    assert overlap(binarize(drawn_seven(ink=ink, paper=paper)), CLEAN) > 0.9


@pytest.mark.parametrize("share", [0.06, 0.08, 0.1, 0.2])
def test_faint_pencil_is_ink_where_its_edges_are_sharp(share: float) -> None:
    rng = np.random.default_rng(3)
    strokes = cv2.GaussianBlur((CLEAN).astype(np.float32), (0, 0), 1)
    picture = 240 * (1 - share * strokes) + rng.normal(0, 1, CLEAN.shape)
    assert overlap(binarize(np.rint(picture).astype(np.uint8)), CLEAN) > 0.8


@pytest.mark.parametrize("share", [0.06, 0.1, 0.2])
def test_faint_stains_are_no_ink(share: float) -> None:
    rng = np.random.default_rng(3)
    stain = cv2.GaussianBlur(CLEAN.astype(np.float32), (0, 0), 20)
    picture = 240 * (1 - share * stain / stain.max()) + rng.normal(0, 1, CLEAN.shape)
    assert not binarize(np.rint(picture).astype(np.uint8)).any()


def test_uneven_rows_and_columns_are_flattened() -> None:
    x = np.linspace(-1, 1, 280)
    light = (1 - 0.6 * x[None] ** 4) * (1 + 0.05 * np.sin(40 * x[:, None]))
    picture = drawn_seven(ink=150, paper=235) * light
    ink = binarize(picture.astype(np.uint8))
    assert overlap(ink, CLEAN) > 0.8
    image = picture.astype(np.uint8)
    even, small = flatten_illumination(image, downscale(image))
    assert np.ptp(np.median(even, axis=0)) < 0.3 * np.ptp(np.median(image, axis=0))
    assert np.ptp(np.quantile(small, 0.8, axis=1)) <= 4


@pytest.mark.parametrize("width", [1, 3, 9, 30, 50])
def test_thin_and_thick_pens(width: int) -> None:
    picture = drawn_seven(width=width)
    assert overlap(binarize(picture), picture < 128) > 0.8


@pytest.mark.parametrize("shape", [(3, 90), (90, 3), (3, 2000), (2000, 3), (3, 8)])
def test_narrow_images(shape: tuple[int, int]) -> None:
    image = np.full(shape, 255, np.uint8)
    assert not binarize(image).any()
    image[1, 1] = 0
    assert binarize(image).shape == shape


@settings(max_examples=100, deadline=None)
@given(st.integers(3, 40), st.integers(8, 40), st.integers(0, 2**32 - 1))
def test_any_image_gives_ink_between_0_and_1(h: int, w: int, seed: int) -> None:
    ink = binarize(np.random.default_rng(seed).integers(0, 256, (h, w), dtype=np.uint8))
    assert ink.shape == (h, w)
    assert 0.0 <= ink.min() <= ink.max() <= 1.0


def test_an_even_background_needs_one_table_only() -> None:
    picture = drawn_seven(paper=231)
    contrast = inks.contrast_of_levels(231.0)
    at_once = inks.stretch_contrast(picture, contrast)
    in_two = inks.stretch_contrast(contrast[picture].astype(np.uint8), inks.LEVELS)
    assert at_once is not None
    assert in_two is not None
    assert np.array_equal(at_once, in_two)


@pytest.mark.parametrize("paper", [255, 200])
def test_closing_is_skipped_only_where_it_changes_nothing(paper: int) -> None:
    small = downscale(drawn_seven(paper=paper))
    small[:, :40] = np.minimum(small[:, :40], 2 * paper - 255)  # half of the gray paper is in shadow
    kernel = np.ones((19, 19), np.uint8)
    closed = cv2.morphologyEx(small, cv2.MORPH_CLOSE, kernel, borderType=cv2.BORDER_REPLICATE)
    assert np.array_equal(inks._close(small, 19), cv2.GaussianBlur(closed, (0, 0), 19 / 6).astype(np.float32))


def test_a_felt_pen_under_a_lamp_is_no_shadow() -> None:
    picture = drawn_seven(ink=60, paper=230, width=60) * light("lamp")
    assert overlap(binarize(picture.astype(np.uint8)), drawn_seven(width=60) < 128) > 0.95


def test_a_blot_between_thin_strokes_is_ink_where_light_falls_off() -> None:
    strokes = np.full((280, 280), 255, np.uint8)
    for x in (25, 95, 165, 235):
        zigzag = [(x - 8, 30), (x + 22, 30), (x - 5, 120), (x + 20, 180), (x - 10, 250)]
        cv2.polylines(strokes, [np.array(zigzag)], False, 0, 10)
    strokes[114:167, 104:157] = 0
    picture = np.where(strokes < 128, 50, 235) * light("from the left")
    assert overlap(binarize(picture.astype(np.uint8)), strokes < 128) > 0.97


def test_the_shadow_of_a_pencil_beside_a_thin_pen_is_no_ink() -> None:
    x = np.arange(280)
    dim = cv2.GaussianBlur(np.where((x > 215) & (x < 255), 0.53, 1.0)[None], (0, 0), 2) * (1 - 0.2 * x / 280)
    picture = drawn_seven(ink=40, paper=230, width=8) * dim
    assert overlap(binarize(picture.astype(np.uint8)), drawn_seven(width=8) < 128) > 0.9


@pytest.mark.parametrize(("ink", "found"), [(232, False), (226, True)])
def test_the_faintest_sharp_mark(ink: int, found: bool) -> None:
    assert binarize(drawn_seven(ink=ink, paper=240)).any() == found


def test_a_half_dark_mark_is_ink_however_soft() -> None:
    picture = cv2.GaussianBlur(drawn_seven(ink=80, paper=230), (0, 0), 14)
    assert (binarize(picture) > 0.5).any()


def test_marks_stand_out_from_strong_noise_and_the_noise_is_no_ink() -> None:
    rng = np.random.default_rng(5)
    picture = drawn_seven(ink=110, paper=200) + rng.normal(0, 36, (280, 280))
    ink = binarize(picture.clip(0, 255).astype(np.uint8))
    assert overlap(ink, CLEAN) > 0.8
    assert (ink[~CLEAN] > 0).mean() < 0.02


@pytest.mark.parametrize(("side", "noise", "smoothed"), [(150, 1, False), (300, 1, True), (300, 0, False)])
def test_only_noisy_photographs_are_smoothed(side: int, noise: int, smoothed: bool) -> None:
    image = (200 + noise * np.random.default_rng(6).integers(0, 3, (side, side))).astype(np.uint8)
    assert (inks.denoise(image) is not image) == smoothed


@pytest.mark.parametrize(("brightness", "left", "is_ink"), [(0.4, 90, True), (0.4, 0, False), (0.7, 90, False)])
def test_a_dark_patch_is_a_blot_where_it_is_clear_of_the_border(brightness: float, left: int, is_ink: bool) -> None:
    picture = np.tile(230 * (1 - 0.25 * np.arange(280) / 280), (280, 1))
    picture[90:190, left : left + 100] *= brightness
    picture[30:50, 30:250] = 20  # a stroke
    assert (binarize(picture.astype(np.uint8))[140, left + 50] > 0.5) == is_ink
