"""Cropping and turning the picture on the paper."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import DESKTOP_WH, PHONE_WH, checked_page
from tests.browser.test_accessibility import faults_of
from tests.browser.test_board import draw, tap_and_drag
from tests.browser.test_pictures import SEVEN, hand_over, upload
from tests.pictures import drawn_seven, encoded

pytestmark = pytest.mark.browser

SIDE = 280  # pixels of a drawn seven
TURNED_PICTURE = "/static/js/draw/turned_picture.js"


def two_sevens() -> bytes:
    """A seven on the left and one on the right, far apart; 840 x 280."""
    picture = np.full((SIDE, 3 * SIDE), drawn_seven().max(), np.uint8)
    picture[:, :SIDE] = picture[:, 2 * SIDE :] = drawn_seven()
    return encoded(picture)


def opened_editor(page: Page, content: bytes, answer: str) -> None:
    upload(page, content)
    expect(page.locator("#answer")).to_have_text(answer)
    page.locator("#crop-open").click()
    expect(page.locator("#crop")).to_be_visible()


def drag_on_picture(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Drags from one place in the picture to another, in shares of its size."""
    box = page.locator("#crop-view").bounding_box()
    assert box is not None
    for i, (x, y) in enumerate((start, end)):
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=1 if i == 0 else 8)
        if i == 0:
            page.mouse.down()
    page.mouse.up()


def natural_size(page: Page) -> list[int]:
    size: list[int] = page.locator("#picture").evaluate(
        "picture => picture.decode().then(() => [picture.naturalWidth, picture.naturalHeight])"
    )
    return size


def test_only_a_part_is_read_and_all_comes_back(page: Page) -> None:
    opened_editor(page, two_sevens(), "77")
    drag_on_picture(page, (0.94, 0.14), (0.6, 0.94))
    page.locator("#crop-read").click()
    expect(page.locator("#answer")).to_have_text("7")
    expect(page.locator("#crop")).to_be_hidden()
    width, height = natural_size(page)
    assert width == pytest.approx(0.34 * 3 * SIDE, abs=6)
    assert height == pytest.approx(0.8 * SIDE, abs=6)
    box, paper = page.locator("#boxes .box").bounding_box(), page.locator("#paper").bounding_box()
    assert box is not None
    assert paper is not None
    scale = min(paper["width"] / width, paper["height"] / height)
    top = paper["y"] + (paper["height"] - height * scale) / 2
    assert box["y"] == pytest.approx(top + (66 - 0.14 * SIDE) * scale, abs=10 * scale), "the seven is there"
    page.locator("#read-all").click()
    expect(page.locator("#answer")).to_have_text("77")
    assert natural_size(page) == [3 * SIDE, SIDE]
    expect(page.locator("#read-all")).to_be_hidden()


def test_the_frame_is_where_it_was_when_it_is_opened_again(page: Page) -> None:
    opened_editor(page, two_sevens(), "77")
    drag_on_picture(page, (0.06, 0.14), (0.4, 0.94))
    edges = page.get_by_role("slider").filter(visible=True)
    before = [edges.nth(i).get_attribute("aria-valuenow") for i in range(4)]
    page.locator("#crop-read").click()
    expect(page.locator("#answer")).to_have_text("7")
    page.locator("#crop-open").click()
    assert [edges.nth(i).get_attribute("aria-valuenow") for i in range(4)] == before
    page.locator("#crop-reset").click()
    page.locator("#crop-read").click()
    expect(page.locator("#answer")).to_have_text("77")


def test_it_is_cropped_by_keyboard(page: Page) -> None:
    """Edge by edge; Enter reads, Escape changes nothing."""
    opened_editor(page, two_sevens(), "77")
    left = page.get_by_role("slider", name="Left edge")
    expect(left).to_be_focused()
    for _ in range(11):
        page.keyboard.press("Shift+ArrowRight")
    expect(left).to_have_attribute("aria-valuetext", "55 % from the left")
    page.keyboard.press("Tab")
    expect(page.get_by_role("slider", name="Top edge")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("#answer")).to_have_text("7")
    expect(page.locator("#crop-open")).to_be_focused()
    page.keyboard.press("Enter")
    expect(left).to_be_focused()
    page.keyboard.press("Home")
    page.keyboard.press("Escape")
    expect(page.locator("#crop")).to_be_hidden()
    expect(page.locator("#picture")).to_be_visible()
    expect(page.locator("#answer")).to_have_text("7")
    expect(page.locator("#crop-open")).to_be_focused()


def test_an_edge_stops_before_the_other_edge_and_at_the_picture(page: Page) -> None:
    opened_editor(page, SEVEN, "7")
    left = page.get_by_role("slider", name="Left edge")
    page.keyboard.press("End")
    page.keyboard.press("End")
    assert 85 <= int(left.get_attribute("aria-valuenow") or 0) <= 97
    page.keyboard.press("Home")
    page.keyboard.press("ArrowLeft")
    expect(left).to_have_attribute("aria-valuenow", "0")
    page.get_by_role("slider", name="Bottom edge").focus()
    page.keyboard.press("Home")
    assert 3 <= int(page.get_by_role("slider", name="Bottom edge").get_attribute("aria-valuenow") or 0) <= 15


def test_a_picture_on_its_side_is_turned_and_read(page: Page) -> None:
    sideways = encoded(np.rot90(cv2.imdecode(np.frombuffer(two_sevens(), np.uint8), cv2.IMREAD_GRAYSCALE)).copy())
    upload(page, sideways)
    expect(page.locator("#picture")).to_be_visible()
    page.locator("#crop-open").click()
    page.get_by_role("button", name="Turn right").click()
    page.locator("#crop-read").click()
    expect(page.locator("#answer")).to_have_text("77")
    assert natural_size(page) == [3 * SIDE, SIDE]


def test_a_tilted_picture_is_straightened(page: Page) -> None:
    """The corners are filled from the picture's edge, so that none is read as ink."""
    whole = cv2.copyMakeBorder(drawn_seven(), 60, 60, 60, 60, cv2.BORDER_REPLICATE)
    side = len(whole)
    turn = cv2.getRotationMatrix2D((side / 2, side / 2), 25, 1)  # counterclockwise
    tilted = cv2.warpAffine(whole, turn, (side, side), borderMode=cv2.BORDER_REPLICATE)
    upload(page, encoded(tilted))
    expect(page.locator("#picture")).to_be_visible()
    page.locator("#crop-open").click()
    page.locator("#crop-angle").fill("25")
    expect(page.locator("#crop-angle-shown")).to_have_text("+25°")
    page.locator("#crop-read").click()
    expect(page.locator("#answer")).to_have_text("7")
    expect(page.locator("#sure")).to_have_attribute("data-outcome", "read")
    expect(page.locator("#boxes .box")).to_have_count(1)


def test_turning_keeps_pixels_where_they_belong(page: Page) -> None:
    """A quarter turn is exact; a fine turn fills its corners with the colors of the edge."""
    made = page.evaluate(
        f"""async () => {{
          const {{ drawn, wholeOf, quarterTurned }} = await import("{TURNED_PICTURE}");
          const source = document.createElement("canvas");
          [source.width, source.height] = [40, 20];
          const context = source.getContext("2d");
          context.fillStyle = "#c8c8c8";
          context.fillRect(0, 0, 40, 20);
          context.fillStyle = "#000";
          context.fillRect(0, 0, 10, 10); // left top
          const red = (canvas) => {{
            const {{ data }} = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
            return [canvas.width, canvas.height, Array.from(data).filter((_, i) => i % 4 === 0)];
          }};
          const size = [40, 20];
          const quarter = red(drawn(source, size, 90, wholeOf(size, 90), 1000));
          context.fillStyle = "#c8c8c8";
          context.fillRect(0, 0, 40, 20);
          const fine = red(drawn(source, size, 17, wholeOf(size, 17), 1000));
          return {{ quarter, fine, part: quarterTurned({{ left: -20, top: -10, right: 0, bottom: 10 }}) }};
        }}"""
    )
    width, height, values = made["quarter"]
    turned = np.array(values).reshape(height, width)
    assert turned.shape == (40, 20)
    assert (turned[:10, 10:] == 0).all(), "the top left is now the top right"
    assert (turned[:10, :10] == 200).all()
    assert (turned[10:] == 200).all()
    _, _, values = made["fine"]
    assert set(values) <= set(range(196, 205)), "no white and no transparent corner"
    assert made["part"] == {"left": -10, "top": -20, "right": 10, "bottom": 0}


def test_a_finger_crops_on_a_phone(phone: Page) -> None:
    opened_editor(phone, two_sevens(), "77")
    box = phone.locator("#crop-view").bounding_box()
    assert box is not None
    right, middle = box["x"] + box["width"], box["y"] + box["height"] / 2
    tap_and_drag(
        phone, [(right - 2, middle), (right - 0.3 * box["width"], middle), (right - 0.55 * box["width"], middle)]
    )
    expect(phone.get_by_role("slider", name="Right edge")).to_have_attribute("aria-valuenow", "46")
    phone.locator("#crop-read").click()  # Chromium may treat a tap soon after a swipe as part of the swipe
    expect(phone.locator("#answer")).to_have_text("7", timeout=15_000)
    assert phone.evaluate("scrollX") == 0
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_another_picture_and_a_stroke_end_the_editor(page: Page) -> None:
    opened_editor(page, two_sevens(), "77")
    hand_over(page, "paste")
    expect(page.locator("#answer")).to_have_text("7")
    expect(page.locator("#crop")).to_be_hidden()
    page.locator("#crop-open").click()
    expect(page.locator("#crop")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#crop")).to_be_hidden()
    page.locator("#close").click()
    expect(page.locator("#picture")).to_be_hidden()
    expect(page.locator("#crop-open")).to_be_hidden()
    draw(page, 3)
    expect(page.locator("#answer")).to_have_text("3")


@pytest.mark.parametrize("size_wh", [DESKTOP_WH, PHONE_WH, (320, 568)], ids=["desktop", "phone", "small"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_editor_is_accessible_and_fits(
    chromium: Browser, address: str, scheme: Any, size_wh: tuple[int, int]
) -> None:
    with checked_page(chromium, address, size_wh, color_scheme=scheme, reduced_motion="reduce") as page:
        upload(page, two_sevens())
        expect(page.locator("#answer")).to_have_text("77")
        actions, close = page.locator("#crop-open").bounding_box(), page.locator("#close").bounding_box()
        assert actions is not None
        assert close is not None
        assert actions["x"] + actions["width"] <= close["x"], "the buttons do not overlap"
        page.locator("#crop-open").click()
        assert faults_of(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
