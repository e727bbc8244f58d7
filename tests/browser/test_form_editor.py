"""The page for drawing the regions of a blank form: they are drawn, tried with a photographed sheet, and saved."""

from __future__ import annotations

import csv
import threading
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server

from benchmarks.rendering.desk_photos import on_desk
from benchmarks.rendering.form_sheets import written_page
from inkling import cli
from inkling.cli.form_editor import create_editor
from inkling.forms.examples import FOLDER, example
from inkling.forms.template import Template
from inkling.forms.template_parser import load_template
from tests.browser.conftest import DESKTOP_WH, PHONE_WH, context_of, opened

pytestmark = pytest.mark.browser
VALUES = {"student_number": "00148943", **{f"mark_{i + 1}": "3" for i in range(9)}, "total": "27"}
ROSTER = "no;name\n00148943;Zoë\n00148948;Alan\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "blank.pdf").write_bytes((FOLDER / "exam.pdf").read_bytes())
    return tmp_path


@pytest.fixture
def editor(folder: Path) -> Iterator[str]:
    app = create_editor(folder / "blank.pdf", folder / "blank.toml", token="secret")
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/?token=secret"
    server.shutdown()
    thread.join()
    server.server_close()


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Drags from one place on the blank form to another, in the form's pixels."""
    there = [
        page.evaluate(
            "([x, y]) => { const p = new DOMPoint(x, y).matrixTransform(document.querySelector('#sheet')"
            ".getScreenCTM()); return [p.x, p.y]; }",
            list(place),
        )
        for place in (start, end)
    ]
    page.mouse.move(*there[0])
    page.mouse.down()
    page.mouse.move(*np.mean(there, axis=0).tolist())
    page.mouse.move(*there[1])
    page.mouse.up()


def test_regions_are_drawn_tried_saved_and_used(
    chromium: Browser, editor: str, folder: Path, digits: tuple[np.ndarray, np.ndarray]
) -> None:
    sheet = np.clip(written_page(example("exam"), VALUES, digits, np.random.default_rng(5)), 0, 255).astype(np.uint8)
    photo = folder / "photo.jpg"
    photo.write_bytes(on_desk(sheet, np.random.default_rng(3)))
    (folder / "roster.csv").write_text(ROSTER, "latin-1")
    with context_of(chromium, DESKTOP_WH) as context:
        page, faults = opened(context, editor)
        page.get_by_role("button", name="Add this comb").click()
        page.get_by_label("Name").fill("student_number")
        page.get_by_label("Length").fill("8")
        page.get_by_label("List").fill("roster.csv:no")
        page.get_by_role("button", name="Add this table").focus()
        page.keyboard.press("Enter")
        page.get_by_label("Name").fill("mark")
        page.get_by_label("Pattern").fill("[0-9]|10")
        page.get_by_label("List").fill("0, 3; 7 10")
        w = width_of(page)
        x, y, width, height = (side * w / 1260 for side in (714, 1365, 192, 84))
        drag(page, (x - 30, y), (x + width - 30, y + height))
        page.get_by_label("Name").fill("total")
        region = page.get_by_role("button", name="total, number")
        region.focus()
        for _ in range(3):
            page.keyboard.press("Shift+ArrowRight")
        drag(page, (40, 40), (140, 90))  # one too many
        page.keyboard.press("Delete")
        expect(page.locator(".region")).to_have_count(3)
        page.get_by_label("Sums, one per line").fill("total = mark")
        page.locator("#sample").set_input_files(photo)
        expect(page.locator("#told")).to_contain_text("The sheet is read", timeout=60_000)
        expect(page.locator("#values tbody tr").first).to_contain_text(VALUES["student_number"])
        page.get_by_role("button", name="Save").click()
        expect(page.locator("#told")).to_contain_text("Saved as")
        assert faults == []
    template = load_template(folder / "blank.toml")
    assert [field.name for field in template.fields] == list(VALUES)
    assert [region.among for region in template.regions] == ["roster.csv:no", ("0", "3", "7", "10"), ()]
    assert template.fields[-1].box == pytest.approx((x, y, width, height), abs=4)
    table = folder / "out.csv"
    done = CliRunner().invoke(cli.group, ["form", "read", str(folder / "blank.toml"), str(photo), "--csv", str(table)])
    assert done.exit_code == 0, done.output
    [row] = csv.DictReader(table.read_text("utf-8").splitlines())
    assert {name: row[name] for name in VALUES} == VALUES
    assert row["student_number.name"] == "Zoë"
    correct_and_merge(chromium, folder, template, digits)


def correct_and_merge(
    chromium: Browser, folder: Path, template: Template, digits: tuple[np.ndarray, np.ndarray]
) -> None:
    """A photographed sheet with a wrong total is shown on the review page, corrected, and merged into the table."""
    names = ("wrong.jpg", "out.csv", "check.html", "check-corrections.csv", "final.csv")
    photo, table, review, corrections, final = (folder / name for name in names)
    written = written_page(example("exam"), {**VALUES, "total": "85"}, digits, np.random.default_rng(5))
    photo.write_bytes(on_desk(np.clip(written, 0, 255).astype(np.uint8), np.random.default_rng(3)))
    command = ["form", "read", str(folder / "blank.toml"), str(photo), "--csv", str(table), "--review", str(review)]
    done = CliRunner().invoke(cli.group, command)
    assert done.exit_code == 0, done.output
    with context_of(chromium, PHONE_WH) as context:
        page = context.new_page()
        page.goto(review.as_uri())
        expect(page.get_by_role("heading", level=1)).to_have_text("1 field to check")
        box = page.get_by_label("total of")
        expect(box).to_have_value("85")
        box.fill("27")
        box.press("Enter")
        page.get_by_label("Checked by").fill("Ann")
        with page.expect_download() as download:
            page.get_by_role("button", name="Save corrections as CSV").click()
        assert download.value.suggested_filename == corrections.name
        download.value.save_as(corrections)
    done = CliRunner().invoke(cli.group, ["merge", str(table), str(corrections), "-o", str(final)])
    assert done.exit_code == 0, done.output
    [row] = csv.DictReader(final.read_text("utf-8").splitlines())
    assert {name: row[name] for name in VALUES} == VALUES
    assert (row["total_first_text"], row["total_said_by"], row["total_outcome"]) == ("85", "Ann", "read")
    assert row["student_number.name"] == "Zoë"


def width_of(page: Page) -> float:
    """The width of the blank form in pixels."""
    return float(page.evaluate("document.querySelector('#sheet').viewBox.baseVal.width"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size_wh", [DESKTOP_WH, PHONE_WH], ids=["desktop", "phone"])
def test_nothing_is_wider_than_the_page(
    chromium: Browser, editor: str, size_wh: tuple[int, int], scheme: str, tmp_path: Path
) -> None:
    with context_of(chromium, size_wh, color_scheme=scheme) as context:
        page, faults = opened(context, editor)
        page.get_by_role("button", name="Add this comb").click()
        assert page.evaluate("document.documentElement.scrollWidth") <= size_wh[0]
        picture = cv2.imdecode(np.frombuffer(page.screenshot(), np.uint8), cv2.IMREAD_GRAYSCALE)
        assert (picture[-1, -1] > 128) == (scheme == "light")
        assert faults == []
