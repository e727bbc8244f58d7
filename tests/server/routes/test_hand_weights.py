"""The effects of a version: changed weights, and readings of its lessons."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from flask import Flask
from flask.testing import FlaskClient

from inkling.hands.store import Store
from inkling.server.app import create_app
from inkling.server.routes.hand_version_schemas import LessonMapSchema, WeightsChangeSchema
from inkling.server.settings import Settings
from tests.server.routes.test_hands import HANDS, correct, odd_seven


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    monkeypatch.setenv("INKLING_STORE", f"sqlite:///{tmp_path}/hands.sqlite")
    app = create_app(Settings())
    yield app
    app.extensions["inkling-hands"].close()


def test_a_corrected_seven_changes_the_weights_of_7_and_1(client: FlaskClient) -> None:
    correct(client, odd_seven(), "7")
    taught = client.post(f"{HANDS}/anna/teach", json={"kind": "light"}).json
    assert taught["version"]["confusion"] == {"before": [["7", "1", 1]], "after": [["7", "7", 1]]}
    answer = client.get(f"{HANDS}/anna/versions/1/weights").json
    WeightsChangeSchema().load(answer)
    change, prototypes = np.array(answer["change"]), np.array(answer["prototypes"])
    assert change.shape[0] == prototypes.shape[0] == len(answer["labels"]) == 11
    assert prototypes.shape[1] >= 1, "one lesson was misread; it is also used rotated and slanted"
    all_changes = np.hstack([change, prototypes])
    strongest = np.argsort((all_changes**2).sum(axis=1))[-2:]
    assert {answer["labels"][i] for i in strongest} == {"7", "1"}
    assert prototypes[7].sum() > 0 > prototypes[1].sum()


@pytest.mark.slow
def test_a_corrected_seven_moves_on_the_map_from_1_to_7(client: FlaskClient) -> None:
    correct(client, odd_seven(), "7")
    client.post(f"{HANDS}/anna/teach", json={"kind": "light"})
    answer = client.get(f"{HANDS}/anna/versions/1/map").json
    LessonMapSchema().load(answer)
    [lesson] = answer["lessons"]
    assert lesson["label"] == "7"
    for when, expected in (("before", "1"), ("after", "7")):
        assert sum(lesson[when]["probs"]) == pytest.approx(1, abs=0.01)
        assert answer["labels"][int(np.argmax(lesson[when]["probs"]))] == lesson[when]["read"] == expected
    client.delete(f"{HANDS}/anna/lessons/{lesson['lesson']}")
    assert client.get(f"{HANDS}/anna/versions/1/map").json["lessons"] == []


@pytest.mark.slow
def test_errors(client: FlaskClient, tmp_path: Path) -> None:
    assert client.get(f"{HANDS}/anna/versions/1/weights").status_code == 404
    correct(client, odd_seven(), "7")
    missing = client.get(f"{HANDS}/anna/versions/1/weights")
    assert (missing.status_code, missing.json["kind"]) == (404, "NotFound")
    client.post(f"{HANDS}/anna/teach", json={"kind": "light"})
    with Store(f"sqlite:///{tmp_path}/hands.sqlite") as store:
        first = store.version("anna", 1)
        for kind, base in (("light", ("cnn", "0" * 12)), ("full", (first.base_name, first.base_version))):
            store.add_version(
                "anna",
                kind,
                base=base,
                payload=first.payload,
                report=first.report,
                promoted=False,  # type: ignore[arg-type]
            )
    other, full = (client.get(f"{HANDS}/anna/versions/{number}/weights") for number in (2, 3))
    assert (other.status_code, other.json["kind"]) == (422, "WrongNetwork")
    unmapped = client.get(f"{HANDS}/anna/versions/2/map")
    assert (unmapped.status_code, unmapped.json["kind"]) == (422, "WrongNetwork")
    assert (full.status_code, full.json["kind"]) == (404, "NotFound")
    assert "all layers" in full.json["error"]
