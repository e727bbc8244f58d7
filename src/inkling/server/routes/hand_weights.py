"""GET /api/v1/hands/NAME/versions/N/weights and /map: a version's effect on the last layer and on readings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Response, current_app, jsonify
from flask_smorest import Blueprint

from inkling.errors import NotFound
from inkling.server.routes.hand_version_schemas import LABELS, LessonMapSchema, WeightsChangeSchema
from inkling.server.routes.hands import ROW_NUMBER, guard, hands
from inkling.server.routes.openapi import HANDS_TAG, error_responses
from inkling.server.rules import HANDS, rule

if TYPE_CHECKING:
    import numpy as np

    from inkling.pipeline.reader import Reader

blueprint = Blueprint("hand_weights", __name__, url_prefix="/api/v1/hands", description="Inspect versions of hands.")
blueprint.before_request(guard)

MAX_ON_MAP = 500  # lessons, the newest

_ERRORS = {
    400: "BadRequest: a wrong name.",
    403: "ForeignRequest: another site's page may have sent the request.",
    404: "UnknownName: an unknown hand. NotFound: an unknown version, or for weights one that changed all layers. "
    "HandsClosed: hands are off.",
    422: "WrongNetwork: the version belongs to a network other than the server's.",
    503: "CannotWrite, BadData: the store cannot be used. Overloaded: too many requests in progress.",
}


@blueprint.route(f"/<name>/versions/<{ROW_NUMBER}:number>/weights", methods=["GET"], tags=[HANDS_TAG])
@rule(HANDS)
@blueprint.doc(operationId="getHandWeights")
@error_responses(blueprint, _ERRORS)
@blueprint.response(200, WeightsChangeSchema, description="The change.")
def weights_change(name: str, number: int) -> Response:
    """Compare a version's last layer with the original one"""
    from inkling.hands.feature_network import features_of
    from inkling.hands.hand_reader import check_network
    from inkling.hands.light_teaching import Learned

    version = hands().store().version(name, number)
    if version.kind != "light":
        raise NotFound(
            f"version {number} of hand {name!r} changed all layers; expected a version that changed only the last "
            "layer. Choose another."
        )
    bundle = current_app.extensions["inkling"].get().bundle
    check_network(name, version, bundle)
    network = features_of(bundle)
    learned = Learned.from_bytes(version.payload, size=network.size)
    change = learned.last_layer[:, : network.size] - network.last_layer  # (11, F)
    prototypes = learned.last_layer[:, network.size :]  # (11, P)
    return jsonify(
        ok=True,
        labels=list(LABELS),
        change=[[round(float(value), 3) for value in row] for row in change],
        prototypes=[[round(float(value), 3) for value in row] for row in prototypes],
    )


@blueprint.route(f"/<name>/versions/<{ROW_NUMBER}:number>/map", methods=["GET"], tags=[HANDS_TAG])
@rule(HANDS)
@blueprint.doc(operationId="getHandMap")
@error_responses(blueprint, _ERRORS)
@blueprint.response(200, LessonMapSchema, description="The probabilities.")
def lesson_map(name: str, number: int) -> Response:
    """Get the probabilities of a hand's newest 500 lessons, from the original network and from a version"""
    import numpy as np

    from inkling.hands.hand_reader import with_version

    store, readers = hands().store(), current_app.extensions["inkling"]
    version, lessons = store.version(name, number), store.latest(name, limit=MAX_ON_MAP)
    tiles = np.array([each.tile for each in lessons], np.float32) / np.float32(255)
    with readers.permit():
        reader = readers.get()
        before, after = (readings(each, tiles) for each in (reader, with_version(reader, name, version)))
    return jsonify(
        ok=True,
        labels=list(LABELS),
        lessons=[
            {"lesson": lesson.id, "label": lesson.label, "before": one, "after": other}
            for lesson, one, other in zip(lessons, before, after, strict=True)
        ],
    )


def readings(reader: Reader, tiles: np.ndarray) -> list[dict[str, Any]]:
    """(N, 28, 28) float32 -> for each tile, the probabilities of LABELS and the result."""
    from inkling.hands.guards import answers

    if len(tiles) == 0:
        return []
    probs = reader.classifier.outputs(tiles)
    read = answers(probs, reader.bundle.reject_at)
    return [{"probs": row.round(3).tolist(), "read": LABELS[i]} for row, i in zip(probs, read, strict=True)]
