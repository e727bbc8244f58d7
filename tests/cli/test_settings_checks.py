"""inkling doctor --strict: it fails if the machine cannot satisfy the settings."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest
from click.testing import CliRunner

from inkling import cli
from inkling.cli import settings_checks
from inkling.server.lab import training_manager
from inkling.server.lab.training_manager import TrainingManager
from inkling.server.settings import Settings


def test_a_port_that_is_taken_is_found() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        settings = Settings(host="127.0.0.1", port=port)
        good, found = settings_checks.port(settings)
        assert not good
        assert f"cannot listen on 127.0.0.1:{port} (Address already in use" in found
    assert settings_checks.port(settings) == (True, f"127.0.0.1:{port} is free")


def test_an_address_that_is_not_this_machine_s_is_found() -> None:
    good, found = settings_checks.port(Settings(host="192.0.2.1"))
    assert not good
    assert "set INKLING_HOST or INKLING_PORT" in found


def test_a_misspelt_variable_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings_checks.variables()[0]
    monkeypatch.setenv("INKLING_WORKRES", "3")
    good, found = settings_checks.variables()
    assert not good
    assert "did you mean INKLING_WORKERS?" in found


@pytest.mark.parametrize(("reason", "says"), [("extra", "make install-learn"), ("data", "inkling data fetch")])
def test_a_lab_that_cannot_train_is_found(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, reason: str, says: str
) -> None:
    assert settings_checks.lab(Settings()) == (True, "not needed")
    monkeypatch.setattr(TrainingManager, "closed_reason", lambda self: reason)
    good, found = settings_checks.lab(Settings(lab=True, lab_folder=str(tmp_path)))
    assert not good
    assert says in found


def test_a_lab_without_room_is_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(TrainingManager, "closed_reason", lambda self: "")
    settings = Settings(lab=True, lab_folder=str(tmp_path / "not" / "there"))
    assert settings_checks.lab(settings)[0]
    monkeypatch.setattr(training_manager, "MIN_FREE_BYTES", 10**18)
    good, found = settings_checks.lab(settings)
    assert not good
    assert "free some space, or set INKLING_LAB_FOLDER" in found


@pytest.mark.parametrize(
    ("storage", "says"),
    [("redis://:secret@127.0.0.1:9", "does not answer"), ("nonsense://secret", "expected memory://")],
)
def test_a_storage_of_rates_that_does_not_answer_is_found(storage: str, says: str) -> None:
    assert settings_checks.rates(Settings(rate_storage=storage)) == (True, "not needed")
    assert settings_checks.rates(Settings(rate_per_minute=60)) == (True, "the storage works")
    good, found = settings_checks.rates(Settings(rate_per_minute=60, rate_storage=storage))
    assert not good
    assert "INKLING_RATE_STORAGE" in found
    assert "secret" not in found


@pytest.mark.slow
def test_strict_fails_where_the_settings_ask_for_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INKLING_WORKRES", "3")
    done = CliRunner().invoke(cli.group, ["doctor", "--strict", "--json", "--workers", "1000"])
    assert done.exit_code == 1
    fits = {check["name"]: check["fits"] for check in json.loads(done.stdout)["checks"]}
    assert (fits["variables"], fits["workers"], fits["lab"]) == (False, False, True)
