import cv2
import numpy as np
import pytest

from inkling.pipeline.layout.perspective import find_page


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize(("reach", "lean"), [(160, 0.3), (220, 0.8), (320, 0.3)])
def test_a_shaded_sheet_whose_corner_is_far_above_the_picture_is_found(reach: int, lean: float, turned: bool) -> None:
    y, x = np.mgrid[:640, :320].astype(float)
    is_sheet = (x > 25) & (x < 295) & (y > 0.34 * x - 58) & (y < 610)
    shade = np.where(x + lean * y < reach, 0.45, 1.0)
    picture = cv2.GaussianBlur((np.where(is_sheet, 220, 60) * shade).astype(np.uint8), (3, 3), 0)
    corners = np.array([(25, -49.5), (295, 42.3), (295, 610), (25, 610)])
    if turned:
        picture, corners = np.ascontiguousarray(picture.T), corners[[0, 3, 2, 1], ::-1]
    page = find_page(picture)
    assert page is not None
    assert page.corners == pytest.approx(corners, abs=10)
    assert not page.is_whole
