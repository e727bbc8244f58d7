"""/teach without a server that stores hands: the page learns like the server, and the browser stores the lessons."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from inkling.hands.exchange import from_zip
from inkling.hands.feature_network import features_of
from inkling.hands.guards import answers
from inkling.hands.lesson import Lesson, as_tile
from inkling.hands.light_teaching import teach
from inkling.hands.prototypes import metric_of
from inkling.hands.replay import load_replay
from inkling.models import registry
from tests.browser import engine
from tests.browser.conftest import checked_page
from tests.browser.hands import NARROW_SEVEN, SURE_MS, draw_odd, serving_hands
from tests.browser.strokes import DIGITS
from tests.browser.test_accessibility import faults_of

pytestmark = pytest.mark.browser
LEARN = """
const [{ openEngine }, { answersOf, probsOf, readReplay }, { featuresOf }, { loadKernels, loadNetwork }] =
  await Promise.all(["client", "teaching/replay", "teaching/light_teaching", "networks"].map((name) =>
    import(`/static/js/engine/${name}.js`)));
const bytes = async (path) => new Uint8Array(await (await fetch(`/api/v1/models/cnn/${path}`)).arrayBuffer());
const engine = await openEngine();
const { learned, report } = await engine.teach(JSON.parse(lessons));
const network = await loadNetwork(await bytes("network"), await loadKernels());
const replay = await readReplay(await bytes("replay"));
const probs = probsOf(learned, featuresOf(network, tiles, replay.size), replay);
return { ...report, read: answersOf(probs, network.head.manifest.reject_at) };
"""


@pytest.fixture(scope="module")
def without_hands(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving_hands(tmp_path_factory.mktemp("off"), INKLING_HANDS="off") as url:
        yield url


def keep(page: Page, digit: str) -> None:
    """Draws the prompted digit (a 7 has an unusual form) and keeps it."""
    draw_odd(page, NARROW_SEVEN if digit == "7" else DIGITS[int(digit)])
    page.locator("#next").click()
    expect(page.locator("#board + #nib ~ .hint")).to_be_visible(timeout=SURE_MS)


def begin(page: Page, name: str) -> None:
    expect(page.locator("#consent")).to_contain_text("this browser", timeout=SURE_MS)
    page.locator("#begin-name").fill(name)
    page.keyboard.press("Enter")
    expect(page.locator("#prompt")).to_contain_text("Write a 0")


def test_a_narrow_7_is_taught_without_a_request(chromium: Browser, without_hands: str, tmp_path: Path) -> None:
    with checked_page(chromium, f"{without_hands}/teach") as page:
        begin(page, "Ada")
        page.locator("#progress button").nth(7).click()
        keep(page, "7")
        page.locator("#progress button").nth(1).click()
        keep(page, "1")
        expect(page.locator("#hand-facts")).to_contain_text("2 digits kept in this browser")
        sent: list[str] = []
        page.on("request", lambda request: sent.append(request.url) if request.method != "GET" else None)
        page.locator("#teach-light").click()
        expect(page.locator("#teach-status")).to_contain_text("Version 1 is used", timeout=60_000)
        expect(page.locator("#result-pictures .better")).to_contain_text("7")
        draw_odd(page, NARROW_SEVEN)
        expect(page.locator("#live dd b").nth(1)).to_have_text("7", timeout=SURE_MS)
        assert sent == [], "nothing leaves the device"
        assert faults_of(page) == []
        page.reload()
        expect(page.locator("#hand-facts")).to_contain_text("2 digits kept in this browser; version 1 is in use")
        with page.expect_download() as download:
            page.locator("#export").click()
        file = tmp_path / "Ada.zip"
        download.value.save_as(file)
        lessons = from_zip(file.read_bytes())
        assert sorted(lesson.label for lesson in lessons) == ["1", "7"], "the server reads the export"
        page.locator("#delete-hand").click()
        page.locator("#delete-hand").click()
        begin(page, "Grace")
        page.locator("#progress button").nth(2).click()
        keep(page, "2")
        page.locator("#import").set_input_files(file)
        expect(page.locator("#hand-facts")).to_contain_text("3 digits", timeout=SURE_MS)


def test_the_page_learns_what_the_server_learns(
    chromium: Browser, without_hands: str, mnist: tuple[np.ndarray, np.ndarray]
) -> None:
    """For a hand whose 7s are as narrow as a 1, both give the same verdict and read 99 % of other digits alike."""
    random = np.random.default_rng(3)
    narrow = [cv2.warpAffine(tile, _narrowing(random), (28, 28)) for tile in mnist[0][mnist[1] == 7][:40]]
    tiles = np.concatenate([narrow[:15], mnist[0][:45], narrow[15:], mnist[0][500:900]]).astype(np.float32)
    labels = [*"7" * 15, *map(str, mnist[1][:45])]
    lessons = [
        Lesson(as_tile(tile), label, id=i + 1) for i, (tile, label) in enumerate(zip(tiles, labels, strict=False))
    ]
    bundle = registry.find("cnn")
    expected = teach(lessons, bundle)
    features = features_of(bundle)(tiles[60:])
    read = answers(expected.learned.probs(features, metric_of(load_replay(bundle))), bundle.reject_at)
    with checked_page(chromium, f"{without_hands}/teach") as page:
        found = engine.run(
            page,
            LEARN,
            tiles=tiles[60:],
            lessons=json.dumps(
                [
                    {
                        "id": one.id,
                        "tile": one.tile.ravel().tolist(),
                        "label": one.label,
                        "session": "",
                        "sha256": one.sha256,
                    }
                    for one in lessons
                ]
            ),
        )
    assert expected.promoted, expected.report["reason"]
    assert found["promoted"] == expected.promoted
    assert found["reason"] == expected.report["reason"]
    assert np.mean(np.array(found["read"]) == read) >= 0.99
    assert (np.array(found["read"][:25]) == 7).mean() > 0.5, "narrow 7s, of which the network alone reads few"


def _narrowing(random: np.random.Generator) -> np.ndarray:
    """A matrix that narrows a tile to 30 to 42 % of its width and rotates it slightly."""
    turn, width = random.normal(0, 0.05), random.uniform(0.3, 0.42)
    matrix = np.array([[width, -turn], [turn, 1.0]])
    middle = np.full(2, 13.5)
    return np.column_stack([matrix, middle - matrix @ middle])
