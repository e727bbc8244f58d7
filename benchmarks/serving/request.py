"""Where each microsecond of a request goes: POST /api/v1/read with a drawing, through the whole WSGI app, in process.

    python -m benchmarks.serving.request [MODEL] [--batches]

Times are medians in microseconds on one core; `drawing.png` is a 280x280 RGBA drawing as Chromium writes it. What the
server does with the socket is not in it. Then: what a form of many pictures would gain by taking their tiles through
the network together; `--batches` measures this alone, and keeps the rest. Writes benchmarks/serving/request.json and
both tables into src/inkling/server/README.md.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import sys
from contextlib import redirect_stderr
from pathlib import Path
from typing import Any

os.environ["OMP_NUM_THREADS"] = "1"

import cv2
import numpy as np
from werkzeug.test import EnvironBuilder

from benchmarks import markdown as tables
from benchmarks.serving.read import median_us
from inkling.pipeline import binarize, decode, normalize
from inkling.pipeline.segmentation import segment
from inkling.server.app import create_app
from inkling.server.metrics.reading_metrics import watch_reading
from inkling.server.middleware.gate import Gate
from inkling.server.middleware.lingering_close import Lingering
from inkling.server.middleware.request_context import Note
from inkling.server.middleware.request_log import RequestLog
from inkling.server.middleware.slow_uploads import Hangup
from inkling.server.service.reading import reading_json
from inkling.server.settings import Settings

HERE = Path(__file__).parent
README = HERE.parents[1] / "src/inkling/server/README.md"
READ = "/api/v1/read"
MODELS, BATCH = ("cnn", "ann"), 32  # of what a batch would gain


def environ(path: str, body: bytes = b"") -> dict[str, Any]:
    """What a WSGI server hands over."""
    return {
        "REQUEST_METHOD": "POST" if body else "GET",
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "SCRIPT_NAME": "",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8000",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "127.0.0.1:8000",
        "CONTENT_LENGTH": str(len(body)),
        "CONTENT_TYPE": "image/png" if body else "",
        "wsgi.input": io.BytesIO(body),
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.url_scheme": "http",
        "wsgi.version": (1, 0),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }


def started(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
    assert status.startswith("200"), status


def plain(given: dict[str, Any], start: Any) -> list[bytes]:
    """An app that does nothing."""
    start("200 OK", [("Content-Length", "2")])
    return [b"ok"]


def steps_us(model: str, body: bytes) -> dict[str, float]:
    """What each step takes, and the whole."""
    settings = Settings(model=model)
    app = create_app(settings)
    reader = app.extensions["inkling"].get()
    metrics, memory = app.extensions["inkling-metrics"], app.extensions["inkling-memory"]
    lingering = Lingering(Hangup())
    gate = Gate(plain, settings, memory, metrics, routes=lambda: frozenset({READ}), lingering=lingering)
    trace = reader.trace(body)
    picture = decode.decode(body)
    found = binarize.binarize(picture.image)
    glyphs = segment(found)
    tiles = normalize.normalize_glyphs(found, glyphs)
    road = {
        "image: bytes decoded, upright, grey": median_us(lambda: decode.decode(body)),
        "ink: told from paper": median_us(lambda: binarize.binarize(picture.image)),
        "glyphs: one box a digit": median_us(lambda: segment(found)),
        "tiles: as MNIST shows them": median_us(lambda: normalize.normalize_glyphs(found, glyphs)),
        "network": median_us(lambda: reader.model.classify(tiles)),
    }
    whole_road = median_us(lambda: reader.trace(body))
    gate_us = median_us(lambda: gate(environ(READ, body), started)) - median_us(lambda: environ(READ, body))
    whole = median_us(lambda: b"".join(app(environ(READ, body), started)))
    log = RequestLog("json", "0")
    note = Note(environ(READ, body))
    note.route, note.status = READ, 200
    with redirect_stderr(io.StringIO()):
        log_us = median_us(lambda: log.write(note, 0.002, len(body)))
    steps = {
        "gate: id, admission, counting, headers": gate_us,
        **road,
        "parting, confidence, remarks": whole_road - sum(road.values()),
        "counted: outcome, digits, ink": median_us(lambda: watch_reading(metrics, "x", trace, 0.001)),
        "answer as JSON": median_us(lambda: json.dumps(reading_json(reader, trace, explain="0"))),
    }
    rest = whole - sum(steps.values())
    return {
        **steps,
        "rest: body, turn, cold caches": rest,
        "all": whole,
        "a line of the JSON log, if on": log_us,
    }


def table(times_us: dict[str, float], model: str) -> str:
    """The Markdown table."""
    whole = times_us["all"]
    lines = [f"| with `{model}` | µs | |", "| --- | ---: | ---: |"]
    for name, value in times_us.items():
        bold = "**" if name == "all" else ""
        lines.append(f"| {bold}{name}{bold} | {bold}{value:,.0f}{bold} | {100 * value / whole:.0f}% |")
    return "\n".join(lines)


def batches_us(model: str, body: bytes) -> dict[str, float]:
    """What a tile costs the network alone and in a batch, and what each picture of a form costs altogether."""
    app = create_app(Settings(model=model))
    reader = app.extensions["inkling"].get()
    picture = decode.decode(body)
    found = binarize.binarize(picture.image)
    alone = normalize.normalize_glyphs(found, segment(found))[:1]
    batch = np.repeat(alone, BATCH, axis=0)
    form = EnvironBuilder(READ, method="POST", data={"image": [(io.BytesIO(body), "a.png") for _ in range(BATCH)]})
    given = form.get_environ()
    content = given["wsgi.input"].read()
    return {
        "alone": median_us(lambda: reader.model.classify(alone)),
        "batched": median_us(lambda: reader.model.classify(batch)) / BATCH,
        "picture": median_us(lambda: b"".join(app({**given, "wsgi.input": io.BytesIO(content)}, started))) / BATCH,
    }


def batches(numbers: dict[str, Any]) -> str:
    """The table of it."""
    models, size = numbers["models"], numbers["pictures"]
    saved = [(each["alone"] - each["batched"]) / each["picture"] for each in models.values()]
    rows = [
        ["a picture, altogether", *(f"{each['picture']:,.0f}" for each in models.values())],
        ["its tile in the network, alone", *(f"{each['alone']:,.0f}" for each in models.values())],
        [f"its tile in the network, in a batch of {size}", *(f"{each['batched']:,.0f}" for each in models.values())],
        ["a batch would save", *(f"{share:.1%}" for share in saved)],
    ]
    return tables.markdown([f"µs, of {size} drawings in a form", *(f"`{name}`" for name in models)], rows)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("model", nargs="?", default="ann")
    parser.add_argument("--batches", action="store_true", help="measure this part alone, and keep the rest")
    return parser.parse_args()


def main() -> None:
    asked = arguments()
    cv2.setNumThreads(1)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    body = (HERE.parent / "drawing.png").read_bytes()
    if asked.batches:
        result = json.loads((HERE / "request.json").read_text("utf-8"))
    else:
        times_us = {name: round(us, 1) for name, us in steps_us(asked.model, body).items()}
        result = {"model": asked.model, "picture": "280x280 RGBA PNG", "times_us": times_us}
    measured = {name: {key: round(us, 1) for key, us in batches_us(name, body).items()} for name in MODELS}
    result["batches_us"] = {"pictures": BATCH, "models": measured}
    (HERE / "request.json").write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n")
    README.write_text(page(README.read_text("utf-8"), result), "utf-8")
    print(json.dumps(result, indent=2, ensure_ascii=False))


def page(text: str, result: dict[str, Any]) -> str:
    """The README with both blocks written anew."""
    text = tables.with_block(text, "profile", table(result["times_us"], result["model"]))
    return tables.with_block(text, "batches", batches(result["batches_us"]))


if __name__ == "__main__":
    main()
