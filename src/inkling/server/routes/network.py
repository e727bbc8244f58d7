"""GET /api/v1/models/<name>/network and /replay: a network in the page's format, and the data for teaching it there."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from flask import Response, current_app, request
from flask_smorest import Blueprint

from inkling.errors import UnknownName
from inkling.server.routes.openapi import BINARY, BYTES_CONTENT, MODEL_NAME, MODELS_TAG, UNKNOWN_MODEL, error_responses
from inkling.server.rules import API, rule

if TYPE_CHECKING:
    from inkling.models.bundle import Bundle

blueprint = Blueprint("page_networks", __name__, url_prefix="/api/v1/models", description="Get networks for pages.")

KEPT = 8  # networks whose files are cached
WEEK_S = 7 * 24 * 60 * 60

_VERSION = {
    "name": "v",
    "in": "query",
    "required": False,
    "schema": {"type": "string"},
    "description": "The model's version. If it is given and current, the response may be cached for a week.",
}
_NETWORK = {
    "description": (
        "`inkn`, the length of the head (uint32, little endian), the head (JSON: the model's name and version, its "
        "layers, its calibration), and the compressed weights. `src/inkling/page_network/binary.py` has the details."
    ),
    "content": BYTES_CONTENT,
}
_REPLAY = {
    "description": (
        "`inkr`, the length of the head (uint32, little endian), the head (JSON), and the compressed features of "
        "ordinary digits. `src/inkling/hands/page_replay.py` has the details."
    ),
    "content": BYTES_CONTENT,
}
_ERRORS = {
    404: UNKNOWN_MODEL,
    422: "WrongNetwork: the page cannot compute the network's layers, or the network cannot be taught.",
    503: "BadBundle: the model is damaged.",
}


@blueprint.route("/<string:name>/network", methods=["GET"], parameters=[MODEL_NAME, _VERSION], tags=[MODELS_TAG])
@rule(API)
@blueprint.doc(operationId="getNetwork", responses={"200": _NETWORK})
@error_responses(blueprint, _ERRORS)
def network(name: str) -> Response:
    """Get a network to run in a page

    `name` is one of `GET /api/v1/models`, or `line`, the network that reads rows. A page computes the same
    probabilities as the service, within 1e-4. The response has an `ETag`.
    """
    bundle = _bundle(name)
    return _kept_by_version(_page_network(bundle.path, bundle.version), bundle.version)


@blueprint.route("/<string:name>/replay", methods=["GET"], parameters=[MODEL_NAME, _VERSION], tags=[MODELS_TAG])
@rule(API)
@blueprint.doc(operationId="getReplay", responses={"200": _REPLAY})
@error_responses(blueprint, _ERRORS)
def replay(name: str) -> Response:
    """Get the data for teaching a network in a page

    The data is features of ordinary digits. With them the page checks that a taught network still reads ordinary
    digits. Only `cnn` and networks like it can be taught. The response has an `ETag`.
    """
    bundle = _bundle(name)
    return _kept_by_version(_page_replay(bundle.path, bundle.version), bundle.version)


def _kept_by_version(content: bytes, version: str) -> Response:
    response = Response(content, mimetype=BINARY)
    response.set_etag(hashlib.sha256(content).hexdigest()[:16])
    is_named = request.args.get("v") == version
    response.headers["Cache-Control"] = f"private, max-age={WEEK_S}" if is_named else "no-cache"
    response.make_conditional(request)
    return response


def _bundle(name: str) -> Bundle:
    from inkling.models import registry

    choices: dict[str, Bundle] = {
        registry.LINE: registry.line_recognizer(),
        **current_app.extensions["inkling"].bundles(),
    }
    if name not in choices:
        raise UnknownName("model", name, choices)
    return choices[name]


@lru_cache(maxsize=KEPT)
def _page_network(path: Path, version: str) -> bytes:
    from inkling.models import registry
    from inkling.page_network.binary import page_network

    return page_network(registry.find_network(path))


@lru_cache(maxsize=KEPT)
def _page_replay(path: Path, version: str) -> bytes:
    from inkling.hands.page_replay import page_replay
    from inkling.models import registry

    return page_replay(registry.find_network(path))
