"""Pictures: chosen, dropped, pasted, examples; and what is said when one cannot be read."""

from __future__ import annotations

import base64

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_board import draw
from tests.pictures import drawn_seven, encoded

pytestmark = pytest.mark.browser

SEVEN = encoded(drawn_seven())

HAND_OVER = """([kind, base64, name, type]) => {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const data = new DataTransfer();
  data.items.add(new File([bytes], name, { type }));
  const options = { bubbles: true, cancelable: true };
  if (kind === "paste") {
    document.body.dispatchEvent(new ClipboardEvent("paste", { ...options, clipboardData: data }));
  } else {
    for (const step of kind === "drag" ? ["dragenter"] : ["dragenter", "dragover", "drop"]) {
      document.body.dispatchEvent(new DragEvent(step, { ...options, dataTransfer: data }));
    }
  }
}"""


def upload(page: Page, content: bytes, name: str = "7.png", kind: str = "image/png") -> None:
    page.locator("#upload").set_input_files({"name": name, "mimeType": kind, "buffer": content})


def hand_over(page: Page, how: str, content: bytes = SEVEN) -> None:
    page.evaluate(HAND_OVER, [how, base64.b64encode(content).decode(), "7.png", "image/png"])


def test_a_chosen_picture_is_shown_with_boxes(page: Page) -> None:
    upload(page, SEVEN)
    expect(page.locator("#answer")).to_have_text("7")
    picture, box = page.locator("#picture"), page.locator("#boxes .box")
    expect(picture).to_be_visible()
    assert picture.evaluate("picture => picture.decode().then(() => picture.naturalWidth)") == 280
    frame, paper = box.bounding_box(), page.locator("#paper").bounding_box()
    assert frame is not None
    assert paper is not None
    scale = paper["height"] / 280  # the square picture is fitted into the wide paper
    left = paper["x"] + (paper["width"] - paper["height"]) / 2
    assert frame["x"] == pytest.approx(left + 61 * scale, abs=8 * scale)
    assert frame["y"] == pytest.approx(paper["y"] + 66 * scale, abs=8 * scale)


@pytest.mark.parametrize("how", ["drop", "paste"])
def test_a_dropped_or_pasted_picture_is_read(page: Page, how: str) -> None:
    hand_over(page, how)
    expect(page.locator("#answer")).to_have_text("7")
    expect(page.locator("#drop")).to_be_hidden()


def test_a_drag_is_welcomed(page: Page) -> None:
    hand_over(page, "drag")
    expect(page.locator("#drop")).to_be_visible()


def test_an_example_is_read_at_a_click(page: Page) -> None:
    for shows in ("3", "2047"):
        page.locator(f"[data-shows='{shows}']").click()
        expect(page.locator("#answer")).to_have_text(shows)
        expect(page.locator(f"[data-shows='{shows}'] .caption")).to_contain_text(f"{shows} · ")


def test_an_example_is_read_by_keyboard(page: Page) -> None:
    page.locator("[data-shows='5']").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#answer")).to_have_text("5")


def test_the_board_comes_back_as_it_was(page: Page) -> None:
    draw(page, 3)
    expect(page.locator("#answer")).to_have_text("3")
    upload(page, SEVEN)
    expect(page.locator("#answer")).to_have_text("7")
    page.locator("#close").click()
    expect(page.locator("#answer")).to_have_text("3")
    expect(page.locator("#picture")).to_be_hidden()


def test_drawing_leaves_the_picture(page: Page) -> None:
    upload(page, SEVEN)
    expect(page.locator("#answer")).to_have_text("7")
    draw(page, 2)
    expect(page.locator("#answer")).to_have_text("2")
    expect(page.locator("#picture")).to_be_hidden()


def test_a_blank_picture_says_so_and_what_to_do(page: Page) -> None:
    upload(page, encoded(drawn_seven(ink=255)))
    expect(page.locator("#sure")).to_have_text("No ink found")
    expect(page.locator("#reason")).not_to_be_empty()
    expect(page.locator("#answer")).to_be_empty()


@pytest.mark.parametrize("content", [b"", b"not a picture at all"])
def test_a_wrong_file_gets_one_sentence_and_the_board_stays(page_with_refusals: Page, content: bytes) -> None:
    page = page_with_refusals
    draw(page, 3)
    expect(page.locator("#answer")).to_have_text("3")
    upload(page, content)
    expect(page.locator("#message")).not_to_be_empty()
    expect(page.locator("#picture")).to_be_hidden()
    expect(page.locator("#answer")).to_have_text("3")
    draw(page, 1, centre=0.85)
    expect(page.locator("#answer")).to_have_text("31")
    expect(page.locator("#message")).to_be_empty()
