"""GET /api/v1/models/<name>/weights: all the numbers of a small network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Response, current_app, request
from flask_smorest import Blueprint

from inkling.errors import WrongNetwork
from inkling.server.routes.openapi import BINARY, BYTES_CONTENT, MODEL_NAME, MODELS_TAG, UNKNOWN_MODEL, error_responses
from inkling.server.rules import API, rule

if TYPE_CHECKING:
    from inkling.pipeline.reader import Reader

blueprint = Blueprint("networks", __name__, url_prefix="/api/v1/models", description="Shows networks from inside.")

_WEIGHTS = {
    "description": (
        "float32 numbers, little endian, without gaps: the four numbers `pixels` (784), `hidden`, `outputs` and "
        "`temperature`; the weights of the hidden layer, `pixels` rows of `hidden`; its `hidden` biases; the weights "
        "of the last layer, `hidden` rows of `outputs`; its `outputs` biases."
    ),
    "content": BYTES_CONTENT,
}
_ERRORS = {
    404: UNKNOWN_MODEL,
    422: "WrongNetwork: not Flatten, Dense, Dense.",
    503: "BadBundle: the model is damaged.",
}


@blueprint.route("/<string:name>/weights", methods=["GET"], parameters=[MODEL_NAME], tags=[MODELS_TAG])
@rule(API)
@blueprint.doc(operationId="getWeights", responses={"200": _WEIGHTS})
@error_responses(blueprint, _ERRORS)
def weights(name: str) -> Response:
    """Get all the numbers of a network with one hidden layer

    Enough to run it anywhere: `relu(tile @ hidden + biases)`, the same again without ReLU, and softmax of the
    scores of the ten digits divided by the temperature. The answer has an `ETag` by the model's version.
    """
    reader = current_app.extensions["inkling"].get(name)
    response = Response(weights_bytes(reader), mimetype=BINARY)
    response.set_etag(f"{reader.bundle.version}-{reader.bundle.temperature:g}")
    response.headers["Cache-Control"] = "no-cache"  # kept, but revalidated each time: a model may be replaced
    response.make_conditional(request)
    return response


def weights_bytes(reader: Reader) -> bytes:
    """The float32 numbers of a network with one hidden layer, as documented. Raises WrongNetwork for any other."""
    import numpy as np

    from inkling.explain.explanation import weights_of

    weights = weights_of(reader)
    if weights is None:
        types = dict.fromkeys(str(layer.get("type")) for layer in reader.bundle.manifest.get("layers", []))
        raise WrongNetwork(
            f"{reader.bundle.name!r} has layers of other kinds ({', '.join(types) or 'unknown'}); "
            "expected Flatten, Dense with ReLU, Dense. Choose another model, such as 'ann'."
        )
    hidden, outputs = len(weights.hidden), len(weights.scores)
    head = [weights.hidden.shape[1], hidden, outputs, reader.bundle.temperature]
    parts = (head, weights.hidden.T, weights.hidden_bias, weights.scores.T, weights.scores_bias)
    return b"".join(np.asarray(part, "<f4").tobytes() for part in parts)
