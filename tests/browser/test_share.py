"""Sharing: the link and who can open it, QR codes, and pictures of a drawing with its explanation."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import cv2
import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import PHONE, PHONE_WH, checked_page
from tests.browser.test_accessibility import faults_of
from tests.browser.test_board import draw
from tests.browser.test_pictures import SEVEN, upload

pytestmark = pytest.mark.browser

JS = "/static/js/draw"


def decoded(modules: Any) -> str:
    """The text of a QR code. OpenCV's detector misses some codes at some sizes, so several sizes are tried."""
    dark = np.pad(np.array(modules, bool), 4)
    for scale in (4, 3, 5, 6, 8):
        image = np.where(dark, 0, 255).astype(np.uint8).repeat(scale, 0).repeat(scale, 1)
        text, _, _ = cv2.QRCodeDetector().detectAndDecode(image)
        if text:
            return str(text)
    return ""


def shown_code(page: Page) -> str:
    """The text of the code in the dialog."""
    expect(page.locator("#qr svg")).to_be_visible(timeout=15_000)
    path, side = page.locator("#qr svg").evaluate(
        "svg => [svg.querySelector('path').getAttribute('d'), svg.viewBox.baseVal.width]"
    )
    modules = np.zeros((side - 8, side - 8), bool)
    for x, y in re.findall(r"M(\d+) (\d+)", path):
        modules[int(y) - 4, int(x) - 4] = True
    return decoded(modules)


def open_share(page: Page) -> None:
    page.locator("#link").click()
    expect(page.locator("#share")).to_be_visible()


def test_qr_codes_of_every_version_are_decoded(page: Page) -> None:
    """The longest text fits; one byte more does not."""
    body = f"""async () => {{
      const {{ qrCode, MOST_BYTES }} = await import("{JS}/qr.js");
      const letters = "https://example.org/#d=AQsXf3o0hwv1CbwBJ1Q-_&m=cnn";
      const text = (n) => Array.from({{ length: n }}, (_, i) => letters[(i * i * 7 + i) % letters.length]).join("");
      const lengths = [17, 32, 53, 78, 106, 134, 154, 192, 230, 271, 321, 367, 425, 458, 520, 586, 644, 718, 792, 858];
      const codes = lengths.map((n) => [text(n), qrCode(text(n))]);
      return {{ codes, fits: qrCode(text(MOST_BYTES)).length, not: qrCode(text(MOST_BYTES + 1)), most: MOST_BYTES }};
    }}"""
    made = page.evaluate(body)
    sides = [len(modules) for _, modules in made["codes"]]
    assert sides == [17 + 4 * version for version in range(1, 21)]
    wrong = [len(text) for text, modules in made["codes"] if decoded(modules) not in (text, "")]
    missed = [len(text) for text, modules in made["codes"] if decoded(modules) == ""]
    assert wrong == []
    assert len(missed) <= 3, "the detector misses some large codes"
    assert (made["most"], made["fits"], made["not"]) == (858, 97, None)


def test_fewer_points_draw_the_same_lines(page: Page) -> None:
    """A line with a corner, a curve with a changing width, and a dot."""
    body = f"""async () => {{
      const {{ simplified }} = await import("{JS}/simplified.js");
      const {{ flattened }} = await import("/static/js/common/strokes.js");
      const steps = Array.from({{ length: 101 }}, (_, i) => i / 100);
      const corner = steps.map((t) => (t < 0.5 ? {{ x: t, y: 0, width: 0.046 }} : {{ x: 0.5, y: t - 0.5, width: 0.046 }}));
      const curve = steps.map((t) => ({{ x: 0.3 * Math.cos(6 * t), y: 0.3 * Math.sin(6 * t), width: 0.03 + 0.02 * t }}));
      const strokes = [corner, curve, [corner[0]]];
      const off = (points, fewer) => {{
        const line = flattened(fewer);
        const nearest = ({{ x, y }}) => Math.min(...line.map((one) => Math.hypot(one.x - x, one.y - y)));
        return Math.max(...points.map(nearest));
      }};
      const fewer = simplified(strokes, 0.003);
      return strokes.map((points, i) => [fewer[i].length, off(points, fewer[i])]);
    }}"""  # noqa: E501
    for points, furthest in page.evaluate(body):
        assert points < 30
        assert furthest < 0.003 + 0.005, "plus half a step of the compared line"


def give_a_host(page: Page) -> None:
    """Stores the address of a host that others can open; without it, a page on this computer shows no code."""
    page.evaluate("localStorage.setItem('inkling-hosted-at', 'https://school.example.org/inkling/')")


def test_on_this_computer_alone_the_picture_is_first_and_there_is_no_code(page: Page) -> None:
    draw(page, 4)
    expect(page.locator("#answer")).to_have_text("4")
    open_share(page)
    link = page.locator("#share-address").input_value()
    assert link == page.url
    assert "#d=" in link
    expect(page.locator("#share-warning")).to_have_text("Only this computer can open the link.")
    expect(page.locator("#qr")).to_be_hidden()
    expect(page.locator("#qr-note")).to_be_hidden()
    expect(page.locator("#share .primary")).to_have_text("Save as PNG")
    picture, address = page.locator("#save-png").bounding_box(), page.locator("#share-address").bounding_box()
    assert picture is not None
    assert address is not None
    assert picture["y"] < address["y"]
    expect(page.locator("#hosted-at")).to_be_hidden()
    page.get_by_text("How can others open it?").click()
    expect(page.locator("#way-out")).to_contain_text("inkling site")
    expect(page.locator("#hosted-at")).to_be_visible()
    assert faults_of(page) == []


def test_the_dialog_has_link_and_code(page: Page) -> None:
    give_a_host(page)
    expect(page.locator("#link")).to_be_disabled()
    draw(page, 4, centre=0.3)
    draw(page, 7, centre=0.7)
    expect(page.locator("#answer")).to_have_text("47")
    open_share(page)
    link = page.locator("#share-address").input_value()
    expect(page.locator("#share-warning")).to_be_hidden()
    short = shown_code(page)
    assert short.startswith("https://school.example.org/inkling/#d=")
    assert len(short) <= len(link)
    page.locator("#large-qr").click()
    box = page.locator("#qr").bounding_box()
    assert box is not None
    assert box["width"] > 550
    assert faults_of(page) == []
    page.keyboard.press("Escape")
    expect(page.locator("#share")).to_be_hidden()
    expect(page.locator("#link")).to_be_focused()
    expect(page.locator("#answer")).to_have_text("47")
    here = page.url.split("#")[0]
    page.goto("about:blank")
    page.goto(short.replace("https://school.example.org/inkling/", here))
    expect(page.locator("#answer")).to_have_text("47")


def test_the_link_goes_to_the_hosted_page(page: Page) -> None:
    """The address is remembered; an invalid one is rejected."""
    draw(page, 3)
    expect(page.locator("#answer")).to_have_text("3")
    open_share(page)
    page.get_by_text("How can others open it?").click()
    hosted = page.locator("#hosted-at")
    hosted.fill("javascript:alert(1)")
    hosted.blur()
    expect(page.locator("#hosted-wrong")).to_contain_text("not a web address")
    assert page.locator("#share-address").input_value().startswith("http://127.0.0.1")
    hosted.fill("school.example.org/inkling/#d=AQ")
    hosted.press("Enter")
    expect(page.locator("#share-address")).to_have_value(
        re.compile(r"https://school\.example\.org/inkling/#d=[\w-]+&m=")
    )
    expect(page.locator("#share-warning")).to_be_hidden()
    expect(page.locator("#qr-note")).to_contain_text("Scan it")
    assert shown_code(page).startswith("https://school.example.org/inkling/#d=")
    page.locator("#share-close").click()
    open_share(page)
    expect(hosted).to_have_value("https://school.example.org/inkling/")
    assert page.locator("#share-address").input_value().startswith("https://school.example.org/inkling/#d=")


@pytest.mark.parametrize(
    ("place", "who"),
    [
        ("http://127.0.0.1:8000/", "computer"),
        ("http://localhost/", "computer"),
        ("http://[::1]:8000/", "computer"),
        ("http://192.168.1.7:8000/", "network"),
        ("http://10.0.0.3/", "network"),
        ("http://172.20.1.1/", "network"),
        ("http://[fd12::1]/", "network"),
        ("http://teacher-laptop:8000/", "network"),
        ("http://teacher.local/", "network"),
        ("http://172.32.1.1/", "everyone"),
        ("https://user.github.io/inkling/", "everyone"),
        ("http://[2001:db8::1]/", "everyone"),
    ],
)
def test_who_can_open_an_address(page: Page, place: str, who: str) -> None:
    said = page.evaluate(
        f"""async (address) => {{
          const {{ audience, warning }} = await import("{JS}/link_address.js");
          return [audience(address), warning(address)];
        }}""",
        place,
    )
    assert said[0] == who
    assert (said[1] == "") == (who == "everyone")


def test_a_drawing_of_many_strokes_has_no_code_but_a_link(page: Page) -> None:
    give_a_host(page)
    page.evaluate(
        """async () => {
          const { saveDrawing } = await import("/static/js/common/drawing.js");
          const stroke = (i) => Array.from({ length: 8 }, (_, j) => ({ x: (i % 20) / 40 + j / 400, y: i / 600 + ((i * j) % 7) / 300, width: 0.02 }));
          saveDrawing({ strokes: Array.from({ length: 300 }, (_, i) => stroke(i)), model: "cnn" });
          addEventListener("pagehide", (event) => event.stopImmediatePropagation(), true);
        }"""  # noqa: E501
    )
    page.reload()
    page.wait_for_selector("html[data-ready]")
    open_share(page)
    expect(page.locator("#qr-note")).to_contain_text("too many strokes for a QR code")
    expect(page.locator("#large-qr")).to_be_disabled()
    expect(page.locator("#copy-link")).to_be_enabled()


def saved(page: Page, button: str) -> tuple[str, bytes]:
    expect(page.locator(button)).to_be_enabled(timeout=20_000)
    with page.expect_download() as download:
        page.locator(button).click()
    return download.value.suggested_filename, Path(download.value.path()).read_bytes()


def test_a_drawing_is_saved_with_its_explanation(page: Page) -> None:
    """The picture is the same in both color schemes, dark on white."""
    draw(page, 7)
    expect(page.locator("#answer")).to_have_text("7")
    kept = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        open_share(page)
        name, svg = saved(page, "#save-svg")
        assert name == "inkling-7-explained.svg"
        root = ElementTree.fromstring(svg.decode())
        words = " ".join(text.text or "" for text in root.iter("{http://www.w3.org/2000/svg}text"))
        assert "Read" in words
        assert "inkling" in words
        name, png = saved(page, "#save-png")
        assert name == "inkling-7-explained.png"
        image = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_GRAYSCALE)
        assert image.shape[1] == 1920
        assert np.median(image) == 255
        assert image.min() < 60
        kept.append(svg)
        page.keyboard.press("Escape")
    assert kept[0] == kept[1]
    open_share(page)
    page.get_by_role("radio", name="The drawing alone").check()
    name, svg = saved(page, "#save-svg")
    assert name == "inkling-7.svg"
    assert b"<text" not in svg


def test_a_saved_explanation_keeps_the_digit_that_was_chosen_to_compare_with(page: Page) -> None:
    draw(page, 7)
    expect(page.locator("#why")).to_be_enabled(timeout=20_000)
    page.locator("#why").click()
    page.locator("#why-view").get_by_role("button", name="and not 2").click()
    page.keyboard.press("Escape")
    open_share(page)
    _, svg = saved(page, "#save-svg")
    assert b"Why 7, and not 2?" in svg


def test_a_picture_is_saved_and_has_no_link(page: Page) -> None:
    upload(page, SEVEN)
    expect(page.locator("#answer")).to_have_text("7")
    open_share(page)
    expect(page.locator("#share-no-link")).to_be_visible()
    expect(page.locator("#share-address")).to_be_hidden()
    name, svg = saved(page, "#save-svg")
    assert name == "inkling-7-explained.svg"
    assert b"data:image/jpeg;base64," in svg
    _, png = saved(page, "#save-png")
    assert cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_GRAYSCALE).min() < 60
    page.keyboard.press("Escape")
    expect(page.locator("#picture")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_dialog_fits_a_phone(chromium: Browser, address: str, scheme: Any) -> None:
    with checked_page(chromium, address, PHONE_WH, color_scheme=scheme, **PHONE) as page:
        give_a_host(page)
        draw(page, 5)
        expect(page.locator("#answer")).to_have_text("5")
        open_share(page)
        shown_code(page)
        expect(page.locator("#save-png")).to_be_enabled(timeout=20_000)
        assert page.locator("#share").evaluate("dialog => dialog.scrollWidth <= dialog.clientWidth")
        assert faults_of(page) == []


def test_what_is_shared_belongs_to_the_ink_as_it_is(page: Page) -> None:
    """This holds even if the answer from before the last stroke is still shown when the button is pressed."""
    draw(page, 4, centre=0.3)
    expect(page.locator("#answer")).to_have_text("4")
    draw(page, 7, centre=0.7)
    open_share(page)
    name, _ = saved(page, "#save-svg")
    assert name == "inkling-47-explained.svg"


HOSTILE = "<img src=x onerror=document.title='run'>"


@pytest.mark.parametrize("part", ["m", "d"])
def test_a_hostile_link_runs_nothing(page: Page, part: str) -> None:
    draw(page, 4)
    expect(page.locator("#answer")).to_have_text("4")
    open_share(page)
    page.keyboard.press("Escape")
    whole = page.url
    bad = {"m": re.sub("m=.*", f"m={HOSTILE}", whole), "d": re.sub("d=[^&]*", f"d={HOSTILE}{'A' * 100_000}", whole)}
    page.goto("about:blank")
    page.goto(bad[part])
    expect(page.locator("#message")).not_to_be_empty()
    assert page.locator("#message img").count() == 0
    assert page.title() != "run"
    if part == "m":
        expect(page.locator("#answer")).to_have_text("4")
        open_share(page)
        name, svg = saved(page, "#save-svg")
        assert name == "inkling-4-explained.svg"
        assert b"onerror" not in svg


def test_memory_is_freed(page: Page) -> None:
    """Every object URL of a picture is revoked: on the paper, in the editor, in the dialog and in the table."""
    page.evaluate(
        """() => {
          const kept = (window.kept = new Set());
          const { createObjectURL, revokeObjectURL } = URL;
          URL.createObjectURL = (blob) => {
            const url = createObjectURL.call(URL, blob);
            kept.add(url);
            return url;
          };
          URL.revokeObjectURL = (url) => {
            kept.delete(url);
            revokeObjectURL.call(URL, url);
          };
        }"""
    )
    files = [{"name": f"{i}.png", "mimeType": "image/png", "buffer": SEVEN} for i in range(3)]
    page.locator("#upload").set_input_files(files)  # type: ignore[arg-type]
    expect(page.locator("#uploads-progress")).to_have_text("3 of 3 read", timeout=30_000)
    page.locator("#pager-next").click()
    expect(page.locator("#pager-place")).to_have_text("2 of 3")
    expect(page.locator("#paper")).not_to_have_attribute("aria-busy", "true")
    for end in ("#crop-cancel", "#crop-read"):
        page.locator("#crop-open").click()
        page.locator(end).click()
        expect(page.locator("#paper")).not_to_have_attribute("aria-busy", "true")
    open_share(page)
    expect(page.locator("#save-png")).to_be_enabled(timeout=20_000)
    page.get_by_role("radio", name="The picture alone").check()
    expect(page.locator("#save-png")).to_be_enabled()
    page.keyboard.press("Escape")
    assert page.evaluate("kept.size") == 1, "the picture that is shown"
    page.locator("#close").click()
    assert page.evaluate("kept.size") == 0
    expect(page.locator("#uploads-body tr")).to_have_count(0)
