import io
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from inkling.forms.filled_pages import read_pages
from inkling.forms.form import Form
from tests.forms.conftest import VALUES, Digits, page


def as_pdf(sheets: list[np.ndarray], path: Path) -> Path:
    images = [Image.open(io.BytesIO(cv2.imencode(".jpg", sheet[..., ::-1])[1].tobytes())) for sheet in sheets]
    images[0].save(path, save_all=True, append_images=images[1:], resolution=200)
    return path


@pytest.mark.slow
def test_pages_in_order_a_repeated_one_and_one_that_is_broken(
    exam: Form, sheet: np.ndarray, digits: Digits, tmp_path: Path
) -> None:
    same_numbers = page(digits, VALUES, seed=9)
    other = page(digits, {**VALUES, "student_number": "99999999"})
    pdf = as_pdf([sheet, same_numbers, other, cv2.rotate(sheet, cv2.ROTATE_180)], tmp_path / "scan.pdf")
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"\xff\xd8 no picture")
    found = list(read_pages(exam, [broken, pdf, tmp_path / "missing.pdf"], workers=2))
    assert [each.page for each in found] == [1, 1, 2, 3, 4, 1]
    assert [each.filled.status for each in found][:3] == ["failed", "read", "read"]
    assert found[4].filled.status == "again"
    assert found[1].source in found[4].filled.reason
    assert found[4].filled.values == VALUES
    assert found[0].to_json()["ok"] is False
    assert "missing.pdf" in str(found[5].error)
