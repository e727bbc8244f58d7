"""POST /api/v1/models/<name>/layers: the output of each layer of a network for a tile."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from flask import Response, current_app, jsonify, request
from flask_smorest import Blueprint
from marshmallow import Schema, fields
from marshmallow.validate import Length, Range

from inkling.errors import BadRequest, UnknownFormat
from inkling.server.routes.openapi import BINARY, BYTES_CONTENT, MODEL_NAME, MODELS_TAG, UNKNOWN_MODEL, error_responses
from inkling.server.routes.request_body import raw_body
from inkling.server.rules import READING, rule
from inkling.server.schema_fields import SIDE, OkSchema, array, integer, nested, number, probability, string
from inkling.server.schemas import ModelRef
from inkling.server.service.reading import model_and_time

if TYPE_CHECKING:
    from inkling.explain.layers import Layer

blueprint = Blueprint("layers", __name__, url_prefix="/api/v1/models", description="Get the outputs of layers.")

TILE_BYTES = SIDE * SIDE
TILE = replace(READING, max_body_bytes=100_000)  # larger than a tile, so that the error can explain what a tile is
_TILE_BODY = {
    "required": True,
    "description": f"One tile: {TILE_BYTES} bytes, row by row, 0 (paper) to 255 (ink).",
    "content": BYTES_CONTENT,
}
_ERRORS = {
    400: "BadRequest: not 784 bytes.",
    404: UNKNOWN_MODEL,
    413: "ImageTooLarge: too many bytes.",
    415: "UnknownFormat: not sent as bytes.",
    503: "Overloaded, or BadBundle: the model is damaged.",
}


class LayerSchema(Schema):
    """One layer and its output for the tile."""

    name = string()
    type = string("The Keras layer type: `Conv2D`, `Dense`, ...")
    channels = integer("Number of feature maps, or of units.")
    size = array(fields.Integer(), "Height and width of a feature map; 1, 1 for a layer of units.", Length(equal=2))
    kernel = integer("Side of a convolution's kernel, or null.", allow_none=True)
    stride = integer("Stride, in pixels of the previous layer.")
    low = number("The value of byte 0.")
    high = number("The value of byte 255.")
    maps = string("Base64, one byte per value, map after map, row by row; linear from `low` to `high`.")


class LayersSchema(OkSchema):
    """The outputs of all layers for one tile."""

    layers = array(fields.Nested(LayerSchema), "In order; the last are the scores before softmax.")
    probs = array(
        fields.Float(validate=Range(0, 1)), "Calibrated probabilities of the digits 0 to 9.", Length(equal=10)
    )
    not_digit = probability("Probability that it is not a digit; always 0 from a model that cannot refuse.")
    model = nested(ModelRef)
    took_ms = number()


@blueprint.route("/<string:name>/layers", methods=["POST"], parameters=[MODEL_NAME], tags=[MODELS_TAG])
@rule(TILE)
@blueprint.doc(requestBody=_TILE_BODY, operationId="computeLayers")
@error_responses(blueprint, _ERRORS)
@blueprint.response(200, LayersSchema, description="The output of each layer.")
def layers(name: str) -> Response:
    """Get the output of each layer of a network for a tile

    `POST /api/v1/read?explain=tiles` returns the tile of each digit that was read individually. ReLU and normalization
    are included in the layer before them.
    """
    readers = current_app.extensions["inkling"]
    reader = readers.get(name)
    tile = tile_of_request()
    with readers.permit() as permit:
        answer = layers_json(reader, tile)
    return jsonify({"ok": True, **answer, **model_and_time(reader, permit.held_s)})


def tile_of_request() -> Any:
    """The request body as a (28, 28) float32 tile, 1 = ink. Raises UnknownFormat and BadRequest."""
    import numpy as np

    if request.mimetype not in ("", BINARY):
        raise UnknownFormat(
            f"content type is {request.mimetype!r}; expected {BINARY}. Send the {TILE_BYTES} bytes of a tile."
        )
    content = raw_body()
    if len(content) != TILE_BYTES:
        raise BadRequest(
            f"body has {len(content)} bytes; expected {TILE_BYTES}, a tile of {SIDE} x {SIDE}. "
            "Get one from POST /api/v1/read?explain=tiles."
        )
    return np.frombuffer(content, np.uint8).reshape(SIDE, SIDE).astype(np.float32) / np.float32(255)


def layers_json(reader: Any, tile: Any) -> dict[str, Any]:
    """The outputs of all layers and the network's prediction, as JSON."""
    from inkling.explain.layers import layers_of
    from inkling.pipeline.result import calibrate

    prediction = reader.classifier.classify(tile[None])
    probs = calibrate(prediction.probs, reader.bundle.temperature)[0]
    return {
        "layers": [layer_json(layer) for layer in layers_of(reader)(tile)],
        "probs": [round(p, 5) for p in probs.tolist()],
        "not_digit": round(float(prediction.not_digit[0]), 4),
    }


def layer_json(layer: Layer) -> dict[str, Any]:
    """One layer as JSON; bytes 0 to 255 span its values from the lowest (at most 0) to the highest."""
    import numpy as np

    channels, h, w = layer.values.shape
    low, high = min(0.0, float(layer.values.min())), max(1e-6, float(layer.values.max()))
    steps = ((layer.values - low) * (255 / (high - low))).round().astype(np.uint8)
    return {
        "name": layer.name,
        "type": layer.type,
        "channels": channels,
        "size": [h, w],
        "kernel": layer.kernel,
        "stride": layer.stride,
        "low": low,
        "high": high,
        "maps": base64.b64encode(steps.tobytes()).decode(),
    }
