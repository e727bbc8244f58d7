"""One picture -> its answer: read in its turn, counted, noted, and told as JSON. Knows nothing of Flask."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from inkling.errors import BadPicture

if TYPE_CHECKING:
    from inkling.pipeline.reader import Reader, Trace
    from inkling.server.metrics.definitions import Metrics
    from inkling.server.middleware.request_context import Note
    from inkling.server.service.readers import Readers


def answer(
    readers: Readers, content: bytes, query: Mapping[str, Any], *, metrics: Metrics, note: Note
) -> dict[str, Any]:
    """The whole answer to a request with one picture. `query`: mode, model and explain, as `ReadQuery` has them.

    Raises what reading raises, UnknownName, BadBundle, and Overloaded where no turn came in time.
    """
    reader = readers.get(query["model"] or None)
    with readers.turn() as turn:
        trace = traced(reader, content, query["mode"], metrics=metrics, note=note)
        found = reading_json(reader, trace, explain=query["explain"])
    return {**found, **read_by(reader, turn.held_s)}


def read_by(reader: Reader, took_s: float) -> dict[str, Any]:
    """Who read, and how long it took."""
    model = {"name": reader.bundle.name, "version": reader.bundle.version}
    return {"model": model, "took_ms": round(took_s * 1000, 2)}


def traced(reader: Reader, content: bytes, mode: Any, *, metrics: Metrics, note: Note) -> Trace:
    """One picture's reading, counted and noted."""
    from inkling.server.metrics.reading_metrics import watch_reading

    note.model = reader.bundle.name
    start = time.perf_counter()
    try:
        trace = reader.trace(content, mode=mode)
    except BadPicture as error:
        metrics.count("inkling_bad_pictures_total", error.kind)
        note.outcome = error.kind
        raise
    watch_reading(metrics, reader.bundle.name, trace, time.perf_counter() - start)
    note.outcome = trace.reading.outcome
    return trace


def reading_json(reader: Reader, trace: Trace, *, explain: str) -> dict[str, Any]:
    """The JSON of a reading. `explain` "tiles" adds each digit's tile, "1" also the explanation."""
    answer = {"ok": True, **trace.reading.to_json()}
    if explain == "0":
        return answer
    from inkling.explain import explain_trace, explanation_json, recognized_glyphs

    lists = {True: iter(answer["digits"]), False: iter(answer["others"])}
    for _, tile, is_digit in recognized_glyphs(trace):
        next(lists[is_digit])["tile"] = (tile * 255).round().astype(int).tolist()  # (28, 28), 0 paper .. 255 ink
    if explain == "1":
        answer["explanation"] = explanation_json(explain_trace(reader, trace))
    return answer
