"""Training in the page: from the click to the new network's answer on the board; pausing, stopping, reopening."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from inkling.lab_protocol.lab_folder import LabFolder, read_json
from inkling.user_dirs import MNIST, cache_folder
from tests.browser.conftest import DESKTOP_WH, PHONE_WH, checked_page, context_of, opened
from tests.browser.strokes import DIGITS, pen_moves
from tests.browser.test_board import draw
from tests.browser.test_learn import drag
from tests.cli.test_serve import serving

pytestmark = pytest.mark.browser

SLOW_MS = 240_000  # TensorFlow's start on a busy machine
LONG = "#n_train=5000&batch_size=16&epochs=100"  # stopped before it ends
SHORT = "#n_train=5000&batch_size=32&epochs=3"


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> LabFolder:
    return LabFolder(tmp_path_factory.mktemp("lab"))


@pytest.fixture(scope="module")
def lab_address(lab: LabFolder) -> Iterator[str]:
    """A server with an open lab, on two workers that share it."""
    if find_spec("tensorflow") is None or not (cache_folder() / MNIST).is_file():
        message = "training needs the learn extra and MNIST; make install-learn, inkling data fetch"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("INKLING_LAB_FOLDER", str(lab.path))
        with serving("--lab", "--workers", "2") as (_, url):
            yield url


@pytest.fixture
def train(chromium: Browser, lab_address: str) -> Iterator[Page]:
    """The page on a desktop; it must finish without a console error or a request to another host."""
    with checked_page(chromium, f"{lab_address}/train") as page:
        yield page


def choose(page: Page, link: str) -> None:
    page.evaluate("link => (location.hash = link)", link)


def state(page: Page) -> object:
    return expect(page.locator("main"))


def begin(page: Page, link: str) -> None:
    choose(page, link)
    page.click("#start")
    expect(page.locator("main")).to_have_attribute("data-state", re.compile("starting|running"))


def wait_for(page: Page, what: str) -> None:
    expect(page.locator("main")).to_have_attribute("data-state", what, timeout=SLOW_MS)


def end(page: Page) -> None:
    page.click("#stop")
    wait_for(page, "stopped")


def draw_own(page: Page, digit: int) -> None:
    """Draws on the small board."""
    for stroke in DIGITS[digit]:
        drag(page.locator("#own-board"), *((0.2 + 0.6 * x, 0.15 + 0.7 * y) for x, y in pen_moves(stroke)))


def test_an_example_stands_where_the_training_will_be(train: Page) -> None:
    expect(train.locator("#example")).to_be_visible(timeout=SLOW_MS)
    expect(train.locator("#loss circle")).to_have_count(5)
    expect(train.locator("#confusion caption")).to_contain_text("of 10,000 test images")
    assert train.locator("#wrong li").count() == 12
    expect(train.locator("#own-status")).to_contain_text("Draw a digit before, during or after the training")
    draw_own(train, 3)
    expect(train.locator("#own-status")).to_contain_text("Your digit is ready")
    train.click("#own-clear")
    expect(train.locator("#own-status")).to_contain_text("Draw a digit")


def test_from_the_click_to_the_answer_on_the_board(train: Page, lab: LabFolder) -> None:
    draw_own(train, 3)
    begin(train, SHORT)
    wait_for(train, "running")
    expect(train.locator("#status")).to_contain_text("Epoch")
    expect(train.locator("#confusion caption")).to_contain_text("held-out images", timeout=SLOW_MS)
    wait_for(train, "finished")
    expect(train.locator("#status")).to_contain_text(re.compile(r"Finished\. 9\d\.\d % of the 5,000"))
    assert train.locator("#loss circle").count() == train.locator("#accuracy circle").count() == 3
    expect(train.locator("#summary")).to_contain_text("Finished")
    right = sum(int(cell) for cell in train.locator("#confusion td.right").all_inner_texts())
    assert right > 850
    expect(train.locator("#example")).to_be_hidden()
    own = train.locator("#own-status")
    expect(own).to_have_text(re.compile(r"After epoch 3 the network reads 3, with \d+ %\."))
    assert len(read_json(lab.state)["watched"]["rows"]) == 4, "before the training, and after each of three epochs"
    train.click("#own-clear")
    draw_own(train, 0)  # after training: the networks of all epochs read it
    expect(own).to_have_text(re.compile(r"After epoch 3 the network reads 0"), timeout=20_000)
    assert train.locator("#wrong li").count() == 12
    expect(train.locator("#weights")).to_have_attribute("aria-label", re.compile("24 of 128 hidden units"))
    maps = "canvas => new Set(canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data).size"
    assert train.locator("#weights").evaluate(maps) > 50
    train.fill("#keep-name", "Bad Name")
    train.click("#keep-button")
    expect(train.locator("#keep-wrong")).to_contain_text("lowercase letters")
    train.fill("#keep-name", "my-first")
    train.check("#keep-test")
    train.click("#keep-button")
    expect(train.locator("#kept-status")).to_contain_text("Kept as my-first", timeout=SLOW_MS)
    expect(train.locator("#kept-list li")).to_contain_text(re.compile(r"my-first.*9\d\.\d % of the test images"))
    train.get_by_role("button", name="Make the report about my-first").click()
    expect(train.get_by_role("button", name="Making the report about my-first")).to_be_disabled()
    report = train.get_by_role("link", name="Report about my-first")
    expect(report).to_be_visible(timeout=2 * SLOW_MS)
    board = train.url
    report.click()
    expect(train.locator("h1")).to_contain_text("my-first")
    expect(train.get_by_role("heading", name="Learning curves")).to_be_visible()
    train.goto(board)
    train.wait_for_selector("html[data-ready]")
    train.locator("#kept-status").get_by_role("link", name="Look inside").click()
    train.wait_for_selector("html[data-ready]")
    expect(train.locator("#model")).to_have_value("my-first")
    train.goto(board)
    train.wait_for_selector("html[data-ready]")
    train.locator("#kept-status").get_by_role("link", name="Try it on Draw").click()
    train.wait_for_selector("html[data-ready]")
    expect(train.locator("#model")).to_have_value("my-first")
    draw(train, 4)
    expect(train.locator("#answer")).to_have_text("4")
    version = read_json(lab.models / "my-first" / "manifest.json")["version"]
    expect(train.locator("#took")).to_have_attribute("title", f"my-first, version {version}")
    train.goto(train.url.split("/#")[0] + "/train")
    train.wait_for_selector("html[data-ready]")
    delete = train.get_by_role("button", name="Delete my-first")
    delete.click()
    train.get_by_role("button", name="Press again to be sure").click()
    expect(train.locator("#kept")).to_be_hidden()
    assert "my-first" not in train.evaluate("fetch('/api/v1/models').then(answer => answer.text())")


def test_pause_one_more_epoch_reload_second_page_and_stop(chromium: Browser, train: Page, lab_address: str) -> None:
    begin(train, LONG)
    wait_for(train, "running")
    train.click("#pause")
    wait_for(train, "paused")
    before = train.inner_text("#status")
    train.wait_for_timeout(700)
    assert train.inner_text("#status") == before
    n = train.locator("#loss circle").count()
    train.click("#more")
    expect(train.locator("#loss circle")).to_have_count(n + 1, timeout=SLOW_MS)
    wait_for(train, "paused")
    train.reload()
    train.wait_for_selector("html[data-ready]")
    wait_for(train, "paused")
    expect(train.locator("#loss circle")).to_have_count(n + 1)
    context = context_of(chromium, PHONE_WH, has_touch=True, is_mobile=True)
    second, faults = opened(context, f"{lab_address}/train")
    wait_for(second, "paused")
    expect(second.locator("#detail")).to_contain_text("Started on another page; only one network is trained at a time.")
    expect(second.locator("#start")).to_be_hidden()
    refused = second.evaluate(
        "fetch('/api/v1/lab/training', {method: 'POST', body: '{}', headers: {'Content-Type': 'application/json'}})"
        ".then(async (answer) => [answer.status, (await answer.json()).error])"
    )
    assert refused[0] == 409
    assert "one at a time" in refused[1]
    second.locator("#resume").click()
    for page in (train, second):
        wait_for(page, "running")
        expect(page.locator("#status")).to_contain_text("step")
    end(second)
    wait_for(train, "stopped")
    expect(train.locator("#status")).to_contain_text("Stopped early.")
    expect(train.locator("#keep")).to_be_visible()
    assert second.evaluate("document.documentElement.scrollWidth") <= PHONE_WH[0]
    assert [fault for fault in faults if "409" not in fault] == []  # the expected conflict
    context.close()
    train.locator("#discard").click()
    train.locator("#discard").click()
    wait_for(train, "none")


def test_settings_presets_samples_and_links(train: Page) -> None:
    train.click("[data-preset=dropout]")
    expect(train.locator("#c-architecture")).to_have_value("ann-dropout")
    expect(train.locator("#c-dropout")).to_be_visible()
    assert "n_train=500" in train.url
    train.select_option("#c-architecture", "cnn-small")
    expect(train.locator("[data-field=hidden]")).to_be_hidden()
    expect(train.locator("#preset-about")).to_contain_text("Your own settings")
    picture = "() => document.getElementById('samples').toDataURL()"
    train.wait_for_function("() => document.getElementById('samples').width > 280", timeout=SLOW_MS)
    plain = train.evaluate(picture)
    train.locator("#c-rotation").focus()
    train.keyboard.press("End")
    expect(train.locator("[data-field=rotation] output")).to_have_text("30°")
    train.wait_for_function(f"plain => ({picture})() !== plain", arg=plain, timeout=SLOW_MS)
    train.reload()
    train.wait_for_selector("html[data-ready]")
    expect(train.locator("#c-rotation")).to_have_value("30")
    choose(train, "#hidden=9999&learning_rate=0.01&teacher=x&n_train=abc")
    expect(train.locator("#c-hidden")).to_have_value("128")
    expect(train.locator("#c-learning_rate")).to_have_value("0.01")


def test_a_wrong_value_is_said_beside_its_field_and_starts_nothing(train: Page) -> None:
    train.fill("#c-epochs", "1000")
    train.keyboard.press("Enter")  # only by keyboard
    expect(train.locator("#e-epochs")).to_have_text("Epochs must be a whole number from 1 to 100.")
    expect(train.locator("#c-epochs")).to_be_focused()
    expect(train.locator("#c-epochs")).to_have_attribute("aria-invalid", "true")
    train.fill("#c-epochs", "3")
    expect(train.locator("#e-epochs")).to_have_text("")
    train.select_option("#c-n_train", "500")
    train.select_option("#c-batch_size", "512")
    train.click("#start")
    expect(train.locator("#e-batch_size")).to_contain_text("more than the 500 images")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_open_lab_has_no_fault_that_axe_finds(chromium: Browser, lab_address: str, scheme: str) -> None:
    context = context_of(chromium, DESKTOP_WH, color_scheme=scheme, reduced_motion="reduce")
    page, faults = opened(context, f"{lab_address}/train")
    page.wait_for_timeout(500)
    found = Axe().run(page).response["violations"]
    assert [f"{each['id']}: {[node['target'] for node in each['nodes']]}" for each in found] == []
    assert faults == []
    context.close()


def test_the_curves_are_read_off_by_keyboard(train: Page) -> None:
    begin(train, "#n_train=500&batch_size=64&epochs=2")
    wait_for(train, "finished")
    plot = train.locator("#accuracy .plot")
    plot.focus()
    said = plot.get_attribute("aria-valuetext")
    assert said is not None
    assert re.match(r"epoch 2\.0: \d+\.\d % on training images, \d+\.\d % on held-out images", said)
    train.keyboard.press("Home")
    expect(plot).to_have_attribute("aria-valuetext", re.compile(r"^epoch 0\.0: "))
    assert train.locator("#accuracy .reader").count() == 1
    train.keyboard.press("Escape")
    assert train.locator("#accuracy .reader").count() == 0


def test_a_closed_lab_shows_commands_to_copy(page: Page, address: str) -> None:
    page.goto(f"{address}/train")
    page.wait_for_selector("html[data-ready]")
    expect(page.locator("#how-serve")).to_have_text("inkling serve --lab")
    assert page.locator(".open-it pre").count() == 2, "in two lines"
    assert page.locator("#start").count() == 0
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.locator("[data-copy=how-serve]").click()
    assert page.evaluate("navigator.clipboard.readText()") == "inkling serve --lab"


def test_a_server_that_goes_and_comes_back(chromium: Browser, lab: LabFolder, tmp_path: Path, lab_address: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("INKLING_LAB_FOLDER", str(tmp_path / "lab"))
        with serving("--lab") as (process, url):
            context = context_of(chromium, DESKTOP_WH)
            page = context.new_page()
            page.goto(f"{url}/train")
            page.wait_for_selector("html[data-ready]")
            process.terminate()
            expect(page.locator("#offline")).to_be_visible(timeout=20_000)
            process.wait(timeout=20)
        with serving("--lab", port=int(url.rsplit(":", 1)[1])):
            expect(page.locator("#offline")).to_be_hidden(timeout=30_000)
        context.close()
