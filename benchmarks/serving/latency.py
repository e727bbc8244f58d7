"""Measure one drawing in this process, on one core: the pipeline's steps, the whole reading, and the whole request.

    python -m benchmarks.serving.latency [--only reading|profile|batches] [--model NAME]

`reading` times every packaged model and writes read.json. `profile` times each step of POST /api/v1/read through the
whole WSGI app with one model. `batches` estimates how much time batched inference would save for a form with many
images. The last two write request.json and their tables in src/inkling/server/README.md. The server's sockets are not
included. All times are medians in microseconds.
"""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Callable
from contextlib import redirect_stderr
from functools import partial
from pathlib import Path
from typing import Any

os.environ["OMP_NUM_THREADS"] = "1"

import click
import cv2
import numpy as np
from werkzeug.test import EnvironBuilder

from benchmarks import markdown
from benchmarks.common import DRAWING, MODELS, ROOT, median_us, microseconds, read_json, readers_of, write_json
from inkling.models import registry
from inkling.pipeline import binarize, decode, normalize
from inkling.pipeline.segmentation import segment
from inkling.server.app import create_app
from inkling.server.metrics.reading_metrics import record_reading
from inkling.server.middleware.request_log import configure, log_request
from inkling.server.request_context import RequestContext
from inkling.server.service.reading import reading_json
from inkling.server.settings import Settings

HERE = Path(__file__).parent
READING, REQUEST = HERE / "read.json", HERE / "request.json"
README = ROOT / "src/inkling/server/README.md"
PARTS = ("reading", "profile", "batches")
READ = "/api/v1/read"
PICTURE = "280x280 RGBA PNG"
BATCH = 32  # images per form

Times = dict[str, float]


def environ(path: str, body: bytes = b"") -> dict[str, Any]:
    """The WSGI environment of a POST request, or of a GET request without a body."""
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


def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
    if not status.startswith("200"):
        raise SystemExit(f"the web app answered {status}; expected 200 OK. See the log above.")


def steps(body: bytes) -> dict[str, Callable[[], Any]]:
    """The pipeline's steps before the network, each as a function to time. The last returns the tiles."""
    image = decode.decode(body).image
    soft = binarize.binarize(image)
    glyphs = segment(soft)
    return {
        "decode": lambda: decode.decode(body),
        "binarize": lambda: binarize.binarize(image),
        "segment": lambda: segment(soft),
        "normalize": lambda: normalize.normalize_glyphs(soft, glyphs),
    }


def request_us(app: Any, body: bytes) -> float:
    """The time of a whole request, without the server and its sockets."""
    return median_us(lambda: b"".join(app(environ(READ, body), start_response)))


def reading_us(body: bytes) -> dict[str, Any]:
    """The times of the steps, and of each model's reading and request."""
    # Create the readers first: a reader configures its process to keep freed memory, as in normal use.
    readers = readers_of(list(registry.packaged()))
    return {
        "picture": PICTURE,
        "steps_us": {name: median_us(step) for name, step in steps(body).items()},
        "read_us": {name: median_us(partial(reader.read, body)) for name, reader in readers.items()},
        "request_us": {name: request_us(create_app(Settings(model=name)), body) for name in readers},
    }


def profile_us(model: str, body: bytes) -> Times:
    """The times of each step of a request, and of the whole request."""
    settings = Settings(model=model)
    app = create_app(settings)
    reader = app.extensions["inkling"].get()
    metrics = app.extensions["inkling-metrics"]
    trace = reader.trace(body)
    pipeline = {name: median_us(step) for name, step in steps(body).items()}
    pipeline["network"] = median_us(lambda: reader.classifier.classify(trace.tiles))
    whole_pipeline = median_us(lambda: reader.trace(body))
    around_us = median_us(lambda: b"".join(app(environ("/healthz"), start_response)))
    whole = request_us(app, body)
    context = RequestContext(environ(READ, body))
    context.route, context.status = READ, 200
    configure("json")
    with redirect_stderr(io.StringIO()):
        log_us = median_us(lambda: log_request(context, 0.002))
    configure("off")
    found = {
        "around the view: routing, checks, counting, headers": around_us,
        **pipeline,
        "rows, confidence, warnings": whole_pipeline - sum(pipeline.values()),
        "metrics: outcome, digits, ink": median_us(lambda: record_reading(metrics, "x", trace, 0.001)),
        "answer as JSON": median_us(lambda: json.dumps(reading_json(reader, trace, explain="0"))),
    }
    rest = whole - sum(found.values())
    return {**found, "rest: body, queue, cold caches": rest, "all": whole, "a line of the JSON log, if on": log_us}


def profile_table(times_us: Times, model: str) -> str:
    """The Markdown table of a profile."""
    rows = []
    for name, value in times_us.items():
        bold = "**" if name == "all" else ""
        share = max(0.0, value / times_us["all"])
        rows.append([f"{bold}{name}{bold}", f"{bold}{microseconds(value)}{bold}", f"{share:.0%}"])
    return markdown.table([f"with `{model}`", "µs", "share"], rows)


def batches_us(model: str, body: bytes) -> Times:
    """Microseconds per tile alone and in a batch, and total microseconds per image of a form."""
    app = create_app(Settings(model=model))
    reader = app.extensions["inkling"].get()
    tile = steps(body)["normalize"]()[:1]
    batch = np.repeat(tile, BATCH, axis=0)
    form = EnvironBuilder(READ, method="POST", data={"image": [(io.BytesIO(body), "a.png") for _ in range(BATCH)]})
    given = form.get_environ()
    content = given["wsgi.input"].read()
    return {
        "alone": median_us(lambda: reader.classifier.classify(tile)),
        "batched": median_us(lambda: reader.classifier.classify(batch)) / BATCH,
        "picture": median_us(lambda: b"".join(app({**given, "wsgi.input": io.BytesIO(content)}, start_response)))
        / BATCH,
    }


def batches_table(numbers: dict[str, Any]) -> str:
    """The Markdown table of `batches_us` for each model."""
    models, size = numbers["models"], numbers["pictures"]
    saved = [(each["alone"] - each["batched"]) / each["picture"] for each in models.values()]
    rows = [
        ["total per image", *(f"{each['picture']:,.0f}" for each in models.values())],
        ["inference of its tile, alone", *(f"{each['alone']:,.0f}" for each in models.values())],
        [f"inference of its tile, in a batch of {size}", *(f"{each['batched']:,.0f}" for each in models.values())],
        ["savings by batching", *(f"{share:.1%}" for share in saved)],
    ]
    return markdown.table([f"µs, form with {size} drawings", *(f"`{name}`" for name in models)], rows)


def blocks(result: dict[str, Any]) -> dict[str, str]:
    """The README's generated blocks by name."""
    profile = profile_table(result["times_us"], result["model"])
    return {"profile": profile, "batches": batches_table(result["batches_us"])}


@click.command()
@click.option("--only", type=click.Choice(PARTS), help="Measure only this part, and keep the other results.")
@click.option("--model", default="ann", show_default=True, help="The model for the profile.")
def main(only: str | None, model: str) -> None:
    """Print the numbers and write them."""
    cv2.setNumThreads(1)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    body = DRAWING.read_bytes()
    parts = {only} if only else set(PARTS)
    if "reading" in parts:
        write_json(READING, reading_us(body))
    result = read_json(REQUEST)
    if "profile" in parts:
        times_us = {name: round(us, 1) for name, us in profile_us(model, body).items()}
        result |= {"model": model, "picture": PICTURE, "times_us": times_us}
    if "batches" in parts:
        measured = {name: {key: round(us, 1) for key, us in batches_us(name, body).items()} for name in MODELS}
        result["batches_us"] = {"pictures": BATCH, "models": measured}
    write_json(REQUEST, result)
    markdown.write_blocks(README, blocks(result))
    click.echo(json.dumps({"read": read_json(READING), "request": result}, indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
