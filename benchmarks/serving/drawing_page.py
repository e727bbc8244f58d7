"""Measure the drawing page in Chromium: latency from a pen move to the answer, bytes sent, and time until usable.

    python -m benchmarks.serving.drawing_page

A server and the system's Chromium run on this machine. The script draws with several hundred mouse moves, one every
8 ms. A move counts as answered when a painted frame shows the answer for an image that includes the move. The page
reads in its own worker thread. Everything is measured at full speed and on a simulated processor that is four times
slower. Chromium slows only the page's main thread (`Emulation.setCPUThrottlingRate`), so the engine's thread waits
three times as long as each answer took. Writes drawing_page.json, with times in milliseconds. On a busy machine, run it
several times with `chrt -r 5` (Linux, root) and keep the fastest result.
"""

from __future__ import annotations

import gzip
import os
import re
import time
import urllib.request
from pathlib import Path
from typing import Any

import click
from playwright.sync_api import Browser, Page, Route, sync_playwright

from benchmarks.common import out_option, percentile, write_json
from benchmarks.serving.soak.service import running
from tests.browser.conftest import FLAGS, chromium_path
from tests.browser.strokes import DIGITS, smooth

OUT = Path(__file__).with_suffix(".json")
DIGITS_ALONE = tuple((digit,) for digit in range(10))
ROWS = ((4, 0, 7, 2, 3), (5, 8, 6, 9, 1), (7, 2, 3, 8, 0))
CASES = {
    "ann, a digit": ("ann", DIGITS_ALONE),
    "cnn, a digit": ("cnn", DIGITS_ALONE),
    "cnn, a row of five": ("cnn", ROWS),
}
SLOWER = (1, 4)
PAUSE_S = 0.008  # between moves
LOADS = 7

# Records the times of moves, and for each painted answer the time of its image.
WATCH = """() => {
  window.moves = [];
  window.painted = [];
  const taken = new Map(); // id of a message to the engine -> time
  const watched = new WeakSet();
  document.getElementById("board").addEventListener("pointermove", (event) => {
    if (event.buttons) moves.push(event.timeStamp);
  }, true);
  const send = Worker.prototype.postMessage;
  Worker.prototype.postMessage = function (message, ...more) {
    if (message.call === "read") taken.set(message.id, performance.now());
    if (!watched.has(this)) {
      watched.add(this);
      this.addEventListener("message", ({ data: { id } }) => taken.has(id) && shown(taken.get(id)));
    }
    return send.call(this, message, ...more);
  };
  // The page shows an answer in a task that it queues when it receives the answer. A message posted in the next frame
  // arrives after its paint.
  const shown = (held) => setTimeout(() => requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => painted.push([held, performance.now()]);
    port2.postMessage(0);
  }));
}"""

# Inserted into the engine's script: each answer takes SLOWER times as long.
SLOWED = """
const send = self.postMessage.bind(self);
let began = 0;
addEventListener("message", () => (began = performance.now()));
self.postMessage = (...given) => {
  const until = performance.now() + (SLOWER - 1) * (performance.now() - began);
  while (performance.now() < until);
  send(...given);
};
"""


@click.command()
@out_option(OUT)
def main(out: Path) -> None:
    """Print the numbers and write them."""
    with running(cores=os.sched_getaffinity(0)) as service, sync_playwright() as playwright:
        url = f"http://127.0.0.1:{service.port}"
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        result = {
            "pen_to_answer_ms": {
                f"{case}, {slower} times slower" if slower > 1 else case: pen_to_answer(
                    browser, url, *what, slower=slower
                )
                for case, what in CASES.items()
                for slower in SLOWER
            },
            "usable_after_ms": usable_after(browser, url),
            "sent_bytes": sent_bytes(url),
        }
        browser.close()
    write_json(out, result)
    click.echo(result)


def pen_to_answer(
    browser: Browser, url: str, model: str, drawn: tuple[tuple[int, ...], ...], *, slower: int
) -> dict[str, float]:
    """Latency percentiles, in milliseconds, over all answered pen moves. `slower`: slowdown factor of the processor."""
    page = opened(browser, url, slower=slower)
    page.locator("#model").select_option(model)
    page.evaluate(WATCH)
    draw(page, (8,))  # loads the networks
    page.wait_for_timeout(1500)
    page.locator("#clear").click()
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": slower})
    page.wait_for_timeout(500)
    page.evaluate("moves.length = painted.length = 0")
    for digits in drawn:
        draw(page, digits)
        page.wait_for_timeout(600)
        page.locator("#clear").click()
        page.wait_for_timeout(300)
    moves, painted = page.evaluate("[moves, painted]")
    page.context.close()
    waits = waited(moves, painted)
    return {
        "moves": len(waits),
        **{f"p{share}": round(percentile(waits, share / 100), 1) for share in (50, 90, 95, 99)},
    }


def waited(moves: list[float], painted: list[tuple[float, float]]) -> list[float]:
    """For each move, the time until a frame shows the answer for an image taken after it."""
    waits = []
    for moved in moves:
        shown = [at for held, at in painted if held is not None and held >= moved]
        if shown:  # otherwise the board was cleared before the answer, or there is none
            waits.append(min(shown) - moved)
    if len(waits) < 0.98 * len(moves):
        raise SystemExit(f"only {len(waits)} of {len(moves)} moves were answered; expected at least 98 %")
    return waits


def draw(page: Page, digits: tuple[int, ...]) -> None:
    board = page.locator("#board").bounding_box()
    assert board is not None
    pitch = min(0.3, 0.9 / len(digits))
    side = min(0.45 * board["height"], 0.9 * pitch * board["width"])
    for i, digit in enumerate(digits):
        left = board["x"] + (0.5 + pitch * (i - (len(digits) - 1) / 2)) * board["width"] - side / 2
        top = board["y"] + 0.27 * board["height"]
        for stroke in DIGITS[digit]:
            points = [(left + x * side, top + y * side) for x, y in smooth(stroke)]
            page.mouse.move(*points[0])
            page.mouse.down()
            for point in points[1:]:
                page.mouse.move(*point)
                time.sleep(PAUSE_S)
            page.mouse.up()


def opened(browser: Browser, url: str, *, slower: int = 1) -> Page:
    page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    if slower > 1:
        page.route("**/engine/worker.js", lambda route: slow(route, slower))
    page.goto(url)
    page.wait_for_selector("html[data-ready]")
    return page


def slow(route: Route, slower: int) -> None:
    answer = route.fetch()
    route.fulfill(response=answer, body=SLOWED.replace("SLOWER", str(slower)) + answer.text())


def usable_after(browser: Browser, url: str) -> dict[str, Any]:
    """Time from requesting the page until it is ready for drawing, with an empty cache."""
    times = []
    for _ in range(LOADS):
        page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
        page.add_init_script(
            """new MutationObserver((_, observer) => {
              if (document.documentElement?.dataset.ready) {
                window.usableAfter = performance.now();
                observer.disconnect();
              }
            }).observe(document, { subtree: true, attributes: true, attributeFilter: ["data-ready"] })"""
        )
        page.goto(url)
        page.wait_for_function("window.usableAfter")
        times.append(round(page.evaluate("window.usableAfter")))
        page.context.close()
    return {"median": sorted(times)[len(times) // 2], "worst": max(times), "all": times}


def sent_bytes(url: str) -> dict[str, int]:
    """The transferred bytes of the page and of its scripts and styles."""
    page, n = fetched(url + "/")
    files = set(re.findall(r'(?:href|src)="(/static/[^"]+\.(?:js|css))"', page.decode()))
    sizes = {kind: sum(fetched(url + path)[1] for path in files if path.endswith(kind)) for kind in (".js", ".css")}
    return {
        "page": n,
        "javascript": sizes[".js"],
        "css": sizes[".css"],
        "javascript_and_css": sum(sizes.values()),
        "files": len(files),
    }


def fetched(url: str) -> tuple[bytes, int]:
    """The content at a URL, and its transferred bytes."""
    request = urllib.request.Request(url, headers={"Accept-Encoding": "gzip"})
    with urllib.request.urlopen(request, timeout=20) as answer:
        content: bytes = answer.read()
        packed = answer.headers["Content-Encoding"] == "gzip"
    return gzip.decompress(content) if packed else content, len(content)


if __name__ == "__main__":
    main()
