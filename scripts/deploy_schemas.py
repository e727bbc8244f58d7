"""The schemas for the clouds' deployment files, and validators that reject unknown fields.

Google's API description of Cloud Run is in the wheel of `google-api-python-client`; Azure's types for Container Apps
are the classes in `azure-mgmt-appcontainers`. No package contains KubeRay's schema, so KUBERAY lists the fields of its
API reference (ray.io/v1, 2026-11-24).
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

Schema = dict[str, Any]

TEXT, NUMBER, WHOLE, FLAG = ({"type": kind} for kind in ("string", "number", "integer", "boolean"))
ANY: Schema = {"type": "object", "additionalProperties": {"type": "any"}}
TEXTS: Schema = {"type": "object", "additionalProperties": TEXT}
MODES: Schema = {"type": "string", "enum": ["K8sJobMode", "HTTPMode", "InteractiveMode", "SidecarMode"]}


def _of(**fields: Schema) -> Schema:
    return {"type": "object", "properties": fields}


KUBERAY: dict[str, Schema] = {
    "RayJob": _of(apiVersion=TEXT, kind=TEXT, metadata=ANY, spec={"$ref": "RayJobSpec"}),
    "RayJobSpec": _of(
        activeDeadlineSeconds=WHOLE, backoffLimit=WHOLE, clusterSelector=TEXTS, deletionStrategy=ANY,
        entrypoint=TEXT, entrypointNumCpus=NUMBER, entrypointNumGpus=NUMBER, entrypointResources=TEXT,
        jobId=TEXT, managedBy=TEXT, metadata=TEXTS, rayClusterSpec={"$ref": "RayClusterSpec"},
        runtimeEnvYAML=TEXT, shutdownAfterJobFinishes=FLAG, submissionMode=MODES,
        submitterConfig=_of(backoffLimit=WHOLE), submitterPodTemplate=ANY, suspend=FLAG,
        ttlSecondsAfterFinished=WHOLE,
    ),
    "RayClusterSpec": _of(
        autoscalerOptions=ANY, enableInTreeAutoscaling=FLAG, gcsFaultToleranceOptions=ANY,
        headGroupSpec={"$ref": "HeadGroupSpec"}, headServiceAnnotations=TEXTS, managedBy=TEXT, rayVersion=TEXT,
        suspend=FLAG, workerGroupSpecs={"type": "array", "items": {"$ref": "WorkerGroupSpec"}},
    ),
    "HeadGroupSpec": _of(enableIngress=FLAG, headService=ANY, rayStartParams=TEXTS, serviceType=TEXT, template=ANY),
    "WorkerGroupSpec": _of(
        groupName=TEXT, idleTimeoutSeconds=WHOLE, maxReplicas=WHOLE, minReplicas=WHOLE, numOfHosts=WHOLE,
        rayStartParams=TEXTS, replicas=WHOLE, scaleStrategy=ANY, suspend=FLAG, template=ANY,
    ),
}  # fmt: skip


def google_schemas(wheel: Path) -> dict[str, Any]:
    """The schemas of Cloud Run's API, version 1, by name."""
    with zipfile.ZipFile(wheel) as opened:
        return dict(json.loads(opened.read(GOOGLE_FILE))["schemas"])


def google_faults(value: Any, schema: Mapping[str, Any], schemas: Mapping[str, Any], at: str = "") -> Iterator[str]:
    """Yield the errors of a value. Source: Google's API Discovery Service, "Type and Format Summary"."""
    if "$ref" in schema:
        schema = schemas[schema["$ref"]]
    kind = schema["type"]
    if kind == "array":
        if not isinstance(value, list):
            yield f"{at}: is not a list"
            return
        for n, one in enumerate(value):
            yield from google_faults(one, schema["items"], schemas, f"{at}[{n}]")
    elif kind == "object":
        if not isinstance(value, dict):
            yield f"{at}: is not a mapping"
            return
        known, other = schema.get("properties", {}), schema.get("additionalProperties")
        for key, one in value.items():
            if key not in known and other is None:
                yield f"{at}.{key}: is unknown; expected one of {', '.join(known)}"
            else:
                yield from google_faults(one, known.get(key, other), schemas, f"{at}.{key}")
    elif kind != "any" and not (
        isinstance(value, GOOGLE_TYPES[kind]) and isinstance(value, bool) == (kind == "boolean")
    ):
        yield f"{at}: {value!r} is not of type {kind}"
    elif "enum" in schema and value not in schema["enum"]:
        yield f"{at}: {value!r} is not one of {', '.join(schema['enum'])}"


def azure_faults(value: Any, kind: Any, at: str = "") -> Iterator[str]:
    """Yield the errors of a value. `kind`: a class of the library, or the type annotation of a field."""
    from azure.mgmt.appcontainers import models

    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        yield from _azure_choice_faults(value, [one for one in inner if one is not type(None)], at)
    elif origin is list:
        if not isinstance(value, list):
            yield f"{at}: is not a list"
            return
        for n, one in enumerate(value):
            yield from azure_faults(one, inner[0], f"{at}[{n}]")
    elif origin is dict or getattr(models, kind.__name__, None) is kind:
        if not isinstance(value, dict):
            yield f"{at}: is not a mapping"
            return
        known = None if origin is dict else _azure_fields(kind)
        for key, one in value.items():
            if known is not None and key not in known:
                yield f"{at}.{key}: is unknown; expected one of {', '.join(known)}"
            else:
                yield from azure_faults(one, known[key] if known else inner[1], f"{at}.{key}")
    elif not _is_a(value, kind):
        yield f"{at}: {value!r} is not of type {kind.__name__}"


def _azure_choice_faults(value: Any, kinds: list[Any], at: str) -> Iterator[str]:
    """Yield errors for a union type. The library accepts any text for an enum; here only the enum's values pass."""
    for kind in kinds:
        if inspect.isclass(kind) and issubclass(kind, enum.Enum):
            words = [str(one.value) for one in kind]
            if value not in words:
                yield f"{at}: {value!r} is not one of {', '.join(words)}"
            return
    yield from azure_faults(value, kinds[0], at)


def _azure_fields(kind: Any) -> dict[str, Any]:
    """The fields of a class of the library: name in JSON -> type."""
    from azure.mgmt.appcontainers import models

    kind()  # fills in its table of fields
    hints = typing.get_type_hints(kind, {**vars(typing), "_models": models, "datetime": datetime})
    return {field._rest_name: hints[name] for name, field in kind._attr_to_rest_field.items()}


def _is_a(value: Any, kind: type) -> bool:
    if kind is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, kind) and isinstance(value, bool) == (kind is bool)
