"""GET /api/v1/models/<name>/weights: all weights of a small network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Response, current_app, request
from flask_smorest import Blueprint

from inkling.errors import WrongNetwork
from inkling.server.routes.openapi import BINARY, BYTES_CONTENT, MODEL_NAME, MODELS_TAG, UNKNOWN_MODEL, error_responses
from inkling.server.rules import API, rule

if TYPE_CHECKING:
    from inkling.pipeline.reader import Reader

blueprint = Blueprint("networks", __name__, url_prefix="/api/v1/models", description="Get the weights of networks.")

_WEIGHTS = {
    "description": (
        "Consecutive little-endian float32 numbers: `pixels` (784), `hidden`, `outputs` and `temperature`; the weights "
        "of the hidden layer, `pixels` rows of `hidden`; its `hidden` biases; the weights of the last layer, `hidden` "
        "rows of `outputs`; its `outputs` biases."
    ),
    "content": BYTES_CONTENT,
}
_ERRORS = {
    404: UNKNOWN_MODEL,
    422: "WrongNetwork: the layers are not Flatten, Dense, Dense.",
    503: "BadBundle: the model is damaged.",
}


@blueprint.route("/<string:name>/weights", methods=["GET"], parameters=[MODEL_NAME], tags=[MODELS_TAG])
@rule(API)
@blueprint.doc(operationId="getWeights", responses={"200": _WEIGHTS})
@error_responses(blueprint, _ERRORS)
def weights(name: str) -> Response:
    """Get all weights of a network with one hidden layer

    To run the network, compute `relu(tile @ hidden + biases)`, then the last layer in the same way without ReLU, and
    then the softmax of the ten digits' scores divided by the temperature. The response has an `ETag` from the model's
    version.
    """
    reader = current_app.extensions["inkling"].get(name)
    response = Response(weights_bytes(reader), mimetype=BINARY)
    response.set_etag(f"{reader.bundle.version}-{reader.bundle.temperature:g}")
    response.headers["Cache-Control"] = "no-cache"  # the client revalidates it each time: a model may be replaced
    response.make_conditional(request)
    return response


def weights_bytes(reader: Reader) -> bytes:
    """The float32 numbers of a network with one hidden layer, as documented. Raises WrongNetwork for other networks."""
    import numpy as np

    from inkling.explain.explanation import weights_of

    weights = weights_of(reader)
    if weights is None:
        types = dict.fromkeys(str(layer.get("type")) for layer in reader.bundle.manifest.get("layers", []))
        raise WrongNetwork(
            f"{reader.bundle.name!r} has other layer types ({', '.join(types) or 'unknown'}); "
            "expected Flatten, Dense with ReLU, Dense. Choose another model, such as 'ann'."
        )
    hidden, outputs = len(weights.hidden), len(weights.scores)
    head = [weights.hidden.shape[1], hidden, outputs, reader.bundle.temperature]
    parts = (head, weights.hidden.T, weights.hidden_bias, weights.scores.T, weights.scores_bias)
    return b"".join(np.asarray(part, "<f4").tobytes() for part in parts)
