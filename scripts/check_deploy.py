"""Check every file in deploy/ against the schema of the program that reads it (`make check-deploy`).

Each check is also tested with a faulty copy, which it must reject: a check that accepts everything is worthless. Runs
in the virtual environment with the packages in deploy/requirements-check.txt. Prints a list, and exits with status 1 if
a check fails.
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

import yaml

from scripts.deploy_schemas import KUBERAY, azure_faults, google_faults, google_schemas

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
KUBERNETES = ("1.29", "1.33", "1.37")  # the oldest and newest versions in the package, and a common one

PROGRAMS = {"promtool": "prometheus", "nginx": "nginx", "systemd-analyze": "systemd"}  # program -> Debian package
EXPOSURE = 15  # maximum exposure according to systemd-analyze, in tenths: 0 is none, 100 is access to the whole machine


@dataclass(frozen=True)
class Check:
    name: str
    faults: Callable[[Path], Iterable[str]]  # a deploy/ folder -> its faults
    fault: tuple[str, str, str]  # a file, a text in it, and a replacement that makes it wrong


def failure_of(*command: str | Path, cwd: Path | None = None) -> list[str]:
    """The output of a failed program; nothing if it succeeds."""
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
    """Check with Kubernetes' OpenAPI; unknown keys are errors."""
    files = [file for file in sorted(deploy.glob("kubernetes/**/*.yaml")) if file.name != "kustomization.yaml"]
    for version in KUBERNETES:
        yield from failure_of(BIN / "kubernetes-validate", "--strict", "--quiet", "-k", version, *files)


def kuberay(deploy: Path) -> Iterator[str]:
    """Check KubeRay's fields with KUBERAY, pods with Kubernetes' OpenAPI, and the image with hadolint."""
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
    """Check that every listed file exists, and that every file is listed."""
    for file in sorted(deploy.glob("**/kustomization.yaml")):
        content = loaded(file)
        named = [*content.get("resources", []), *(patch["path"] for patch in content.get("patches", []))]
        for generator in content.get("configMapGenerator", []):
            named += [each.rpartition("=")[2] for each in generator["files"]]
        missing = [name for name in named if not (file.parent / name).exists()]
        unnamed = {one.name for one in file.parent.glob("*.yaml")} - {*named, file.name}
        yield from (f"{file}: {name} does not exist" for name in missing)
        yield from (f"{file}: {name} is not listed" for name in sorted(unnamed))


def cloud_run(deploy: Path) -> Iterator[str]:
    """Check with Google's API description."""
    (wheel,) = (BIN.parent / "wheels").glob("google_api_python_client-*.whl")
    schemas = google_schemas(wheel)
    yield from google_faults(
        loaded(deploy / "google-cloud-run" / "service.yaml"), schemas["Service"], schemas, "service.yaml"
    )


def aws(deploy: Path) -> list[str]:
    return failure_of(BIN / "cfn-lint", "--regions", "eu-central-1", "us-east-1", "--", deploy / "aws" / "inkling.yaml")


def azure(deploy: Path) -> Iterator[str]:
    """Check with Microsoft's types."""
    from azure.mgmt.appcontainers.models import ContainerApp

    yield from azure_faults(loaded(deploy / "azure" / "containerapp.yaml"), ContainerApp, "containerapp.yaml")


def nginx(deploy: Path) -> Iterator[str]:
    """Run `nginx -t` on each site as it is mounted or installed, with a test certificate and unprivileged ports."""
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
    """Check that the unit is valid, and that systemd's exposure level is low."""
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
    """Check the configuration, the rules, and the rules' tests."""
    folder = deploy / "monitoring"
    yield from failure_of(program("promtool"), "check", "config", "prometheus.yml", cwd=folder)
    yield from failure_of(program("promtool"), "test", "rules", "alerts_test.yml", cwd=folder)


def dashboard(deploy: Path) -> Iterator[str]:
    """Check that queries are valid PromQL, and that panels have unique ids, no overlap and a variable as source."""
    board = json.loads((deploy / "monitoring" / "grafana" / "inkling.json").read_text())
    panels = board["panels"]
    ids = [panel["id"] for panel in panels]
    if len(set(ids)) != len(ids):
        yield "two panels have the same id"
    variables = [f"${{{variable['name']}}}" for variable in board["templating"]["list"]]
    queries = []
    for panel in panels:
        place = panel["gridPos"]
        if place["x"] < 0 or place["x"] + place["w"] > 24:
            yield f"{panel['title']}: is wider than the dashboard"
        for target in panel.get("targets", []):
            queries.append(target["expr"])
            if target["datasource"]["uid"] not in variables:
                yield f"{panel['title']}: its source is not a variable"
    for one, other in itertools.combinations(panels, 2):
        if overlap(one["gridPos"], other["gridPos"]):
            yield f"{one['title']} and {other['title']} overlap"
    yield from not_promql(queries)


def not_promql(queries: list[str]) -> Iterator[str]:
    """promtool's errors for queries, with Grafana's variables replaced."""
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
    """The path of a program from a Debian package. Raises SystemExit if it is not installed."""
    found = shutil.which(name) or shutil.which(name, path=f"{BIN}:/usr/sbin")
    if found is None:
        raise SystemExit(
            f"check-deploy: {name} is not installed; expected it in PATH. On Debian: apt-get install {PROGRAMS[name]}"
        )
    return Path(found)


def loaded(file: Path) -> Any:
    return yaml.safe_load(file.read_text())


def pods(job: Any) -> Iterator[dict[str, Any]]:
    """The pods of a RayJob, each as a separate manifest that Kubernetes' schema can check."""
    cluster = job["spec"]["rayClusterSpec"]
    groups = [cluster["headGroupSpec"], *cluster["workerGroupSpecs"]]
    for n, group in enumerate(groups):
        template = group["template"]
        metadata = {**template["metadata"], "name": f"pod-{n}"}
        yield {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]}


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
    """Whether the check rejects a copy with its fault."""
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
