"""/learn in a real browser: guesses, questions, progress, the reader's own digit, the glossary, the worksheet."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from playwright.sync_api import Browser, Page, expect

from inkling.server.pages.learn import CHAPTERS
from inkling.server.pages.lessons import glossary, questions
from tests.browser.conftest import DESKTOP_WH, PHONE, PHONE_WH, checked_page, context_of
from tests.browser.strokes import DIGITS, pen_moves
from tests.browser.test_accessibility import faults_in_both_schemes, faults_of
from tests.browser.test_layout import too_wide
from tests.browser.test_learn import drag, number, part, piece, until

pytestmark = pytest.mark.browser

SLUGS = [chapter.slug for chapter in CHAPTERS]


@pytest.fixture
def open_page(chromium: Browser, address: str) -> Iterator[Any]:
    """Opens a path on a desktop with empty storage; the page must finish without an error."""
    held = []

    def go(path: str, **options: Any) -> Page:
        manager = checked_page(chromium, address + path, **options)
        held.append(manager)
        return manager.__enter__()

    yield go
    for manager in held:
        manager.__exit__(None, None, None)


@pytest.mark.parametrize("slug", SLUGS)
def test_a_piece_appears_after_a_guess_and_the_reason_with_it(open_page: Any, slug: str) -> None:
    page = open_page(f"/learn/{slug}")
    for name, asked in questions()[slug]["guesses"].items():
        holder = page.locator(f'[data-piece="{name}"]')
        expect(holder.locator(".reveal")).to_be_hidden()
        expect(holder.locator(".told")).to_be_hidden()
        wrong = (asked["right"] + 1) % len(asked["options"])
        holder.locator("[data-option]").nth(wrong).press("Enter")
        expect(holder.locator(".reveal")).to_be_visible()
        expect(holder.locator(".told")).to_be_focused()
        expect(holder.locator(".verdict")).to_contain_text("You guessed “")
        expect(holder.locator(".told")).not_to_contain_text("{")
        expect(holder.locator(".guess")).to_have_attribute("data-made", "wrong")
        expect(holder).to_have_attribute("data-live", "true")
    page.reload()
    page.wait_for_selector("html[data-ready]")
    assert page.locator(".asking:visible").count() == 0, "guesses are remembered"
    assert page.locator(".guess[data-made=wrong]").count() == len(questions()[slug]["guesses"])
    assert faults_of(page) == []


def test_a_right_guess_is_told_so_and_a_guess_can_be_skipped(open_page: Any) -> None:
    page = open_page("/learn/neurons")
    first, second = page.locator(".guess").all()
    first.locator(f"[data-option='{questions()['neurons']['guesses']['parameter_count']['right']}']").click()
    expect(first.locator(".verdict")).to_contain_text("that is right")
    second.get_by_role("button", name="Skip the guess").click()
    expect(second).to_have_attribute("data-made", "skipped")
    expect(second.locator(".verdict")).to_have_text("The answer:")


@pytest.mark.parametrize("slug", SLUGS)
def test_each_answer_of_the_question_opens_its_reason(open_page: Any, slug: str) -> None:
    page = open_page(f"/learn/{slug}")
    quiz, answers = page.locator("[data-quiz]"), questions()[slug]["question"]["answers"]
    for i, answer in enumerate(answers):
        one = quiz.locator("details").nth(i)
        expect(one.locator("p")).to_be_hidden()
        one.locator("summary").focus()
        page.keyboard.press("Enter")
        expect(one.locator("p")).to_contain_text("Right." if answer["right"] else "No.")
        expect(one.locator("p")).to_contain_text(answer["why"][:40])
    expect(quiz).to_have_attribute("data-done", "true")


def test_the_contents_show_what_is_done_on_this_device_and_forget_it(open_page: Any) -> None:
    page = open_page("/learn")
    expect(page.locator(".progress")).to_be_hidden()
    assert page.locator(".time").count() == len(SLUGS)
    page.goto(page.url + "/neurons")
    page.wait_for_selector("html[data-ready]")
    page.locator("details[data-right=true] summary").click()
    page.locator("[data-option]").first.click()
    page.goto(page.url.replace("neurons", "confidence"))
    page.wait_for_selector("html[data-ready]")
    page.locator(".skip").first.click()
    page.goto(page.url.replace("/confidence", ""))
    page.wait_for_selector("html[data-ready]")
    expect(page.locator("[data-chapter=neurons] .time")).to_contain_text("done")
    expect(page.locator("[data-chapter=confidence] .time")).to_contain_text("begun")
    expect(page.locator(".progress")).to_contain_text("finished 1 of 6 chapters. This is stored only on this device")
    assert page.context.cookies() == []
    page.get_by_role("button", name="Clear progress").click()
    expect(page.locator(".progress")).to_be_hidden()
    assert page.evaluate("localStorage.getItem('inkling-learn')") is None


@pytest.mark.parametrize("size_wh", [DESKTOP_WH, PHONE_WH], ids=["desktop", "phone"])
def test_the_first_chapter_begins_with_ones_own_digit(open_page: Any, size_wh: tuple[int, int]) -> None:
    page = open_page("/learn/pictures", size_wh=size_wh, **(PHONE if size_wh == PHONE_WH else {}))
    found = piece(page, "own_digit")
    for stroke in DIGITS[3]:
        drag(part(found, "board"), *((0.2 + 0.6 * x, 0.15 + 0.7 * y) for x, y in pen_moves(stroke)))
    status = part(found, "status")
    expect(status).to_contain_text("The network ann reads 3")
    empty, inked = (int(n) for n in re.findall(r"(\d+) are", str(status.text_content())))
    assert empty + inked == 784
    assert 0.7 < empty / 784 < 0.95, "the answer to the guess is about four in five"
    part(found, "send").click()
    inspector = piece(page, "pixel_inspector")
    expect(part(inspector, "digit")).to_be_focused()
    expect(part(inspector, "prediction")).to_contain_text("Your own digit. The network ann reads 3")
    page.reload()
    page.wait_for_selector("html[data-ready]")
    expect(part(piece(page, "own_digit"), "status")).to_contain_text("reads 3")
    expect(part(piece(page, "pixel_inspector"), "prediction")).to_contain_text("Your own digit")
    part(piece(page, "own_digit"), "clear").click()
    expect(part(piece(page, "own_digit"), "status")).to_have_text("Draw a digit on the board.")


def test_ones_own_digit_is_drawn_by_keyboard(open_page: Any) -> None:
    page = open_page("/learn/pictures")
    found = piece(page, "own_digit")
    part(found, "board").focus()
    for key in ["Shift+ArrowUp"] * 3 + [" "] + ["Shift+ArrowDown"] * 6 + [" "]:
        page.keyboard.press(key)
    expect(part(found, "status")).to_contain_text("The network ann reads 1")
    expect(part(found, "spoken")).to_have_text("Pen lifted.")


def test_a_term_is_explained_on_hover_focus_and_not_after_escape(open_page: Any) -> None:
    page = open_page("/learn/neurons")
    term, tip = page.locator("a.defined", has_text="ReLU").first, page.get_by_role("tooltip")
    term.hover()
    expect(tip).to_have_text(glossary()["relu"].means)
    expect(term).to_have_attribute("aria-describedby", "term-tip")
    tip.hover()
    page.wait_for_timeout(500)
    expect(tip).to_be_visible()
    page.keyboard.press("Escape")
    expect(tip).to_have_count(0)
    expect(term).not_to_have_attribute("aria-describedby", "term-tip")
    page.locator("h1").hover()
    page.locator(".where a").focus()
    page.keyboard.press("Tab")
    expect(tip).to_have_text(glossary()["neuron"].means)
    assert faults_of(page) == []
    page.keyboard.press("Enter")
    page.wait_for_url("**/learn/glossary#neuron")
    expect(page.locator(":target dd")).to_have_text(glossary()["neuron"].means)


def test_the_first_tap_explains_a_term_and_the_second_follows_it(open_page: Any) -> None:
    page = open_page("/learn/neurons", size_wh=PHONE_WH, **PHONE)
    term, tip = page.locator("a.defined", has_text="bias").first, page.get_by_role("tooltip")
    term.tap()
    expect(tip).to_have_text(glossary()["bias"].means)
    box = tip.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= PHONE_WH[0]
    page.locator("h1").tap()
    expect(tip).to_have_count(0)
    term.tap()
    term.tap()
    page.wait_for_url("**/learn/glossary#bias")


@pytest.mark.parametrize("size_wh", [DESKTOP_WH, PHONE_WH, (320, 568)], ids=["desktop", "phone", "small"])
@pytest.mark.parametrize("path", ["/learn", "/learn/teacher", "/learn/glossary"])
def test_the_other_pages_have_no_fault_and_no_sideways_scroll(
    open_page: Any, path: str, size_wh: tuple[int, int]
) -> None:
    page = open_page(path, size_wh=size_wh, reduced_motion="reduce")
    assert faults_in_both_schemes(page) == []
    assert too_wide(page, [size_wh]) == {}


def test_the_teachers_page_prints_on_one_sheet(open_page: Any, tmp_path: Path) -> None:
    page = open_page("/learn/teacher")
    page.pdf(path=tmp_path / "sheet.pdf", prefer_css_page_size=True)
    document = pypdfium2.PdfDocument(tmp_path / "sheet.pdf")
    assert len(document) == 1
    assert document[0].get_size() == pytest.approx((595, 842), abs=2), "A4 in points"
    text = "".join(document[0].get_textpage().get_text_bounded().split())  # a line may end without a space
    for slug in SLUGS:
        question = questions()[slug]["question"]
        for said in (question["ask"], *(answer["text"] for answer in question["answers"])):
            assert "".join(said.split()) in text
    assert "Name" in text
    assert "Steps" not in text, "the lesson itself is not printed"
    squares = page.locator(".squares span").first.bounding_box()
    assert squares is not None
    assert squares["width"] == pytest.approx(squares["height"], rel=0.1)


def test_the_print_buttons_print(open_page: Any) -> None:
    page = open_page("/learn/teacher")
    page.evaluate("window.print = () => (document.title = 'printed')")
    page.get_by_role("button", name="Print the worksheet").click()
    assert page.title() == "printed"


def test_sentences_about_colours_fit_the_colour_scheme(open_page: Any) -> None:
    light, dark = (open_page("/learn/pictures", color_scheme=scheme) for scheme in ("light", "dark"))
    expect(light.get_by_text("Here ink is shown dark on light")).to_be_visible()
    expect(dark.get_by_text("Here ink is shown dark on light")).to_be_hidden()
    expect(dark.get_by_text(re.compile("Here ink is shown light on\\s+dark"))).to_be_visible()


def test_dropout_helps_by_default(open_page: Any) -> None:
    page = open_page("/learn/learning")
    found = piece(page, "overfitting")
    expect(found.get_by_label("Wrong labels")).to_have_value("0.3")
    part(found, "go").click()
    until(lambda: number(found, "epoch") >= 60, timeout_s=240)
    expect(part(found, "go")).to_have_text("Done")
    assert number(found, "train") > 0.95, "the plain network repeats the wrong labels too"
    assert number(found, "dropped") > number(found, "held-out") + 0.015


def test_without_javascript_everything_is_shown(chromium: Browser, address: str) -> None:
    context = context_of(chromium, DESKTOP_WH, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/learn/neurons")
    page.locator("details summary").first.click()
    expect(page.locator("details p").first).to_contain_text("No.")
    page.locator("a.defined").first.click()
    expect(page.locator(":target")).to_contain_text(glossary()["neuron"].means)
    context.close()
