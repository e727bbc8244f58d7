"""The review page as a person uses it: opened from disk, digits typed, corrections saved."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from playwright.sync_api import Browser, Locator, Page, expect

from inkling.batch.csv_table import Table
from inkling.batch.review import ReviewPage
from inkling.cli import group
from inkling.constraints.constraints import parse_constraints
from tests.browser.conftest import DESKTOP_WH, PHONE_WH, context_of
from tests.pictures import encoded

pytestmark = pytest.mark.browser

NAMES = ["=1+1.png", "b.png", "c.png"]


def row(source: Path | str, text: str, confidence: float, outcome: str = "unsure") -> dict[str, Any]:
    digits = []
    for i, digit in enumerate(text.replace("\n", "")):
        probs = [0.04] * 10
        probs[int(digit)], probs[(int(digit) + 5) % 10] = 0.5, 0.18
        digits.append(
            {"digit": int(digit), "confidence": 0.5, "sure": i == 0, "probs": probs, "box": [20 * i, 10, 18, 40]}
        )
    answer = {"outcome": outcome, "text": text, "written": text, "confidence": confidence, "digits": digits}
    return {
        "source": str(source),
        "ok": True,
        **answer,
        "others": [],
        "reason": "unclear; check it.",
        "warnings": [],
        "size": [200, 60],
    }


@pytest.fixture
def review(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A review page of three pictures: 0042, 12 above 3, 777."""
    monkeypatch.chdir(tmp_path)
    for name in NAMES:
        Path(name).write_bytes(encoded(np.full((60, 200), 230, np.uint8)))
    page = ReviewPage(tmp_path / "doubtful.html")
    for name, text, confidence in zip(NAMES, ("0042", "12\n3", "777"), (0.1, 0.2, 0.3), strict=True):
        page.add(row(name, text, confidence))
    page.finish()
    return page.path


@pytest.fixture(params=[DESKTOP_WH, PHONE_WH], ids=["desktop", "phone"])
def page(chromium: Browser, review: Path, request: pytest.FixtureRequest) -> Iterator[Page]:
    """The page from disk; it must make no request and finish without an error."""
    context = context_of(chromium, request.param)
    found, faults = context.new_page(), []
    found.on("console", lambda said: faults.append(said.text))
    found.on("pageerror", lambda error: faults.append(str(error)))
    found.on(
        "request",
        lambda asked: faults.append(asked.url) if not asked.url.startswith(("file:", "data:", "blob:")) else None,
    )
    found.goto(review.as_uri())
    yield found
    assert faults == []
    context.close()


def saved(page: Page, path: Path) -> list[dict[str, str]]:
    with page.expect_download() as download:
        page.click("#save")
    assert download.value.suggested_filename == "doubtful-corrections.csv"
    download.value.save_as(path)
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_type_enter_save(page: Page, tmp_path: Path) -> None:
    assert page.locator("#save").is_disabled()
    boxes = page.locator(".card input")
    boxes.nth(0).focus()
    page.keyboard.press("Enter")
    page.keyboard.type("12/8")
    page.keyboard.press("Enter")
    assert boxes.nth(2).evaluate("box => box === document.activeElement")
    assert page.locator("#done").inner_text() == "2"
    rows = saved(page, tmp_path / "saved.csv")
    assert [list(one.values()) for one in rows] == [
        ["./=1+1.png", "", "0042", "number", "0042", '="0042"', "false", "reviewer"],
        ["b.png", "", "12\n3", "number", "12\n8", '="12 / 8"', "true", "reviewer"],
    ]


def test_back_undo_and_digits_alone(page: Page) -> None:
    boxes = page.locator(".card input")
    boxes.nth(0).fill("a1 b2")
    page.keyboard.press("Enter")
    assert boxes.nth(0).input_value() == "12"
    page.keyboard.press("Shift+Enter")
    assert boxes.nth(0).evaluate("box => box === document.activeElement")
    page.keyboard.press("Escape")
    assert boxes.nth(0).input_value() == "0042"
    assert page.locator("#done").inner_text() == "0"


def test_a_tap_on_the_other_digit(page: Page, tmp_path: Path) -> None:
    page.locator(".card").nth(1).locator("button[data-place='2'][data-digit='8']").click()
    (row_,) = saved(page, tmp_path / "saved.csv")
    assert row_["right"] == "12\n8"


def test_the_page_remembers(page: Page) -> None:
    page.locator(".card input").nth(2).fill("770")
    page.keyboard.press("Enter")
    expect(page.locator("#done")).to_have_text("1")
    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()
    expect(page.locator("#done")).to_have_text("1")
    expect(page.locator(".card input").nth(2)).to_have_value("770")


def test_corrected_saved_and_merged(chromium: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From readings to the final table: one listed number is on two pictures, another on none; by keyboard only."""
    monkeypatch.chdir(tmp_path)
    Path("roster.csv").write_text("no,name\n1230,Ada\n4560,Alan\n7890,Emmy\n")
    constraints = parse_constraints(among="roster.csv:no", length=4, pattern="[1-9]{,9}0")
    assert constraints.roster
    read = [
        row("a.png", "1230", 0.99, "read"),
        row("b.png", "1230", 0.99, "read"),
        row("c.png", "4560", 0.4),
        row("d.png", "4560", 0.99, "read"),
        row("e.png", "999", 0.3),
    ]
    page, table = (
        ReviewPage(tmp_path / "check.html", constraints=constraints),
        Table(tmp_path / "out.csv", joined=("name",)),
    )
    for each in read:
        Path(each["source"]).write_bytes(encoded(np.full((60, 200), 230, np.uint8)))
        page.add(each)
        table.add({**each, "listed": constraints.roster.of(each["text"])})
    page.finish()
    table.finish()
    context = context_of(chromium, DESKTOP_WH)
    shown = context.new_page()
    shown.goto(page.path.as_uri())

    def flag(source: str) -> Locator:
        return shown.locator(f".card[data-source='{source}'] .flag")

    assert shown.locator(".card").evaluate_all("cards => cards.map((card) => card.dataset.source)") == [
        "a.png", "b.png", "e.png", "c.png",
    ]  # fmt: skip
    expect(flag("a.png")).to_have_text("also on b.png")
    expect(flag("c.png")).to_have_text("also on d.png")
    expect(flag("e.png")).to_have_text("3 digits; 4 expected")
    expect(shown.locator("#missing li")).to_have_text("1 of 3 in roster.csv: 7890")
    shown.locator("#by").fill("Ann")
    shown.locator(".card input").first.focus()
    for keys in ("7890\n", "\n", "4569", "\b0\n", "u"):
        for key in keys:
            shown.keyboard.press({"\n": "Enter", "\b": "Backspace"}.get(key, key))
        if keys == "4569":
            expect(flag("e.png")).to_have_text("does not fit [1-9]{,9}0")
        if keys == "\b0\n":
            expect(flag("e.png")).to_have_text("also on d.png, c.png")
    expect(flag("a.png")).to_be_hidden()
    expect(shown.locator("#missing")).to_be_hidden()
    expect(shown.locator(".card").last.locator("button[data-answer='unreadable']")).to_have_attribute(
        "aria-pressed", "true"
    )
    assert shown.evaluate("document.activeElement.id") == "save"
    with shown.expect_download() as download:
        shown.keyboard.press("Enter")
    download.value.save_as(tmp_path / "check-corrections.csv")
    context.close()
    done = CliRunner().invoke(
        group, ["merge", "out.csv", "check-corrections.csv", "-o", "final.csv", "--among", "roster.csv:no"]
    )
    assert done.exception is None, done.exception
    assert (done.exit_code, done.stderr.split(".")[0]) == (0, "5 rows: 4 checked, 3 corrected")
    with Path("final.csv").open(encoding="utf-8", newline="") as file:
        columns = ("text", "outcome", "said_by", "first_text", "name")
        final = [tuple(one[column] for column in columns) for one in csv.DictReader(file)]
    assert final == [
        ("7890", "read", "Ann", "1230", "Emmy"),
        ("1230", "read", "Ann", "1230", "Ada"),
        ("", "unreadable", "Ann", "4560", ""),
        ("4560", "read", "inkling", "4560", "Alan"),
        ("4560", "read", "Ann", "999", "Alan"),
    ]


def test_it_fits_its_screen(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for button in page.locator("button:visible").all():
        box = button.bounding_box()
        assert box is not None
        assert box["height"] >= 20


def test_without_a_program_one_can_still_look(chromium: Browser, review: Path) -> None:
    context = context_of(chromium, DESKTOP_WH, java_script_enabled=False)
    page = context.new_page()
    page.goto(review.as_uri())
    assert page.locator(".card").count() == 3
    assert page.locator(".card input").first.get_attribute("value") == "0042"
    assert not page.locator("#save").is_visible()
    assert page.locator(".how").is_hidden()
    context.close()
