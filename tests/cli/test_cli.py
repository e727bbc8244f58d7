"""Common properties of all commands, and the small commands."""

import json
import re
import subprocess
import sys

import pytest
from click.testing import CliRunner

import inkling
from inkling import cli
from inkling.models import registry
from inkling.server.settings import declared

GROUPS = {"data": ["fetch"], "hands": ["show", "use", "delete", "export", "import"]}
EVERY = [[name, *rest] for name in cli.COMMANDS for rest in ([], *([part] for part in GROUPS.get(name, [])))]


def run(*arguments: str) -> str:
    done = CliRunner().invoke(cli.group, list(arguments))
    assert done.exit_code == 0, (done.output, done.exception)
    return done.output


@pytest.mark.parametrize("command", EVERY, ids=" ".join)
def test_every_command_explains_itself_with_an_example(command: list[str]) -> None:
    text = run(*command, "--help")
    assert "Example" in text
    assert f"inkling {command[0]}" in text


def test_help_lists_every_command() -> None:
    text = run("--help")
    assert all(f"  {name} " in text for name in cli.COMMANDS)


def test_version_is_that_of_the_distribution() -> None:
    assert run("--version").endswith(f"version {inkling.__version__}\n")


def test_listing_commands_is_light() -> None:
    code = "import sys; from inkling import cli; sys.exit(bool({'numpy', 'cv2', 'flask', 'rich'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], timeout=60, check=False).returncode == 0


def test_models_lists_every_packaged_bundle() -> None:
    rows = [json.loads(line) for line in run("models", "--json").splitlines()]
    assert {row["name"] for row in rows if row["reads"] == "digits"} == set(registry.packaged())
    assert [row["name"] for row in rows if row["reads"] == "lines"] == [registry.LINE]
    assert [row["name"] for row in rows if row["default"]] == [registry.default_name()]
    assert {row["judged_on"] for row in rows} == {"test images"}
    shown = run("models")
    assert all(row["version"] in shown for row in rows)
    assert shown.count("test images") == len(rows)


def test_doctor_passes_on_this_machine() -> None:
    text = run("doctor")
    assert "a drawn 7 is read as '7'" in text
    assert re.search(r"\d+ ms from start to the first answer", text)


@pytest.mark.slow
def test_doctor_lists_every_setting_and_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INKLING_API_KEY", "very-secret")
    monkeypatch.setenv("INKLING_MAX_WAITING", "5")
    text = run("doctor", "--json", "--workers", "3")
    found = json.loads(text)
    assert found["fits"] is True
    assert found["boot_ms"] > 0
    by_name = {one["name"]: one for one in found["settings"]}
    assert set(by_name) == {one.name for one in declared()}
    got = {name: (by_name[name]["value"], by_name[name]["source"]) for name in ("workers", "max_waiting", "port")}
    assert all(by_name[one.name]["help"] == one.metadata["help"] for one in declared())
    assert got == {"workers": ("3", "flag"), "max_waiting": ("5", "environment"), "port": ("8000", "default")}
    assert by_name["api_key"]["value"] == "(set, 11 characters)"
    assert "very-secret" not in text + run("doctor")


@pytest.mark.slow
def test_doctor_reports_misspelt_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INKLING_WORKRES", "3")
    done = CliRunner().invoke(cli.group, ["doctor", "--json"])
    assert "did you mean INKLING_WORKERS?" in done.stderr
    assert json.loads(done.stdout)["fits"] is True


def test_help_of_serve_names_doctor() -> None:
    assert "`inkling doctor`" in run("serve", "--help")
