"""Pictures: chosen, dropped, pasted, examples, and the messages for unreadable ones."""

from __future__ import annotations

import base64
import csv
import io
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import checked_page
from tests.browser.test_accessibility import faults_of
from tests.browser.test_board import draw
from tests.documents.files import drawn_pdf, nested_forms, scans
from tests.pictures import drawn_seven, encoded

pytestmark = pytest.mark.browser

SEVEN = encoded(drawn_seven())
EXAMPLES = Path(__file__).parents[2] / "src/inkling/server/static/examples"

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
def test_a_wrong_file_clears_the_answer_and_says_why(page_with_refusals: Page, content: bytes) -> None:
    """A message with the file's name replaces the picture; closing it restores the board and its answer."""
    page = page_with_refusals
    draw(page, 3)
    expect(page.locator("#answer")).to_have_text("3")
    expect(page.locator("#filmstrip [data-step=answer] .frame")).to_have_text("3")
    upload(page, content, "wrong.png")
    expect(page.locator("#message")).not_to_be_empty()
    expect(page.locator("#sure")).to_have_text("Not read.")
    expect(page.locator("#answer")).to_be_empty()
    expect(page.locator("#boxes .box")).to_have_count(0)
    expect(page.locator("#picture")).to_be_hidden()
    expect(page.locator("#unshown")).to_have_text("wrong.png cannot be shown in this browser.")
    expect(page.locator("#filmstrip .content")).to_be_hidden()
    page.locator("#close").click()
    expect(page.locator("#answer")).to_have_text("3")
    expect(page.locator("#unshown")).to_be_hidden()
    upload(page, content, "wrong.png")
    expect(page.locator("#answer")).to_be_empty()
    draw(page, 1, centre=0.85)
    expect(page.locator("#answer")).to_have_text("31")
    expect(page.locator("#message")).to_be_empty()


def test_a_picture_that_is_refused_is_shown_without_the_answer_before(page_with_refusals: Page) -> None:
    page = page_with_refusals
    upload(page, SEVEN)
    expect(page.locator("#answer")).to_have_text("7")
    upload(page, encoded(drawn_seven()[:3, :3]), "tiny.png")
    expect(page.locator("#message")).to_contain_text("a digit needs at least")
    expect(page.locator("#answer")).to_be_empty()
    expect(page.locator("#tiles button")).to_have_count(0)
    assert page.locator("#picture").evaluate("picture => picture.naturalWidth") == 3


def test_pasted_text_gets_a_sentence(page: Page) -> None:
    page.evaluate(
        """() => {
          const clipboardData = new DataTransfer();
          clipboardData.setData("text/plain", "four hundred and seven");
          document.body.dispatchEvent(new ClipboardEvent("paste", { bubbles: true, cancelable: true, clipboardData }));
        }"""
    )
    expect(page.locator("#message")).to_contain_text("That is text, not a picture")
    draw(page, 3)
    expect(page.locator("#answer")).to_have_text("3")
    expect(page.locator("#message")).to_be_empty()


def saved(page: Page) -> list[list[str]]:
    with page.expect_download() as download:
        page.locator("#save-table").click()
    text = Path(download.value.path()).read_text("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


def test_the_digits_of_a_picture_as_a_table(chromium: Browser, address: str) -> None:
    with checked_page(chromium, address, permissions=["clipboard-read", "clipboard-write"]) as page:
        expect(page.locator("#table")).to_be_hidden()
        page.locator("[data-shows='196']").click()
        expect(page.locator("#answer")).to_have_text("196")
        page.locator("#table summary").click()
        expect(page.locator("#table tbody tr")).to_have_count(3)
        rows = saved(page)
        assert rows[0] == ["Place", "Read as", "Confidence", "Left", "Top", "Width", "Height"]
        assert [row[1] for row in rows[1:]] == ["1", "9", "6"]
        assert int(rows[1][3]) < int(rows[2][3]) < int(rows[3][3])
        page.locator("#copy-table").click()
        copied = page.evaluate("navigator.clipboard.readText()")
        assert [line.split("\t") for line in copied.splitlines()] == rows
        page.locator("#close").click()
        expect(page.locator("#table")).to_be_hidden()


def several(*files: tuple[str, bytes]) -> Any:
    return [{"name": name, "mimeType": "image/png", "buffer": content} for name, content in files]


def saved_uploads(page: Page) -> list[list[str]]:
    with page.expect_download() as download:
        page.locator("#save-uploads").click()
    text = Path(download.value.path()).read_text("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


THREE = (("=7.png", SEVEN), ("not.png", b"not a picture"), ("blank.png", encoded(drawn_seven(ink=255))))


def test_several_pictures_give_a_row_each(page_with_refusals: Page) -> None:
    page = page_with_refusals
    page.locator("#upload").set_input_files(several(*THREE))
    expect(page.locator("#uploads-progress")).to_have_text("3 of 3 read, 1 to check, 1 not read")
    rows = page.locator("#uploads-body tr")
    expect(rows).to_have_count(3)
    expect(rows.nth(0).locator(".read-as")).to_have_text("7")
    expect(rows.nth(0)).to_have_attribute("data-state", "read")
    expect(rows.nth(0).locator("canvas")).to_have_count(1)
    expect(rows.nth(1)).to_contain_text("expected")
    expect(rows.nth(1)).to_have_attribute("data-state", "failed")
    expect(rows.nth(2)).to_contain_text("othing stands out")
    table = saved_uploads(page)
    assert [row[:2] for row in table[1:]] == [["./=7.png", "7"], ["not.png", ""], ["blank.png", ""]]
    page.evaluate("scrollTo(0, 0)")
    draw(page, 3)
    expect(page.locator("#answer")).to_have_text("3")
    expect(page.locator("#uploads")).to_be_hidden()
    expect(page.locator("#pager")).to_be_hidden()


def test_the_open_picture_is_marked_and_rows_open_by_keyboard(page_with_refusals: Page) -> None:
    """Arrow keys go from row to row, Enter opens one, and the pager steps through the pictures on the paper."""
    page = page_with_refusals
    five = (EXAMPLES / "five.webp").read_bytes()
    page.locator("#upload").set_input_files(several(("a.png", SEVEN), ("b.png", five), ("c.png", b"not a picture")))
    expect(page.locator("#uploads-progress")).to_contain_text("3 of 3 read")
    buttons = page.locator("#uploads-body button")
    expect(buttons.nth(0)).to_have_attribute("aria-current", "true")
    expect(page.locator("#answer")).to_have_text("7")
    buttons.nth(0).focus()
    page.keyboard.press("ArrowDown")
    expect(buttons.nth(1)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#answer")).to_have_text("5")
    expect(buttons.nth(1)).to_have_attribute("aria-current", "true")
    expect(page.locator("#uploads-body [aria-current]")).to_have_count(1)
    expect(page.locator("#pager-place")).to_have_text("2 of 3")
    page.locator("#pager-next").click()
    expect(page.locator("#message")).to_contain_text("expected")
    expect(page.locator("#answer")).to_be_empty()
    expect(page.locator("#pager-next")).to_be_disabled()
    page.locator("#pager-before").click()
    expect(page.locator("#answer")).to_have_text("5")
    assert faults_of(page) == []


def test_a_part_that_is_read_is_what_the_row_says(page: Page) -> None:
    page.locator("#upload").set_input_files(several(("a.png", SEVEN), ("b.png", SEVEN)))
    expect(page.locator("#uploads-progress")).to_have_text("2 of 2 read")
    page.locator("#crop-open").click()
    page.get_by_role("slider", name="Right edge").focus()
    for _ in range(18):
        page.keyboard.press("Shift+ArrowLeft")
    page.keyboard.press("Enter")
    row = page.locator("#uploads-body tr").nth(0)
    expect(row.locator(".to-know")).to_contain_text("Read from a part of the picture.")
    expect(row).not_to_have_attribute("data-state", "read")
    expect(page.locator("#uploads-body tr").nth(1)).to_have_attribute("data-state", "read")
    page.locator("#read-all").click()
    expect(row).to_have_attribute("data-state", "read")
    expect(row.locator(".to-know")).to_be_empty()


def test_another_network_reads_all_of_them_again(page: Page) -> None:
    page.locator("#upload").set_input_files(several(("a.png", SEVEN), ("b.png", SEVEN)))
    expect(page.locator("#uploads-progress")).to_have_text("2 of 2 read")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.locator("#model").select_option("ann")
    page.wait_for_timeout(100)
    expect(page.locator("#uploads-progress")).to_have_text("2 of 2 read")
    assert sum("model=ann" in url and "/read?" in url for url in asked) >= 2


@pytest.mark.parametrize("width", [320, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_rows_fit_a_phone(chromium: Browser, address: str, width: int, scheme: Any) -> None:
    with checked_page(chromium, address, (width, 700), color_scheme=scheme, requests_may_fail=True) as page:
        long = "a-very-long-name-of-a-file-from-a-telephone-20261130-141926.png"
        page.locator("#upload").set_input_files(several((long, SEVEN), *THREE))
        expect(page.locator("#uploads-progress")).to_contain_text("4 of 4 read")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert faults_of(page) == []
        page.locator("#uploads-body tr").nth(3).locator(".to-know").click()
        expect(page.locator("#sure")).to_have_text("No ink found")
        box = page.locator("#paper").bounding_box()
        assert box is not None
        assert 0 <= box["y"] < 700 - box["height"] / 2, "the page shows the paper again"


def test_a_document_is_a_table_of_its_pages(page: Page) -> None:
    """Each row has a thumbnail; a click shows that page and its reading."""
    upload(page, scans(3), "scan.pdf", "application/pdf")
    rows = page.locator("#uploads-body tr")
    expect(rows).to_have_count(3)
    expect(page.locator("#uploads-progress")).to_have_text("3 of 3 read")
    expect(page.locator("#answer")).to_have_text("7")
    expect(page.locator("#boxes .box")).to_have_count(1)
    expect(page.locator("#crop-open")).to_be_hidden()
    for i in range(3):
        expect(rows.nth(i)).to_contain_text(f"scan.pdf#{i + 1}")
        assert rows.nth(i).locator("img").evaluate("image => image.decode().then(() => image.naturalHeight)") == 400
    rows.nth(2).get_by_role("button").click()
    expect(page.locator("#picture")).to_be_visible()
    expect(page.locator("#answer")).to_have_text("7")
    page.locator("#model").select_option("ann")
    expect(page.locator("#uploads-progress")).to_have_text("3 of 3 read")
    expect(rows.nth(2).get_by_role("button")).to_have_attribute("aria-current", "true")
    expect(page.locator("#answer")).to_have_text("7")


def test_a_page_that_cannot_be_drawn_is_said_to_be_so(page: Page) -> None:
    upload(page, drawn_pdf("", "/X0 Do", extra=nested_forms(2)), "form.pdf", "application/pdf")
    rows = page.locator("#uploads-body tr")
    expect(rows).to_have_count(2, timeout=30_000)
    expect(rows.nth(1)).to_contain_text("the page")


def test_a_huge_picture_is_refused_before_it_is_opened(page: Page) -> None:
    """A small file with very many pixels is detected from its first bytes."""
    head = SEVEN[:16] + (30_000).to_bytes(4, "big") * 2 + SEVEN[24:]
    upload(page, head, "huge.png")
    expect(page.locator("#message")).to_contain_text("30000x30000 px; at most 120 megapixels are allowed")
    expect(page.locator("#answer")).to_be_empty()


def test_the_size_of_a_picture_is_known_from_its_first_bytes(page: Page) -> None:
    sizes = {}
    for kind in ("PNG", "JPEG", "GIF", "BMP", "WEBP"):
        content = base64.b64encode(encoded(drawn_seven()[:200], kind)).decode()
        body = """async (base64) => {
          const { imageSize } = await import("/static/js/draw/image_size.js");
          const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
          const cut = await imageSize(new Blob([bytes.slice(0, 11)]));
          const none = await imageSize(new Blob(["text that is no picture at all"]));
          return [await imageSize(new Blob([bytes])), cut, none];
        }"""
        sizes[kind] = page.evaluate(body, content)
    assert sizes == {**{kind: [[280, 200], None, None] for kind in sizes}, "GIF": [[280, 200], [280, 200], None]}
