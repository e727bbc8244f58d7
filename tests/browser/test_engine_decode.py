"""Pages decode pictures to the same grayscale as the server: blobs, bitmaps and pixels, large and transparent ones."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser

from inkling.pipeline.decode import decode
from tests.browser.engine_modules import CODEC, Engine, decoded
from tests.pictures import encoded

pytestmark = pytest.mark.browser

ROUNDED = 1  # level: sums of floats may round differently

PROGRAM = f"""async ([text, kind]) => {{
  {CODEC}
  const {{ decode: decodePicture }} = await import("/static/js/engine/decode.js");
  const blob = new Blob([Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))]);
  try {{
    const bitmap = kind === "blob" ? null : await createImageBitmap(blob);
    const context = bitmap && new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d");
    context?.drawImage(bitmap, 0, 0);
    const pixels = context?.getImageData(0, 0, bitmap.width, bitmap.height);
    return encode(await decodePicture({{ blob, bitmap, pixels }}[kind]));
  }} catch (error) {{
    return {{ name: error.name, message: error.message }};
  }}
}}"""


@pytest.fixture(scope="module")
def engine(chromium: Browser) -> Iterator[Engine]:
    with chromium.new_context() as context:
        yield Engine(context.new_page())


def decode_in_page(engine: Engine, content: bytes, kind: str = "blob") -> dict[str, Any]:
    found: dict[str, Any] = decoded(engine.page.evaluate(PROGRAM, [base64.b64encode(content).decode(), kind]))
    return found


def noise(h: int, w: int, channels: int) -> np.ndarray:
    """(h, w, channels) uint8, smooth enough that every level is near its neighbors."""
    rng = np.random.default_rng(h + channels)
    return cv2.GaussianBlur(rng.integers(0, 256, (h, w, channels)).astype(np.uint8), (0, 0), 3).reshape(h, w, channels)


@pytest.mark.parametrize("kind", ["blob", "bitmap", "pixels"])
def test_each_source_gives_the_servers_grey(engine: Engine, kind: str) -> None:
    content = encoded(noise(90, 120, 3))
    found = decode_in_page(engine, content, kind)
    assert np.abs(found["image"].astype(int) - decode(content).image).max() <= ROUNDED
    assert found["size"] == [120, 90]


def test_transparency_is_laid_over_a_background_as_on_the_server(engine: Engine) -> None:
    rgba = np.dstack([np.full((80, 60, 3), 40, np.uint8), noise(80, 60, 1)])
    content = encoded(Image.fromarray(rgba, "RGBA"))
    off = np.abs(decode_in_page(engine, content)["image"].astype(int) - decode(content).image)
    assert off.max() <= ROUNDED  # a canvas stores colors premultiplied by their opacity


@pytest.mark.parametrize("wh", [(900, 500), (1700, 400), (3300, 500)])
def test_large_pictures_are_reduced_as_on_the_server(engine: Engine, wh: tuple[int, int]) -> None:
    content = encoded(noise(wh[1], wh[0], 1)[..., 0] if wh[0] < 3000 else noise(wh[1], wh[0], 3))
    found, expected = decode_in_page(engine, content), decode(content)
    assert found["size"] == list(expected.size_wh) == list(wh)
    for ours, theirs in ((found["image"], expected.image), (found["glance"], expected.glance().image)):
        assert ours.shape == theirs.shape
        assert np.abs(ours.astype(int) - theirs).max() <= ROUNDED


@pytest.mark.parametrize(
    ("content", "name", "message"),
    [
        (b"", "EmptyPicture", "has no bytes"),
        (b"no picture at all", "UnknownFormat", "this browser cannot open the picture"),
        (encoded(np.zeros((2, 30), np.uint8)), "ImageTooSmall", "picture is 30x2 px; a digit needs at least 3x8 px"),
    ],
)
def test_what_cannot_be_read_is_said_in_a_sentence(engine: Engine, content: bytes, name: str, message: str) -> None:
    found = decode_in_page(engine, content)
    assert found["name"] == name
    assert message in found["message"]
