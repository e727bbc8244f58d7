"""The API: POST /api/v1/models/<name>/layers, what each layer of a network makes of a tile."""

# mypy: disable-error-code="untyped-decorator"
# (flask-smorest comes without types)

from __future__ import annotations

import base64
import time
from typing import TYPE_CHECKING, Any

from flask import Response, current_app, jsonify, request
from flask.views import MethodView
from flask_smorest import Blueprint
from marshmallow import Schema, fields, validate

from inkling.errors import BadRequest, UnknownFormat
from inkling.server.request_body import whole_body
from inkling.server.routes.weights import BINARY, NAME
from inkling.server.schemas import SIDE, ErrorSchema, ModelRef

if TYPE_CHECKING:
    from inkling.explain.layers import Layer

blueprint = Blueprint("layers", __name__, url_prefix="/api/v1/models", description="Shows what layers make of a tile.")

TILE_BYTES = SIDE * SIDE
_TILE = {
    "required": True,
    "description": f"One tile: {TILE_BYTES} bytes, row by row, 0 paper to 255 ink.",
    "content": {BINARY: {"schema": {"type": "string", "contentMediaType": BINARY}}},
}


def _about(text: str) -> dict[str, str]:
    return {"description": text}


class LayerSchema(Schema):
    """One layer and what it makes of the tile."""

    name = fields.String(required=True)
    type = fields.String(required=True, metadata=_about("As Keras names it: `Conv2D`, `Dense`, ..."))
    channels = fields.Integer(required=True, metadata=_about("How many maps, or numbers."))
    size = fields.List(
        fields.Integer(),
        required=True,
        validate=validate.Length(equal=2),
        metadata=_about("Height and width of a map; 1, 1 where the layer gives numbers."),
    )
    kernel = fields.Integer(
        required=True, allow_none=True, metadata=_about("Side of the patterns that a convolution slides, or null.")
    )
    stride = fields.Integer(required=True, metadata=_about("Pixels of the layer before for one step."))
    low = fields.Float(required=True, metadata=_about("The value that byte 0 stands for."))
    high = fields.Float(required=True, metadata=_about("The value that byte 255 stands for."))
    maps = fields.String(
        required=True,
        metadata=_about("Base64 of a byte a value, map after map, row by row; `low` to `high` in even steps."),
    )


class LayersSchema(Schema):
    """What every layer makes of one tile."""

    ok = fields.Boolean(required=True, validate=validate.Equal(True))
    layers = fields.List(
        fields.Nested(LayerSchema), required=True, metadata=_about("In order; the scores before softmax last.")
    )
    probs = fields.List(
        fields.Float(validate=validate.Range(0, 1)),
        required=True,
        validate=validate.Length(equal=10),
        metadata=_about("Calibrated probabilities of the digits 0 to 9."),
    )
    not_digit = fields.Float(
        required=True,
        validate=validate.Range(0, 1),
        metadata=_about("Probability that it is no digit at all; 0 from a model that cannot tell."),
    )
    model = fields.Nested(ModelRef, required=True)
    took_ms = fields.Float(required=True)


@blueprint.route("/<string:name>/layers", parameters=[NAME])
class LayersOf(MethodView):
    """The layers of a network at work."""

    @blueprint.doc(requestBody=_TILE, operationId="layers")
    @blueprint.alt_response(400, schema=ErrorSchema, description="BadRequest: not 784 bytes.")
    @blueprint.alt_response(404, schema=ErrorSchema, description="UnknownName: a model that is not offered.")
    @blueprint.alt_response(413, schema=ErrorSchema, description="ImageTooLarge: too many bytes.")
    @blueprint.alt_response(415, schema=ErrorSchema, description="UnknownFormat: not sent as bytes.")
    @blueprint.alt_response(503, schema=ErrorSchema, description="Overloaded, or BadBundle: the model is damaged.")
    @blueprint.response(200, LayersSchema, description="What each layer makes of it.")
    def post(self, name: str) -> Response:
        """Show what each layer of a network makes of a tile

        A tile is what `POST /api/v1/read?explain=tiles` gives for a digit. ReLU and normalisation are part of the
        layer before them.
        """
        readers = current_app.extensions["inkling"]
        reader = readers.get(name)
        tile = tile_of_request()
        with readers.turn():
            start = time.perf_counter()
            answer = layers_json(reader, tile)
            took_ms = round((time.perf_counter() - start) * 1000, 2)
        model = {"name": reader.bundle.name, "version": reader.bundle.version}
        return jsonify({"ok": True, **answer, "model": model, "took_ms": took_ms})


def tile_of_request() -> Any:
    """The body as a (28, 28) float32 tile, 1 = ink. Raises UnknownFormat and BadRequest."""
    import numpy as np

    if request.mimetype not in ("", BINARY):
        raise UnknownFormat(
            f"content type is {request.mimetype!r}; expected {BINARY}. Send the {TILE_BYTES} bytes of a tile."
        )
    content = whole_body()
    if len(content) != TILE_BYTES:
        raise BadRequest(
            f"body has {len(content)} bytes; expected {TILE_BYTES}, a tile of {SIDE} x {SIDE}. "
            "Get one from POST /api/v1/read?explain=tiles."
        )
    return np.frombuffer(content, np.uint8).reshape(SIDE, SIDE).astype(np.float32) / np.float32(255)


def layers_json(reader: Any, tile: Any) -> dict[str, Any]:
    """The JSON of all layers, and of the prediction at their end."""
    from inkling.explain.layers import layers_of
    from inkling.pipeline.result import calibrate

    layers = layers_of(reader)(tile)
    prediction = reader.model.classify(tile[None])
    probs = calibrate(prediction.probs, reader.bundle.temperature)[0]
    return {
        "layers": [layer_json(layer) for layer in layers],
        "probs": [round(p, 5) for p in probs.tolist()],
        "not_digit": round(float(prediction.not_digit[0]), 4),
    }


def layer_json(layer: Layer) -> dict[str, Any]:
    """One layer, its values as bytes between the lowest (at most 0) and the highest."""
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
