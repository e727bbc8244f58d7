"""Check every file in deploy/ against the schema of the program that reads it; `make check-deploy`.

Each check first gets a copy with a fault, which it must refuse: a check that accepts everything proves nothing. Runs in
the virtual environment of deploy/requirements-check.txt. The exit status is 1, with a list, when something is wrong.

Google's API description of Cloud Run lies in the wheel of `google-api-python-client`, and Azure's types of Container
Apps are the classes of `azure-mgmt-appcontainers`. No package brings KubeRay's schema, so KUBERAY notes the fields of
its API reference (ray.io/v1, 2026-11-24), and Kubernetes' own schema checks the pods.
"""

from __future__ import annotations

import datetime
import enum
import inspect
import itertools
import json
import re
import shutil
import subprocess
import sys
import tempfile
import types
import typing
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
KUBERNETES = ("1.29", "1.33", "1.37")  # the oldest, what many run, and the newest that the package knows
GOOGLE_FILE = "googleapiclient/discovery_cache/documents/run.v1.json"
GOOGLE_TYPES: dict[str, type] = {"string": str, "boolean": bool, "integer": int, "number": float}

Schema = dict[str, Any]

PROGRAMS = {"promtool": "prometheus", "nginx": "nginx", "systemd-analyze": "systemd"}  # and Debian's packages
EXPOSURE = 15  # most of systemd-analyze's measure, tenths: 0 is nothing, 100 all that the machine has

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


@dataclass(frozen=True)
class Check:
    name: str
    faults: Callable[[Path], Iterable[str]]  # of the deploy/ folder that it is given
    fault: tuple[str, str, str]  # a file, a text in it, and what replaces it to make it wrong


def failure_of(*command: str | Path, cwd: Path | None = None) -> list[str]:
    """The output of a program that fails; nothing when it succeeds."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd)
    return [] if done.returncode == 0 else [(done.stdout + done.stderr).strip() or f"ended with {done.returncode}"]


def dockerfile(deploy: Path) -> list[str]:
    return failure_of(BIN / "hadolint", deploy / "Dockerfile")


def compose(deploy: Path) -> Iterator[str]:
    for file in sorted(deploy.glob("compose/*.yaml")):
        yield from failure_of(BIN / "check-jsonschema", "--builtin-schema", "vendor.compose-spec", file)
        for service in loaded(file)["services"].values():
            for volume in service.get("volumes", []):
                source = volume.split(":")[0]
                if source.startswith(".") and not (file.parent / source).is_file():
                    yield f"{source} does not exist"


def kubernetes(deploy: Path) -> Iterator[str]:
    """Kubernetes' OpenAPI, without unknown keys."""
    files = [file for file in sorted(deploy.glob("kubernetes/**/*.yaml")) if file.name != "kustomization.yaml"]
    for version in KUBERNETES:
        yield from failure_of(BIN / "kubernetes-validate", "--strict", "--quiet", "-k", version, *files)


def kuberay(deploy: Path) -> Iterator[str]:
    """KubeRay's fields by KUBERAY, pods by Kubernetes' OpenAPI, the image by hadolint."""
    folder = deploy / "kuberay"
    job = loaded(folder / "rayjob.yaml")
    faults = list(google_faults(job, KUBERAY["RayJob"], KUBERAY, "rayjob.yaml"))
    yield from faults
    if faults:
        return
    with tempfile.TemporaryDirectory() as beside:
        file = Path(beside, "pods.yaml")
        file.write_text(yaml.safe_dump_all(pods(job)))
        for version in KUBERNETES:
            yield from failure_of(
                BIN / "kubernetes-validate", "--strict", "--quiet", "-k", version, file, folder / "network.yaml"
            )
    yield from failure_of(BIN / "hadolint", folder / "Dockerfile")


def kustomizations(deploy: Path) -> Iterator[str]:
    """Every named file exists, and every file is named."""
    for file in sorted(deploy.glob("**/kustomization.yaml")):
        content = loaded(file)
        named = [*content.get("resources", []), *(patch["path"] for patch in content.get("patches", []))]
        for generator in content.get("configMapGenerator", []):
            named += [each.rpartition("=")[2] for each in generator["files"]]
        missing = [name for name in named if not (file.parent / name).exists()]
        unnamed = {one.name for one in file.parent.glob("*.yaml")} - {*named, file.name}
        yield from (f"{file}: {name} does not exist" for name in missing)
        yield from (f"{file}: {name} is not named" for name in sorted(unnamed))


def cloud_run(deploy: Path) -> Iterator[str]:
    """Google's own API description."""
    (wheel,) = (BIN.parent / "wheels").glob("google_api_python_client-*.whl")
    schemas = google_schemas(wheel)
    yield from google_faults(
        loaded(deploy / "google-cloud-run" / "service.yaml"), schemas["Service"], schemas, "service.yaml"
    )


def aws(deploy: Path) -> list[str]:
    return failure_of(BIN / "cfn-lint", "--regions", "eu-central-1", "us-east-1", "--", deploy / "aws" / "inkling.yaml")


def azure(deploy: Path) -> Iterator[str]:
    """Microsoft's own types."""
    from azure.mgmt.appcontainers.models import ContainerApp

    yield from azure_faults(loaded(deploy / "azure" / "containerapp.yaml"), ContainerApp, "containerapp.yaml")


def nginx(deploy: Path) -> Iterator[str]:
    """`nginx -t` on each site, as it is mounted or installed, with a certificate and ports that anyone may use."""
    with tempfile.TemporaryDirectory() as made:
        root = Path(made)
        yield from failure_of(
            "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=check", "-days", "1",
            "-keyout", root / "privkey.pem", "-out", root / "fullchain.pem",
        )  # fmt: skip
        shutil.copytree(deploy / "nginx", root / "inkling")
        shutil.copy(deploy / "bare" / "inkling.conf", root / "inkling" / "bare.conf")
        here = {
            r"/tmp/|/run/|/var/log/nginx/|/certificates/|/etc/letsencrypt/live/[^/]*/": f"{root}/",
            r"inkling:8000": "127.0.0.1:8000",
            r"listen \[::\]:.*": "",
            r"listen (\d+)": r"listen 127.0.0.1:4\1",
        }
        for file in root.glob("inkling/*.conf"):
            text = file.read_text()
            for written, replaced in here.items():
                text = re.sub(written, replaced, text)
            file.write_text(text)
        shutil.copy(root / "inkling" / "nginx.conf", root)
        debian = root / "debian.conf"
        debian.write_text(f"pid {root}/pid; events {{}} http {{ access_log off; include inkling/bare.conf; }}")
        for main, site in (("nginx.conf", "plain.conf"), ("nginx.conf", "tls.conf"), ("debian.conf", "bare.conf")):
            shutil.copy(root / "inkling" / site, root / "inkling" / "site.conf")
            yield from failure_of(program("nginx"), "-t", "-q", "-p", root, "-c", root / main)


def systemd(deploy: Path) -> Iterator[str]:
    """The unit is one, and systemd's own measure finds little that it could reach."""
    analyze = program("systemd-analyze")
    with tempfile.TemporaryDirectory() as made:
        unit = Path(made, "inkling.service")
        unit.write_text(
            (deploy / "bare" / "inkling.service").read_text().replace("/opt/inkling/bin/inkling", "/bin/true")
        )
        done = subprocess.run([analyze, "verify", "--man=no", unit], capture_output=True, text=True, check=False)
        yield from [line for line in done.stderr.splitlines() if str(unit) in line or unit.name in line]
        yield from failure_of(analyze, "security", "--offline=true", "--no-pager", f"--threshold={EXPOSURE}", unit)


def prometheus(deploy: Path) -> Iterator[str]:
    """The configuration, the rules, and the rules' tests."""
    folder = deploy / "monitoring"
    yield from failure_of(program("promtool"), "check", "config", "prometheus.yml", cwd=folder)
    yield from failure_of(program("promtool"), "test", "rules", "alerts_test.yml", cwd=folder)


def dashboard(deploy: Path) -> Iterator[str]:
    """Its queries are PromQL, and its panels have ids and places of their own and a variable as their source."""
    board = json.loads((deploy / "monitoring" / "grafana" / "inkling.json").read_text())
    panels = board["panels"]
    ids = [panel["id"] for panel in panels]
    if len(set(ids)) != len(ids):
        yield "two panels have one id"
    variables = [f"${{{variable['name']}}}" for variable in board["templating"]["list"]]
    queries = []
    for panel in panels:
        place = panel["gridPos"]
        if place["x"] < 0 or place["x"] + place["w"] > 24:
            yield f"{panel['title']}: is wider than the board"
        for target in panel.get("targets", []):
            queries.append(target["expr"])
            if target["datasource"]["uid"] not in variables:
                yield f"{panel['title']}: its source is not a variable"
    for one, other in itertools.combinations(panels, 2):
        if overlap(one["gridPos"], other["gridPos"]):
            yield f"{one['title']} and {other['title']} overlap"
    yield from not_promql(queries)


def not_promql(queries: list[str]) -> Iterator[str]:
    """What promtool says against queries, with Grafana's variables replaced."""
    rules = [
        {"record": f"panel:{n}", "expr": re.sub(r"\$__rate_interval", "5m", query).replace("$job", "inkling")}
        for n, query in enumerate(queries)
    ]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "queries.yml")
        file.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": rules}]}))
        yield from failure_of(program("promtool"), "check", "rules", file)


def overlap(one: dict[str, int], other: dict[str, int]) -> bool:
    return all(
        one[start] < other[start] + other[length] and other[start] < one[start] + one[length]
        for start, length in (("x", "w"), ("y", "h"))
    )


def program(name: str) -> Path:
    """Where a program of Debian's is. Raises SystemExit."""
    found = shutil.which(name) or shutil.which(name, path=f"{BIN}:/usr/sbin")
    if found is None:
        raise SystemExit(
            f"check-deploy: {name} is not installed; expected it in PATH. On Debian: apt-get install {PROGRAMS[name]}"
        )
    return Path(found)


def loaded(file: Path) -> Any:
    return yaml.safe_load(file.read_text())


def pods(job: Any) -> Iterator[Schema]:
    """The pods of a RayJob, each as a manifest of its own that Kubernetes' schema can be asked about."""
    cluster = job["spec"]["rayClusterSpec"]
    groups = [cluster["headGroupSpec"], *cluster["workerGroupSpecs"]]
    for n, group in enumerate(groups):
        template = group["template"]
        metadata = {**template["metadata"], "name": f"pod-{n}"}
        yield {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]}


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


CHECKS = (
    Check("Dockerfile, by hadolint", dockerfile, ("Dockerfile", "STOPSIGNAL", "STOPSINGAL")),
    Check("Compose, by its specification", compose, ("compose/compose.yaml", "cap_drop", "cap_drops")),
    Check("Kubernetes, by its OpenAPI", kubernetes, ("kubernetes/deployment.yaml", "runAsUser", "runAsUsr")),
    Check("KubeRay, by its fields and Kubernetes' OpenAPI", kuberay, ("kuberay/rayjob.yaml", "runAsUser", "runAsUsr")),
    Check("KubeRay, by its fields", kuberay, ("kuberay/rayjob.yaml", "backoffLimit: 3", "backoffLimit: three")),
    Check("Kustomize, by its files", kustomizations, ("kubernetes/kustomization.yaml", "service.yaml", "svc.yaml")),
    Check("Kustomize, by nginx's files", kustomizations, ("nginx/kustomization.yaml", "plain.conf", "plane.conf")),
    Check("Cloud Run, by Google's API", cloud_run, ("google-cloud-run/service.yaml", "httpGet", "http")),
    Check("CloudFormation, by cfn-lint", aws, ("aws/inkling.yaml", "StopTimeout", "StopTimeouts")),
    Check("Container Apps, by Azure's types", azure, ("azure/containerapp.yaml", "type: Startup", "type: Start")),
    Check("nginx, by itself: sites", nginx, ("nginx/plain.conf", "server_name", "server_nam")),
    Check("nginx, by itself: limits", nginx, ("nginx/server.conf", "zone=inkling_files ", "zone=inkling_fils ")),
    Check("nginx, by itself: Debian's", nginx, ("bare/inkling.conf", "ssl_session_tickets", "ssl_session_ticket")),
    Check("systemd, by its own verification", systemd, ("bare/inkling.service", "DynamicUser", "DynamicUsr")),
    Check("systemd, by its measure of exposure", systemd, ("bare/inkling.service", "CapabilityBoundingSet=", "#")),
    Check("Prometheus, by promtool", prometheus, ("monitoring/alerts.yml", "> 0.01", "> 0.5")),
    Check("Grafana, by promtool and layout", dashboard, ("monitoring/grafana/inkling.json", "rate(", "rates(")),
)


def detects(check: Check) -> bool:
    """Whether the check refuses a copy with its fault."""
    name, right, wrong = check.fault
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, "deploy")
        shutil.copytree(ROOT / "deploy", copy)
        text = (copy / name).read_text()
        if right not in text:
            return False
        (copy / name).write_text(text.replace(right, wrong, 1))
        return bool(list(check.faults(copy)))


def main() -> int:
    failed = 0

    for check in CHECKS:
        faults = list(check.faults(ROOT / "deploy"))
        if not detects(check):
            faults.append(f"does not detect that {check.fault[1]!r} became {check.fault[2]!r} in {check.fault[0]}")
        print(f"{'no' if faults else 'ok'}  {check.name}", *faults, sep="\n    ", flush=True)
        failed += bool(faults)
    print(f"{len(CHECKS) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
