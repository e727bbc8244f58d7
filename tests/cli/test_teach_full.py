"""inkling teach --full, without the training process itself (see tests/training/test_hand_teaching.py)."""

from __future__ import annotations

import _thread
import signal
import sys
import threading
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from inkling import cli
from inkling.errors import BadRequest, InklingError, LabClosed
from inkling.hands import full_job
from inkling.hands.store import Store
from tests.hands.conftest import lesson
from tests.hands.test_full_job import ENDS, REPORTS, SLEEPS


@pytest.fixture(autouse=True)
def taught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hand with enough lessons, in a separate store."""
    monkeypatch.setenv("INKLING_STORE", f"sqlite:///{tmp_path}/hands.sqlite")
    monkeypatch.setattr(full_job, "data_folder", lambda: tmp_path / "data")
    monkeypatch.setattr(full_job, "not_here", lambda bundle: "")
    with Store() as store:
        store.add("anna", [lesson(seed) for seed in range(full_job.MIN_LESSONS)])


def teach(*options: str) -> Result:
    return CliRunner().invoke(cli.group, ["teach", "--hand", "anna", "--full", *options])


@pytest.mark.slow
def test_the_outcome_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(full_job, "WORKER", REPORTS)
    done = teach()
    assert done.exit_code == 0
    assert done.stdout == "Promoted: so. Version 3 is used from now on.\n"


def test_a_process_that_died_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(full_job, "WORKER", ENDS)
    error = teach().exception
    assert isinstance(error, InklingError)
    assert "no version was stored" in str(error)


def test_ctrl_c_cancels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(full_job, "WORKER", SLEEPS)

    def press() -> None:
        with Store() as store:
            while full_job.state(store, "anna")["state"] != "running":
                time.sleep(0.05)
        time.sleep(0.5)
        _thread.interrupt_main()

    # A program that a shell starts in the background ignores SIGINT.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        thread = threading.Thread(target=press)
        thread.start()
        done = teach()
        thread.join()
    finally:
        signal.signal(signal.SIGINT, before)
    assert done.exit_code == 130
    assert "cancelled; nothing was changed" in done.stderr
    with Store() as store:
        assert full_job.state(store, "anna")["state"] == "cancelled"


def test_a_hand_that_is_deleted_meanwhile_ends_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(full_job, "WORKER", (sys.executable, "-c", "import time; time.sleep(3)"))

    def delete() -> None:
        with Store() as store:
            while full_job.state(store, "anna")["state"] != "running":
                time.sleep(0.05)
            full_job.forget(store, "anna")

    thread = threading.Thread(target=delete)
    thread.start()
    done = teach()
    thread.join()
    assert done.exit_code == 130
    assert "nothing was changed" in done.stderr


def test_what_is_missing_is_said_before_anything_is_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(full_job, "not_here", lambda bundle: full_job.NOT_HERE["extra"])
    error = teach().exception
    assert isinstance(error, LabClosed)
    assert "make install-learn" in str(error)


def test_too_few_lessons_are_said() -> None:
    with Store() as store:
        store.add("bob", [lesson(1)])
    error = CliRunner().invoke(cli.group, ["teach", "--hand", "bob", "--full"]).exception
    assert isinstance(error, BadRequest)
    assert "at least 100" in str(error)


@pytest.mark.slow
def test_a_deleted_hand_leaves_no_job(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(full_job, "WORKER", REPORTS)
    teach()
    assert list((tmp_path / "data").glob("teaching/*/job.json"))
    CliRunner().invoke(cli.group, ["hands", "delete", "anna", "--yes"])
    assert not list((tmp_path / "data").glob("teaching/*/job.json"))
