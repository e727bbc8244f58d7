"""/models and /models/NAME: cells that open their mistakes, and the map of digits, by pointer, finger and keys."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from inkling.models import registry
from tests.browser.conftest import DESKTOP_WH, PHONE, PHONE_WH, checked_page, context_of
from tests.browser.test_accessibility import CONTRASTS, faults_in_both_schemes, faults_of
from tests.cli.test_serve import serving

pytestmark = pytest.mark.browser

NAME = "ann-tutorial"
REPORT = json.loads((registry.PACKAGED / NAME / "report" / "report.json").read_text("utf-8"))


@pytest.fixture
def model(chromium: Browser, address: str) -> Iterator[Page]:
    """The page of one model on a desktop; it must finish without an error."""
    with checked_page(chromium, f"{address}/models/{NAME}") as page:
        yield page


@pytest.fixture
def phone_model(chromium: Browser, address: str) -> Iterator[Page]:
    with checked_page(chromium, f"{address}/models/{NAME}", PHONE_WH, **PHONE) as page:
        yield page


def in_cell(label: int, read: int) -> list[float]:
    """Confidences of the mistakes in a cell, from the report."""
    told = REPORT["mistakes"]
    rows = zip(told["label"], told["read"], told["confidence"], strict=True)
    return [sure for a, b, sure in rows if (a, b) == (label, read)]


def open_cell(page: Page) -> Any:
    return page.locator("#cells .cell:visible")


def ready_map(page: Page) -> Any:
    page.wait_for_selector("#map[data-ready]")
    canvas = page.locator("#map-canvas")
    canvas.scroll_into_view_if_needed()
    return canvas


def place_of(page: Page, i: int) -> tuple[float, float]:
    """The position of entry `i` of the map on the page, in pixels."""
    box = page.locator("#map-canvas").bounding_box()
    assert box is not None
    margin = 16
    scale = (box["width"] - 2 * margin) / 1000
    x, y = REPORT["map"]["x"][i], REPORT["map"]["y"][i]
    return box["x"] + margin + x * scale, box["y"] + margin + y * scale


def words(i: int) -> str:
    told = REPORT["map"]
    label, read = told["label"][i], told["read"][i]
    return f"A {label}, read {'correctly' if label == read else f'as {read}'}, {int(100 * told['confidence'][i])}% sure"


def lonely(*, wrong: bool) -> int:
    """The misread (`wrong`) or correctly read entry of the map that is farthest from all others."""
    told = REPORT["map"]
    every = list(zip(told["x"], told["y"], strict=True))

    def room(i: int) -> int:
        x, y = every[i]
        return min((x - a) ** 2 + (y - b) ** 2 for k, (a, b) in enumerate(every) if k != i)

    return max((i for i in range(len(every)) if (told["label"][i] != told["read"][i]) == wrong), key=room)


def test_from_the_table_to_a_model(page: Page, address: str) -> None:
    page.goto(f"{address}/models")
    rows = page.locator(".overview tbody tr")
    expect(rows).to_have_count(len(registry.packaged()))
    rows.filter(has_text=NAME).get_by_role("link").click()
    expect(page).to_have_url(f"{address}/models/{NAME}")
    expect(page.get_by_role("heading", level=1)).to_have_text(NAME)
    page.get_by_role("navigation", name="Models").get_by_role("link", name=re.compile(r"^ann 9")).click()
    expect(page).to_have_url(f"{address}/models/ann")


def test_a_click_opens_the_mistakes_of_a_cell(model: Page) -> None:
    expect(open_cell(model)).to_have_count(1)
    expect(open_cell(model)).to_contain_text("The most confident mistakes")
    link = model.locator("#matrix a[data-cell='4-9']")
    link.scroll_into_view_if_needed()
    top = model.evaluate("scrollY")
    link.click()
    cell = open_cell(model)
    expect(cell).to_have_count(1)
    expect(cell.locator("h3")).to_have_text("4 read as 9")
    digits = cell.locator("li")
    expect(digits).to_have_count(REPORT["confusion"][4][9])
    for k, sure in enumerate(in_cell(4, 9)):
        expect(digits.nth(k)).to_contain_text(f"{int(100 * sure)}%")
    assert model.evaluate("scrollY") == top, "the page stays put"
    assert model.url.endswith("#cell-4-9"), "it can be shared"
    model.reload()
    expect(open_cell(model).locator("h3")).to_have_text("4 read as 9")
    open_cell(model).get_by_role("link", name="The most confident mistakes").click()
    expect(open_cell(model).locator("h3")).to_have_text("The most confident mistakes")


def test_the_pictures_are_those_digits(model: Page) -> None:
    model.locator("#matrix a[data-cell='4-9']").click()
    ink = (
        open_cell(model)
        .locator("image")
        .first.evaluate(
            """async (image) => {
          const sheet = new Image();
          sheet.src = image.getAttribute("href");
          await sheet.decode();
          const pen = new OffscreenCanvas(28, 28).getContext("2d");
          pen.drawImage(sheet, Number(image.getAttribute("x")), Number(image.getAttribute("y")));
          const same = sheet.naturalWidth == image.getAttribute("width") && sheet.naturalHeight == image.getAttribute("height");
          return [same, [...pen.getImageData(0, 0, 28, 28).data].filter((v, i) => i % 4 === 0 && v > 128).length];
        }"""  # noqa: E501
        )
    )
    assert ink[0], "the sheet is shown at its own size"
    assert 20 < ink[1] < 300, "a digit's worth of ink"


def test_cells_by_keyboard(model: Page) -> None:
    first = model.locator("#matrix a[tabindex='0']")
    expect(first).to_have_count(1)
    first.focus()
    seen = set()
    for _ in range(6):
        model.keyboard.press("ArrowRight")
        seen.add(model.evaluate("document.activeElement.dataset.cell"))
    assert len(seen) >= 5, "the arrow keys go from cell to cell"
    model.keyboard.press("ArrowDown")
    key = model.evaluate("document.activeElement.dataset.cell")
    model.keyboard.press("Enter")
    label, read = key.split("-")
    expect(open_cell(model).locator("h3")).to_have_text(f"{label} read as {read}")
    expect(model.locator("#opened")).to_have_text(f"{label} read as {read}")
    assert model.evaluate("document.activeElement.dataset.cell") == key, "the focus stays on the cell"


def test_two_models_are_set_against_each_other(model: Page) -> None:
    other = json.loads((registry.PACKAGED / "ann" / "report" / "report.json").read_text("utf-8"))["confusion"]
    own = REPORT["confusion"]
    model.locator("#against").select_option("ann")
    expect(model.locator("#difference")).to_contain_text(f"{NAME} compared with ann")
    for label, read in ((4, 9), (0, 0), (2, 7)):
        difference = own[label][read] - other[label][read]
        shown = model.locator(f"#matrix td[data-cell='{label}-{read}']")
        expect(shown).to_contain_text(f"{difference:+d}".replace("-", "\u2212") if difference else "0")
    expect(model.locator("#matrix td:visible[data-cell]")).to_have_count(100)
    model.locator("#against").select_option("")
    expect(model.locator("#matrix td:visible[data-cell]")).to_have_count(100)
    expect(model.locator("#matrix td[data-cell='0-0']")).to_have_text(f"{own[0][0]:,}")
    expect(model.locator("#difference")).to_be_hidden()


@pytest.mark.parametrize("wrong", [False, True])
def test_hovering_the_map_shows_the_digit(model: Page, wrong: bool) -> None:
    ready_map(model)
    i = lonely(wrong=wrong)
    model.mouse.move(*place_of(model, i))
    expect(model.locator("#digit-caption")).to_have_text(words(i))
    near = model.locator("#near button")
    expect(near).to_have_count(len(REPORT["map"]["near"][i]))
    expect(near.first).to_contain_text(str(REPORT["map"]["label"][REPORT["map"]["near"][i][0]]))
    ink = "tile => [...tile.getContext('2d').getImageData(0, 0, 28, 28).data].filter((v, k) => k % 4 === 3 && v).length"
    assert model.locator("#tile").evaluate(ink) > 20
    near.first.click()
    expect(model.locator("#digit-caption")).to_have_text(words(REPORT["map"]["near"][i][0]))


def test_the_map_by_keyboard(model: Page) -> None:
    canvas = ready_map(model)
    canvas.focus()
    mistakes = [i for i, label in enumerate(REPORT["map"]["label"]) if label != REPORT["map"]["read"][i]]
    told = model.locator("#digit-caption")
    expect(told).to_have_text(words(mistakes[0]))
    model.keyboard.press("n")
    expect(told).to_have_text(words(mistakes[1]))
    model.keyboard.press("p")
    model.keyboard.press("p")
    expect(told).to_have_text(words(mistakes[-1]))
    before = told.text_content()
    seen = {before}
    for key in ("ArrowLeft", "ArrowLeft", "ArrowUp", "ArrowRight", "ArrowDown"):
        model.keyboard.press(key)
        seen.add(told.text_content())
    assert len(seen) >= 3, "the arrow keys go from digit to digit"


def test_the_map_shows_one_kind_alone(model: Page) -> None:
    ready_map(model)
    model.get_by_role("radio", name="mistakes").check(force=True)
    expect(model.locator("#digit-caption")).to_contain_text("read as")
    model.get_by_role("radio", name="7", exact=True).check(force=True)
    expect(model.locator("#digit-caption")).to_contain_text("A 7")
    model.mouse.move(*place_of(model, next(i for i, n in enumerate(REPORT["map"]["label"]) if n == 1)))
    expect(model.locator("#digit-caption")).to_contain_text("A 7")


def test_a_finger_opens_cells_and_digits(phone_model: Page) -> None:
    page = phone_model
    page.locator(".frequent a").first.click()
    expect(open_cell(page).locator("h3")).to_have_text(re.compile(r"^\d read as \d$"))
    expect(open_cell(page)).to_be_in_viewport()
    ready_map(page)
    i = lonely(wrong=False)
    page.touchscreen.tap(*place_of(page, i))
    expect(page.locator("#digit-caption")).to_have_text(words(i))
    for control in (".frequent a", ".tabs a", ".only label", "#against"):
        box = page.locator(control).first.bounding_box()
        assert box is not None
        assert box["height"] >= 44, f"{control} is big enough for a thumb"


def test_the_figures_are_drawn(model: Page) -> None:
    for figure in REPORT["figures"]:
        image = model.locator(f"img[src$='{figure['name']}.svg']")
        image.scroll_into_view_if_needed()
        assert image.evaluate("image => image.decode().then(() => image.naturalWidth)") > 300


def test_it_waits_for_a_server_that_is_away(chromium: Browser, address: str) -> None:
    context = context_of(chromium, DESKTOP_WH)
    page = context.new_page()
    page.route("**/api/v1/models/*/report", lambda route: route.abort())
    page.goto(f"{address}/models/{NAME}")
    expect(page.locator("#offline")).to_be_visible()
    expect(page.locator("#map")).to_be_hidden()
    page.unroute("**/api/v1/models/*/report")
    page.wait_for_selector("#map[data-ready]")
    expect(page.locator("#offline")).to_be_hidden()
    context.close()


def test_without_javascript_the_still_parts_and_the_mistakes_are_there(chromium: Browser, address: str) -> None:
    context = context_of(chromium, PHONE_WH, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/models/{NAME}")
    expect(page.locator("#cell-worst")).to_be_visible()
    page.locator("#matrix a[data-cell='4-9']").click()
    expect(page.locator("#cell-4-9")).to_be_visible()
    expect(page.locator("#cell-worst")).to_be_hidden()
    expect(page.locator("noscript p")).to_be_visible()
    expect(page.get_by_role("heading", name="Limits")).to_be_visible()
    context.close()


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server whose default model has no report."""
    folder = tmp_path_factory.mktemp("bare") / "mine"
    folder.mkdir()
    for file in ("model.tflite", "manifest.json"):
        shutil.copy(registry.PACKAGED / NAME / file, folder)
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    (folder / "manifest.json").write_text(json.dumps({**manifest, "name": "mine"}), "utf-8")
    with serving("--model", str(folder)) as (_, url):
        yield url


def test_a_model_without_a_report_says_how_to_get_one(chromium: Browser, bare: str) -> None:
    with checked_page(chromium, f"{bare}/models/mine") as page:
        expect(page.locator(".absent")).to_contain_text("python -m inkling.training.publish")
        expect(page.locator("#map")).to_have_count(0)
        assert faults_of(page) == []


@pytest.mark.parametrize("size_wh", [DESKTOP_WH, PHONE_WH], ids=["desktop", "phone"])
def test_a_model_s_page_has_no_fault(chromium: Browser, address: str, size_wh: tuple[int, int]) -> None:
    context = context_of(chromium, size_wh, reduced_motion="reduce")
    page = context.new_page()
    page.goto(f"{address}/models/{NAME}#cell-4-9")
    page.wait_for_selector("#map[data-ready]")
    page.locator("#against").select_option("cnn")
    expect(page.locator("#difference")).to_be_visible()
    assert page.evaluate(CONTRASTS) == []
    page.locator("#against").select_option("")
    assert faults_in_both_schemes(page) == []
    context.close()
