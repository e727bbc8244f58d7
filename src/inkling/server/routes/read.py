"""POST /api/v1/read and GET /api/v1/models."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import chain
from typing import TYPE_CHECKING, Any

from flask import Response, current_app, jsonify, request
from flask_smorest import Blueprint

from inkling.errors import BadPicture, Overloaded
from inkling.models.bundle import Bundle
from inkling.models.titles import title_of
from inkling.server.middleware.error_handlers import error_json
from inkling.server.request_context import current_context
from inkling.server.routes.openapi import MODELS_TAG, READ_BODY, READ_ERRORS, READING_TAG, error_responses
from inkling.server.routes.request_body import request_fields, request_images
from inkling.server.rules import API, READING, rule
from inkling.server.schemas import CONSTRAINTS, ErrorAnswerSchema, ModelsSchema, ReadQuery
from inkling.server.service.readers import Readers
from inkling.server.service.reading import (
    answer_json,
    model_and_time,
    read_image,
    request_constraints,
)

if TYPE_CHECKING:
    from inkling.constraints.constraints import Constraints
    from inkling.documents import Page
    from inkling.pipeline.reader import Reader

blueprint = Blueprint("inkling", __name__, url_prefix="/api/v1", description="Read handwritten digits in pictures.")

MAX_REQUEST_S = 15  # for all images of one request; shorter than the timeouts of proxies and SEND_S
LATE = Overloaded(
    f"the pictures before this one took {MAX_REQUEST_S} s, the limit for one request; expected fewer or smaller ones. "
    "Send this one again in another request."
)


@blueprint.route("/read", methods=["POST"], tags=[READING_TAG])
@rule(READING)
@blueprint.doc(requestBody=READ_BODY, operationId="read")
@error_responses(blueprint, READ_ERRORS)
@blueprint.arguments(ReadQuery(), location="query")  # an instance: a class would be instantiated at every request
@blueprint.response(
    200,
    {"$ref": "#/components/schemas/ReadAnswer"},
    description="An Answer for one picture; Answers for several, and for a document.",
)
def read(query: dict[str, str]) -> Response:
    """Read the digits in a picture

    One picture gives one answer. Several pictures in one form give a list in the same order, with status 200.
    The entry of a picture that cannot be read is its error; the others are still read.

    A PDF or a multi-page TIFF also gives a list, with one entry per page. Each entry has its `page` number and the
    number of `pages`. A document that is locked, damaged or too long has one entry, which is its error.

    `length`, `pattern`, `check` and `among` constrain the number in each picture; they may also be fields of the form
    or of the JSON. The answer is the most probable text that satisfies all of them.

    `cells=1` also reads each cell of a comb, grid or table. `hand` reads single digits as that writer writes them.
    """
    readers = current_app.extensions["inkling"]
    images = request_images()
    fields = request_fields()
    stated = {name: query[name] or str(fields.get(name, "")) for name in CONSTRAINTS}
    constraints = request_constraints(stated, explain=query["explain"])
    recorded = {"metrics": current_app.extensions["inkling-metrics"], "context": current_context(request.environ)}
    from inkling.documents import is_document

    reader, hand = readers.get(query["model"] or None), {}
    if query["hand"]:
        reader, hand = current_app.extensions["inkling-hands"].reader(query["hand"], reader)
    if len(images) == 1 and not is_document(images[0]):
        return jsonify({**read_image(readers, reader, images[0], query, constraints, **recorded), **hand})
    readings, took_s = read_images(readers, reader, images, query, constraints, **recorded)
    return jsonify({"ok": True, "readings": readings, **model_and_time(reader, took_s), **hand})


@blueprint.route("/models", methods=["GET"], tags=[MODELS_TAG])
@rule(API)
@blueprint.doc(operationId="listModels")
@blueprint.alt_response(503, schema=ErrorAnswerSchema, description="BadBundle: no usable model.")
@blueprint.response(200, ModelsSchema, description="The models, the default first.")
def models() -> Response:
    """List the available models"""
    readers = current_app.extensions["inkling"]
    default = readers.default().name
    return jsonify(ok=True, models=[model_json(bundle, default=default) for bundle in readers.bundles().values()])


def read_images(
    readers: Readers,
    reader: Reader,
    images: list[bytes],
    query: dict[str, Any],
    constraints: Constraints | None,
    **recorded: Any,
) -> tuple[list[dict[str, Any]], float]:
    """The reading or error of each image and of each page of a document, and the seconds spent.

    Each image or page takes its own permit, so that one request cannot block others. After MAX_REQUEST_S, the remaining
    ones are not read.
    `recorded`: metrics and context, as in `answer_json`.
    """
    answers, took_s, until_s = [], 0.0, time.monotonic() + MAX_REQUEST_S
    for page in chain.from_iterable(_pages(readers, content, until_s) for content in images):
        numbers = {"page": page.number, "pages": page.n_pages} if page.n_pages else {}
        if time.monotonic() > until_s:
            answers.append({**numbers, **error_json(LATE)})
            continue
        with readers.permit() as permit:
            try:
                answers.append({**numbers, **answer_json(reader, page, query, constraints, **recorded)})
            except BadPicture as error:
                answers.append({**numbers, **error_json(error)})
        took_s += permit.held_s
    return answers, took_s


def _pages(readers: Readers, content: bytes, until_s: float) -> Iterator[Page]:
    """The pages of a document; one page for a picture or for a document that cannot be opened, with `n_pages` 0.

    After `until_s`, the remaining pages are not rendered.
    """
    from inkling.documents import Page, is_document, pages

    if time.monotonic() > until_s or not is_document(content):
        yield Page(1, 0, "", content)
        return
    try:
        with readers.document() as limits:
            for page in pages(content, limits=limits):
                yield page
                if time.monotonic() > until_s:
                    yield from (Page(n, page.n_pages, "", b"") for n in range(page.number + 1, page.n_pages + 1))
                    return
    except BadPicture as error:
        yield Page(1, 0, "", error)


def model_json(bundle: Bundle, *, default: str) -> dict[str, Any]:
    """A model as JSON, for the list of models."""
    manifest = bundle.manifest
    return {
        "name": bundle.name,
        "title": title_of(bundle),
        "version": bundle.version,
        "default": bundle.name == default,
        "architecture": str(manifest.get("architecture", "")),
        "parameters": int(manifest.get("parameters", 0)),
        "bytes": bundle.model_path.stat().st_size,
        "accuracy": manifest.get("scores", {}).get("mnist-test", {}).get("accuracy"),
    }
