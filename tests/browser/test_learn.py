"""/learn in a real browser: every interactive section responds to pointer and keys, and computes correctly."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from inkling.server.pages.learn import CHAPTERS
from tests.browser.conftest import DESKTOP_WH, PHONE_WH, context_of, opened
from tests.browser.test_board import tap_and_drag

pytestmark = pytest.mark.browser

Pages = dict[str, Page]


@pytest.fixture(scope="module", params=[DESKTOP_WH, PHONE_WH], ids=["desktop", "phone"])
def pages(request: pytest.FixtureRequest, chromium: Browser, address: str) -> Iterator[Pages]:
    """The open page of every chapter, by slug."""
    touch = request.param == PHONE_WH
    context = context_of(chromium, request.param, has_touch=touch, is_mobile=touch)
    found, faults = {}, []
    for chapter in CHAPTERS:
        found[chapter.slug], own = opened(context, f"{address}/learn/{chapter.slug}")
        faults.append(own)
    yield found
    context.close()
    assert not any(faults)


def piece(page: Page, name: str) -> Locator:
    """An interactive section. If it asks for a guess first, one is made."""
    page.bring_to_front()
    found = page.locator(f'[data-piece="{name}"]')
    option = found.locator("[data-option]").first
    if option.is_visible():
        option.click()
    expect(found).to_have_attribute("data-live", "true")
    return found


def part(holder: Locator, name: str) -> Locator:
    return holder.locator(f'[data-part="{name}"]')


def written_on_canvas(page: Page, act: Callable[[], None]) -> list[str]:
    """The texts that the page writes on its canvases after an action."""
    page.evaluate(
        """() => {
          const { fillText } = CanvasRenderingContext2D.prototype;
          const written = (window.written = []);
          CanvasRenderingContext2D.prototype.fillText = function (text, ...place) {
            written.push(text);
            fillText.call(this, text, ...place);
          };
        }"""
    )
    act()
    until(lambda: bool(page.evaluate("window.written.length > 0")))
    written: list[str] = page.evaluate("window.written")
    return written


def number(holder: Locator, key: str) -> float:
    return float(holder.get_attribute(f"data-{key}") or "nan")


def until(condition: Callable[[], bool], timeout_s: float = 60) -> None:
    """Waits for a condition; the page's content security policy forbids Playwright's own method."""
    end = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end, "timed out"
        time.sleep(0.05)


def digits_of(page: Page) -> tuple[np.ndarray, np.ndarray]:
    """The page's 1,000 test digits: (1000, 784) 0..1, and their (1000,) labels."""
    script = """async () => {
      const { images, labels } = await (await import("/static/js/common/test_digits.js")).loadDigits();
      return [[...images], [...labels]];
    }"""
    images, labels = page.evaluate(script)
    return np.array(images).reshape(1000, 784) / 255, np.array(labels)


def picture(canvas: Locator) -> str:
    return str(canvas.evaluate("canvas => canvas.toDataURL()"))


def drag(canvas: Locator, *points: tuple[float, float]) -> None:
    """Drags with a finger on a phone, otherwise with the mouse; points are shares of the canvas."""
    canvas.scroll_into_view_if_needed()
    box, page = canvas.bounding_box(), canvas.page
    assert box is not None
    path = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    if page.evaluate("navigator.maxTouchPoints") > 0:
        tap_and_drag(page, path)
        return
    page.mouse.move(*path[0])
    page.mouse.down()
    for x, y in path[1:]:
        page.mouse.move(x, y)
    page.mouse.up()


def test_the_window_shows_the_pixel_values(pages: Pages) -> None:
    found = piece(pages["pictures"], "pixel_inspector")
    digit, here = part(found, "digit"), part(found, "position")
    before = here.text_content()
    digit.press("ArrowLeft")
    expect(here).not_to_have_text(str(before))
    digit.click(position={"x": 5, "y": 5})
    expect(here).to_contain_text("Column 1, row 1: 0 of 255. In the flattened row it is number 1 of 784")
    digit.press("ArrowDown")
    expect(here).to_contain_text("Column 1, row 2: 0 of 255. In the flattened row it is number 29 of 784")
    expect(found.locator("td")).to_have_count(35)


def test_pixels_are_changed_and_the_network_answers(pages: Pages) -> None:
    found = piece(pages["pictures"], "pixel_inspector")
    prediction = part(found, "prediction")
    expect(prediction).to_contain_text("Labeled 4. The network ann reads 4")
    found.get_by_role("button", name="Add ink").click()
    drag(part(found, "digit"), *((x / 20, 0.1) for x in range(6, 15)))
    expect(prediction).to_contain_text(re.compile(r"changed \d\d of the 784"))
    part(found, "reset").click()
    expect(prediction).not_to_contain_text("changed")
    part(found, "digit").press(" ")
    expect(prediction).to_contain_text(re.compile(r"changed \d of the 784"))
    part(found, "another").click()
    found.get_by_role("button", name="Look").click()
    expect(prediction).not_to_contain_text("changed")


def test_the_digits_are_filtered_and_averaged(pages: Pages) -> None:
    found = piece(pages["pictures"], "dataset_explorer")
    about, mean = part(found, "about"), part(found, "mean")
    expect(about).to_contain_text("1000 pictures of all digits")
    before = picture(mean)
    found.get_by_role("button", name="4", exact=True).click()
    expect(about).to_contain_text("of the digit 4")
    expect(about).to_contain_text("a 4.")
    assert picture(mean) != before
    found.get_by_label("Averaged").fill("1")
    expect(about).to_contain_text("the first 1 of")
    part(found, "on").click()
    expect(part(found, "back")).to_be_enabled()
    chosen = about.text_content()
    part(found, "sheet").press("ArrowRight")
    expect(about).not_to_have_text(str(chosen))
    expect(about).to_contain_text("a 4.")
    part(found, "send").click()
    expect(part(piece(pages["pictures"], "pixel_inspector"), "prediction")).to_contain_text("Labeled 4")


def test_ten_averages_read_four_in_five(pages: Pages) -> None:
    found = piece(pages["pictures"], "dataset_explorer")
    tiles, labels = digits_of(pages["pictures"])
    means = np.array([tiles[:500][labels[:500] == digit].mean(0) for digit in range(10)])
    apart = ((tiles[500:, None] - means) ** 2).sum(2)
    share = (apart.argmin(1) == labels[500:]).mean()
    expect(part(found, "nearest")).to_contain_text(f"read {100 * share:.0f} % of the other 500 correctly")
    assert 0.75 < share < 0.85, "the text says four in five"


def test_a_neuron_adds_up(pages: Pages) -> None:
    found = piece(pages["neurons"], "neuron")
    total = part(found, "sum")
    before = picture(part(found, "picture"))
    found.get_by_label("Bias").fill("-1")
    expect(total).to_contain_text("gives 0.00")
    assert picture(part(found, "picture")) != before
    found.get_by_label("Bias").fill("0")
    expect(total).to_contain_text("= 0.50")  # 1 * 0.8 + 0.5 * -0.6 + 0 * 0.4
    found.get_by_label("Bias").press("ArrowRight")
    expect(total).to_contain_text("= 0.55")
    written = written_on_canvas(pages["neurons"], lambda: found.get_by_label("Bias").press("ArrowRight"))
    is_wide = pages["neurons"].viewport_size != {"width": PHONE_WH[0], "height": PHONE_WH[1]}
    assert ("0.50 \xd7 \u22120.60 = \u22120.30" if is_wide else "\u22120.30") in written


def test_the_parameters_are_counted(pages: Pages) -> None:
    found = piece(pages["neurons"], "parameter_count")
    total = part(found, "sum")
    for said in ("100,480", "1,290", "101,770", "407 KB"):
        expect(total).to_contain_text(said)
    expect(part(found, "split")).to_have_attribute("aria-label", re.compile("98.7 %"))
    found.get_by_label("Pixels per side").fill("56")
    expect(total).to_contain_text("402,826")  # 3136 * 128 + 128 + 1290


def test_a_network_learns_the_curve_and_without_relu_a_line(pages: Pages) -> None:
    found = piece(pages["neurons"], "curve_fitting")
    chart = part(found, "chart")
    rested = found.page.locator('[data-piece="curve_fitting"][data-step="2000"]')
    expect(rested).to_be_attached(timeout=60_000)
    assert number(found, "rmse") < 0.05 < number(found, "best")
    best = number(found, "best")
    chart.press("ArrowUp")
    until(lambda: number(found, "best") != best)
    best = number(found, "best")
    drag(chart, (0.5, 0.5), (0.5, 0.3), (0.5, 0.1))
    until(lambda: number(found, "best") != best)
    for layers in ("1", "3"):
        found.get_by_label("Hidden layers").select_option(layers)
        found.get_by_label("ReLU").uncheck()
        expect(part(found, "status")).to_contain_text("a straight line")
        expect(rested).to_be_attached(timeout=60_000)
        assert number(found, "rmse") == pytest.approx(number(found, "best"), abs=0.003)
    found.get_by_label("ReLU").check()
    part(found, "flat").click()


SLOPES = """async (relu) => {
  const { curveGradient, makeCurveNetwork, leastSquaresLine } = await import("/static/js/learn/curve_network.js");
  const { randomFrom } = await import("/static/js/learn/trainable_network.js");
  const points = [[0, 0.2], [0.31, 0.9], [0.64, 0.1], [1, 0.5]];
  const network = makeCurveNetwork([1, 5, 4, 1], randomFrom(3));
  const { gradient } = curveGradient(network, points, relu);
  const wrong = [];
  for (const name of Object.keys(gradient)) for (let i = 0; i < gradient[name].length; i++) {
    const [kept, step] = [network[name][i], 1e-6];
    const loss = (by) => ((network[name][i] = kept + by), curveGradient(network, points, relu).loss);
    const losses = [loss(step), loss(-step)];
    network[name][i] = kept;
    wrong.push(Math.abs((losses[0] - losses[1]) / (2 * step) - gradient[name][i]));
  }
  return [Math.max(...wrong), ...leastSquaresLine(points)];
}"""


@pytest.mark.parametrize("relu", [True, False])
def test_the_curve_is_learnt_by_its_true_gradient(pages: Pages, relu: bool) -> None:
    wrong, intercept, slope = pages["neurons"].evaluate(SLOPES, relu)
    assert wrong < 1e-6
    assert [slope, intercept] == pytest.approx(np.polyfit([0, 0.31, 0.64, 1], [0.2, 0.9, 0.1, 0.5], 1))


def test_scores_and_temperature_change_the_probabilities(pages: Pages) -> None:
    found = piece(pages["confidence"], "softmax")
    said = part(found, "status")
    expect(said).to_contain_text("A 7. The network reads 7")
    found.get_by_label("2", exact=True).fill("25")
    expect(said).to_contain_text("With your scores the answer is 2")
    expect(part(found, "sum")).to_contain_text("e to the 25.0 / 1.00")
    part(found, "reset").click()
    found.get_by_label("Temperature").fill("5")
    share = float(re.findall(r"with ([\d.]+) %", str(said.text_content()))[0])
    assert 30 < share < 99
    part(found, "fitted").click()
    expect(part(found, "sum")).to_contain_text("/ 1.14 is")  # the manifest's 1.1426
    part(found, "uncertain").click()
    expect(found.locator(".score.best")).to_have_count(1)


def test_the_temperature_changes_the_calibration_error(pages: Pages) -> None:
    found = piece(pages["confidence"], "reliability_diagram")
    said = part(found, "status")

    def gap() -> float:
        return float(re.findall(r"differ by ([\d.]+) points", str(said.text_content()))[0])

    calibrated = gap()
    found.get_by_label("Temperature").fill("5")
    expect(said).to_contain_text("underconfident")
    assert gap() > calibrated + 5
    part(found, "fitted").click()
    found.get_by_label("Shift of each digit").fill("3")
    expect(said).to_contain_text("overconfident")
    assert gap() > calibrated + 5, "calibrated for centered digits, not for shifted ones"
    found.get_by_label("Network", exact=True).select_option("ann")
    expect(said).to_contain_text("of 1,000 are right")


RELIABILITY = """async (answers) => {
  const { reliability, wilson } = await import("/static/js/learn/reliability_diagram.js");
  return { ...reliability(answers, 1.7), interval: wilson(9, 10) };
}"""


def test_reliability_is_counted_as_the_paper_says(pages: Pages) -> None:
    rng = np.random.default_rng(5)
    logits, labels = rng.normal(0, 2, (200, 10)), rng.integers(0, 10, 200)
    answers = [{"logits": list(row), "label": int(label)} for row, label in zip(logits, labels, strict=True)]
    found = pages["confidence"].evaluate(RELIABILITY, answers)
    probs = np.exp(logits / 1.7)
    probs /= probs.sum(1, keepdims=True)
    best, right = probs.max(1), probs.argmax(1) == labels
    bins = np.minimum((best * 10).astype(int), 9)
    error = sum(abs(right[bins == b].mean() - best[bins == b].mean()) * (bins == b).mean() for b in set(bins.tolist()))
    assert found["error"] == pytest.approx(error)
    assert found["accuracy"] == pytest.approx(right.mean())
    assert found["interval"] == pytest.approx([0.5958, 0.9821], abs=1e-3)  # Wilson, 9 of 10
