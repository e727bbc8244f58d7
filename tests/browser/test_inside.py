"""/inside: the numbers on the page are those of the network, and the sums add up."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from inkling import Reader
from inkling.explain.attribution import exact_attributions
from inkling.explain.layers import layers_of
from inkling.explain.log_odds import contrasts
from inkling.explain.weights import Weights, read_weights
from inkling.pipeline.result import calibrate
from tests.browser.conftest import DESKTOP_WH, PHONE, PHONE_WH, checked_page, context_of
from tests.browser.test_board import draw, paths, tap_and_drag
from tests.browser.test_learn import written_on_canvas
from tests.explain.conftest import DENSE

pytestmark = pytest.mark.browser

WAIT_MS = 20_000  # for the first answer on a busy machine: the page first loads its networks
REST_MS = 1000  # from the last pen move to the last answer


@pytest.fixture
def inside(chromium: Browser, address: str) -> Iterator[Page]:
    """The page with a network that it shows in full."""
    with checked_page(chromium, f"{address}/inside#m=ann") as page:
        yield page


@pytest.fixture
def maps(chromium: Browser, address: str) -> Iterator[Page]:
    """The page with the Draw page's network, as on a first visit."""
    with checked_page(chromium, f"{address}/inside") as page:
        expect(page.locator("#large-title")).to_contain_text("Layer 7", timeout=WAIT_MS)
        yield page


def weights_of(name: str) -> tuple[Weights, float]:
    reader = Reader(name)
    weights = read_weights(reader.bundle, reader.classifier)
    assert weights is not None
    return weights, reader.bundle.temperature


def number(page: Page, name: str) -> float:
    """A number from the page."""
    return float(page.locator(f"#{name}").inner_text().replace("\u2212", "-"))


def right(page: Page) -> int:
    accuracy = page.locator("#accuracy")
    expect(accuracy).to_contain_text("of 1,000")
    return int(accuracy.inner_text().split()[0])


def slide(page: Page, name: str, value: float) -> None:
    page.locator(f"#{name}").evaluate(
        "(slider, value) => { slider.value = value; slider.dispatchEvent(new Event('input', { bubbles: true })); }",
        value,
    )


SUMS = """() => {
  const text = (element) => Number(element.innerText.replace("\u2212", "-"));
  const of = (name) => text(document.getElementById(name));
  const isShown = (element) => !element.closest("[hidden]");
  const all = (selector) => [...document.querySelectorAll(selector)].filter(isShown).map(text);
  const names = ["sum-pixels", "sum-bias", "sum-z", "sum-value", "others-term", "bias-term", "score-term",
    ...["for", "lead"].flatMap((view) => ["pixels", "biases", "total"].map((part) => `${view}-${part}`))];
  return {
    ...Object.fromEntries(names.map((name) => [name, of(name)])),
    terms: all("#terms td:nth-child(3)"),
    shares: all("#shares td:nth-child(4)"),
  };
}"""


def sums_add_up(page: Page) -> None:
    """Checks all sums on the page at the same moment, because the answer to the last move may still change them."""
    shown = page.evaluate(SUMS)
    assert shown["sum-pixels"] + shown["sum-bias"] == pytest.approx(shown["sum-z"], abs=1e-9)
    assert shown["sum-value"] == pytest.approx(max(shown["sum-z"], 0), abs=1e-9)
    listed = sum(shown["terms"]) + shown["others-term"] + shown["bias-term"]
    assert listed == pytest.approx(shown["score-term"], abs=1e-6)
    assert len(shown["shares"]) == 10
    assert sum(shown["shares"]) == pytest.approx(100, abs=1e-6)
    for view in ("for", "lead"):
        assert shown[f"{view}-pixels"] + shown[f"{view}-biases"] == pytest.approx(shown[f"{view}-total"], abs=1e-9)
    assert shown["for-total"] == shown["score-term"], "the map explains the score that the table shows"


def adds_most(page: Page, unit: str) -> tuple[str, ...]:
    """The numbers of the unit named under the answer, whose term must be the largest in the table."""
    said = re.fullmatch(f"Most for 7: {unit} adds (.*) of (.*)\\.", page.locator("#most").inner_text())
    assert said is not None
    *numbers, term, score = said.groups()
    rows = page.locator("#terms tr:visible").all()
    terms = {row.locator("th").inner_text(): row.locator("td:nth-child(3)").inner_text() for row in rows}
    assert len(set(terms.values())) == len(terms), "no two tie"
    largest = max((text for text in terms.values() if text.startswith("+")), key=float)
    assert float(largest) == pytest.approx(float(term), abs=0.0056)
    assert terms[next(name for name in terms if name.endswith(f" {numbers[0]}"))] == largest
    assert page.locator("#score-term").inner_text() == f"+{score}"
    return tuple(numbers)


def test_the_first_visit_shows_a_network_at_work(inside: Page) -> None:
    expect(inside.locator("#answer")).to_have_text("7")
    expect(inside.locator("#shown")).to_have_text("Test digit 1: a 7.")
    expect(inside.locator("#neurons button")).to_have_count(128)
    expect(inside.locator("#outputs button[aria-current]")).to_have_attribute("aria-label", re.compile("Output 7"))
    assert right(inside) > 980
    sums_add_up(inside)
    (neuron,) = adds_most(inside, "neuron (\\d+)")
    expect(inside.locator("#neuron-title")).to_have_text(f"Neuron {neuron} of 128")
    written = written_on_canvas(inside, lambda: slide(inside, "lines", 100))
    assert "784 \xd7 128 + 128 = 100,480 parameters" in written


def test_a_drawing_is_read_as_it_is_drawn_and_the_sums_go_with_it(inside: Page) -> None:
    for digit in (4, 2):
        draw(inside, digit)
        expect(inside.locator("#answer")).to_have_text(str(digit))
        expect(inside.locator("#shown")).to_have_text("Your drawing.")
        expect(inside.locator("#why-title")).to_have_text(f"Why {digit}?")
        sums_add_up(inside)
        inside.locator("#clear").click()
        expect(inside.locator("#shown")).to_have_text("Nothing is drawn.")
        expect(inside.locator("#answer")).to_be_hidden()
    inside.locator("#undo").click()
    expect(inside.locator("#answer")).to_have_text("2")


def test_the_drawing_of_the_board_is_here_and_one_of_its_digits_can_be_chosen(page: Page, address: str) -> None:
    for digit, centre in ((4, 0.25), (7, 0.7)):
        draw(page, digit, centre=centre, height=0.5)
    expect(page.locator("#answer")).to_have_text("47")
    page.wait_for_function("() => localStorage.length > 0")
    page.goto(f"{address}/inside#m=ann")
    page.wait_for_selector("html[data-ready]")
    expect(page.locator("#digit-buttons button")).to_have_count(2)
    expect(page.locator("#answer")).to_have_text("7")
    page.locator("#digit-buttons button").first.click()
    expect(page.locator("#answer")).to_have_text("4")


WHY = """async ([name, index, digit, contrast]) => {
  const { loadDigits } = await import("/static/js/common/test_digits.js");
  const { loadNetwork } = await import("/static/js/common/dense_network.js");
  const { ModifiedNetwork } = await import("/static/js/inside/modified_network.js");
  const { contributions, contrastWeights } = await import("/static/js/common/attribution.js");
  const [{ images }, network] = await Promise.all([loadDigits(), loadNetwork(name)]);
  const tile = Float32Array.from(images.subarray(784 * index, 784 * (index + 1)), (ink) => ink / 255);
  const modified = new ModifiedNetwork(network);
  const run = modified.run(tile);
  const { points, pixels, biases, total } = contributions(modified, run, tile, contrastWeights(digit, contrast));
  return { points: [...points], pixels, biases, total, logits: [...run.logits] };
}"""


@pytest.mark.parametrize("name", DENSE)
def test_why_is_exact(inside: Page, mnist: tuple[np.ndarray, np.ndarray], name: str) -> None:
    weights, temperature = weights_of(name)
    for index, digit, contrast in ((0, 7, 9), (8, 5, 6), (247, 4, 2), (115, 4, 9)):
        ours = inside.evaluate(WHY, [name, index, digit, contrast])
        tile = mnist[0][index]
        (_, lead) = exact_attributions(weights, tile, contrasts(digit, contrast), temperature)
        assert lead.bias is not None
        assert np.abs(np.array(ours["points"]).reshape(28, 28) / temperature - lead.points).max() < 1e-4
        assert ours["biases"] / temperature == pytest.approx(lead.bias, abs=1e-4)
        assert ours["pixels"] + ours["biases"] == pytest.approx(ours["total"], abs=1e-9)
        assert ours["total"] == pytest.approx(ours["logits"][digit] - ours["logits"][contrast], abs=1e-4)
        whole = inside.evaluate(WHY, [name, index, digit, None])
        assert whole["total"] == pytest.approx(weights.logits(tile[None])[0, digit], abs=1e-4)


def test_why_and_why_not_any_digit(inside: Page) -> None:
    inside.locator("#targets button").nth(2).click()
    expect(inside.locator("#why-title")).to_have_text("Why any 2 at all?")
    expect(inside.locator("#output-title")).to_have_text("Output 2")
    expect(inside.locator("#lead-title")).to_have_text("2, why not?")
    inside.locator("#contrasts button").nth(3).click()
    expect(inside.locator("#lead-title")).to_have_text("And not 3")
    sums_add_up(inside)
    lead = number(inside, "lead-total")
    scores = [
        float(text.replace("\u2212", "-")) for text in inside.locator("#shares td:nth-child(2)").all_inner_texts()
    ]
    assert lead == pytest.approx(scores[2] - scores[3], abs=0.011)
    inside.locator("#lead-map").hover(position={"x": 100, "y": 100})
    expect(inside.locator("#lead-pixel")).to_have_text(re.compile(r"row \d+, column \d+: [+\u2212]\d"))
    inside.locator("#digit-after").click()  # a different digit changes the question
    expect(inside.locator("#why-title")).to_have_text("Why 2?")


def accuracy(weights: Weights, tiles: np.ndarray, labels: np.ndarray) -> int:
    return int((weights.logits(tiles).argmax(axis=1) == labels).sum())


@pytest.mark.parametrize("name", DENSE)
def test_changes_of_a_neuron_change_the_accuracy(inside: Page, mnist: tuple[np.ndarray, np.ndarray], name: str) -> None:
    weights, _ = weights_of(name)
    inside.locator("#model").select_option(name)
    expect(inside.locator("#accuracy")).to_have_text(f"{accuracy(weights, *mnist)} of 1,000")
    neuron = int(inside.locator("#neuron-title").inner_text().split()[1]) - 1

    def expected_right(*, scale: float = 1, shift: float = 0, on: bool = True) -> int:
        hidden, bias, scores = weights.hidden.copy(), weights.hidden_bias.copy(), weights.scores.copy()
        hidden[neuron] *= scale
        bias[neuron] += shift
        scores[:, neuron] *= on
        return accuracy(Weights(hidden, bias, scores, weights.scores_bias), *mnist)

    for name_of, value, expected in (
        ("scale", 3, expected_right(scale=3)),
        ("scale", -1.5, expected_right(scale=-1.5)),
        ("shift", 5, expected_right(scale=-1.5, shift=5)),
    ):
        slide(inside, name_of, value)
        assert abs(right(inside) - expected) <= 1, "float32 may break a tie differently"
        sums_add_up(inside)
    inside.locator("#on").uncheck()
    assert abs(right(inside) - expected_right(on=False)) <= 1
    expect(inside.locator("#neuron-value")).to_have_text("It is switched off: its output is 0.")
    expect(inside.locator("#neuron-title")).to_contain_text(str(neuron + 1))
    inside.locator("#reset").click()
    expect(inside.locator("#accuracy")).to_have_text(f"{accuracy(weights, *mnist)} of 1,000")
    expect(inside.locator("#accuracy-change")).to_have_text("as trained")
    expect(inside.locator("#reset")).to_be_disabled()


def test_temperature_changes_how_sure_it_sounds_and_nothing_else(inside: Page) -> None:
    before = right(inside)
    slide(inside, "temperature", 2.3)
    expect(inside.locator("#temperature-value")).to_have_text("4.92")
    expect(inside.locator("#answer")).to_have_text("7")
    assert right(inside) == before
    assert float(inside.locator("#sure").inner_text().split()[0]) < 95
    assert "Mean confidence" in inside.locator("#surety").inner_text()
    assert "as trained: 7, 99.9 %" in inside.locator("#before-change").inner_text()
    sums_add_up(inside)


def test_changed_answers_are_listed_and_can_be_opened(inside: Page) -> None:
    for _ in range(7):
        inside.locator("#ablate").click()
    assert right(inside) < 989
    expect(inside.locator("#other-changes")).to_contain_text("other neurons are changed too")
    first = inside.locator("#flips button").first
    said = re.match(
        r"Test digit (\d+), a (\d): read as (\d) before, now as (\d)", first.get_attribute("aria-label") or ""
    )
    assert said
    first.click()
    expect(inside.locator("#shown")).to_have_text(f"Test digit {said[1]}: a {said[2]}.")
    expect(inside.locator("#answer")).to_have_text(said[4])
    inside.locator("#reset").click()
    expect(inside.locator("#answer")).to_have_text(said[3])
    expect(inside.locator("#flips-part")).to_be_hidden()


def test_the_next_one_that_it_gets_wrong(inside: Page, mnist: tuple[np.ndarray, np.ndarray]) -> None:
    weights, _ = weights_of("ann")
    wrong = np.flatnonzero(weights.logits(mnist[0]).argmax(axis=1) != mnist[1])
    for index in wrong[:2]:
        inside.locator("#mistake").click()
        expect(inside.locator("#digit")).to_have_value(str(index + 1))
        expect(inside.locator("#rightly")).to_have_text(f"wrong: it is a {mnist[1][index]}")


def test_pixel_by_pixel(inside: Page) -> None:
    inside.locator("#map-products").scroll_into_view_if_needed()
    inside.locator("#map-weights").hover(position={"x": 5, "y": 5})
    expect(inside.locator("#step-place")).to_have_text("row 1, column 1")
    expect(inside.locator("#step-product")).to_contain_text("0.00 \N{MULTIPLICATION SIGN}")
    said = []
    slider = inside.locator("#pixel")
    slider.focus()
    for key in ("Home", "ArrowRight", "End"):
        slider.press(key)
        said.append(slider.get_attribute("aria-valuetext") or "")
    assert len(set(said)) == 3
    for text in said:
        ink, weight, product = (float(x.replace("\u2212", "-")) for x in re.findall(r"[\u2212+]?\d+\.\d+", text)[:3])
        assert ink * weight == pytest.approx(product, abs=0.005 * abs(weight) + 0.001 * ink + 0.001)
    last = float(re.findall(r"[\u2212+]\d+\.\d+$", said[-1])[0].replace("\u2212", "-"))
    assert last == pytest.approx(number(inside, "sum-pixels"), abs=0.0011), "the last sum so far is the whole sum"
    inside.locator("#add-up").click()
    inside.wait_for_function("() => document.getElementById('pixel').value === document.getElementById('pixel').max")


def test_a_link_carries_digit_network_neuron_and_changes(chromium: Browser, inside: Page, address: str) -> None:
    inside.locator("#model").select_option("ann-tutorial")
    inside.locator("#digit").fill("248")
    inside.locator("#digit").press("Enter")
    expect(inside.locator("#shown")).to_have_text("Test digit 248: a 4.")
    inside.locator("#neurons button").nth(40).click()
    slide(inside, "scale", 2.5)
    inside.locator("#on").uncheck()
    slide(inside, "temperature", 1)
    before = right(inside)
    inside.wait_for_function("() => location.hash.includes('t=') && location.hash.includes('k=')")
    with checked_page(chromium, inside.url) as page:
        expect(page.locator("#shown")).to_have_text("Test digit 248: a 4.")
        expect(page.locator("#model")).to_have_value("ann-tutorial")
        expect(page.locator("#neuron-title")).to_have_text("Neuron 41 of 128")
        expect(page.locator("#scale-value")).to_have_text("\N{MULTIPLICATION SIGN} 2.50")
        expect(page.locator("#on")).not_to_be_checked()
        expect(page.locator("#temperature-value")).to_have_text("2.00")
        assert right(page) == before


@pytest.mark.parametrize("fragment", ["#d=AQAAAA&m=ann", "#d=zzzz", "#i=77777&n=999&k=999off_x&t=99&m=none"])
def test_a_link_that_is_cut_short_or_forged_still_shows_something(
    chromium: Browser, address: str, fragment: str
) -> None:
    with checked_page(chromium, f"{address}/inside{fragment}") as page:
        expect(page.locator("#message")).to_contain_text(re.compile("incomplete|no network called"))
        expect(page.locator("#shown")).to_contain_text("Test digit")
        expect(page.locator("#answer")).to_have_text(re.compile(r"^\d$"), timeout=WAIT_MS)


def test_the_first_visit_shows_the_network_of_the_drawing_page(
    maps: Page, mnist: tuple[np.ndarray, np.ndarray]
) -> None:
    expect(maps.locator("#model")).to_have_value("cnn")
    expect(maps.locator("#answer")).to_have_text("7")
    expect(maps.locator("#map-buttons button")).to_have_count(7 * 6)
    reader = Reader("cnn")
    prediction = reader.classifier.classify(mnist[0][:1])
    seven = calibrate(prediction.probs, reader.bundle.temperature)[0, 7]
    shown = float(maps.locator("#shares [data-digit='7'] td:nth-child(4)").inner_text())
    assert shown == pytest.approx(100 * seven, abs=0.02)
    expect(maps.locator("#none-share")).to_contain_text("a digit")
    channel, layer = adds_most(maps, "map (\\d+) of layer (\\d+)")
    expect(maps.locator("#large-title")).to_have_text(re.compile(f"^Layer {layer}, map {channel} of"))
    maps.locator("#map-scores button").nth(1).click()
    expect(maps.locator("#output-title")).to_have_text("Output 1")


POINT = """() => {
  const text = (id) => Number(document.getElementById(id).innerText.replace("\u2212", "-"));
  const isShown = (id) => !document.getElementById(id).hidden;
  const rows = [...document.querySelectorAll("#products li")].filter((row) => !row.hidden);
  const numbers = (cells) => [...cells.children].map((cell) => Number(cell.innerText.replace("\u2212", "-")));
  return {
    above: text("sum-shown"), others: isShown("sum-others-part") ? text("sum-others") : 0, bias: text("map-bias"),
    sum: text("map-sum"), value: text("map-out"), title: document.getElementById("large-title").innerText,
    point: document.getElementById("large-handle").getAttribute("aria-valuenow"),
    rows: rows.map((row) => ({
      patch: numbers(row.querySelectorAll(".cells")[0]), kernel: numbers(row.querySelectorAll(".cells")[1]),
      term: Number(row.querySelector(".gives b").innerText.replace("\u2212", "-")),
    })),
  };
}"""


def layers_of_tile(tile: np.ndarray) -> list[np.ndarray]:
    """LiteRT's output of each layer: (channels, h, w)."""
    return [layer.values for layer in layers_of(Reader("cnn"))(tile)]


def test_patch_times_kernel_is_the_sum_that_the_network_computes(
    maps: Page, mnist: tuple[np.ndarray, np.ndarray]
) -> None:
    computed = layers_of_tile(mnist[0][0])
    handle = maps.locator("#large-handle")
    for button in (0, 8, 20, 40):
        maps.locator("#map-buttons button").nth(button).click()
        handle.focus()
        for key in ("Home", "ArrowDown", "ArrowRight", "PageDown", "End"):
            handle.press(key)
            found = maps.evaluate(POINT)
            assert found["above"] + found["others"] + found["bias"] == pytest.approx(found["sum"], abs=1e-6)
            assert found["value"] == pytest.approx(max(found["sum"], 0), abs=1e-6)
            for row in found["rows"]:
                rounding = 0.005 * (sum(map(abs, row["kernel"])) + sum(map(abs, row["patch"]))) + 0.01
                assert np.dot(row["patch"], row["kernel"]) == pytest.approx(row["term"], abs=rounding)
            layer, channel = (int(n) for n in re.findall(r"\d+", found["title"])[:2])
            values = computed[layer - 1][channel - 1].ravel()
            assert found["value"] == pytest.approx(values[int(found["point"]) - 1], abs=0.006)


def test_the_averages_make_the_scores(maps: Page, mnist: tuple[np.ndarray, np.ndarray]) -> None:
    computed = layers_of_tile(mnist[0][0])
    listed = maps.locator("#terms tr:visible")
    expect(listed).to_have_count(6)
    for row in listed.all():
        unit = int(re.findall(r"\d+", row.locator("th").inner_text())[0])
        average = float(row.locator("td").first.inner_text().split()[0])
        assert average == pytest.approx(float(computed[-2].ravel()[unit - 1]), abs=0.006)
        assert float(computed[-3][unit - 1].mean()) == pytest.approx(average, abs=0.006)
    assert number(maps, "score-term") == pytest.approx(float(computed[-1].ravel()[7]), abs=0.006)
    terms = [
        float(text.replace("\u2212", "-"))
        for text in maps.locator("#terms tr:visible td:nth-child(3)").all_inner_texts()
    ]
    assert sum(terms) + number(maps, "others-term") + number(maps, "bias-term") == pytest.approx(
        number(maps, "score-term"), abs=1e-6
    )


def test_every_map_can_be_reached(maps: Page) -> None:
    first = maps.locator("#large-title").inner_text()
    maps.locator("#map-after").click()
    expect(maps.locator("#large-title")).not_to_have_text(first)
    expect(maps.locator("#map-buttons button[aria-current]")).to_have_count(1)
    maps.locator("#map-buttons button").nth(0).focus()
    maps.keyboard.press("ArrowRight")  # the next layer, because the maps are side by side
    maps.keyboard.press("Enter")
    expect(maps.locator("#large-title")).to_contain_text("Layer 2")
    maps.keyboard.press("ArrowDown")
    expect(maps.locator("#map-buttons button:focus")).to_have_attribute("aria-label", re.compile("^Layer 2, map"))


def test_the_reason_is_found_by_taking_ink_away(maps: Page) -> None:
    expect(maps.locator("#why-layers .why-title")).to_have_text(re.compile("Why 7, and not [0-689]"))
    expect(maps.locator("#why-layers .why-sentence")).to_contain_text("as probable", timeout=WAIT_MS)
    expect(maps.locator("#why-layers .why-method")).to_contain_text("occlusion")


def test_a_scribble_is_most_likely_none_of_the_ten(maps: Page) -> None:
    board = maps.locator("#board").bounding_box()
    assert board is not None
    maps.mouse.move(board["x"] + 0.25 * board["width"], board["y"] + 0.3 * board["height"])
    maps.mouse.down()
    for i in range(1, 14):
        maps.mouse.move(
            board["x"] + (0.25 + 0.04 * i) * board["width"], board["y"] + (0.3, 0.7)[i % 2] * board["height"]
        )
    maps.mouse.up()
    expect(maps.locator("#sure")).to_contain_text(re.compile("Not sure|Not a digit"), timeout=WAIT_MS)  # as on Draw
    expect(maps.locator("#none-share")).to_contain_text(re.compile(r"(8\d|9[\d.]+) % none of the ten"))


TILTED_ONE = [[(0.42, 0.2), (0.6, 0.8)]]
DRAWN = {"tilted 1": TILTED_ONE, **{str(digit): None for digit in (2, 4, 7)}}


@pytest.mark.parametrize("name", DRAWN)
@pytest.mark.parametrize("size_wh", [DESKTOP_WH, PHONE_WH], ids=["desktop", "phone"])
def test_the_same_ink_has_the_same_answer_as_on_the_drawing_page(
    chromium: Browser, address: str, name: str, size_wh: tuple[int, int]
) -> None:
    with checked_page(chromium, address, size_wh) as page:
        if DRAWN[name] is None:
            draw(page, int(name))
        else:
            for stroke in TILTED_ONE:
                tap_and_drag_mouse(page, stroke)
        expect(page.locator("#sure")).to_contain_text("%", timeout=WAIT_MS)  # it appears when the pen rests
        drawn = page.locator("#answer").inner_text(), re.findall(r"[\d.]+ %", page.locator("#sure").inner_text())
        page.wait_for_function("() => localStorage.length > 0")
        page.goto(f"{address}/inside")
        page.wait_for_selector("html[data-ready]")
        expect(page.locator("#answer")).to_have_text(drawn[0], timeout=WAIT_MS)
        assert re.findall(r"[\d.]+ %", page.locator("#sure").inner_text()) == drawn[1]


def tap_and_drag_mouse(page: Page, stroke: list[tuple[float, float]]) -> None:
    """One stroke on the board, in shares of its width and height."""
    board = page.locator("#board").bounding_box()
    assert board is not None
    side = min(board["width"], board["height"])
    middle = board["x"] + board["width"] / 2, board["y"] + board["height"] / 2
    x, y = ([middle[axis] + (point[axis] - 0.5) * side for point in stroke] for axis in (0, 1))
    page.mouse.move(x[0], y[0])
    page.mouse.down()
    page.mouse.move(x[1], y[1], steps=12)
    page.mouse.up()


def test_the_looks_that_were_averaged_are_shown(maps: Page) -> None:
    board = maps.locator("#board").bounding_box()
    assert board is not None
    hooked_seven = [(0.25, 0.3), (0.7, 0.25), (0.65, 0.5), (0.4, 0.75), (0.3, 0.7)]  # as wide as high, and uncertain
    points = [(board["x"] + x * board["width"], board["y"] + y * board["height"]) for x, y in hooked_seven]
    maps.mouse.move(*points[0])
    maps.mouse.down()
    for point in points[1:]:
        maps.mouse.move(*point, steps=5)
    maps.mouse.up()
    looks = maps.locator("#look-buttons button")
    expect(looks).to_have_count(4, timeout=WAIT_MS)
    expect(maps.locator("#looks-mean")).to_contain_text("Averaged over the 4 views: 7")
    maps.wait_for_timeout(REST_MS)  # an earlier part of the stroke may also be a 7 with four views
    said = maps.locator("#answer").inner_text(), maps.locator("#sure").inner_text()
    first = maps.locator("#score-term").inner_text()
    looks.nth(3).click()
    expect(maps.locator("#score-term")).not_to_have_text(first, timeout=WAIT_MS)  # that view is shown below
    assert (maps.locator("#answer").inner_text(), maps.locator("#sure").inner_text()) == said


def test_nothing_is_said_of_an_empty_board(maps: Page) -> None:
    draw(maps, 4)
    expect(maps.locator("#answer")).to_have_text("4")
    maps.locator("#clear").click()
    expect(maps.locator("#shown")).to_have_text("Nothing is drawn.")
    for hidden in ("#answer", "#maps", "#products", "#shares"):
        expect(maps.locator(hidden)).to_be_hidden()
    maps.get_by_role("button", name="Show a test digit").click()
    expect(maps.locator("#answer")).to_have_text("7")


@pytest.mark.parametrize("key", ["t", "?"])
def test_one_key_opens_the_page_of_the_textbook_and_leads_back(maps: Page, key: str) -> None:
    handle = maps.locator("#large-handle")
    handle.focus()
    maps.keyboard.press(key)
    page = maps.locator("#textbook article:visible")
    expect(page.locator("h2")).to_have_text("Patch times kernel: a convolution")
    expect(page.locator("h2")).to_be_focused()
    assert "" not in page.locator("[data-fact]").all_inner_texts(), "the numbers are there"
    value = maps.locator("#map-out").inner_text()
    expect(page.locator("[data-fact=value]")).to_have_text(value)
    assert "/learn/" in (page.get_by_role("link").get_attribute("href") or "")
    maps.keyboard.press("Escape")
    expect(maps.locator("#textbook")).to_be_hidden()
    expect(handle).to_be_focused()


def test_from_a_neuron_a_key_opens_the_page_about_it(inside: Page) -> None:
    neuron = inside.locator("#neurons button").nth(40)
    neuron.focus()
    inside.keyboard.press("t")
    expect(inside.locator("#textbook h2:visible")).to_have_text("What a neuron does")
    expect(inside.locator("#textbook [data-fact=neuron]:visible")).to_have_text("41")
    expect(inside.locator("#neuron-title")).to_have_text("Neuron 41 of 128")
    inside.keyboard.press("Escape")
    expect(neuron).to_be_focused()


def test_the_textbook_has_a_button_on_each_part_and_is_leafed_through(inside: Page) -> None:
    inside.get_by_role("button", name="Textbook: softmax").click()
    expect(inside.locator("#textbook h2:visible")).to_have_text("From scores to probabilities")
    expect(inside.locator("[data-explained]")).to_have_count(1)
    inside.locator("#textbook-after").click()
    expect(inside.locator("#textbook h2:visible")).to_have_text("Why this digit: exact contributions")
    inside.locator("#textbook-close").click()
    expect(inside.get_by_role("button", name="Textbook: softmax")).to_be_focused()
    inside.locator("#digit").focus()
    inside.keyboard.press("t")
    expect(inside.locator("#textbook")).to_be_hidden()


def test_by_keys_alone(inside: Page) -> None:
    inside.locator("#model").focus()
    for _ in range(2):  # the link, then the neurons: one stop for all of them
        inside.keyboard.press("Tab")
    focused = inside.locator("#neurons button:focus")
    expect(focused).to_have_count(1)
    inside.keyboard.press("Home")
    expect(focused).to_have_attribute("aria-label", re.compile(r"^Neuron 1, output \d"))
    expect(inside.locator("#card")).to_be_visible()
    inside.keyboard.press("ArrowRight")
    inside.keyboard.press("ArrowDown")
    columns = inside.locator("#neurons button").evaluate_all(
        "all => all.filter((one) => one.offsetTop === all[0].offsetTop).length"
    )
    expect(focused).to_have_attribute("aria-label", re.compile(f"^Neuron {columns + 2}, "))
    inside.keyboard.press("Enter")
    expect(inside.locator("#neuron-title")).to_have_text(f"Neuron {columns + 2} of 128")
    inside.keyboard.press("Tab")
    expect(inside.locator("#outputs button:focus")).to_have_attribute("aria-label", re.compile("^Output 7"))
    inside.keyboard.press("ArrowUp")
    inside.keyboard.press("Space")
    expect(inside.locator("#output-title")).to_have_text("Output 6")
    inside.locator("#on").focus()
    inside.keyboard.press("Space")
    expect(inside.locator("#on-value")).to_have_text("Off")
    expect(inside.locator("#spoken")).to_contain_text("of the test digits right")


def test_by_finger_on_a_phone(chromium: Browser, address: str) -> None:
    with checked_page(chromium, f"{address}/inside#m=ann", PHONE_WH, **PHONE) as page:
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE_WH[0]
        for path in paths(page, 3):
            tap_and_drag(page, path)
        expect(page.locator("#answer")).to_have_text("3")
        assert page.evaluate("scrollY") == 0, "the page stays put under the pen"
        neuron = page.locator("#neurons button").nth(60)
        neuron.tap()
        expect(page.locator("#neuron-title")).to_have_text("Neuron 61 of 128")
        box = neuron.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 24
        tile, output = page.locator("#neurons").bounding_box(), page.locator("#outputs button").first.bounding_box()
        assert tile is not None
        assert output is not None
        assert output["y"] > box["y"], "from top to bottom on a narrow page"
        page.locator("#outputs button").nth(5).tap()
        expect(page.locator("#why-title")).to_have_text("Why any 5 at all?")
        sums_add_up(page)


def test_it_retries_while_the_server_does_not_answer(chromium: Browser, address: str) -> None:
    context = context_of(chromium, DESKTOP_WH)
    page = context.new_page()
    page.route("**/models/*/network*", lambda route: route.abort())  # the server computes what the page cannot
    page.route("**/weights", lambda route: route.abort())
    page.goto(f"{address}/inside#m=ann")
    expect(page.locator("#offline")).to_be_visible(timeout=WAIT_MS)
    page.unroute("**/weights")
    expect(page.locator("#answer")).to_have_text("7", timeout=WAIT_MS)
    expect(page.locator("#offline")).to_be_hidden()
    page.route("**/api/v1/read*", lambda route: route.abort())
    draw(page, 4)
    expect(page.locator("#offline")).to_be_visible(timeout=WAIT_MS)
    page.unroute("**/api/v1/read*")
    expect(page.locator("#answer")).to_have_text("4", timeout=WAIT_MS)
    expect(page.locator("#offline")).to_be_hidden()
    context.close()


def test_selecting_and_changing_neurons_is_quick_and_needs_no_request(inside: Page) -> None:
    right(inside)
    asked: list[str] = []
    inside.on("request", lambda request: asked.append(request.url))
    for i in (3, 50, 100):
        inside.locator("#neurons button").nth(i).hover()
        inside.locator("#neurons button").nth(i).click()
    took = inside.evaluate(
        """async () => {
          const slider = document.getElementById("scale");
          const took = [];
          for (let i = 0; i < 30; i++) {
            slider.value = -2 + i / 6;
            const start = performance.now();
            slider.dispatchEvent(new Event("input"));
            took.push(performance.now() - start);
            await new Promise(requestAnimationFrame);
          }
          return took;
        }"""
    )
    assert min(took) < 16, "a change is computed and drawn within a frame on a free core"
    assert [url for url in asked if not url.endswith("favicon.svg")] == [], "the browser requests it"


def test_the_numbers_are_those_of_the_network_chosen_last(inside: Page) -> None:
    """The layers of a large network may come after another one has been chosen."""
    inside.locator("#model").select_option("cnn")
    expect(inside.locator("main")).to_have_attribute("data-mode", "layers")
    inside.locator("#model").select_option("ann-tutorial")
    expect(inside.locator("main")).to_have_attribute("data-mode", "dense")
    inside.wait_for_timeout(1500)
    expect(inside.locator("#others-name")).to_contain_text("neuron")
    expect(inside.locator("#none-part")).to_be_hidden()


def test_one_rule_rounds_every_probability(inside: Page) -> None:
    shown = inside.evaluate(
        """async () => {
          const [{ percent }, { percents }] = await Promise.all(
            ["common/how_sure", "inside/number_format"].map((name) => import(`/static/js/${name}.js`)));
          const shares = [0.99796, ...Array(9).fill(0.00204 / 9)];
          return [percent(shares[0]), percents(shares)[0], percent(1), percent(0.987), percent(0.0012), percent(1e-9)];
        }"""
    )
    assert shown == ["99.7 %", "99.79", "99.9 %", "99 %", "0.2 %", "under 0.1 %"]


def test_a_network_of_another_size_is_shown_as_well(inside: Page, mnist: tuple[np.ndarray, np.ndarray]) -> None:
    rng = np.random.default_rng(2)
    hidden, outputs = 40, 10
    sizes = (784 * hidden, hidden, hidden * outputs, outputs)
    w1, b1, w2, b2 = (rng.normal(0, 0.1, size).astype("<f4") for size in sizes)
    body = np.concatenate([np.array([784, hidden, outputs, 1], "<f4"), w1, b1, w2, b2]).tobytes()
    inside.route("**/models/ann-dropout/network*", lambda route: route.fulfill(body=b"another format"))
    inside.route("**/ann-dropout/weights", lambda route: route.fulfill(body=body))
    inside.locator("#model").select_option("ann-dropout")
    expect(inside.locator("#neurons button")).to_have_count(hidden)
    expect(inside.locator("#neuron-title")).to_contain_text(f"of {hidden}")
    tiles, labels = mnist
    logits = np.maximum(tiles.reshape(-1, 784) @ w1.reshape(784, hidden) + b1, 0) @ w2.reshape(hidden, outputs) + b2
    expect(inside.locator("#answer")).to_have_text(str(logits[0].argmax()))
    assert abs(right(inside) - (logits.argmax(axis=1) == labels).sum()) <= 1
    sums_add_up(inside)
