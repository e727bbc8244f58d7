"""The panels below the board: the filmstrip with its switches, and the comparison of networks."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.conftest import checked_page
from tests.browser.test_accessibility import faults_of
from tests.browser.test_board import draw

pytestmark = pytest.mark.browser


def switch(page: Page, name: str) -> None:
    page.get_by_role("switch", name=name).click()


def test_the_filmstrip_follows_the_pen(page: Page) -> None:
    filmstrip = page.locator("#filmstrip")
    expect(filmstrip).to_have_attribute("open", "")
    expect(filmstrip.locator(".content")).to_be_hidden()
    draw(page, 4)
    for step in ("image", "ink", "glyphs"):
        expect(filmstrip.locator(f"[data-step={step}] img")).to_have_count(1)
    ink = filmstrip.locator("[data-step=ink] img")
    assert ink.evaluate("image => image.decode().then(() => image.naturalWidth)") > 200
    expect(filmstrip.locator("[data-step=tile] canvas")).to_have_count(1)
    expect(filmstrip.locator("[data-step=answer] .frame")).to_have_text("4")
    page.locator("#model").select_option("ann")
    draw(page, 7, centre=0.85)
    expect(filmstrip.locator("[data-step=answer] .frame")).to_have_text("47")
    expect(filmstrip.locator("[data-step=tile] canvas")).to_have_count(2)
    page.locator("#board").focus()
    page.keyboard.press("Escape")
    expect(filmstrip.locator(".content")).to_be_hidden()


def test_a_step_off_makes_it_worse_and_says_so(page: Page) -> None:
    said, answer = page.locator("#filmstrip-status"), page.locator("#filmstrip [data-step=answer] .frame")
    page.locator("#model").select_option("ann")
    draw(page, 7)
    expect(answer).to_have_text("7")
    switch(page, "separate ink from paper")
    expect(said).to_have_text(re.compile(r"Without binarization it reads \d at .* instead of 7 at"))
    expect(answer).to_have_class(re.compile("worse"))
    expect(page.locator("#answer")).to_have_text("7")
    switch(page, "center of mass in the middle")
    expect(said).to_contain_text("Without binarization and centering")
    page.locator("#all-steps").click()
    expect(answer).to_have_text("7")
    expect(page.get_by_role("switch", checked=False)).to_have_count(0)
    expect(page.locator("#all-steps")).to_be_hidden()


def test_without_finding_digits_a_row_is_one(page: Page) -> None:
    page.locator("#model").select_option("ann")
    draw(page, 4, centre=0.3)
    draw(page, 7, centre=0.7)
    answer = page.locator("#filmstrip [data-step=answer] .frame")
    expect(answer).to_have_text("47")
    switch(page, "find each digit")
    expect(page.locator("#filmstrip-status")).to_contain_text("instead of 47")
    expect(page.locator("#filmstrip [data-step=tile] canvas")).to_have_count(1)


def test_a_switch_works_by_keyboard(page: Page) -> None:
    draw(page, 3)
    expect(page.locator("#filmstrip [data-step=answer] .frame")).to_have_text("3")
    page.get_by_role("switch", name="normalize stroke width").focus()
    page.keyboard.press("Space")
    expect(page.locator("#filmstrip-status")).to_contain_text("Without stroke-width normalization")


def test_on_a_phone_the_filmstrip_is_closed_until_asked_for(phone: Page) -> None:
    asked = []
    phone.on("request", lambda request: asked.append(request.url) if "filmstrip" in request.url else None)
    draw(phone, 7)
    expect(phone.locator("#answer")).to_have_text("7")
    assert phone.locator("#filmstrip").get_attribute("open") is None
    assert asked == []
    phone.locator("#filmstrip summary").click()
    expect(phone.locator("#filmstrip [data-step=answer] .frame")).to_have_text("7")


def test_every_network_is_compared(page: Page) -> None:
    draw(page, 2)
    expect(page.locator("#answer")).to_have_text("2")
    page.locator("#compare summary").click()
    names = page.locator("#model option").all_text_contents()
    cards = page.locator("#networks li")
    expect(cards).to_have_count(len(names))
    assert cards.locator("h3").all_text_contents() == names
    expect(page.locator("#compare-status")).to_have_text(re.compile("All four read 2; the least sure is "))
    expect(page.locator("#networks .other")).to_have_count(0)
    page.evaluate("scrollTo(0, 0)")
    draw(page, 7, centre=0.85, height=0.5)
    expect(page.locator("#compare-status")).to_contain_text("27")


def test_disagreement_is_marked_and_told(page_without_engine: Page) -> None:
    page = page_without_engine

    def another(route: Route) -> None:
        answer = route.fetch().json()
        tutorial = next(one for one in answer["readings"] if one["model"]["name"] == "ann-tutorial")
        tutorial["text"], tutorial["digits"][0]["digit"] = "9", 9
        route.fulfill(body=json.dumps({**answer, "agree": False}), content_type="application/json")

    page.route("**/api/v1/compare*", another)
    draw(page, 4)
    expect(page.locator("#answer")).to_have_text("4")
    page.locator("#compare summary").click()
    expect(page.locator("#compare-status")).to_have_text(
        "They disagree: Tutorial network reads 9; the other three read 4.", use_inner_text=True
    )
    expect(page.locator("#compare-status")).to_have_attribute("role", "status")
    other = page.locator("#networks .other")
    expect(other).to_have_count(1)
    expect(other).to_contain_text("ann-tutorial")  # its id, small
    expect(other.locator(".differs")).to_be_visible()
    page.unroute("**/api/v1/compare*")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_what_is_open(chromium: Browser, address: str, scheme: Any) -> None:
    with checked_page(chromium, address, color_scheme=scheme, reduced_motion="reduce") as page:
        draw(page, 4)
        expect(page.locator("#answer")).to_have_text("4")
        page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
        switch(page, "separate ink from paper")
        expect(page.locator("#filmstrip-status")).to_contain_text("Without")
        expect(page.locator("#networks li").first).to_be_visible()
        assert faults_of(page) == []
        for width in (320, 768, 3840):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("panel", ["filmstrip", "compare", "cells"])
def test_a_panel_never_shows_the_picture_before(page: Page, panel: str) -> None:
    """This holds while the panel requests the next picture, and when it is opened later."""
    held: list[Route] = []
    details = page.locator(f"#{panel}")
    content = details.locator(".content > :not([role=status])").first
    shown = "content => getComputedStyle(content).visibility"
    if details.get_attribute("open") is None:
        details.locator("summary").click()
    page.locator("[data-shows='5']").click()
    expect(details.locator("[role=status]").first).not_to_be_empty()
    route = "**/api/v1/read?cells=*" if panel == "cells" else f"**/api/v1/{panel}?*"
    page.route(route, lambda asked: held.append(asked))  # noqa: PLW0108 - Playwright marks the function
    page.locator("[data-shows='3']").click()
    expect(page.locator("#answer")).to_have_text("3")
    assert content.evaluate(shown) == "hidden"
    page.wait_for_timeout(50)
    held.pop().continue_()
    expect(details).not_to_have_class(re.compile("waiting"))
    assert content.evaluate(shown) == "visible"
    details.locator("summary").click()
    page.locator("[data-shows='0']").click()
    expect(page.locator("#answer")).to_have_text("0")
    details.locator("summary").click()
    assert content.evaluate(shown) == "hidden"
    held.pop().continue_()
    expect(details).not_to_have_class(re.compile("waiting"))
    assert content.evaluate(shown) == "visible"


def test_a_panel_that_is_refused_hides_the_picture_before(page_with_refusals: Page) -> None:
    page = page_with_refusals
    page.locator("[data-shows='5']").click()
    expect(page.locator("#filmstrip [data-step=answer] .frame")).to_have_text("5")
    page.route(
        "**/api/v1/filmstrip?*",
        lambda route: route.fulfill(status=422, json={"ok": False, "kind": "BrokenPicture", "error": "it is broken"}),
    )
    page.locator("[data-shows='3']").click()
    expect(page.locator("#filmstrip-status")).to_have_text("It is broken")
    assert page.locator("#digit-steps").evaluate("steps => getComputedStyle(steps).visibility") == "hidden"


WITHOUT = """async (off) => {
  const { openEngine } = await import("/static/js/engine/client.js");
  const { greyPngOf } = await import("/static/js/common/png.js");
  const board = document.createElement("canvas");
  Object.assign(board, { width: 320, height: 240 });
  const context = board.getContext("2d");
  context.fillStyle = "#fff";
  context.fillRect(0, 0, 320, 240);
  Object.assign(context, { lineWidth: 14, lineCap: "round", lineJoin: "round" });
  context.stroke(new Path2D("M60 50H120L80 190M230 40 190 120H265M245 80 235 200"));
  const pixels = context.getImageData(0, 0, 320, 240);
  const here = await (await openEngine()).read(pixels, { off, steps: true });
  const asked = { method: "POST", headers: { "Content-Type": "image/png" }, body: await greyPngOf(pixels) };
  const there = await (await fetch(`/api/v1/filmstrip?model=cnn&off=${off.join(",")}`, asked)).json();
  const told = ({ text, outcome, confidence, digits, others }) => {
    const marks = [...digits, ...others].filter(({ tile }) => tile);
    return { text, outcome, confidence, tiles: marks.flatMap(({ tile }) => tile.flat()) };
  };
  return { here: told(here), there: told(there) };
}"""


@pytest.mark.parametrize(
    "off", [[], ["ink"], ["glyphs"], ["shape"], ["centre"], ["pen"], ["shape", "pen"], ["ink", "centre"]], ids=str
)
def test_the_page_does_without_steps_as_the_program_does(page: Page, off: list[str]) -> None:
    found = page.evaluate(WITHOUT, off)
    here, there = found["here"], found["there"]
    assert (here["text"], here["outcome"]) == (there["text"], there["outcome"])
    assert here["confidence"] == pytest.approx(there["confidence"], abs=2e-3)
    assert len(here["tiles"]) == len(there["tiles"])
    assert max((abs(a - b) for a, b in zip(here["tiles"], there["tiles"], strict=True)), default=0) <= 2
