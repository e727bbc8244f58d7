"""The files in deploy/ refer only to existing settings, routes and files. `make check-deploy` checks their schemas."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from inkling import cli, errors
from inkling.server.app import create_app
from inkling.server.settings import Settings, declared, env_name
from scripts import make_dashboard
from tests.cli.test_serve import free_port, serving

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
SUFFIXES = (".md", ".yaml", ".yml", ".conf", ".service", "")
TEXTS = [path for path in sorted(DEPLOY.rglob("*")) if path.is_file() and path.suffix in SUFFIXES]
PAGES = [path for path in TEXTS if path.suffix == ".md"]
COMPOSE_ONLY = {"INKLING_IMAGE", "INKLING_HOST_PORT"}  # variables used only by compose.yaml
SCREEN_LINES = 45


def test_each_target_has_a_page() -> None:
    targets = {path.name for path in DEPLOY.iterdir() if path.is_dir()}
    assert targets == {
        "aws", "azure", "bare", "compose", "google-cloud-run", "kuberay", "kubernetes", "monitoring", "nginx",
    }  # fmt: skip
    assert {path.parent.name for path in PAGES} == targets | {"deploy"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.parent.name)
def test_a_page_fits_a_screen_and_names_files_that_are_there(page: Path) -> None:
    text = page.read_text()
    assert len(text.splitlines()) <= SCREEN_LINES
    for name in re.findall(r"(?<![\w./-])deploy/[\w./-]+[\w]", text):
        assert (ROOT / name).exists(), name
    for name in re.findall(r"\]\(([^)#]+)\)", text):
        assert (page.parent / name).exists(), name
    for name in re.findall(r"^\| `([\w/.-]+\.(?:ya?ml|json|conf|service))`", text, re.M):
        assert (page.parent / name).exists(), name
    if page.parent.name not in ("deploy", "monitoring"):
        assert "Rollback:" in text or "rollback:" in text


def test_every_setting_that_is_named_is_declared() -> None:
    settings = {env_name(setting.name) for setting in declared()} | COMPOSE_ONLY
    named = {name for path in TEXTS for name in re.findall(r"\bINKLING_[A-Z_]+", path.read_text())}
    assert "INKLING_WORKERS" in named
    assert named <= settings


def number_of(setting: str, text: str) -> int | None:
    """The value of a setting in a manifest."""
    found = re.search(rf'{setting}(?:(?:, [vV]alue)?: "|=)(\d+)', text)
    return int(found[1]) if found else None


@pytest.mark.parametrize(
    ("file", "limit"),
    [
        ("compose/compose.yaml", r"limits: \{.* memory: (\d+)(G|M)"),
        ("bare/inkling.service", r"MemoryMax=(\d+)(G|M)"),
        ("kubernetes/deployment.yaml", r"limits: \{.* memory: (\d+)(G|M)i"),
        ("google-cloud-run/service.yaml", r"limits: \{.* memory: (\d+)(G|M)i"),
        ("azure/containerapp.yaml", r"resources: \{.* memory: (\d+)(G|M)i"),
        ("aws/inkling.yaml", r'  Memory: \{.* Default: "(\d+)".*"(M)iB'),
    ],
)
def test_the_worst_of_pictures_fit_into_the_memory(file: str, limit: str) -> None:
    """Uses the formula in docs/serving.md. By default, two pictures are read concurrently."""
    text = (DEPLOY / file).read_text()
    amount, unit = re.findall(limit, text)[0]
    sums = r"(\d+) \+ workers x \((\d+) \+ readings x \((\d+) \+ (\d+) U\) \+ (\d+) U\)"
    server, worker, turn, of_turn, bodies = map(int, re.findall(sums, (ROOT / "docs" / "serving.md").read_text())[0])
    workers, turns = number_of("INKLING_WORKERS", text) or 1, number_of("INKLING_MAX_READING", text) or 2
    upload_mb = Settings().max_upload_bytes / 1e6
    needed_mb = server + workers * (worker + turns * (turn + of_turn * upload_mb) + bodies * upload_mb)
    assert needed_mb <= int(amount) * {"G": 2**30, "M": 2**20}[unit] / 1e6


def test_the_threads_of_a_server_under_attack_fit_into_its_limit() -> None:
    rows = json.loads((ROOT / "benchmarks" / "serving" / "soak.json").read_text())["parts"]["attacks"]["rows"]
    most = max(row["tasks"] for row in rows)
    for name, limit in (
        ("compose/compose.yaml", r"memory: 2G, pids: (\d+)"),
        ("bare/inkling.service", r"TasksMax=(\d+)"),
    ):
        (allowed,) = re.findall(limit, (DEPLOY / name).read_text())
        assert 2 * most <= int(allowed), name


def test_nginx_lets_bodies_pass_that_the_service_takes() -> None:
    server = (DEPLOY / "nginx" / "server.conf").read_text()
    (most,) = re.findall(r"^client_max_body_size (\d+);", server, re.M)
    assert int(most) == Settings().max_upload_bytes
    assert f"{int(most):,} bytes" in server
    assert f"{int(most):,} bytes" in (DEPLOY / "nginx" / "README.md").read_text()


def test_nginx_answers_in_the_api_s_shape() -> None:
    statuses = {one.__name__: one.status for one in subclasses(errors.InklingError)} | {"MethodNotAllowed": 405}
    server = (DEPLOY / "nginx" / "server.conf").read_text()
    answers = re.findall(r"return (\d+) '(.+)\\n';", server)
    assert len(answers) == 6
    for status, body in answers:
        answer = json.loads(body)
        assert set(answer) == {"ok", "kind", "error"}
        assert answer["ok"] is False
        assert statuses[answer["kind"]] == int(status)


def subclasses(kind: type[errors.InklingError]) -> Iterator[type[errors.InklingError]]:
    for one in kind.__subclasses__():
        yield one
        yield from subclasses(one)


def test_the_service_behind_nginx_trusts_it_alone() -> None:
    for name in ("compose/compose.yaml", "bare/inkling.service", "kubernetes/deployment.yaml"):
        assert number_of("INKLING_TRUSTED_PROXIES", (DEPLOY / name).read_text()) == 1, name


def test_every_probe_asks_a_route() -> None:
    routes = {rule.rule for rule in create_app(Settings()).url_map.iter_rules()}
    probed = {
        path
        for file in TEXTS
        if file.suffix == ".yaml"
        for path in re.findall(r"(?:httpGet: \{ path: |HealthCheckPath: )(/\w+)", file.read_text())
    }
    assert probed == {"/readyz", "/healthz"}
    assert probed <= routes


def test_the_image_s_context_has_what_it_copies() -> None:
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", (DEPLOY / "Dockerfile").read_text(), re.M)
    assert {name for line in copied for name in line.split()} == allowed
    assert all((ROOT / name).exists() for name in allowed)


@pytest.mark.slow
def test_the_health_check_tells_a_server_from_none(monkeypatch: pytest.MonkeyPatch) -> None:
    (check,) = re.findall(r"HEALTHCHECK .*\\\n\s+CMD (\[.*\])", (DEPLOY / "Dockerfile").read_text())
    command = [sys.executable, *json.loads(check)[1:]]
    port = free_port()
    monkeypatch.setenv("INKLING_PORT", str(port))
    assert subprocess.run(command, timeout=30, check=False).returncode == 1
    with serving(port=port):
        assert subprocess.run(command, timeout=30, check=False).returncode == 0


def test_the_cluster_runs_the_ray_that_was_tested() -> None:
    (tested,) = re.findall(r"^ray==(\S+)$", (ROOT / "constraints.txt").read_text(), re.M)
    folder = DEPLOY / "kuberay"
    assert re.findall(r"rayproject/ray:([\d.]+)-", (folder / "Dockerfile").read_text()) == [tested]
    assert re.findall(r'rayVersion: "([\d.]+)"', (folder / "rayjob.yaml").read_text()) == [tested]


def test_the_cluster_s_command_is_one() -> None:
    (line,) = re.findall(r"entrypoint: inkling (.*)", (DEPLOY / "kuberay" / "rayjob.yaml").read_text())
    name, *arguments = line.split()
    command = cli.group.get_command(click.Context(cli.group), name)
    assert command is not None
    context = command.make_context(name, arguments)
    assert context.params["cluster"] == "auto"
    assert context.params["resume"]


def test_compose_and_fargate_check_health_alike() -> None:
    checks = [re.findall(r'"(import sys; from inkling.client .*)"\n', path.read_text()) for path in TEXTS]
    found = [check for file in checks for check in file]
    assert len(found) == 2
    assert len(set(found)) == 1


def test_cloud_run_is_billed_as_the_page_of_costs_reckons() -> None:
    manifest = (DEPLOY / "google-cloud-run" / "service.yaml").read_text()
    reckoned = re.findall(
        r"^\| Google Cloud Run, .* (\w+)-based billing", (ROOT / "docs" / "capacity.md").read_text(), re.M
    )
    (throttled,) = re.findall(r'cpu-throttling: "(\w+)"', manifest)
    assert set(reckoned) == {{"true": "request", "false": "instance"}[throttled]}


def test_the_dashboard_is_as_its_script_writes_it() -> None:
    assert make_dashboard.PATH.read_text() == make_dashboard.as_text()
