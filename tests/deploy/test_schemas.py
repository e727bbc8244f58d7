"""The strict validation against Google's API description. `make check-deploy` validates against Azure's types."""

from __future__ import annotations

from typing import Any

import pytest

from scripts.deploy_schemas import google_faults

SCHEMAS: dict[str, Any] = {
    "Service": {"type": "object", "properties": {"spec": {"$ref": "Spec"}, "name": {"type": "string"}}},
    "Spec": {
        "type": "object",
        "properties": {
            "seconds": {"type": "integer"},
            "share": {"type": "number"},
            "on": {"type": "boolean"},
            "kind": {"type": "string", "enum": ["A", "B"]},
            "ports": {"type": "array", "items": {"type": "integer"}},
            "labels": {"type": "object", "additionalProperties": {"type": "string"}},
        },
    },
}


@pytest.mark.parametrize(
    ("spec", "fault"),
    [
        ({}, None),
        (
            {"seconds": 3, "share": 0.5, "on": False, "kind": "A", "ports": [1, 2], "labels": {"a": "b"}},
            None,
        ),
        ({"second": 3}, ".spec.second: is unknown"),
        ({"seconds": "3"}, ".spec.seconds: '3' is not of type integer"),
        ({"seconds": True}, ".spec.seconds: True is not of type integer"),
        ({"on": 1}, ".spec.on: 1 is not of type boolean"),
        ({"kind": "C"}, ".spec.kind: 'C' is not one of A, B"),
        ({"ports": 1}, ".spec.ports: is not a list"),
        ({"ports": [1, "2"]}, ".spec.ports[1]: '2' is not of type integer"),
        ({"labels": {"a": 1}}, ".spec.labels.a: 1 is not of type string"),
        ([], ".spec: is not a mapping"),
    ],
)
def test_a_fault_is_named_with_its_place(spec: Any, fault: str | None) -> None:
    found = list(google_faults({"name": "x", "spec": spec}, SCHEMAS["Service"], SCHEMAS))
    assert len(found) == (fault is not None)
    assert fault is None or found[0].startswith(fault)
