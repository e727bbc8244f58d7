""" "Why 7, and not 1?": the page's explanation equals that of `inkling.explain`, and its view puts it into words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from inkling import Reader
from inkling.explain.attribution import exact_attributions
from inkling.explain.log_odds import Attribution
from inkling.explain.occlusion import missing_ink_effect, occlusion_attributions
from tests.browser.conftest import checked_page
from tests.browser.test_inside import weights_of

pytestmark = pytest.mark.browser

SETUP = """async ([network, index]) => {
  const { loadDigits } = await import("/static/js/common/test_digits.js");
  const { pageEngine } = await import("/static/js/common/page_engine.js");
  const [{ images }, engine] = await Promise.all([loadDigits(), pageEngine(network)]);
  const tile = Float32Array.from(images.subarray(784 * index, 784 * (index + 1)), (ink) => ink / 255);
  const { probs } = await engine.classify(tile, { network });
  Object.assign(window, { tested: { engine, tile, network, probs } });
}"""
WHY = """async ([digit, rival]) => {
  const { why } = await import("/static/js/common/why.js");
  const found = await why({ ...window.tested, digit, rival });
  return { ...found, points: [...found.points], missing: [...found.missing] };
}"""
VIEW = """async ([digit]) => {
  const { WhyView } = await import("/static/js/common/why_view.js");
  const holder = document.createElement("section");
  holder.id = "tested";
  document.querySelector("main").prepend(holder);
  const view = new WhyView(holder, { engine: async () => window.tested.engine });
  await view.show({ ...window.tested, digit });
}"""


@pytest.fixture
def blank(chromium: Browser, address: str) -> Iterator[Page]:
    with checked_page(chromium, f"{address}/inside") as page:
        yield page


def explained(page: Page, network: str, index: int, digit: int, rival: int) -> dict[str, Any]:
    page.evaluate(SETUP, [network, index])
    found: dict[str, Any] = page.evaluate(WHY, [digit, rival])
    return found


def expected(network: str, tile: np.ndarray, digit: int, rival: int) -> tuple[Attribution, np.ndarray]:
    reader = Reader(network)
    contrast = np.zeros((1, 10))
    contrast[0, digit], contrast[0, rival] = 1, -1
    temperature = reader.bundle.temperature
    if network == "ann":
        found = exact_attributions(weights_of(network)[0], tile, contrast, temperature)
    else:
        found = occlusion_attributions(reader.classifier, tile, contrast, temperature)
    return found[0], missing_ink_effect(reader.classifier, tile, contrast[0], temperature)


@pytest.mark.parametrize("asked", [(0, 7, 1), (4, 4, 9), (4, 9, 4), (61, 8, 3)])
@pytest.mark.parametrize("network", ["ann", "cnn"])
def test_the_page_explains_as_python_does(
    blank: Page, mnist: tuple[np.ndarray, np.ndarray], asked: tuple[int, int, int], network: str
) -> None:
    index, digit, rival = asked
    found = explained(blank, network, index, digit, rival)
    attribution, missing = expected(network, mnist[0][index], digit, rival)
    assert found["method"] == ("exact" if network == "ann" else "occlusion")
    assert found["lead"] == pytest.approx(attribution.total, abs=0.01)  # points; the page rounds weights
    np.testing.assert_allclose(np.array(found["points"]).reshape(28, 28), attribution.points, atol=0.01)
    np.testing.assert_allclose(np.array(found["missing"]).reshape(28, 28), missing, atol=0.01)
    if network == "ann":
        assert sum(found["points"]) + found["biases"] == pytest.approx(found["lead"], abs=1e-3)
    else:
        assert found["biases"] is None


def test_an_empty_tile_is_explained_by_the_biases_alone(blank: Page) -> None:
    blank.evaluate(SETUP, ["ann", 0])
    blank.evaluate("window.tested.tile.fill(0)")
    found = blank.evaluate(WHY, [7, 1])
    assert found["lead"] == pytest.approx(found["biases"])
    assert not any(found["points"])
    assert not any(found["missing"]), "there is no digit to add a dot to"


def test_the_sentence_names_places_and_how_many_times(blank: Page) -> None:
    found = explained(blank, "ann", 4, 4, 9)
    assert re.match(
        r"To this network a 4 is ([\d,.]+|over a million) times as probable as a 9 here\.", found["sentence"]
    )
    assert "supports 4 most" in found["sentence"]
    assert "Empty paper at the top middle supports 4: ink there would help 9 most." in found["sentence"]
    assert explained(blank, "ann", 4, 9, 4)["sentence"].startswith("To this network a 4 is")


def test_the_view_says_what_the_map_shows(blank: Page) -> None:
    blank.evaluate(SETUP, ["cnn", 4])
    blank.evaluate(VIEW, [4])
    view = blank.locator("#tested")
    expect(view.locator(".why-title")).to_have_text("Why 4, and not 9?")
    expect(view.locator(".why-sentence")).to_contain_text("as probable as a 9 here")
    expect(view.locator("canvas")).to_have_attribute("aria-label", re.compile(r"adds \d+\.\d points.*To this network"))
    expect(view.locator(".why-legend li").first).to_have_text("Blue ink supports 4")
    expect(view.locator(".why-paper")).to_have_text("Empty here supports 4")
    missing = np.array(blank.evaluate(WHY, [4, 9])["missing"]).reshape(28, 28)
    least = max(0.5, 0.3 * np.abs(missing).max())
    rings = missing[::2, ::2][np.abs(missing[::2, ::2]) >= least]
    assert view.locator(".why-paper").is_visible() == (rings < 0).any()
    assert view.locator(".why-paper-against").is_visible() == (rings > 0).any()
    expect(view.locator(".why-method")).to_contain_text("erased")
    expect(view.get_by_text("a factor of 35")).to_be_hidden()
    view.get_by_text("How was this found?").click()
    expect(view.get_by_text("a factor of 35")).to_be_visible()
    expect(view.locator("button")).to_have_count(10)
    expect(view.locator("button:visible")).to_have_count(9)
    view.get_by_role("button", name="and not 6").click()
    expect(view.locator(".why-title")).to_have_text("Why 4, and not 6?")
    expect(view.locator(".why-sentence")).to_contain_text("as probable as a 6 here")
    expect(view.locator("button[aria-pressed='true']")).to_have_text("6")
