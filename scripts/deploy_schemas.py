"""A manifest held to the types of a cloud's own client library, strictly: an unknown key is a fault.

Google's API description of Cloud Run lies in the wheel of `google-api-python-client`; Azure's types of Container Apps
are the classes of `azure-mgmt-appcontainers`. Each function yields faults as "path: what is wrong".
"""

from __future__ import annotations

import datetime
import enum
import inspect
import json
import types
import typing
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

GOOGLE_FILE = "googleapiclient/discovery_cache/documents/run.v1.json"
GOOGLE_TYPES: dict[str, type] = {"string": str, "boolean": bool, "integer": int, "number": float}


def google_schemas(wheel: Path) -> dict[str, Any]:
    """The schemas of Cloud Run's API, version 1, by name."""
    with zipfile.ZipFile(wheel) as opened:
        return dict(json.loads(opened.read(GOOGLE_FILE))["schemas"])


def google_faults(value: Any, schema: Mapping[str, Any], schemas: Mapping[str, Any], at: str = "") -> Iterator[str]:
    """Source: Google's API Discovery Service, "Type and Format Summary"."""
    if "$ref" in schema:
        schema = schemas[schema["$ref"]]
    kind = schema["type"]
    if kind == "array":
        if not isinstance(value, list):
            yield f"{at}: is no list"
            return
        for n, one in enumerate(value):
            yield from google_faults(one, schema["items"], schemas, f"{at}[{n}]")
    elif kind == "object":
        if not isinstance(value, dict):
            yield f"{at}: is no mapping"
            return
        known, other = schema.get("properties", {}), schema.get("additionalProperties")
        for key, one in value.items():
            if key not in known and other is None:
                yield f"{at}.{key}: is not known; expected one of {', '.join(known)}"
            else:
                yield from google_faults(one, known.get(key, other), schemas, f"{at}.{key}")
    elif kind != "any" and not (
        isinstance(value, GOOGLE_TYPES[kind]) and isinstance(value, bool) == (kind == "boolean")
    ):
        yield f"{at}: {value!r} is no {kind}"
    elif "enum" in schema and value not in schema["enum"]:
        yield f"{at}: {value!r} is none of {', '.join(schema['enum'])}"


def azure_faults(value: Any, kind: Any, at: str = "") -> Iterator[str]:
    """`kind` is a class of the library, or a type that one of its fields is annotated with."""
    from azure.mgmt.appcontainers import models

    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        yield from _azure_choice_faults(value, [one for one in inner if one is not type(None)], at)
    elif origin is list:
        if not isinstance(value, list):
            yield f"{at}: is no list"
            return
        for n, one in enumerate(value):
            yield from azure_faults(one, inner[0], f"{at}[{n}]")
    elif origin is dict or getattr(models, kind.__name__, None) is kind:
        if not isinstance(value, dict):
            yield f"{at}: is no mapping"
            return
        known = None if origin is dict else _azure_fields(kind)
        for key, one in value.items():
            if known is not None and key not in known:
                yield f"{at}.{key}: is not known; expected one of {', '.join(known)}"
            else:
                yield from azure_faults(one, known[key] if known else inner[1], f"{at}.{key}")
    elif not _is_a(value, kind):
        yield f"{at}: {value!r} is no {kind.__name__}"


def _azure_choice_faults(value: Any, kinds: list[Any], at: str) -> Iterator[str]:
    """The library takes any text where it knows a list of words; here only its words pass."""
    for kind in kinds:
        if inspect.isclass(kind) and issubclass(kind, enum.Enum):
            words = [str(one.value) for one in kind]
            if value not in words:
                yield f"{at}: {value!r} is none of {', '.join(words)}"
            return
    yield from azure_faults(value, kinds[0], at)


def _azure_fields(kind: Any) -> dict[str, Any]:
    """The fields of one of the library's classes: name in JSON -> type."""
    from azure.mgmt.appcontainers import models

    kind()  # which fills in the table of its fields
    hints = typing.get_type_hints(kind, {**vars(typing), "_models": models, "datetime": datetime})
    return {field._rest_name: hints[name] for name, field in kind._attr_to_rest_field.items()}


def _is_a(value: Any, kind: type) -> bool:
    if kind is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, kind) and isinstance(value, bool) == (kind is bool)
