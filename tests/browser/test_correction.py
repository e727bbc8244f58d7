"""A misread digit is corrected, taught, read correctly, and misread again after undoing: by mouse, finger and keys."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from inkling.models import registry
from tests.browser.conftest import DESKTOP_WH, PHONE, PHONE_WH, checked_page
from tests.browser.hands import (
    NARROW_SEVEN,
    NARROW_SEVEN_BY_KEYS,
    SURE_MS,
    agree,
    correct_it,
    draw_odd,
    draw_plain,
    hands_of,
    on_the_board,
    serving_hands,
    teach_now,
)
from tests.browser.test_accessibility import faults_in_both_schemes, faults_of
from tests.browser.test_board import draw, tap_and_drag
from tests.browser.test_keyboard import go, to_the_board
from tests.browser.test_pictures import SEVEN

pytestmark = pytest.mark.browser


@pytest.fixture
def board(chromium: Browser, hands_address: str) -> Iterator[Page]:
    with checked_page(chromium, hands_address) as page:
        yield page


@pytest.fixture
def board_with_refusals(chromium: Browser, hands_address: str) -> Iterator[Page]:
    with checked_page(chromium, hands_address, requests_may_fail=True) as page:
        yield page


def test_by_mouse(board: Page) -> None:
    draw_odd(board, NARROW_SEVEN)
    expect(board.locator("#answer")).to_have_text("1")
    correct_it(board)
    board.locator("#correction [data-label='7']").click()
    agree(board, "anna")
    expect(board.locator("#kept")).to_have_text("Kept for anna: this is a 7.")
    teach_now(board)
    expect(board.locator("#taught")).to_contain_text(
        "Version 1 of anna is used from the next stroke on. Read again: 7."
    )
    expect(board.locator("#answer")).to_have_text("7")
    expect(board.locator("#hand-used")).to_have_text("as anna writes, version 1")
    board.locator("#take-back").click()
    expect(board.locator("#answer")).to_have_text("1")
    expect(board.locator("#hand-used")).to_have_text("anna uses the original network")
    board.locator("#taught-close").click()
    expect(board.locator("#correction")).to_be_hidden()


def test_on_a_phone(chromium: Browser, hands_address: str) -> None:
    with checked_page(chromium, hands_address, PHONE_WH, **PHONE) as page:
        for path in on_the_board(page, NARROW_SEVEN):
            tap_and_drag(page, path)
        expect(page.locator("#answer")).to_have_text("1")
        page.locator("#wrong").click()
        expect(page.locator("#correction")).to_be_visible()
        sheet = page.locator("#correction").bounding_box()
        assert sheet is not None
        assert (sheet["x"], sheet["width"], sheet["y"] + sheet["height"]) == (0, *PHONE_WH)
        for button in page.locator("#correction .labels button").all():
            assert (button.bounding_box() or {})["height"] >= 44
        page.locator("#correction [data-label='7']").click()
        agree(page, "Ben")
        page.locator("#teach-now").click()
        expect(page.locator("#answer")).to_have_text("7", timeout=SURE_MS)
        page.locator("#taught-more").click()
        page.wait_for_url("**/teach?hand=Ben")
        page.get_by_role("button", name="Use the original network").click()
        expect(page.locator("#hand-facts")).to_contain_text("the original network is in use")
        page.get_by_role("link", name="Draw").click()
        expect(page.locator("#answer")).to_have_text("1")


def press_until(page: Page, key: str, selector: str) -> None:
    for _ in range(60):
        page.keyboard.press(key)
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"{key} does not reach {selector}")


def test_by_keyboard_alone(board: Page) -> None:
    to_the_board(board)
    go(board, NARROW_SEVEN_BY_KEYS)
    expect(board.locator("#answer")).to_have_text("1")
    press_until(board, "Tab", "#tiles [aria-pressed]")
    board.keyboard.press("7")
    expect(board.locator("#consent-name")).to_be_focused()
    board.keyboard.type("Cleo")
    board.keyboard.press("Enter")
    expect(board.locator("#teach-now")).to_be_focused()
    board.keyboard.press("Enter")
    expect(board.locator("#taught-close")).to_be_focused(timeout=SURE_MS)
    expect(board.locator("#answer")).to_have_text("7")
    press_until(board, "Tab", "#taught-more")
    board.keyboard.press("Enter")
    board.wait_for_url("**/teach?hand=Cleo")
    board.wait_for_selector("html[data-ready]")
    press_until(board, "Tab", "[aria-label='Use the original network']")
    board.keyboard.press("Enter")
    expect(board.locator("#hand-facts")).to_contain_text("the original network is in use")
    press_until(board, "Shift+Tab", "nav a[href='/']")
    board.keyboard.press("Enter")
    expect(board.locator("#answer")).to_have_text("1")


def test_a_second_correction_takes_one_key_and_escape_leaves_the_drawing(board: Page) -> None:
    draw_odd(board, NARROW_SEVEN)
    correct_it(board)
    board.keyboard.press("7")
    agree(board, "dora")
    board.keyboard.press("Escape")
    expect(board.locator("#correction")).to_be_hidden()
    expect(board.locator("#tiles [aria-pressed]")).to_be_focused()
    expect(board.locator("#answer")).to_have_text("1")
    board.keyboard.press("7")
    expect(board.locator("#kept")).to_have_text("For dora: this is a 7. It was already stored.")


def test_nothing_is_kept_unasked(board: Page) -> None:
    before = hands_of(board)
    draw_odd(board, NARROW_SEVEN)
    correct_it(board)
    board.locator("#correction [data-label='7']").click()
    told = board.locator("#consent")
    expect(told).to_contain_text("picture of this digit, what was read (1")
    version = registry.find("cnn").version
    expect(told).to_contain_text(f"what was read (1, by cnn {version}) and your label (7)")
    expect(told).to_contain_text("until you delete it on the Teach page")
    board.get_by_role("button", name="Keep nothing").click()
    expect(board.locator("#correction")).to_be_hidden()
    assert hands_of(board) == before


def test_undo_deletes_what_was_just_kept(board: Page) -> None:
    draw_odd(board, NARROW_SEVEN)
    correct_it(board)
    board.keyboard.press("7")
    agree(board, "emil")
    assert hands_of(board)["emil"]["lessons"] == 1
    board.locator("#undo-lesson").click()
    expect(board.locator("#correction")).to_be_hidden()
    assert hands_of(board)["emil"]["lessons"] == 0


def test_two_labels_of_one_picture_are_a_choice(board: Page) -> None:
    draw_odd(board, NARROW_SEVEN)
    correct_it(board)
    board.keyboard.press("7")
    agree(board, "finn")
    board.keyboard.press("Escape")
    correct_it(board)
    board.locator("#correction [data-label='9']").click()
    choices = board.locator("#contradiction-choices button")
    expect(choices).to_have_count(2)
    assert hands_of(board)["finn"]["contradictions"] == 1
    choices.filter(has_text="It is a 7").click()
    expect(board.locator("#kept")).to_contain_text("this is a 7. Other labels were deleted.")
    digits = hands_of(board)["finn"]["digits"]
    assert (digits["7"], digits["9"]) == (1, 0)


def test_these_are_two(board: Page) -> None:
    draw_plain(board, 0)
    box = board.locator("#board").bounding_box()
    assert box is not None
    expect(board.locator("#answer")).to_have_text("0")
    x = box["x"] + 0.5 * box["width"] + 0.165 * box["height"]  # a bar that touches the 0: a 1 behind it
    board.mouse.move(x, box["y"] + 0.2 * box["height"])
    board.mouse.down()
    board.mouse.move(x, box["y"] + 0.8 * box["height"], steps=8)
    board.mouse.up()
    correct_it(board)
    board.locator("#several").click()
    board.keyboard.type("7")
    board.keyboard.press("Enter")
    expect(board.locator("#correction-wrong")).to_contain_text("Type the joined digits")
    board.locator("#several-digits").fill("01")
    board.keyboard.press("Enter")
    agree(board, "greta")
    expect(board.locator("#kept")).to_have_text("Kept for greta: this is 0 and 1.")
    digits = hands_of(board)["greta"]["digits"]
    assert (digits["0"], digits["1"]) == (1, 1)


def test_not_a_digit_and_refused_ink(board: Page) -> None:
    draw_plain(board, 8)
    correct_it(board)
    board.locator("#correction [data-label='none']").click()
    agree(board, "hanna")
    expect(board.locator("#kept")).to_contain_text("this is not a digit")
    assert hands_of(board)["hanna"]["digits"]["none"] == 1
    board.keyboard.press("Escape")
    board.locator("#clear").click()
    draw_odd(board, (tuple((0.05 * i, (0.2, 0.8)[i % 2]) for i in range(20)),))
    expect(board.locator("#sure")).to_have_text("Not a digit")
    board.get_by_role("button", name="A digit?").first.click()
    expect(board.locator("#correction-heading")).to_have_text("Read as no digit. This is a …")
    board.locator("#correction [data-label='8']").click()
    expect(board.locator("#kept")).to_contain_text("this is an 8")
    assert hands_of(board)["hanna"]["digits"]["8"] == 1


def test_each_digit_of_a_picture_and_of_a_row(board: Page) -> None:
    board.locator("#upload").set_input_files({"name": "7.png", "mimeType": "image/png", "buffer": SEVEN})
    expect(board.locator("#answer")).to_have_text("7")
    board.locator("#tiles [aria-pressed]").press("1")
    agree(board, "ida")
    board.keyboard.press("Escape")
    board.locator("#close").click()
    for digit, centre in ((4, 0.22), (0, 0.5), (7, 0.78)):
        draw(board, digit, centre=centre, height=0.5)
    expect(board.locator("#answer")).to_have_text("407")
    board.get_by_role("button", name="Wrong? Digit 2").click()
    board.keyboard.press("6")
    expect(board.locator("#kept")).to_contain_text("this is a 6")
    there = board.request.get(board.evaluate("location.origin") + "/api/v1/hands/ida/lessons").json()["lessons"]
    assert [(each["label"], each["said"]) for each in there] == [("6", "0"), ("1", "7")]
    assert there[1]["source"] == "7.png"


def test_the_hand_is_remembered_and_a_deleted_one_forgotten(board_with_refusals: Page) -> None:
    page = board_with_refusals
    draw_odd(page, NARROW_SEVEN)
    correct_it(page)
    page.keyboard.press("7")
    agree(page, "jonas")
    teach_now(page)
    page.reload()
    expect(page.locator("#answer")).to_have_text("7")
    expect(page.locator("#hand")).to_have_value("jonas")
    page.locator("#hand").select_option("")
    expect(page.locator("#answer")).to_have_text("1")
    expect(page.locator("#hand-used")).to_be_empty()
    page.locator("#hand").select_option("jonas")
    expect(page.locator("#answer")).to_have_text("7")
    page.request.delete(page.evaluate("location.origin") + "/api/v1/hands/jonas")
    page.evaluate("scrollTo(0, 0)")  # the popover may have been further down
    draw(page, 4, centre=0.85, height=0.4)
    expect(page.locator("#answer")).to_have_text("14")
    expect(page.locator("#hand-used")).to_contain_text("Unknown hand 'jonas'")
    expect(page.locator("#hand")).to_have_value("")


def test_a_new_hand_is_named_in_the_chooser(board: Page) -> None:
    board.locator("#hand").focus()
    expect(board.locator("#hand option")).not_to_have_count(1)
    board.locator("#hand").select_option("new …")
    board.locator("#new-hand-name").fill("-")
    board.keyboard.press("Enter")
    expect(board.locator("#new-hand-wrong")).to_contain_text("begins with a letter")
    board.locator("#new-hand-name").fill("Karla")
    board.keyboard.press("Enter")
    expect(board.locator("#hand option:checked")).to_have_text("Karla (new)")
    draw_odd(board, NARROW_SEVEN)
    expect(board.locator("#answer")).to_have_text("1")
    assert "Karla" not in hands_of(board)


def test_an_error_is_a_sentence_and_nothing_drawn_is_lost(board_with_refusals: Page) -> None:
    page = board_with_refusals
    draw_odd(page, NARROW_SEVEN)
    correct_it(page)
    page.keyboard.press("7")
    expect(page.locator("#consent")).to_contain_text("hands.sqlite")
    page.route("**/lessons", lambda route: route.abort())
    page.locator("#consent-name").fill("lena")
    page.keyboard.press("Enter")
    wrong = page.locator("#correction-wrong")
    expect(wrong).to_have_text("The server is not answering. Try again in a moment.")
    page.unroute("**/lessons")
    page.keyboard.press("Enter")
    expect(page.locator("#kept")).to_be_visible(timeout=SURE_MS)
    page.request.delete(page.evaluate("location.origin") + "/api/v1/hands/lena")
    page.locator("#teach-now").click()
    expect(wrong).to_contain_text("lena")
    page.keyboard.press("Escape")
    expect(page.locator("#answer")).to_have_text("1")
    expect(page.locator("#undo")).to_be_enabled()


@pytest.mark.parametrize("size_wh", [DESKTOP_WH, PHONE_WH], ids=["desktop", "phone"])
def test_every_step_is_accessible(chromium: Browser, hands_address: str, size_wh: tuple[int, int]) -> None:
    with checked_page(chromium, hands_address, size_wh, reduced_motion="reduce") as page:
        steps = {}

        def look(step: str) -> None:
            found = faults_in_both_schemes(page)
            if page.evaluate("document.documentElement.scrollWidth") > size_wh[0]:
                found.append("it scrolls sideways")
            steps[step] = found

        draw_odd(page, NARROW_SEVEN)
        expect(page.locator("#answer")).to_have_text("1")
        correct_it(page)
        look("label")
        page.locator("#several").click()
        look("several")
        page.locator("#correction [data-label='7']").click()
        expect(page.locator("#consent")).to_be_visible()
        look("consent")
        agree(page, f"nora {size_wh[0]}")
        look("kept")
        teach_now(page)
        look("taught")
        page.keyboard.press("Escape")
        page.locator("#hand").select_option("new …")
        look("new hand")
        assert {step: found for step, found in steps.items() if found} == {}


def test_of_several_digits_one_is_chosen_to_correct(board: Page) -> None:
    draw(board, 4, centre=0.3, height=0.5)
    draw(board, 7, centre=0.7, height=0.5)
    expect(board.locator("#answer")).to_have_text("47")
    board.locator("#wrong").click()
    expect(board.locator("#correction")).to_be_hidden()
    expect(board.locator(".wrong-button").first).to_be_focused()


def test_a_script_that_could_not_be_loaded_is_loaded_again(board_with_refusals: Page) -> None:
    page = board_with_refusals
    page.route("**/draw/correction.js", lambda route: route.abort())
    draw(page, 7)
    expect(page.locator("#answer")).to_have_text("7")
    page.locator("#wrong").click()
    expect(page.locator("#message")).to_have_text("The form for corrections could not be loaded. Try again.")
    page.unroute("**/draw/correction.js")
    page.locator("#wrong").click()
    expect(page.locator("#correction")).to_be_visible()


def test_where_the_server_keeps_no_hands_this_browser_does(chromium: Browser, tmp_path_factory: Any) -> None:
    with (
        serving_hands(tmp_path_factory.mktemp("off"), INKLING_HANDS="off") as url,
        checked_page(chromium, url) as page,
    ):
        draw_odd(page, NARROW_SEVEN)
        expect(page.locator("#answer")).to_have_text("1")
        page.locator("#wrong").click()
        page.locator("#correction [data-label='7']").click()
        agree(page, "Dora", store="this browser")
        teach_now(page)
        page.locator("#taught-close").click()
        expect(page.locator("#answer")).to_have_text("7", timeout=SURE_MS)
        expect(page.locator("#hand-used")).to_have_text("as Dora writes, version 1")
        page.locator("#why").click()  # says why it cannot explain
        expect(page.locator("#why-note")).to_contain_text("version 1 read this.")
        expect(page.locator("#why-view")).to_be_hidden()
        page.keyboard.press("Escape")
        page.locator("[data-example]").first.click()
        expect(page.locator("#took")).to_contain_text("Read in this page")
        expect(page.locator("#hand-used")).to_have_text("as Dora writes, version 1")
        page.get_by_role("link", name="Teach").click()
        expect(page.locator("[data-teaches-here]")).to_contain_text("your digits stay in this browser")
        expect(page.locator("#how-hands")).to_contain_text("INKLING_HANDS=on")
        assert faults_of(page) == []
