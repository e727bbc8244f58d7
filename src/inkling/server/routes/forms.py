"""GET /api/v1/forms and POST /api/v1/forms/NAME/read."""

from __future__ import annotations

import time
from typing import Any

from flask import Response, current_app, jsonify, request
from flask_smorest import Blueprint
from marshmallow import fields

from inkling.server.routes.openapi import READ_BODY, READ_ERRORS, READING_TAG, error_responses
from inkling.server.routes.read import MAX_REQUEST_S
from inkling.server.routes.request_body import raw_body, request_images
from inkling.server.rules import API, READING, rule
from inkling.server.schema_fields import OkSchema, Query, integer, nested, number, objects, string
from inkling.server.schemas import HandRef
from inkling.server.service.forms import read_documents, with_reader
from inkling.server.service.reading import model_and_time

blueprint = Blueprint("forms", __name__, url_prefix="/api/v1", description="Read the fields of printed forms.")

PDF = "application/pdf"


class FormsSchema(OkSchema):
    """The forms that can be read."""

    forms = objects("Each form's `name`, its description (`about`), and the names of its `fields`.")


class FormQuery(Query):
    """The query parameters for reading a form."""

    hand = string("As for `POST /api/v1/read`.", required=False, load_default="")


class FilledFormsSchema(OkSchema):
    """The fields of each page."""

    form = string("The form's name.")
    pages = objects(
        "One object per page: `ok`, `page`, `status`, `reason`, `fields` (`name`, `outcome`, `text`, `confidence`, "
        "`box`, `reason`, `options`, and `listed` if there is a roster) and `sums` (`total`, `of`, `holds`); or "
        "`ok` false, `kind` and `error`. The documentation of forms lists every `status`."
    )
    model = fields.Dict(required=True, metadata={"description": "The network: `name` and `version`."})
    hand = nested(HandRef, "With `hand`.", required=False)
    took_ms = number("Total time, in milliseconds.")
    n_pages = integer("Number of pages in the answer.")


@blueprint.route("/forms", methods=["GET"], tags=[READING_TAG])
@rule(API)
@blueprint.doc(operationId="listForms")
@blueprint.response(200, FormsSchema, description="The forms.")
def forms() -> Response:
    """List the forms that can be read"""
    listed = [
        {"name": template.name, "about": template.about, "fields": [field.name for field in template.fields]}
        for template in current_app.extensions["inkling-forms"].templates()
    ]
    return jsonify(ok=True, forms=listed)


@blueprint.route("/forms/<name>/read", methods=["POST"], tags=[READING_TAG])
@rule(READING)
@blueprint.doc(requestBody=READ_BODY, operationId="readForm")
@error_responses(blueprint, {**READ_ERRORS, 404: "UnknownName: an unknown form."})
@blueprint.arguments(FormQuery(), location="query", error_status_code=400)
@blueprint.response(200, FilledFormsSchema, description="The fields of each page.")
def read_form(query: dict[str, str], name: str) -> Response:
    """Read filled-in sheets of a form

    Accepts pictures, and PDFs and TIFFs with several pages; every page is a sheet. The entry of a page that cannot be
    read is its error. A page that is not this form has the status `other_form`.
    """
    readers, offered = current_app.extensions["inkling"], current_app.extensions["inkling-forms"]
    start_s = time.monotonic()
    documents = [raw_body()] if request.mimetype == PDF else request_images()
    form, hand = offered.get(name), {}
    if query["hand"]:
        reader, hand = current_app.extensions["inkling-hands"].reader(query["hand"], form.reader)
        form = with_reader(form, reader)
    most = current_app.config["INKLING"].max_pictures
    pages: list[dict[str, Any]] = list(
        read_documents(form, documents, readers, most=most, until_s=start_s + MAX_REQUEST_S)
    )
    took = model_and_time(form.reader, time.monotonic() - start_s)
    return jsonify({"ok": True, "form": form.template.name, "n_pages": len(pages), "pages": pages, **took, **hand})
