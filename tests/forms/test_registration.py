import cv2
import numpy as np
import pytest

from inkling.forms.blank import blank_picture
from inkling.forms.examples import example
from inkling.forms.registration import Blank, register


@pytest.fixture(scope="module")
def blank() -> Blank:
    return Blank(blank_picture(example("exam")))


def grey(sheet: np.ndarray) -> np.ndarray:
    return cv2.resize(cv2.cvtColor(sheet, cv2.COLOR_RGB2GRAY), None, fx=0.875, fy=0.875, interpolation=cv2.INTER_AREA)


def placed(sheet: np.ndarray, corners: list[tuple[float, float]], size_wh: tuple[int, int]) -> np.ndarray:
    """A sheet on a gray desk with its corners at these points."""
    h, w = sheet.shape
    flat = np.array([(0, 0), (w, 0), (w, h), (0, h)], np.float32)
    warp = cv2.getPerspectiveTransform(flat, np.array(corners, np.float32))
    return cv2.warpPerspective(sheet, warp, size_wh, borderMode=cv2.BORDER_CONSTANT, borderValue=(90,))


PLACES = {
    "straight": [(0, 0), (990, 0), (990, 1400), (0, 1400)],
    "tilted": [(150, 60), (1000, 130), (905, 1330), (55, 1260)],
    "from one side": [(220, 100), (900, 180), (1040, 1330), (60, 1250)],
    "upside down": [(990, 1400), (0, 1400), (0, 0), (990, 0)],
    "on its side": [(1050, 60), (1050, 860), (20, 860), (20, 60)],
    "small": [(300, 200), (800, 200), (800, 907), (300, 907)],
}


@pytest.mark.parametrize("corners", PLACES.values(), ids=list(PLACES))
def test_a_page_lies_upon_its_blank(sheet: np.ndarray, blank: Blank, corners: list[tuple[float, float]]) -> None:
    [found] = register(placed(grey(sheet), corners, (1100, 1420)), blank)
    h, w = blank.image.shape
    flat = np.array([[(0, 0), (w, 0), (w, h), (0, h)]], np.float32)
    assert cv2.perspectiveTransform(flat, found.to_page)[0] == pytest.approx(np.array(corners), abs=2.5)
    assert found.agreement > 0.8
    assert found.seen.mean() > 0.99


@pytest.mark.parametrize("reach_px", [6, 15])
def test_a_curled_page_is_laid_flat(sheet: np.ndarray, blank: Blank, reach_px: int) -> None:
    page = grey(sheet)
    y, x = np.mgrid[: page.shape[0], : page.shape[1]].astype(np.float32)
    bent = cv2.remap(page, x, y + reach_px * np.sin(x / 180), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    [found] = register(bent, blank)
    [flat] = register(page, blank)
    one, two = (each.image[300:1350, 300:900].ravel() for each in (found, flat))
    assert np.corrcoef(one, two)[0, 1] > 0.95


def test_two_sheets_of_a_form(sheet: np.ndarray, blank: Blank) -> None:
    assert len(register(np.hstack([grey(sheet), grey(sheet)[::-1, ::-1]]), blank)) == 2


def test_two_sheets_on_a_desk_each_in_its_own_tilt(sheet: np.ndarray, blank: Blank) -> None:
    left = placed(grey(sheet), [(60, 90), (860, 40), (930, 1180), (110, 1250)], (2000, 1400))
    right = placed(grey(sheet), [(1080, 60), (1900, 120), (1840, 1300), (1010, 1220)], (2000, 1400))
    found = register(np.where(right == 90, left, right).astype(np.uint8), blank)
    assert sorted(round(float(each.to_page[0, 2]), -2) for each in found) == [100, 1100]


def test_another_form_is_none(digits: tuple[np.ndarray, np.ndarray], sheet: np.ndarray) -> None:
    assert register(grey(sheet), Blank(blank_picture(example("tally")))) == []


@pytest.mark.parametrize("page", [
    np.full((900, 700), 255, np.uint8),
    np.random.default_rng(0).integers(0, 255, (900, 700)).astype(np.uint8),
    np.zeros((8, 8), np.uint8),
], ids=["white", "noise", "tiny"])  # fmt: skip
def test_what_is_no_page(page: np.ndarray, blank: Blank) -> None:
    assert register(page, blank) == []
