"""Reads one image for a request, records metrics, and returns the answer as JSON. Nothing here depends on Flask."""

from __future__ import annotations

import base64
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from inkling.errors import BadPicture, BadRequest
from inkling.pipeline.table_result import NO_GRID
from inkling.server.metrics.definitions import Metrics
from inkling.server.request_context import RequestContext
from inkling.server.schemas import CONSTRAINTS
from inkling.server.service.readers import Readers

if TYPE_CHECKING:
    from inkling.constraints.constraints import Constraints
    from inkling.documents import Page
    from inkling.pipeline.reader import Reader, Trace

THUMBNAIL_SIDE = 640  # longer side, in pixels; enough to read a page
THUMBNAIL_QUALITY = 60  # JPEG quality; about 20 KB


def read_image(
    readers: Readers,
    reader: Reader,
    content: bytes,
    query: Mapping[str, Any],
    constraints: Constraints | None,
    *,
    metrics: Metrics,
    context: RequestContext,
) -> dict[str, Any]:
    """The whole answer to a request with one image. `query`: the parameters of `ReadQuery`.

    Raises the errors of reading, and Overloaded if no permit is available in time.
    """
    with readers.permit() as permit:
        answer = answer_json(reader, content, query, constraints, metrics=metrics, context=context)
    return {**answer, **model_and_time(reader, permit.held_s)}


def answer_json(
    reader: Reader,
    content: bytes | Page,
    query: Mapping[str, Any],
    constraints: Constraints | None,
    *,
    metrics: Metrics,
    context: RequestContext,
) -> dict[str, Any]:
    """The answer for one image or page, which the caller's permit covers. Raises the errors of reading."""
    trace = trace_image(reader, content, query["mode"], metrics=metrics, context=context)
    answer = reading_json(reader, trace, explain=query["explain"], constraints=constraints)
    return answer | tables_json(reader, trace, query) | thumbnail_json(trace, query)


def request_constraints(stated: Mapping[str, str], *, explain: str) -> Constraints | None:
    """The constraints in a request, given by the names in `CONSTRAINTS`; None if there are none.

    Raises BadRequest and UnknownName for invalid constraints, and BadRequest if they are combined with `explain`.
    """
    given = {name: value for name in CONSTRAINTS if (value := stated.get(name, "").strip())}
    if not given:
        return None
    if explain != "0":
        raise BadRequest(
            f"explain={explain} cannot be combined with constraints; got {', '.join(given)}. Leave out one of the two."
        )
    from inkling.constraints.constraints import parse_stated

    return parse_stated(**given)


def model_and_time(reader: Reader, took_s: float) -> dict[str, Any]:
    """The answer's `model` and `took_ms`."""
    model = {"name": reader.bundle.name, "version": reader.bundle.version}
    return {"model": model, "took_ms": round(took_s * 1000, 2)}


def trace_image(
    reader: Reader, content: bytes | Page, mode: Any, *, metrics: Metrics, context: RequestContext
) -> Trace:
    """Read one image or page with its intermediate results, and record it in the metrics and the request context."""
    from inkling.server.metrics.reading_metrics import record_reading

    context.model = reader.bundle.name
    start_s = time.perf_counter()
    try:
        trace = reader.trace(content if isinstance(content, bytes) else content.image, mode=mode)
    except BadPicture as error:
        metrics.count("inkling_bad_pictures_total", error.kind)
        context.outcome = error.kind
        raise
    record_reading(metrics, reader.bundle.name, trace, time.perf_counter() - start_s)
    context.outcome = trace.reading.outcome
    return trace


def tables_json(reader: Reader, trace: Trace, query: Mapping[str, Any]) -> dict[str, Any]:
    """The `tables` of a picture, with `cells=1`."""
    if query["cells"] == "0":
        return {}
    tables = reader.read_cells_of(trace)
    return {"tables": [table.to_json() for table in tables], "tables_reason": "" if tables else NO_GRID}


def thumbnail_json(trace: Trace, query: Mapping[str, Any]) -> dict[str, str]:
    """The `thumbnail` of the upright picture, with `thumbnails=1`."""
    if query["thumbnails"] == "0":
        return {}
    import cv2

    factor = min(1.0, THUMBNAIL_SIDE / max(trace.image.shape))
    small = cv2.resize(trace.image, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    _, content = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, THUMBNAIL_QUALITY])
    return {"thumbnail": f"data:image/jpeg;base64,{base64.b64encode(content.tobytes()).decode()}"}


def reading_json(
    reader: Reader, trace: Trace, *, explain: str, constraints: Constraints | None = None
) -> dict[str, Any]:
    """The JSON of a reading. `explain`: "tiles" adds each digit's tile, "1" also the explanation."""
    if constraints is not None:
        from inkling.constraints import constrained_reading

        return {"ok": True, **constrained_reading.from_trace(trace, constraints).to_json()}
    answer = {"ok": True, **trace.reading.to_json()}
    if explain == "0":
        return answer
    from inkling.explain import explain_trace, explanation_json, recognized_glyphs

    refused = (other for other in answer["others"] if "digit" in other)
    entries = {True: iter(answer["digits"]), False: refused}
    for _, tile, is_digit in recognized_glyphs(trace):
        next(entries[is_digit])["tile"] = (tile * 255).round().astype(int).tolist()  # (28, 28) or (32, 32), 255 = ink
    if explain == "1":
        answer["explanation"] = explanation_json(explain_trace(reader, trace))
    return answer
