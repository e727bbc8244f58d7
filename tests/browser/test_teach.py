"""The loop of /teach: draw, teach, see what changed, draw again; versions, contradictions, deleting, export."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from inkling.hands import full_job
from inkling.hands.store import Store
from inkling.models import registry
from tests.browser.conftest import DESKTOP_WH, PHONE, PHONE_WH, checked_page
from tests.browser.hands import (
    NARROW_SEVEN,
    NARROW_SEVEN_BY_KEYS,
    SURE_MS,
    draw_odd,
    draw_plain,
    hands_of,
    on_the_board,
    serving_hands,
)
from tests.browser.strokes import DIGITS
from tests.browser.test_accessibility import faults_in_both_schemes, faults_of
from tests.browser.test_board import tap_and_drag
from tests.browser.test_keyboard import go
from tests.browser.test_phones import in_view, swipe_up_beside_the_board
from tests.hands.conftest import lesson

pytestmark = pytest.mark.browser


@pytest.fixture
def teach(chromium: Browser, hands_address: str) -> Iterator[Page]:
    with checked_page(chromium, f"{hands_address}/teach") as page:
        yield page


def begin(page: Page, name: str) -> None:
    expect(page.locator("#consent")).to_contain_text("hands.sqlite", timeout=SURE_MS)
    page.locator("#begin-name").fill(name)
    page.keyboard.press("Enter")
    expect(page.locator("#prompt")).to_contain_text("Write a 0")
    expect(page.locator("#draw-heading")).to_be_focused()


def wanted(page: Page) -> str:
    """The digit of the page's prompt."""
    return page.locator("#prompt b").inner_text()


def keep(page: Page, digit: str) -> None:
    """Draws the prompted digit (a 7 has an unusual form) and keeps it."""
    draw_odd(page, NARROW_SEVEN if digit == "7" else DIGITS[int(digit)])
    page.locator("#next").click()
    expect(page.locator("#board + #nib ~ .hint")).to_be_visible(timeout=SURE_MS)


def live(page: Page, row: int) -> Any:
    return expect(page.locator("#live dd").nth(row).locator("b"))


def test_draw_teach_see_what_changed_and_draw_again(teach: Page) -> None:
    begin(teach, "anna")
    for _ in range(10):
        keep(teach, wanted(teach))
    expect(teach.locator("#prompt")).to_contain_text("Write a 0 · 1 kept")
    expect(teach.locator("#hand-facts")).to_contain_text("10 digits kept", timeout=SURE_MS)
    expect(teach.locator("#lesson-list .misread")).to_have_text(["read 1"])
    draw_odd(teach, NARROW_SEVEN)
    live(teach, 0).to_have_text("1")
    live(teach, 1).to_have_text("")
    teach.locator("#teach-light").click()
    expect(teach.locator("#teach-status")).to_contain_text("Version 1 is used", timeout=SURE_MS)
    live(teach, 0).to_have_text("1")
    live(teach, 1).to_have_text("7")
    expect(teach.locator("#result-scores strong")).to_have_text(["9 of 10 right", "10 of 10 right"])
    expect(teach.locator("#result-pictures .better li")).to_have_count(1)
    expect(teach.locator("#result-pictures .better li")).to_have_text("1 → 7")
    expect(teach.locator("#result-pictures .worse")).to_contain_text("None.")
    teach.locator("summary", has_text="Confusion matrix").click()
    tables = teach.locator("#result-confusion table")
    assert tables.nth(0).locator(".mistaken:not(:empty)").all_inner_texts() == ["1"]
    assert tables.nth(1).locator(".mistaken:not(:empty)").all_inner_texts() == []
    teach.locator("summary", has_text="on a map").click()
    expect(teach.locator("#result-map .mark").first).to_be_visible()
    expect(teach.locator("#result-map p").last).to_contain_text("By this version")  # they have moved
    teach.locator("#result-map button", has_text="Before").click()
    expect(teach.locator("#result-map p").last).to_contain_text("By the original network")
    teach.locator("summary", has_text="weights that changed").click()
    expect(teach.locator("#result-weights .weight-row")).to_have_count(11)
    expect(teach.locator("#result-weights > p").first).to_contain_text("changed most")
    teach.locator("summary", has_text="other people").click()
    expect(teach.locator("#result-guards tbody tr")).to_have_count(4)
    expect(teach.locator("#result-guards")).not_to_contain_text("failed")
    teach.get_by_role("button", name="Use the original network").click()
    expect(teach.locator("#live dt").nth(1)).to_have_text("Your hand")
    live(teach, 1).to_have_text("")
    teach.get_by_role("button", name="Use version 1").click()
    live(teach, 1).to_have_text("7")


def test_skip_choose_and_take_back(teach: Page) -> None:
    begin(teach, "ben")
    teach.locator("#skip").click()
    assert wanted(teach) == "1"
    keep(teach, "1")
    assert wanted(teach) == "2"
    assert hands_of(teach)["ben"]["digits"]["1"] == 1
    teach.locator("#undo", has_text="Undo 1").click()
    expect(teach.locator("#undo")).to_have_text("Undo")
    assert wanted(teach) == "1"
    assert hands_of(teach)["ben"]["lessons"] == 0
    teach.get_by_role("button", name="7: 0 kept").click()
    assert wanted(teach) == "7"
    draw_odd(teach, NARROW_SEVEN)
    teach.locator("#undo").click()
    expect(teach.locator("#next")).to_be_disabled()
    assert hands_of(teach)["ben"]["lessons"] == 0


def test_a_chosen_digit_is_asked_for_again(teach: Page) -> None:
    begin(teach, "lena")
    teach.get_by_role("button", name="7: 0 kept").click()
    keep(teach, "7")
    expect(teach.locator("#prompt")).to_have_text("Write a 7 · 1 kept")
    teach.locator("#skip").click()
    assert wanted(teach) == "8"
    teach.locator("#teach-light").click()
    expect(teach.locator("#result-reason")).to_have_text(
        "It now reads your digit; before, it did not. Ordinary writing is read as before.", timeout=SURE_MS
    )
    expect(teach.locator("#prompt")).to_have_text("Write a 7 · 1 kept")


def test_without_a_name_it_says_what_is_missing(teach: Page) -> None:
    expect(teach.locator("#consent")).to_contain_text("hands.sqlite", timeout=SURE_MS)
    teach.get_by_role("button", name="Begin").click()
    expect(teach.locator("#begin-wrong")).to_have_text("Type a name first.")
    expect(teach.locator("#begin-name")).to_be_focused()


def test_on_a_phone(chromium: Browser, hands_address: str) -> None:
    with checked_page(chromium, f"{hands_address}/teach", PHONE_WH, **PHONE) as page:
        begin(page, "cleo")
        for part in ("#prompt", "#board", "#next"):
            in_view(page, part)
        swipe_up_beside_the_board(page)
        page.get_by_role("button", name="7: 0 kept").click()
        for path in on_the_board(page, NARROW_SEVEN):
            tap_and_drag(page, path)
        live(page, 0).to_have_text("1")
        page.locator("#next").click()
        expect(page.locator("#hand-facts")).to_contain_text("1 digit kept", timeout=SURE_MS)
        page.locator("#teach-light").click()
        expect(page.locator("#teach-status")).to_contain_text("Version 1 is used", timeout=SURE_MS)
        for path in on_the_board(page, NARROW_SEVEN):
            tap_and_drag(page, path)
        live(page, 1).to_have_text("7")
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE_WH[0]


def test_by_keyboard_alone(teach: Page) -> None:
    expect(teach.locator("#consent")).to_contain_text("hands.sqlite", timeout=SURE_MS)
    while teach.evaluate("document.activeElement.id") != "begin-name":
        teach.keyboard.press("Tab")
    teach.keyboard.type("dora")
    teach.keyboard.press("Enter")
    for target in ("[aria-label^='7: 0 kept']", "#board"):
        for _ in range(60):
            teach.keyboard.press("Tab" if target != "#board" else "Shift+Tab")
            if teach.evaluate("target => document.activeElement.matches(target)", target):
                break
        if target != "#board":
            teach.keyboard.press("Enter")  # moves on to the board
            expect(teach.locator("#board")).to_be_focused()
            teach.keyboard.press("Tab")
    go(teach, NARROW_SEVEN_BY_KEYS)
    live(teach, 0).to_have_text("1")
    teach.keyboard.press("Enter")
    expect(teach.locator("#hand-facts")).to_contain_text("1 digit kept", timeout=SURE_MS)
    expect(teach.locator("#board")).to_be_focused()
    while teach.evaluate("document.activeElement.id") != "teach-light":
        teach.keyboard.press("Tab")
    teach.keyboard.press("Enter")
    expect(teach.locator("#teach-status")).to_contain_text("Version 1 is used", timeout=SURE_MS)


def test_a_version_that_is_not_used_says_why(teach: Page) -> None:
    begin(teach, "emil")
    keep(teach, "0")
    teach.locator("#teach-light").click()
    expect(teach.locator("#teach-status")).to_contain_text("stored, but not used", timeout=SURE_MS)
    expect(teach.locator("#result-reason")).to_contain_text("reads all 1 lessons right")
    expect(teach.locator("#result-heading")).to_be_focused()
    expect(teach.locator("#version-list .active")).to_contain_text("The original network")
    expect(teach.locator("#result-next")).to_contain_text("Draw a digit that the live reading gets wrong")
    teach.locator("#result-next button").click()
    expect(teach.locator("#draw-heading")).to_be_focused()


def test_a_version_that_is_not_used_says_which_digit_to_draw(teach: Page) -> None:
    begin(teach, "next")
    said = teach.evaluate(
        """async () => {
          const { showResult } = await import("/static/js/teach/result.js");
          const version = { version: 1, promoted: false, reason: "", changed: [], guards: [] };
          const asked = [];
          return [
            { before: [["7", "1", 2]], after: [["7", "1", 1]] },
            { before: [["7", "1", 1]], after: [["7", "7", 1]] },
            { before: [["7", "none", 1]], after: [["7", "7", 1]] },
          ].map((confusion) => {
            showResult("next", { ...version, confusion }, [], { draw: (digit) => asked.push(digit) });
            document.querySelector("#result-next button").click();
            return [document.querySelector("#result-next button").textContent, asked.at(-1)];
          });
        }"""
    )
    assert said == [["Draw a 7", "7"], ["Draw a 1", "1"], ["Draw a 7", "7"]]


def correct(page: Page, name: str, label: str) -> None:
    """Stores a drawing of a 1 with that label, as another page of this service does."""
    answer = page.evaluate(
        """async ([name, label]) => {
          const { keepLessons } = await import("/static/js/common/hands_client.js");
          const { read } = await import("/static/js/common/api_client.js");
          const canvas = Object.assign(document.createElement("canvas"), { width: 320, height: 320 });
          const context = canvas.getContext("2d");
          context.fillStyle = "#fff";
          context.fillRect(0, 0, 320, 320);
          context.fillStyle = "#000";
          context.fillRect(150, 60, 18, 200);
          const blob = await new Promise((done) => canvas.toBlob(done, "image/png"));
          const reading = await read(blob, { mode: "single" });
          const lessons = [{ box: reading.digits[0].box, label, said: "1" }];
          return keepLessons(name, { blob, lessons, model: reading.model, source: "test", session: "test" });
        }""",
        [name, label],
    )
    assert answer["stored"] == 1


def test_contradictions_are_shown_side_by_side(teach: Page) -> None:
    begin(teach, "finn")
    for label in ("7", "1"):
        correct(teach, "finn", label)
    teach.reload()
    expect(teach.locator("#contradictions")).to_be_visible(timeout=SURE_MS)
    expect(teach.locator("#contradiction-list img")).to_have_count(2)
    teach.get_by_role("button", name="It is a 1").click()
    expect(teach.locator("#contradictions")).to_be_hidden()
    digits = hands_of(teach)["finn"]["digits"]
    assert (digits["1"], digits["7"]) == (1, 0)


def test_delete_one_export_and_delete_all(teach: Page) -> None:
    begin(teach, "greta")
    for digit in "01":
        keep(teach, digit)
    delete = teach.get_by_role("button", name="Delete this 0")
    delete.click()
    expect(teach.locator("#lesson-list .delete[data-sure]")).to_have_text("Sure?")
    teach.locator("#lesson-list .delete[data-sure]").click()
    expect(teach.locator("#hand-facts")).to_contain_text("1 digit kept", timeout=SURE_MS)
    with teach.expect_download() as started:
        teach.locator("#export").click()
    assert started.value.suggested_filename == "greta.zip"
    with zipfile.ZipFile(io.BytesIO(started.value.path().read_bytes())) as archive:
        assert [name.split("__")[0] for name in archive.namelist()] == ["1"]
    for _ in range(2):
        teach.locator("#delete-hand").click()
    expect(teach.locator("#begin")).to_be_visible()
    assert "greta" not in hands_of(teach)


def test_what_the_service_refuses_is_a_sentence_and_the_drawing_stays(chromium: Browser, hands_address: str) -> None:
    with checked_page(chromium, f"{hands_address}/teach", requests_may_fail=True) as page:
        begin(page, "hanna")
        draw_plain(page, 0)
        page.route("**/lessons", lambda route: route.abort())
        page.locator("#next").click()
        expect(page.locator("#message")).to_have_text("The server is not answering. Try again in a moment.")
        live(page, 0).to_have_text("0")
        page.unroute("**/lessons")
        page.locator("#next").click()
        expect(page.locator("#hand-facts")).to_contain_text("1 digit kept", timeout=SURE_MS)
        page.request.delete(f"{hands_address}/api/v1/hands/hanna")
        page.locator("#teach-light").click()
        expect(page.locator("#teach-status")).to_contain_text("hanna", timeout=SURE_MS)


@pytest.mark.skipif(full_job.not_here(registry.find("cnn")) != "", reason="needs the learn extra and MNIST")
def test_a_full_teaching_is_followed_after_a_reload_and_cancelled(chromium: Browser, tmp_path: Path) -> None:
    with Store(f"sqlite:///{tmp_path}/hands.sqlite") as store:
        store.add("kurt", [lesson(n, str(n % 10)) for n in range(full_job.MIN_LESSONS)])
    with (
        serving_hands(tmp_path, XDG_DATA_HOME=str(tmp_path)) as url,
        checked_page(chromium, f"{url}/teach?hand=kurt") as page,
    ):
        expect(page.locator("#consent")).to_contain_text("hands.sqlite", timeout=SURE_MS)
        page.locator("#begin-name").press("Enter")
        page.locator("#teach-full").click()
        expect(page.locator("#teach-status")).to_contain_text("%", timeout=2 * SURE_MS)
        page.reload()
        expect(page.locator("#teach-status")).to_contain_text("%", timeout=2 * SURE_MS)
        expect(page.locator("#teach-light")).to_be_disabled()
        assert faults_of(page) == []
        page.locator("#teach-cancel").click()
        expect(page.locator("#teach-status")).to_have_text("Teaching was canceled.", timeout=SURE_MS)
        expect(page.locator("#teach-full")).to_be_enabled()
        expect(page.locator("#versions")).to_be_hidden()


@pytest.mark.parametrize("size_wh", [DESKTOP_WH, PHONE_WH, (320, 568)], ids=["desktop", "phone", "small"])
def test_every_state_is_accessible(chromium: Browser, hands_address: str, size_wh: tuple[int, int]) -> None:
    with checked_page(chromium, f"{hands_address}/teach", size_wh, reduced_motion="reduce") as page:
        states = {}

        def look(state: str) -> None:
            found = faults_in_both_schemes(page)
            if page.evaluate("document.documentElement.scrollWidth") > size_wh[0]:
                found.append("it scrolls sideways")
            states[state] = found

        look("asked")
        name = f"ida {size_wh[0]}"
        begin(page, name)
        look("empty")
        page.get_by_role("button", name="7: 0 kept").click()
        keep(page, "7")
        draw_odd(page, NARROW_SEVEN)
        live(page, 0).to_have_text("1")
        look("drawn")
        for label in ("7", "1"):
            correct(page, name, label)
        page.locator("#teach-light").click()
        expect(page.locator("#teach-status")).to_contain_text("Version 1 is used", timeout=SURE_MS)
        page.reload()
        expect(page.locator("#result")).to_be_visible(timeout=SURE_MS)
        page.evaluate("document.querySelectorAll('details').forEach((each) => (each.open = true))")
        expect(page.locator("#result-weights .weight-row")).to_have_count(11)
        expect(page.locator("#contradictions")).to_be_visible()
        look("taught")
        assert {state: found for state, found in states.items() if found} == {}
