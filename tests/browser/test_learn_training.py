"""/learn in a real browser, chapters 4 to 6: training works, and every section computes correct results."""

from __future__ import annotations

import base64
import json
import re
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, expect

from inkling.server.pages.learn import CHAPTERS, SMALL_CONV
from tests.browser.conftest import PHONE_WH, context_of
from tests.browser.strokes import DIGITS, pen_moves
from tests.browser.test_accessibility import faults_of
from tests.browser.test_learn import Pages, drag, number, pages, part, picture, piece, until

__all__ = ["pages"]  # the fixture

pytestmark = pytest.mark.browser


def test_gradient_descent_lowers_the_loss(pages: Pages) -> None:
    found = piece(pages["learning"], "loss_surface")
    start = number(found, "loss")
    part(found, "once").click()
    assert number(found, "steps") == 1
    assert number(found, "loss") < start
    for _ in range(3):
        part(found, "often").click()
    plain = number(found, "loss")
    found.get_by_label("Steps", exact=True).select_option("adam")
    for _ in range(3):
        part(found, "often").click()
    assert number(found, "loss") < plain, "along the floor of the valley, Adam is faster"
    found.get_by_label("Steps", exact=True).select_option("sgd")
    found.get_by_label("Learning rate").fill("8")
    for _ in range(3):
        part(found, "once").click()
    assert number(found, "loss") > 3 * plain, "a step that is too large overshoots"
    part(found, "chart").press("ArrowLeft")
    assert number(found, "steps") == 0
    before = number(found, "loss")
    drag(part(found, "chart"), (0.2, 0.2), (0.21, 0.2))
    assert number(found, "loss") != before
    part(found, "back").click()


LOSS = """async ({ w, b }) => {
  const { lossAndGradient } = await import("/static/js/learn/loss_surface.js");
  const examples = [[0.3, 1], [0.7, 1], [0.9, 0], [1.4, 0]].map(([x, y]) => ({ x, y }));
  const { loss, gradient } = lossAndGradient(examples, { w: [w], b: [b] });
  return [loss, gradient.w[0], gradient.b[0]];
}"""


@pytest.mark.parametrize(("w", "b"), [(0.0, 0.0), (-3.0, 2.5), (-60.0, 55.0)])
def test_loss_and_gradient_are_right(pages: Pages, w: float, b: float) -> None:
    x, y = np.array([0.3, 0.7, 0.9, 1.4]), np.array([1, 1, 0, 0])
    p = 1 / (1 + np.exp(-(w * x + b)))
    loss = -np.log(np.where(y == 1, p, 1 - p)).mean()
    found = pages["learning"].evaluate(LOSS, {"w": w, "b": b})
    assert found == pytest.approx([loss, ((p - y) * x).mean(), (p - y).mean()], rel=1e-6, abs=1e-12)


@pytest.mark.parametrize(("hidden", "kind", "rate"), [("0", "sgd", "5"), ("16", "adam", "3")])
def test_a_small_network_learns(pages: Pages, hidden: str, kind: str, rate: str) -> None:
    found = piece(pages["learning"], "training")
    found.get_by_label("Network").select_option(hidden)
    found.get_by_label("Steps", exact=True).select_option(kind)
    found.get_by_label("Learning rate").fill(rate)
    assert number(found, "held-out") < 0.3
    first, noise = number(found, "loss"), picture(part(found, "weights"))
    go = part(found, "go")
    go.focus()
    go.press("Enter")
    until(lambda: number(found, "epoch") >= 8)
    expect(go).to_have_text("Pause")
    go.press("Enter")
    expect(go).to_have_text("Resume")
    assert number(found, "held-out") > 0.8
    assert number(found, "loss") < first / 3
    assert picture(part(found, "weights")) != noise
    expect(part(found, "status")).to_contain_text("epochs. Of the 700")


def test_too_large_steps_never_settle(pages: Pages) -> None:
    found = piece(pages["learning"], "training")
    found.get_by_label("Network").select_option("16")
    found.get_by_label("Steps", exact=True).select_option("sgd")
    found.get_by_label("Learning rate").fill("8")
    part(found, "go").click()
    until(lambda: number(found, "epoch") >= 6)
    expect(part(found, "status")).to_contain_text("The steps are too large")
    assert number(found, "held-out") < 0.4
    part(found, "again").click()
    assert number(found, "epoch") == 0
    expect(part(found, "go")).to_have_text("Start")


STEPS = """async ([hidden, kind]) => {
  const { gradient, makeNetwork, optimizer, randomFrom } = await import("/static/js/learn/trainable_network.js");
  const { loadDigits } = await import("/static/js/common/test_digits.js");
  const digits = await loadDigits();
  const examples = [0, 1, 2].map((i) => ({ label: digits.labels[i], tile: Float64Array.from(
    digits.images.subarray(784 * i, 784 * i + 784), (ink) => ink / 255) }));
  const network = makeNetwork(hidden, randomFrom(1));
  const names = ["w1", "b1", "w2", "b2"].filter((name) => network[name]);
  const all = () => Object.fromEntries(names.map((name) => [name, [...network[name]]]));
  const start = all();
  const step = optimizer(kind, 0.01);
  const losses = [];
  for (let i = 0; i < 4; i++) {
    const found = gradient(network, examples);
    losses.push(found.loss);
    step(network, found.gradient);
  }
  const tiles = examples.map((each) => [...each.tile]);
  return { tiles, labels: examples.map((each) => each.label), start, losses, end: all() };
}"""


@pytest.mark.parametrize("hidden", [0, 6])
@pytest.mark.parametrize("kind", ["sgd", "adam"])
def test_gradient_and_steps_are_those_of_numpy(pages: Pages, hidden: int, kind: str) -> None:
    found = pages["learning"].evaluate(STEPS, [hidden, kind])
    x, labels = np.array(found["tiles"]), np.array(found["labels"])
    shapes = {"w1": (784, hidden), "b1": (hidden,), "w2": (hidden or 784, 10), "b2": (10,)}
    weights = {name: np.array(flat, float).reshape(shapes[name]) for name, flat in found["start"].items()}
    m = {name: np.zeros_like(each) for name, each in weights.items()}
    v = {name: np.zeros_like(each) for name, each in weights.items()}
    for t in range(1, 5):
        a = np.maximum(x @ weights["w1"] + weights["b1"], 0) if hidden else x
        logits = a @ weights["w2"] + weights["b2"]
        probs = np.exp(logits - logits.max(1, keepdims=True))
        probs /= probs.sum(1, keepdims=True)
        loss = -np.log(probs[range(3), labels]).mean()
        assert loss == pytest.approx(found["losses"][t - 1], rel=1e-6)
        back = (probs - np.eye(10)[labels]) / 3
        slopes = {"w2": a.T @ back, "b2": back.sum(0)}
        if hidden:
            blame = (back @ weights["w2"].T) * (a > 0)
            slopes |= {"w1": x.T @ blame, "b1": blame.sum(0)}
        for name, g in slopes.items():
            if kind == "sgd":
                weights[name] -= 0.01 * g
                continue
            m[name] = 0.9 * m[name] + 0.1 * g
            v[name] = 0.999 * v[name] + 0.001 * g * g
            weights[name] -= 0.01 * (m[name] / (1 - 0.9**t)) / (np.sqrt(v[name] / (1 - 0.999**t)) + 1e-8)
    for name, each in weights.items():
        np.testing.assert_allclose(np.array(found["end"][name]).reshape(shapes[name]), each, atol=1e-6)


def test_few_digits_overfit_and_more_digits_narrow_the_gap(pages: Pages) -> None:
    found = piece(pages["learning"], "overfitting")
    found.get_by_label("Wrong labels").select_option("0")
    found.get_by_label("Digits to learn from").select_option("60")
    part(found, "go").click()
    until(lambda: number(found, "epoch") >= 25)
    part(found, "go").click()
    assert number(found, "train") == 1, "on all training digits"
    assert 0.5 < number(found, "held-out") < 0.85
    assert abs(number(found, "dropped") - number(found, "held-out")) < 0.15, "with right labels, dropout does little"
    few = number(found, "held-out")
    found.get_by_label("Digits to learn from").select_option("300")
    part(found, "go").click()
    until(lambda: number(found, "epoch") >= 10)
    part(found, "go").click()
    assert number(found, "held-out") > few + 0.05, "more digits narrow the gap"
    part(found, "again").click()


def test_a_kernel_finds_edges(pages: Pages) -> None:
    found = piece(pages["convolutions"], "convolution")
    total, map_ = part(found, "sum"), part(found, "map")
    before = total.text_content()
    part(found, "digit").press("ArrowDown")
    expect(total).not_to_have_text(str(before))
    upright = picture(map_)
    found.get_by_role("button", name="Horizontal edges").click()
    expect(found.get_by_label("Weight, row 1, column 1")).to_have_value("-1")
    level = picture(map_)
    assert level != upright
    found.get_by_label("Weight, row 2, column 2").fill("3")
    expect(found.locator('[aria-pressed="true"]')).to_have_count(0)
    part(found, "digit").click(position={"x": 4, "y": 4})
    expect(total).to_contain_text("no ink under a weight")
    part(found, "slide").click()
    expect(total).to_contain_text("At column 28, row 28", timeout=20_000)


def test_a_shifted_digit_misleads_only_the_dense_network(pages: Pages) -> None:
    found = piece(pages["convolutions"], "translation")
    dense, conv, digit = part(found, "dense"), part(found, "conv"), part(found, "digit")
    expect(dense).to_contain_text("reads 7")
    for _ in range(5):
        digit.press("ArrowRight")
    expect(dense).to_contain_text("It is a 7")
    expect(conv).to_contain_text("reads 7")
    drag(digit, (0.6, 0.5), (0.5, 0.5), (0.42, 0.5))
    expect(dense).not_to_contain_text("It is a 7")
    assert abs(float(found.get_by_label("To the right").input_value())) <= 1
    part(found, "curve").scroll_into_view_if_needed()
    expect(part(found, "counted")).to_contain_text("Accuracy on 150 digits", timeout=60_000)
    assert number(found, "dense") < 0.7
    assert number(found, "conv") > 0.93


CONV = """async () => {
  const { loadSmallConv, probabilitiesOf } = await import("/static/js/learn/small_conv.js");
  const { shifted } = await import("/static/js/learn/widgets.js");
  const { loadDigits } = await import("/static/js/common/test_digits.js");
  const [network, { images, labels }] = await Promise.all([loadSmallConv(), loadDigits()]);
  const tile = (i) => Float32Array.from(images.subarray(784 * i, 784 * i + 784), (ink) => ink / 255);
  const tiles = [tile(0), shifted(tile(8), 6, -2), shifted(tile(2), -9, 9)];
  const best = (shares) => shares.indexOf(Math.max(...shares));
  let right = 0;
  for (let i = 0; i < 400; i++) right += best(probabilitiesOf(network, tile(i))) === labels[i];
  const probs = tiles.map((each) => [...probabilitiesOf(network, each)]);
  return { tiles: tiles.map((each) => [...each]), probs, right };
}"""


def test_the_small_convolutional_network_computes_what_numpy_computes(pages: Pages) -> None:
    found = pages["convolutions"].evaluate(CONV)
    content: dict[str, Any] = json.loads(SMALL_CONV.read_text("utf-8"))
    *convs, last = (
        (
            np.frombuffer(base64.b64decode(each["weights"]), "<i2").reshape(each["shape"]) * each["step"],
            np.frombuffer(base64.b64decode(each["bias"]), "<f4"),
        )
        for each in content["layers"]
    )
    assert sum(w.size + b.size for w, b in (*convs, last)) == content["parameters"]
    maps = np.array(found["tiles"]).reshape(-1, 28, 28, 1)
    for i, (weights, bias) in enumerate(convs):
        padded = np.pad(maps, ((0, 0), (1, 1), (1, 1), (0, 0)))
        windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(1, 2))
        maps = np.maximum(np.einsum("nyxirc,rcio->nyxo", windows, weights) + bias, 0)
        if i < 2:
            n, side, _, channels = maps.shape
            maps = maps.reshape(n, side // 2, 2, side // 2, 2, channels).max((2, 4))
    logits = maps.max((1, 2)) @ last[0] + last[1]
    probs = np.exp(logits - logits.max(1, keepdims=True))
    np.testing.assert_allclose(found["probs"], probs / probs.sum(1, keepdims=True), atol=1e-4)
    assert found["right"] / 400 == pytest.approx(content["test"], abs=0.02)


def test_the_pipeline_undoes_position_size_and_polarity(pages: Pages) -> None:
    found = piece(pages["drawings"], "preprocessing")
    naive, pipeline = part(found, "naive"), part(found, "pipeline")
    expect(naive).not_to_contain_text(": 4,")  # the initial 4, dark on light
    expect(pipeline).to_contain_text("With the pipeline: 4")
    part(found, "normalize").click()
    expect(naive).to_contain_text(": 4,")
    found.get_by_label("To the right").fill("6")
    found.get_by_label("Size", exact=True).fill("0.4")
    expect(naive).not_to_contain_text(": 4,")
    expect(pipeline).to_contain_text("With the pipeline: 4")
    found.get_by_label("Dark ink on light paper").check()
    before = picture(part(found, "digit"))
    found.get_by_label("Pen", exact=True).press("ArrowRight")
    assert picture(part(found, "digit")) != before
    expect(pipeline).to_contain_text("With the pipeline: 4")
    part(found, "another").click()
    expect(naive).to_contain_text(": 7,")  # the first test digit, unmodified


def test_a_drawing_on_the_small_board_is_read_with_and_without_the_pipeline(pages: Pages) -> None:
    found = piece(pages["drawings"], "preprocessing")
    part(found, "clear").click()
    expect(part(found, "naive")).to_contain_text("Draw a digit")
    for stroke in DIGITS[2]:
        drag(part(found, "board"), *((0.25 + 0.5 * x, 0.2 + 0.6 * y) for x, y in pen_moves(stroke)))
    expect(part(found, "pipeline")).to_contain_text("With the pipeline: 2")
    part(found, "normalize").click()
    expect(part(found, "naive")).to_contain_text(": 2,")


def test_the_pipeline_runs_in_the_page(chromium: Browser, address: str) -> None:
    context = context_of(chromium, (1280, 800))
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/api/v1/read" in request.url else None)
    page.goto(f"{address}/learn/drawings")
    page.wait_for_selector("html[data-ready]")
    found = piece(page, "preprocessing")
    expect(part(found, "pipeline")).to_contain_text("With the pipeline: 4")
    expect(page.locator("[data-made=page]")).to_be_visible()
    expect(page.locator("[data-made=server]")).to_be_hidden()
    assert asked == []
    context.close()


def test_without_its_engine_the_server_reads_and_the_chapter_says_when_it_is_away(
    chromium: Browser, address: str
) -> None:
    context = context_of(chromium, (1280, 800))
    page = context.new_page()
    page.route("**/kernels.wasm*", lambda route: route.abort())
    page.goto(f"{address}/learn/drawings")
    page.wait_for_selector("html[data-ready]")
    found = piece(page, "preprocessing")
    expect(part(found, "pipeline")).to_contain_text("With the pipeline: 4")
    expect(page.locator("[data-made=server]")).to_be_visible()
    page.route("**/api/v1/read*", lambda route: route.abort())
    found.get_by_label("Size", exact=True).fill("0.8")
    expect(part(found, "pipeline")).to_contain_text("is not answering")
    page.unroute("**/api/v1/read*")
    expect(part(found, "pipeline")).to_contain_text("With the pipeline: 4", timeout=10_000)
    context.close()


@pytest.mark.parametrize("slug", [chapter.slug for chapter in CHAPTERS])
def test_no_chapter_has_a_fault_or_scrolls_sideways(pages: Pages, slug: str) -> None:
    page = pages[slug]
    assert faults_of(page) == []
    width = page.viewport_size
    assert width is not None
    assert page.evaluate("document.documentElement.scrollWidth") <= width["width"]


@pytest.mark.parametrize("slug", [chapter.slug for chapter in CHAPTERS])
def test_at_night_and_on_the_smallest_screen(chromium: Browser, address: str, slug: str) -> None:
    context = context_of(chromium, (320, 568), color_scheme="dark", reduced_motion="reduce")
    page = context.new_page()
    page.goto(f"{address}/learn/{slug}")
    page.wait_for_selector("html[data-ready]")
    assert faults_of(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    low = page.evaluate(
        """() => [...document.querySelectorAll("main button, main select, main .checkbox")]
          .filter((one) => one.getClientRects().length && one.getBoundingClientRect().height < 43.5)
          .map((one) => one.textContent)"""
    )
    assert low == [], "big enough for a thumb"
    context.close()


def test_a_chapter_reads_without_javascript(chromium: Browser, address: str) -> None:
    context = context_of(chromium, PHONE_WH, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/learn/neurons")
    expect(page.locator("noscript p").first).to_be_visible()
    expect(page.get_by_text(re.compile("128 = 100,480 numbers"))).to_be_visible()
    context.close()
