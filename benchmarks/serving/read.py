"""How long one drawing takes, from bytes to Reading, in this process, step by step.

    python -m benchmarks.serving.read [MODEL ...]

`drawing.png` is a 280x280 RGBA drawing as Chromium's `canvas.toBlob` writes it. One core: OpenCV is told to use one
thread, LiteRT always does. Writes benchmarks/serving/read.json; times are medians in microseconds.
"""

from __future__ import annotations

import io
import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2

from inkling import Reader
from inkling.models import registry
from inkling.pipeline import binarize, decode, normalize
from inkling.pipeline.segmentation import segment

HERE = Path(__file__).parent
REPEATS = 500


def median_us(function: Callable[[], Any]) -> float:
    """Median time of one call, microseconds, after a warm-up."""
    times = []
    for turn in range(REPEATS + REPEATS // 10):
        start = time.perf_counter()
        function()
        if turn >= REPEATS // 10:
            times.append(time.perf_counter() - start)
    return round(statistics.median(times) * 1e6, 1)


def request_us(model: str, content: bytes) -> float:
    """Median time of the same reading as a request to the web app, microseconds: all but the server and its sockets."""
    from werkzeug.test import EnvironBuilder

    from inkling.server.app import create_app
    from inkling.server.settings import load

    app = create_app(load({"model": model}, {}))
    environ = EnvironBuilder(path="/api/v1/read", method="POST", data=content, content_type="image/png").get_environ()
    statuses: list[str] = []

    def ask() -> None:
        given = environ | {"wsgi.input": io.BytesIO(content), "wsgi.input_terminated": True}
        b"".join(app(given, lambda status, headers, *_: statuses.append(status)))  # type: ignore[arg-type, return-value]

    ask()  # waits until the network is there
    found = median_us(ask)
    if set(statuses) != {"200 OK"}:
        raise SystemExit(f"the web app answered {sorted(set(statuses))}; expected 200 OK. See its log above.")
    return found


def main() -> None:
    cv2.setNumThreads(1)
    # Made before anything is timed: a reader lets its process keep freed memory, as it does wherever it reads.
    readers = {name: Reader(name) for name in sys.argv[1:] or registry.packaged()}
    content = (HERE.parent / "drawing.png").read_bytes()
    picture = decode.decode(content)
    found = binarize.binarize(picture.image)
    glyphs = segment(found)
    steps = {
        "image": median_us(lambda: decode.decode(content)),
        "ink": median_us(lambda: binarize.binarize(picture.image)),
        "glyphs": median_us(lambda: segment(found)),
        "tile": median_us(lambda: normalize.normalize_glyphs(found, glyphs)),
    }
    whole = {name: median_us(lambda reader=reader: reader.read(content)) for name, reader in readers.items()}  # type: ignore[misc]
    requests = {name: request_us(name, content) for name in readers}
    result = {"picture": "280x280 RGBA PNG", "steps_us": steps, "read_us": whole, "request_us": requests}
    (HERE / "read.json").write_text(json.dumps(result, indent=2) + "\n")
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
