"""The tools: pens, eraser, ten thousand strokes, reloads, links."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import DESKTOP_WH, context_of, opened
from tests.browser.test_board import draw, paths, tap_and_drag

pytestmark = pytest.mark.browser

INKED = """board => {
  const { data } = board.getContext("2d").getImageData(0, 0, board.width, board.height);
  let n = 0;
  for (let i = 3; i < data.length; i += 4) n += data[i] > 127;
  return n;
}"""


def inked(page: Page) -> int:
    """Pixels of ink on the board."""
    count: int = page.locator("#board").evaluate(INKED)
    return count


def drag(page: Page, *points: tuple[float, float]) -> None:
    """Drags along points given as shares of the board."""
    board = page.locator("#board").bounding_box()
    assert board is not None
    for i, (x, y) in enumerate(points):
        page.mouse.move(board["x"] + x * board["width"], board["y"] + y * board["height"], steps=1 if i == 0 else 12)
        if i == 0:
            page.mouse.down()
    page.mouse.up()


def choose(page: Page, name: str) -> None:
    page.get_by_role("radio", name=name).check(force=True)


def test_the_eraser_takes_whole_strokes_and_parts_and_can_be_undone(page: Page) -> None:
    answer = page.locator("#answer")
    draw(page, 7, centre=0.3)
    draw(page, 1, centre=0.7)
    expect(answer).to_have_text("71")
    full = inked(page)
    choose(page, "Eraser")
    drag(page, (0.7, 0.15), (0.72, 0.5), (0.7, 0.85))  # erases all of the 1
    expect(answer).to_have_text("7")
    drag(page, (0.25, 0.7), (0.32, 0.72))  # erases a piece of the stem of the 7
    rubbed = inked(page)
    assert rubbed < 0.8 * full
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    expect(answer).to_have_text("71")
    assert inked(page) == pytest.approx(full, rel=0.002)
    page.keyboard.press("Control+y")
    page.keyboard.press("Control+y")
    assert inked(page) == pytest.approx(rubbed, rel=0.002)


def test_an_eraser_in_mid_air_changes_nothing(page: Page) -> None:
    draw(page, 1)
    choose(page, "Eraser")
    drag(page, (0.1, 0.1), (0.2, 0.9))
    page.locator("#undo").click()
    expect(page.locator("#answer")).to_be_empty()
    expect(page.locator("#undo")).to_be_disabled()


def test_pens_differ_in_width_and_are_all_read(page: Page) -> None:
    widths = []
    for name in ("Fine pen", "Felt pen", "Broad pen"):
        choose(page, name)
        draw(page, 7)
        expect(page.locator("#answer")).to_have_text("7")
        widths.append(inked(page))
        page.keyboard.press("Escape")
        expect(page.locator("#answer")).to_be_empty()
    assert widths[0] < 0.75 * widths[1] < 0.75 * 0.75 * widths[2]


def test_a_pen_presses(page: Page) -> None:
    press = """([board, pressure]) => {
      const { left, top, width, height } = board.getBoundingClientRect();
      for (const [type, at] of [["pointerdown", 0.2], ...Array.from({ length: 20 }, (_, i) => ["pointermove", 0.2 + i / 40]),
        ["pointerup", 0.7]]) {
        board.dispatchEvent(new PointerEvent(type, { pointerId: 1, pointerType: "pen", pressure, button: type === "pointermove" ? -1 : 0,
          clientX: left + at * width, clientY: top + height / 2, bubbles: true, cancelable: true }));
      }
    }"""  # noqa: E501
    page.evaluate("HTMLElement.prototype.setPointerCapture = () => {}")
    board = page.locator("#board").element_handle()
    inks = []
    for pressure in (0.1, 0.9):
        page.evaluate(press, [board, pressure])
        inks.append(inked(page))
        page.keyboard.press("Escape")
    assert inks[1] > 1.7 * inks[0]


TEN_THOUSAND = """async () => {
  const drawing = await import("/static/js/common/drawing.js");
  const strokes = Array.from({ length: 10000 }, (_, i) => {
    const [x, y] = [((i % 100) - 50) / 80, (Math.floor(i / 100) - 50) / 110];
    return Array.from({ length: 8 }, (_, j) => ({ x: x + j / 1000, y: y + ((i * 7 + j) % 5) / 500, width: 0.004 }));
  });
  drawing.saveDrawing({ strokes, model: "cnn" });
}"""
SLOWEST = """async () => {
  const times = [];
  let last = performance.now();
  await new Promise((done) => {
    const tick = (now) => {
      times.push(now - last);
      last = now;
      if (times.length < 40) requestAnimationFrame(tick);
      else done();
    };
    requestAnimationFrame(tick);
  });
  return times.sort((a, b) => a - b)[Math.floor(times.length * 0.8)];
}"""


def test_ten_thousand_strokes_stay_fluid(page: Page) -> None:
    page.evaluate(TEN_THOUSAND)
    page.evaluate("addEventListener('pagehide', (event) => event.stopImmediatePropagation(), true)")
    page.reload()
    page.wait_for_selector("html[data-ready]")
    expect(page.locator("#reason")).not_to_be_empty(timeout=15_000)
    spent = page.evaluate(
        """() => {
          const board = document.getElementById("board");
          const { left, top } = board.getBoundingClientRect();
          HTMLElement.prototype.setPointerCapture = () => {};
          const send = (type, i) => board.dispatchEvent(new PointerEvent(type, { pointerId: 1, button: type === "pointermove" ? -1 : 0,
            clientX: left + 50 + 2 * i, clientY: top + 90, bubbles: true, cancelable: true }));
          const start = performance.now();
          send("pointerdown", 0);
          for (let i = 1; i < 200; i++) send("pointermove", i);
          send("pointerup", 200);
          return (performance.now() - start) / 200;
        }"""  # noqa: E501
    )
    assert spent < 4, "milliseconds per move: a frame has 16"
    page.keyboard.press("Control+z")
    page.locator("#clear").click()
    expect(page.locator("#answer")).to_be_empty()


def test_the_drawing_is_there_after_a_reload(page: Page) -> None:
    page.locator("#model").select_option("ann")
    draw(page, 5)
    expect(page.locator("#answer")).to_have_text("5")
    page.reload()
    expect(page.locator("#answer")).to_have_text("5")
    expect(page.locator("#model")).to_have_value("ann")
    page.locator("#clear").click()
    page.reload()
    page.wait_for_selector("html[data-ready]")
    expect(page.locator("#answer")).to_be_empty()
    expect(page.locator("#clear")).to_be_disabled()


def test_a_link_carries_drawing_and_network(chromium: Browser, address: str) -> None:
    context = context_of(chromium, DESKTOP_WH, permissions=["clipboard-read", "clipboard-write"])
    page, faults = opened(context, address)
    expect(page.locator("#link")).to_be_disabled()
    page.locator("#model").select_option("ann")
    draw(page, 2, centre=0.3)
    draw(page, 7, centre=0.7)
    page.locator("#link").click()
    page.locator("#copy-link").click()
    expect(page.locator("#share-note")).to_have_text("Link copied.")
    link = page.evaluate("navigator.clipboard.readText()")
    assert link == page.url
    assert re.fullmatch(rf"{re.escape(address)}/#d=[\w-]+&m=ann", link)
    context.close()
    other = context_of(chromium, (390, 844))
    shown, more = opened(other, link)
    expect(shown.locator("#answer")).to_have_text("27")
    expect(shown.locator("#model")).to_have_value("ann")
    shown.locator("#undo").wait_for()
    draw(shown, 1, centre=0.9, height=0.3)
    assert "#" not in shown.url, "the address no longer contains the drawing"
    other.close()
    assert faults + more == []


@pytest.mark.parametrize("damage", ["cut", "forged", "empty", "script"])
def test_a_damaged_link_gets_a_message_and_an_empty_board(page: Page, damage: str) -> None:
    draw(page, 3)
    expect(page.locator("#answer")).to_have_text("3")
    page.locator("#link").click()
    page.keyboard.press("Escape")
    whole = page.url.partition("#d=")[2].partition("&")[0]
    text = {"cut": whole[:-5], "forged": whole[:-9] + "AAAAAAAAA", "empty": "", "script": "%3Cscript%3E"}[damage]
    page.goto(f"{page.url.split('#')[0]}#d={text}&m=cnn")
    expect(page.locator("#message")).to_contain_text("incomplete or damaged")
    expect(page.locator("#answer")).to_be_empty()
    assert inked(page) == 0
    page.locator("#undo").click()
    expect(page.locator("#answer")).to_have_text("3")
    expect(page.locator("#message")).to_be_empty()


def test_a_link_with_an_unknown_network_is_read_by_another(page: Page) -> None:
    draw(page, 4)
    expect(page.locator("#answer")).to_have_text("4")
    page.locator("#link").click()
    page.keyboard.press("Escape")
    page.goto(re.sub("m=.*", "m=gone", page.url))
    expect(page.locator("#message")).to_contain_text("network, gone, is not available")
    expect(page.locator("#answer")).to_have_text("4")


def test_the_phone_has_a_camera_and_the_desktop_none(phone: Page, page: Page) -> None:
    camera = phone.locator("label[for=camera]")
    expect(camera).to_be_visible()
    expect(phone.locator("#camera")).to_have_attribute("capture", "environment")
    expect(page.locator("label[for=camera]")).to_be_hidden()
    from tests.browser.test_pictures import SEVEN

    phone.locator("#camera").set_input_files({"name": "7.png", "mimeType": "image/png", "buffer": SEVEN})
    expect(phone.locator("#answer")).to_have_text("7")
    for path in paths(phone, 2):
        tap_and_drag(phone, path)
    expect(phone.locator("#answer")).to_have_text("2")
