"""The strict comparison with Google's API description; that with Azure's types is held by `make check-deploy`."""

from __future__ import annotations

from typing import Any

import pytest

from scripts.check_deploy import google_faults

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
        ({"second": 3}, ".spec.second: is not known"),
        ({"seconds": "3"}, ".spec.seconds: '3' is no integer"),
        ({"seconds": True}, ".spec.seconds: True is no integer"),
        ({"on": 1}, ".spec.on: 1 is no boolean"),
        ({"kind": "C"}, ".spec.kind: 'C' is none of A, B"),
        ({"ports": 1}, ".spec.ports: is no list"),
        ({"ports": [1, "2"]}, ".spec.ports[1]: '2' is no integer"),
        ({"labels": {"a": 1}}, ".spec.labels.a: 1 is no string"),
        ([], ".spec: is no mapping"),
    ],
)
def test_a_fault_is_named_with_its_place(spec: Any, fault: str | None) -> None:
    found = list(google_faults({"name": "x", "spec": spec}, SCHEMAS["Service"], SCHEMAS))
    assert len(found) == (fault is not None)
    assert fault is None or found[0].startswith(fault)
