"""The engine's layout of rows (`static/js/engine/rows/`) compared with the Python pipeline."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
import pytest
from playwright.sync_api import Browser

from inkling.pipeline.layout import Layout, find_layout
from inkling.pipeline.layout.light import ink_threshold, separate
from tests.browser.engine_modules import ADDRESS, CODEC, Engine, decoded, encoded
from tests.browser.row_pictures import row_pictures
from tests.pipeline.layout import pages

pytestmark = pytest.mark.browser

N = 80
LAYOUT = f"""async (image) => {{
  {CODEC}
  const {{ findLayout }} = await import("{ADDRESS}/static/js/engine/rows/find_layout.js");
  const {{ rows, ignored, tooMuch, isPage, whole }} = findLayout(decode(image));
  const shown = ({{ image, toImage, strokes }}) => ({{
    image, toImage, strokes: strokes?.seen(toImage, image.width, image.height) ?? null,
  }});
  const all = whole();
  return encode({{ rows: rows.map(shown), ignored, tooMuch, isPage, whole: all && shown(all) }});
}}"""


@pytest.fixture(scope="module")
def engine(chromium: Browser) -> Iterator[Engine]:
    page = chromium.new_page()
    yield Engine(page)
    page.close()


def found_layout(engine: Engine, image: np.ndarray) -> Any:
    return decoded(engine.page.evaluate(LAYOUT, encoded(image)))


def differences(found: Any, expected: Layout) -> list[str]:
    """The differences between a layout and the expected one."""
    if len(found["rows"]) != len(expected.rows):
        return [f"{len(found['rows'])} rows, not {len(expected.rows)}"]
    pairs = list(zip(found["rows"], expected.rows, strict=True))
    wrong = []
    if (found["whole"] is None) != (expected.whole is None):
        wrong.append("whole")
    if found["whole"] and expected.whole:
        pairs.append((found["whole"], expected.whole))
    for one, row in pairs:
        if one["image"].shape != row.image.shape:
            wrong.append(f"shape {one['image'].shape}, not {row.image.shape}")
            continue
        off = np.abs(one["image"].astype(int) - row.image)
        if off.max() > 0:
            wrong.append(f"{(off > 0).sum()} pixels, by {off.max()}")
        if not np.allclose(np.reshape(one["toImage"], (3, 3)), row.to_image, atol=1e-6):
            wrong.append("matrix")
        if row.strokes is not None:
            strokes = row.written(np.eye(3), row.image.shape[::-1])
            if (n := int((one["strokes"] != strokes).sum())) > 0:
                wrong.append(f"{n} pixels of strokes")
    if [(each["kind"], tuple(each["box"])) for each in found["ignored"]] != [
        (each.kind, each.box) for each in expected.ignored
    ]:
        wrong.append("ignored")
    if found["tooMuch"] != expected.too_much:
        wrong.append("too much")
    return wrong


def test_the_paper(engine: Engine) -> None:
    for picture in row_pictures(16, seed=5):
        found, expected = engine.call("rows/light", "separate", picture.image), separate(picture.image)
        assert found["isInverted"] == expected.is_inverted
        np.testing.assert_array_equal(found["background"], expected.background, picture.name)
        np.testing.assert_array_equal(found["contrast"], expected.contrast, picture.name)
        threshold = engine.call("rows/light", "inkThreshold", found["contrast"])
        assert threshold == ink_threshold(expected.contrast)


def test_nothing_is_found_on_blank_paper(engine: Engine) -> None:
    for level in (0, 128, 255):
        found = found_layout(engine, np.full((64, 90), level, np.uint8))
        assert (found["rows"], found["ignored"], found["tooMuch"]) == ([], [], "")


def test_rows_are_cut_out_alike(engine: Engine) -> None:
    wrong = {}
    for picture in row_pictures(N):
        if off := differences(found_layout(engine, picture.image), find_layout(picture.image)):
            wrong[picture.name] = off
    assert wrong == {}


def desks() -> Iterator[tuple[str, np.ndarray]]:
    """Sheets on a desk, seen from the side in uneven light; one is cut off, one has a hard shadow."""
    for seed, texts in enumerate((["4071"], ["93", "27182"], ["600", "58", "14"])):
        sheet = pages.blank(900, 640)
        for k, text in enumerate(texts):
            pages.put(sheet, pages.number(text, height=60, thickness=5), (120, 80 + 170 * k))
        picture, _ = pages.photographed(sheet, desk=60, size_wh=(800, 600), seed=seed)
        yield f"whole {texts}", picture
    yield "cut off", np.ascontiguousarray(picture[:, :640])
    y, x = np.mgrid[:600, :800]
    yield "shadow", np.asarray(picture * np.where(x + 0.3 * y < 420, 0.45, 1), np.uint8)


def test_sheets_on_a_desk_are_straightened(engine: Engine) -> None:
    """Corners agree to a thousandth of a pixel, so a few pixels of a row differ by a few levels."""
    for name, picture in desks():
        found, expected = found_layout(engine, picture), find_layout(picture)
        assert found["isPage"] == expected.is_page, name
        assert len(found["rows"]) == len(expected.rows), name
        for one, row in zip(found["rows"], expected.rows, strict=True):
            np.testing.assert_allclose(np.reshape(one["toImage"], (3, 3)), row.to_image, atol=2e-3, err_msg=name)
            off = np.abs(one["image"].astype(int) - row.image)
            assert off.max() <= 4, name
            assert (off > 0).mean() < 0.03, name
        assert [each["kind"] for each in found["ignored"]] == [each.kind for each in expected.ignored], name


def test_lines_are_fitted_alike(engine: Engine) -> None:
    rng = np.random.default_rng(3)
    for n in (5, 9, 40, 200):
        points = (rng.normal(0, 1, (n, 2)) * [30, 0.7] + [50, 20]).astype(np.float32)
        points[: n // 6, 1] += 9
        expected = cv2.fitLine(points, cv2.DIST_HUBER, 0, 0.01, 0.01).ravel()
        np.testing.assert_allclose(engine.call("rows/fit_line", "fitLine", points.tolist()), expected, atol=1e-4)
