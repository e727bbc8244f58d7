"""Holds every file in deploy/ to the schema of what reads it; `make check-deploy`.

Each check is first given a copy that was spoilt, which it must refuse: a check that passes everything is none. Runs in
the virtual environment of deploy/requirements-check.txt. Ends with 1 and a list when something is wrong.
"""

from __future__ import annotations

import itertools
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import deploy_schemas
import kuberay_fields
import yaml

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
KUBERNETES = ("1.29", "1.33", "1.37")  # the oldest, what many run, and the newest that the package knows


@dataclass(frozen=True)
class Check:
    name: str
    faults: Callable[[Path], Iterable[str]]  # of the deploy/ folder that it is given
    spoilt: tuple[str, str, str]  # a file, what stands in it, and what makes it wrong


def said(*command: str | Path, cwd: Path | None = None) -> list[str]:
    """What a program that fails has to say; nothing when it is content."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd)
    return [] if done.returncode == 0 else [(done.stdout + done.stderr).strip() or f"ended with {done.returncode}"]


def dockerfile(deploy: Path) -> list[str]:
    return said(BIN / "hadolint", deploy / "Dockerfile")


def compose(deploy: Path) -> Iterator[str]:
    file = deploy / "compose" / "compose.yaml"
    yield from said(BIN / "check-jsonschema", "--builtin-schema", "vendor.compose-spec", file)
    for service in loaded(file)["services"].values():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            if source.startswith(".") and not (file.parent / source).is_file():
                yield f"{source} is not there"


def kubernetes(deploy: Path) -> Iterator[str]:
    """Kubernetes' OpenAPI, without unknown keys."""
    files = [file for file in sorted(deploy.glob("kubernetes/**/*.yaml")) if file.name != "kustomization.yaml"]
    for version in KUBERNETES:
        yield from said(BIN / "kubernetes-validate", "--strict", "--quiet", "-k", version, *files)


def kuberay(deploy: Path) -> Iterator[str]:
    """KubeRay's fields as they are noted; pods and the rest by Kubernetes' OpenAPI; the image by hadolint."""
    folder = deploy / "kuberay"
    job = loaded(folder / "rayjob.yaml")
    schemas = kuberay_fields.SCHEMAS
    faults = list(deploy_schemas.google_faults(job, schemas["RayJob"], schemas, "rayjob.yaml"))
    yield from faults
    if faults:
        return
    with tempfile.TemporaryDirectory() as beside:
        file = Path(beside, "pods.yaml")
        file.write_text(yaml.safe_dump_all(kuberay_fields.pods(job)))
        for version in KUBERNETES:
            yield from said(
                BIN / "kubernetes-validate", "--strict", "--quiet", "-k", version, file, folder / "network.yaml"
            )
    yield from said(BIN / "hadolint", folder / "Dockerfile")


def kustomizations(deploy: Path) -> Iterator[str]:
    """Every file that is named is there, and every file that is there is named."""
    for file in sorted(deploy.glob("kubernetes/**/kustomization.yaml")):
        content = loaded(file)
        named = [*content.get("resources", []), *(patch["path"] for patch in content.get("patches", []))]
        missing = [name for name in named if not (file.parent / name).exists()]
        unnamed = {one.name for one in file.parent.glob("*.yaml")} - {*named, file.name}
        yield from (f"{file}: {name} is not there" for name in missing)
        yield from (f"{file}: {name} is not named" for name in sorted(unnamed))


def cloud_run(deploy: Path) -> Iterator[str]:
    """Google's own API description."""
    (wheel,) = (BIN.parent / "wheels").glob("google_api_python_client-*.whl")
    schemas = deploy_schemas.google_schemas(wheel)
    yield from deploy_schemas.google_faults(
        loaded(deploy / "google-cloud-run" / "service.yaml"), schemas["Service"], schemas, "service.yaml"
    )


def aws(deploy: Path) -> list[str]:
    return said(BIN / "cfn-lint", "--regions", "eu-central-1", "us-east-1", "--", deploy / "aws" / "inkling.yaml")


def azure(deploy: Path) -> Iterator[str]:
    """Microsoft's own types."""
    from azure.mgmt.appcontainers.models import ContainerApp

    yield from deploy_schemas.azure_faults(
        loaded(deploy / "azure" / "containerapp.yaml"), ContainerApp, "containerapp.yaml"
    )


def prometheus(deploy: Path) -> Iterator[str]:
    """The configuration, the rules, and the rules' tests."""
    folder = deploy / "monitoring"
    yield from said(promtool(), "check", "config", "prometheus.yml", cwd=folder)
    yield from said(promtool(), "test", "rules", "alerts_test.yml", cwd=folder)


def dashboard(deploy: Path) -> Iterator[str]:
    """Its queries are PromQL; its panels have a place, an id and a source of their own."""
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
            yield f"{one['title']} and {other['title']} lie on each other"
    yield from not_promql(queries)


def not_promql(queries: list[str]) -> Iterator[str]:
    """What promtool says against queries, Grafana's variables filled in."""
    rules = [
        {"record": f"panel:{n}", "expr": re.sub(r"\$__rate_interval", "5m", query).replace("$job", "inkling")}
        for n, query in enumerate(queries)
    ]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "queries.yml")
        file.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": rules}]}))
        yield from said(promtool(), "check", "rules", file)


def overlap(one: dict[str, int], other: dict[str, int]) -> bool:
    return all(
        one[start] < other[start] + other[length] and other[start] < one[start] + one[length]
        for start, length in (("x", "w"), ("y", "h"))
    )


def promtool() -> Path:
    found = shutil.which("promtool") or shutil.which("promtool", path=str(BIN))
    if found is None:
        raise SystemExit(
            "check-deploy: promtool is not here; expected it in PATH. On Debian: apt-get install prometheus"
        )
    return Path(found)


def loaded(file: Path) -> Any:
    return yaml.safe_load(file.read_text())


CHECKS = (
    Check("Dockerfile, by hadolint", dockerfile, ("Dockerfile", "STOPSIGNAL", "STOPSINGAL")),
    Check("Compose, by its specification", compose, ("compose/compose.yaml", "cap_drop", "cap_drops")),
    Check("Kubernetes, by its OpenAPI", kubernetes, ("kubernetes/deployment.yaml", "runAsUser", "runAsUsr")),
    Check("KubeRay, by its fields and Kubernetes' OpenAPI", kuberay, ("kuberay/rayjob.yaml", "runAsUser", "runAsUsr")),
    Check("KubeRay, by its fields", kuberay, ("kuberay/rayjob.yaml", "backoffLimit: 3", "backoffLimit: three")),
    Check("Kustomize, by its files", kustomizations, ("kubernetes/kustomization.yaml", "service.yaml", "svc.yaml")),
    Check("Cloud Run, by Google's API", cloud_run, ("google-cloud-run/service.yaml", "httpGet", "http")),
    Check("CloudFormation, by cfn-lint", aws, ("aws/inkling.yaml", "StopTimeout", "StopTimeouts")),
    Check("Container Apps, by Azure's types", azure, ("azure/containerapp.yaml", "type: Startup", "type: Start")),
    Check("Prometheus, by promtool", prometheus, ("monitoring/alerts.yml", "> 0.01", "> 0.5")),
    Check("Grafana, by promtool and layout", dashboard, ("monitoring/grafana/inkling.json", "rate(", "rates(")),
)


def sees(check: Check) -> bool:
    """Whether the check refuses a copy that is wrong."""
    name, right, wrong = check.spoilt
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
        if not sees(check):
            faults.append(f"does not see that {check.spoilt[1]!r} became {check.spoilt[2]!r} in {check.spoilt[0]}")
        print(f"{'no' if faults else 'ok'}  {check.name}", *faults, sep="\n    ", flush=True)
        failed += bool(faults)
    print(f"{len(CHECKS) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
