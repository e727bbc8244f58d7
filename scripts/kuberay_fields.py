"""The fields of KubeRay's RayJob, ray.io/v1, as its API reference lists them; in the form of `google_faults`.

No package of an index brings the schema itself, so this is a note of it (2026-11-24), and pods are left to Kubernetes'
own: `pods` finds them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Schema = dict[str, Any]

TEXT, NUMBER, WHOLE, FLAG = ({"type": kind} for kind in ("string", "number", "integer", "boolean"))
ANY: Schema = {"type": "object", "additionalProperties": {"type": "any"}}
TEXTS: Schema = {"type": "object", "additionalProperties": TEXT}
MODES: Schema = {"type": "string", "enum": ["K8sJobMode", "HTTPMode", "InteractiveMode", "SidecarMode"]}


def _of(**fields: Schema) -> Schema:
    return {"type": "object", "properties": fields}


SCHEMAS: dict[str, Schema] = {
    "RayJob": _of(apiVersion=TEXT, kind=TEXT, metadata=ANY, spec={"$ref": "RayJobSpec"}),
    "RayJobSpec": _of(
        activeDeadlineSeconds=WHOLE,
        backoffLimit=WHOLE,
        clusterSelector=TEXTS,
        deletionStrategy=ANY,
        entrypoint=TEXT,
        entrypointNumCpus=NUMBER,
        entrypointNumGpus=NUMBER,
        entrypointResources=TEXT,
        jobId=TEXT,
        managedBy=TEXT,
        metadata=TEXTS,
        rayClusterSpec={"$ref": "RayClusterSpec"},
        runtimeEnvYAML=TEXT,
        shutdownAfterJobFinishes=FLAG,
        submissionMode=MODES,
        submitterConfig=_of(backoffLimit=WHOLE),
        submitterPodTemplate=ANY,
        suspend=FLAG,
        ttlSecondsAfterFinished=WHOLE,
    ),
    "RayClusterSpec": _of(
        autoscalerOptions=ANY,
        enableInTreeAutoscaling=FLAG,
        gcsFaultToleranceOptions=ANY,
        headGroupSpec={"$ref": "HeadGroupSpec"},
        headServiceAnnotations=TEXTS,
        managedBy=TEXT,
        rayVersion=TEXT,
        suspend=FLAG,
        workerGroupSpecs={"type": "array", "items": {"$ref": "WorkerGroupSpec"}},
    ),
    "HeadGroupSpec": _of(enableIngress=FLAG, headService=ANY, rayStartParams=TEXTS, serviceType=TEXT, template=ANY),
    "WorkerGroupSpec": _of(
        groupName=TEXT,
        idleTimeoutSeconds=WHOLE,
        maxReplicas=WHOLE,
        minReplicas=WHOLE,
        numOfHosts=WHOLE,
        rayStartParams=TEXTS,
        replicas=WHOLE,
        scaleStrategy=ANY,
        suspend=FLAG,
        template=ANY,
    ),
}


def pods(job: Any) -> Iterator[Schema]:
    """The pods of a RayJob, each as a manifest of its own that Kubernetes' schema can be asked about."""
    cluster = job["spec"]["rayClusterSpec"]
    groups = [cluster["headGroupSpec"], *cluster["workerGroupSpecs"]]
    for n, group in enumerate(groups):
        template = group["template"]
        metadata = {**template["metadata"], "name": f"pod-{n}"}
        yield {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]}
