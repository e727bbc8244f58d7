"""The network in the page is the network on the server."""

from __future__ import annotations

import numpy as np
import pytest
from playwright.sync_api import Page

from inkling import Reader
from inkling.pipeline.result import calibrate
from tests.explain.conftest import DENSE

pytestmark = pytest.mark.browser

FORWARD = """async (name) => {
  const { loadDigits } = await import("/static/js/common/test_digits.js");
  const { forward, loadNetwork } = await import("/static/js/common/dense_network.js");
  const [{ images, labels }, network] = await Promise.all([loadDigits(), loadNetwork(name)]);
  const probs = [...labels].map((_, i) => {
    const tile = Float32Array.from(images.subarray(784 * i, 784 * (i + 1)), (ink) => ink / 255);
    return [...forward(network, tile).probs];
  });
  return { labels: [...labels], probs };
}"""


@pytest.mark.parametrize("name", DENSE)
def test_the_page_computes_what_the_server_computes(
    page: Page, mnist: tuple[np.ndarray, np.ndarray], name: str
) -> None:
    there = page.evaluate(FORWARD, name)
    tiles, labels = mnist
    assert there["labels"] == labels.tolist()
    reader = Reader(name)
    expected = calibrate(reader.classifier(tiles), reader.bundle.temperature)
    assert np.abs(np.array(there["probs"]) - expected).max() < 1e-4
    assert (np.argmax(there["probs"], axis=1) == there["labels"]).mean() > 0.97


def test_an_unknown_network_and_another_kind_are_refused_in_words(page_with_refusals: Page) -> None:
    refused = """async (name) => {
      const { loadNetwork } = await import("/static/js/common/dense_network.js");
      return loadNetwork(name).catch(({ kind, message }) => [kind, message]);
    }"""
    assert page_with_refusals.evaluate(refused, "cnn")[0] == "WrongNetwork"
    assert page_with_refusals.evaluate(refused, "a b/c")[0] == "NotFound"
    assert page_with_refusals.evaluate(refused, "an")[0] == "UnknownName"
