"""/learn in a real browser: every live piece moves, and what it computes is right."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from inkling.web.pages.learn import CHAPTERS
from tests.browser.conftest import DESKTOP_WH, PHONE_WH, context_of, opened
from tests.browser.test_accessibility import faults_of

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module", params=[DESKTOP_WH, PHONE_WH], ids=["desktop", "phone"])
def pages(request: pytest.FixtureRequest, chromium: Browser, address: str) -> Iterator[dict[str, Page]]:
    """Every chapter, live, by slug."""
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
    found = page.locator(f'[data-piece="{name}"]')
    expect(found).to_have_attribute("data-live", "true")
    return found


def part(holder: Locator, name: str) -> Locator:
    return holder.locator(f'[data-part="{name}"]')


def test_the_glass_shows_the_numbers_under_it(pages: dict[str, Page]) -> None:
    found = piece(pages["pictures"], "magnifier")
    digit, here = part(found, "digit"), part(found, "here")
    before = here.text_content()
    digit.press("ArrowLeft")
    expect(here).not_to_have_text(str(before))
    box = digit.bounding_box()
    assert box is not None
    digit.click(position={"x": 5, "y": 5})
    expect(here).to_contain_text("Column 1, row 1: 0 of 255")
    part(found, "another").click()
    expect(found.locator("td")).to_have_count(35)


def test_the_digits_are_filtered_and_averaged(pages: dict[str, Page]) -> None:
    found = piece(pages["pictures"], "explorer")
    about = part(found, "about")
    expect(about).to_contain_text("1000 pictures of all digits")
    found.get_by_role("button", name="4", exact=True).click()
    expect(about).to_contain_text("of the digit 4")
    expect(about).to_contain_text("a 4.")
    part(found, "on").click()
    expect(part(found, "back")).to_be_enabled()
    part(found, "sheet").press("ArrowRight")
    expect(about).to_contain_text("a 4.")


def test_a_neuron_adds_up(pages: dict[str, Page]) -> None:
    found = piece(pages["neurons"], "neuron")
    total = part(found, "sum")
    found.get_by_label("Bias").fill("-1")
    expect(total).to_contain_text("gives 0.00")
    found.get_by_label("Bias").fill("0")
    expect(total).to_contain_text("= 0.50")  # 1 * 0.8 + 0.5 * -0.6 + 0 * 0.4
    found.get_by_label("Bias").press("ArrowRight")
    expect(total).to_contain_text("= 0.55")


def test_the_parameters_are_counted(pages: dict[str, Page]) -> None:
    found = piece(pages["neurons"], "count")
    total = part(found, "sum")
    for number in ("100,480", "1,290", "101,770", "397 KB"):
        expect(total).to_contain_text(number)
    found.get_by_label("Pixels a side").fill("56")
    expect(total).to_contain_text("402,826")  # 3136 * 128 + 128 + 1290


def test_without_relu_there_is_one_line(pages: dict[str, Page]) -> None:
    found = piece(pages["neurons"], "bends")
    said = part(found, "said")
    found.get_by_label("Neurons", exact=True).fill("24")
    off = float(re.findall(r"at most ([\d.]+) off", str(said.text_content()))[0])
    assert off < 0.05
    found.get_by_label("ReLU").uncheck()
    expect(said).to_contain_text("one straight line")


def test_scores_and_temperature_change_the_shares(pages: dict[str, Page]) -> None:
    found = piece(pages["confidence"], "shares")
    said = part(found, "said")
    expect(said).to_contain_text("A 7. The network says 7")
    found.get_by_label("2", exact=True).fill("25")
    expect(said).to_contain_text("With your scores it says 2")
    part(found, "reset").click()
    found.get_by_label("Temperature").fill("5")
    share = float(re.findall(r"with ([\d.]+) %", str(said.text_content()))[0])
    assert 30 < share < 99
    part(found, "doubtful").click()
    expect(found.locator(".score.best")).to_have_count(1)


def test_a_boasting_network_is_found_out(pages: dict[str, Page]) -> None:
    found = piece(pages["confidence"], "reliability")
    said = part(found, "said")

    def gap() -> float:
        return float(re.findall(r"differ by ([\d.]+) points", str(said.text_content()))[0])

    before = gap()
    found.get_by_label("Temperature").fill("5")
    assert gap() > before + 5
    expect(said).to_contain_text("humble")


def test_a_small_network_learns(pages: dict[str, Page]) -> None:
    found = piece(pages["learning"], "trainer")
    found.get_by_role("button", name="Start").click()
    expect(found).to_have_attribute("data-epoch", re.compile(r"^([5-9]|\d\d)$"), timeout=60_000)
    found.get_by_role("button", name=re.compile("Pause|Done")).click()
    assert float(str(found.get_attribute("data-unseen"))) > 0.75
    found.get_by_label("Digits to learn from").select_option("50")
    expect(found).to_have_attribute("data-epoch", "0")


STEPS = """async () => {
  const { gradient, makeNetwork, optimizer, randomFrom } = await import("/static/js/learn/tinynet.js");
  const { loadDigits } = await import("/static/js/common/digits.js");
  const digits = await loadDigits();
  const examples = [0, 1, 2].map((i) => ({ label: digits.labels[i], tile: Float64Array.from(
    digits.images.subarray(784 * i, 784 * i + 784), (ink) => ink / 255) }));
  const network = makeNetwork(6, randomFrom(1));
  const start = Object.fromEntries(["w1", "b1", "w2", "b2"].map((name) => [name, [...network[name]]]));
  const step = optimizer("adam", 0.01);
  const losses = [];
  for (let i = 0; i < 4; i++) {
    const found = gradient(network, examples);
    losses.push(found.loss);
    step(network, found.gradient);
  }
  return { tiles: examples.map((each) => [...each.tile]), labels: examples.map((each) => each.label), start,
    losses, w2: [...network.w2], w1: [...network.w1] };
}"""


def test_gradient_and_adam_are_those_of_numpy(pages: dict[str, Page]) -> None:
    found = pages["learning"].evaluate(STEPS)
    x, labels = np.array(found["tiles"]), np.array(found["labels"])
    sizes = {"w1": (784, 6), "b1": (6,), "w2": (6, 10), "b2": (10,)}
    weights = {name: np.array(found["start"][name], float).reshape(size) for name, size in sizes.items()}
    m = {name: np.zeros(size) for name, size in sizes.items()}
    v = {name: np.zeros(size) for name, size in sizes.items()}
    for t in range(1, 5):
        a = np.maximum(x @ weights["w1"] + weights["b1"], 0)
        logits = a @ weights["w2"] + weights["b2"]
        probs = np.exp(logits - logits.max(1, keepdims=True))
        probs /= probs.sum(1, keepdims=True)
        loss = -np.log(probs[range(3), labels]).mean()
        assert loss == pytest.approx(found["losses"][t - 1], rel=1e-6)
        back = (probs - np.eye(10)[labels]) / 3
        hidden = (back @ weights["w2"].T) * (a > 0)
        slopes = {"w1": x.T @ hidden, "b1": hidden.sum(0), "w2": a.T @ back, "b2": back.sum(0)}
        for name, g in slopes.items():
            m[name] = 0.9 * m[name] + 0.1 * g
            v[name] = 0.999 * v[name] + 0.001 * g * g
            weights[name] -= 0.01 * (m[name] / (1 - 0.9**t)) / (np.sqrt(v[name] / (1 - 0.999**t)) + 1e-8)
    np.testing.assert_allclose(np.array(found["w2"]).reshape(6, 10), weights["w2"], atol=1e-6)
    np.testing.assert_allclose(np.array(found["w1"]).reshape(784, 6), weights["w1"], atol=1e-6)


def test_a_window_finds_edges(pages: dict[str, Page]) -> None:
    found = piece(pages["convolutions"], "kernel")
    total = part(found, "sum")
    before = total.text_content()
    part(found, "digit").press("ArrowDown")
    expect(total).not_to_have_text(str(before))
    found.get_by_role("button", name="Level edges").click()
    expect(found.get_by_label("Weight, row 1, column 1")).to_have_value("-1")
    found.get_by_label("Weight, row 2, column 2").fill("3")
    expect(found.locator('[aria-pressed="true"]')).to_have_count(0)


def test_a_moved_digit_misleads_the_dense_network_alone(pages: dict[str, Page]) -> None:
    found = piece(pages["convolutions"], "shift")
    dense, conv = part(found, "dense"), part(found, "conv")
    expect(dense).to_contain_text("Dense network: 7")
    before = str(conv.text_content())
    found.get_by_label("To the right or left").fill("5")
    expect(dense).to_contain_text("It is a 7")
    expect(conv).to_have_text(before)


def test_the_road_cures_what_spoils_a_digit(pages: dict[str, Page]) -> None:
    found = piece(pages["drawings"], "spoil")
    naive, cured = part(found, "naive"), part(found, "cured")
    for _ in range(2):
        part(found, "another").click()
    label = re.findall(r": (\d),", str(naive.text_content()))[0]
    assert label == "4"  # test digit 4
    found.get_by_label("Dark ink on light paper").check()
    found.get_by_label("Size").fill("0.6")
    found.get_by_label("Off the middle").fill("4")
    expect(naive).not_to_contain_text(": 4,")
    expect(cured).to_contain_text("Behind the road: 4")
    part(found, "reset").click()
    expect(naive).to_contain_text(": 4,")


@pytest.mark.parametrize("slug", [chapter.slug for chapter in CHAPTERS])
def test_no_chapter_has_a_fault_or_scrolls_sideways(pages: dict[str, Page], slug: str) -> None:
    page = pages[slug]
    assert faults_of(page) == []
    width = page.viewport_size
    assert width is not None
    assert page.evaluate("document.documentElement.scrollWidth") <= width["width"]
