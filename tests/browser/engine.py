"""Runs the engine's networks in a page, on arrays from Python."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
from playwright.sync_api import Page

_BYTES = "(text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0))"
_FLOATS = f"(text) => new Float32Array(({_BYTES})(text).buffer)"
_TEXT = """(floats) => {
  const bytes = new Uint8Array(floats.buffer, floats.byteOffset, floats.byteLength);
  let text = "";
  for (let at = 0; at < bytes.length; at += 32768) text += String.fromCharCode(...bytes.subarray(at, at + 32768));
  return btoa(text);
}"""


def run(page: Page, body: str, **arrays: np.ndarray | str) -> Any:
    """The result of the `body` of an async function that runs in the page.

    In `body`, arrays are Float32Arrays, strings are unchanged, and `text(floats)` is available.
    """
    given = {
        name: value if isinstance(value, str) else base64.b64encode(value.astype("<f4").tobytes()).decode()
        for name, value in arrays.items()
    }
    names = [
        f"const {name} = {'given.' + name if isinstance(value, str) else f'floats(given.{name})'};"
        for name, value in arrays.items()
    ]
    program = f"async (given) => {{ const floats = {_FLOATS}; const text = {_TEXT}; {' '.join(names)} {body} }}"
    return page.evaluate(program, given)


def numbers(text: str) -> np.ndarray:
    """The float32 numbers in the result of `text(floats)`."""
    return np.frombuffer(base64.b64decode(text), "<f4")


def classify(page: Page, tiles: np.ndarray, network: str) -> np.ndarray:
    """(N, 28, 28) -> (N, 11): calibrated probabilities of the ten digits and of no digit, from the engine's thread."""
    probs, not_digit = run(
        page,
        """const { openEngine } = await import("/static/js/engine/client.js");
        const engine = await openEngine({ network });
        const { probs, notDigit } = await engine.classify(tiles, { network });
        engine.close();
        return [text(probs), text(notDigit)];""",
        tiles=tiles,
        network=network,
    )
    return np.hstack([numbers(probs).reshape(-1, 10), numbers(not_digit)[:, None]])


def recognise(page: Page, line_images: list[np.ndarray]) -> list[np.ndarray]:
    """Line images (32, W) -> the line network's softmax of each, (W / 4, 22)."""
    found = run(
        page,
        """const { loadKernels, loadNetwork } = await import("/static/js/engine/networks.js");
        const bytes = await (await fetch("/api/v1/models/line/network")).arrayBuffer();
        const network = await loadNetwork(new Uint8Array(bytes), await loadKernels());
        let at = 0;
        return [...widths].map((width) => {
          const data = lines.subarray(at, (at += 32 * width));
          return text(network.recognise({ data, width }));
        });""",
        lines=np.concatenate([line.ravel() for line in line_images]),
        widths=np.array([line.shape[1] for line in line_images]),
    )
    return [numbers(each).reshape(-1, 22) for each in found]
