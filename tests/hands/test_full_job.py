"""The job that teaches the whole network; tests/training/test_hand_teaching.py tests the training itself."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from inkling.errors import BadRequest, Busy, CannotWrite, LabClosed, UnknownName
from inkling.hands import full_job
from inkling.hands.store import Store
from inkling.models import registry
from inkling.models.bundle import Bundle
from tests.hands.conftest import lesson

SLEEPS = (sys.executable, "-c", "import time; time.sleep(60)")
STUBBORN = (sys.executable, "-c", "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(60)")
ENDS = (sys.executable, "-c", "pass")
FAILS_AT_THE_END = (
    sys.executable,
    "-c",
    "import signal, sys, time; from pathlib import Path; from inkling.hands.full_job import EventFile\n"
    "log = EventFile(Path(sys.argv[3]))\n"
    "signal.signal(15, lambda *_: (log.append('failed', error='it took too long'), sys.exit()))\n"
    "log.append('progress', stage='learning', done=0.5); time.sleep(60)",
)
REPORTS = (
    sys.executable,
    "-c",
    "import sys; from pathlib import Path; from inkling.hands.full_job import EventFile\n"
    "log = EventFile(Path(sys.argv[3])); log.append('progress', stage='learning', done=0.5)\n"
    "log.append('done', version=3, promoted=True, reason='Promoted: so.')",
)


@pytest.fixture
def bundle() -> Bundle:
    return registry.find("cnn")


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A separate user data folder with everything that full teaching requires."""
    monkeypatch.setattr(full_job, "data_folder", lambda: tmp_path / "data")
    monkeypatch.setattr(full_job, "not_here", lambda bundle: "")
    monkeypatch.setattr(full_job, "CANCEL_S", 1.0)


@pytest.fixture
def taught(store: Store) -> Iterator[Store]:
    """A store with a hand that has enough lessons; its job is ended afterwards."""
    store.add("anna", [lesson(seed) for seed in range(full_job.MIN_LESSONS)])
    yield store
    full_job.cancel(store, "anna")


def events(store: Store, **seen: object) -> list[dict[str, object]]:
    return [each[1] for each in full_job.follow(store, "anna", **seen) if each]  # type: ignore[arg-type]


@pytest.mark.slow
def test_a_job_is_followed_to_its_end(taught: Store, bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(full_job, "WORKER", REPORTS)
    job = full_job.start(taught, "anna", bundle)
    said = events(taught)
    assert [each["type"] for each in said] == ["started", "progress", "done"]
    assert said[0] == {"type": "started", "job": job, "hand": "anna"}
    found = full_job.state(taught, "anna")
    assert (found["state"], found["version"], found["promoted"], found["done"]) == ("done", 3, True, 0.5)
    assert [each["type"] for each in events(taught, job=job, after=found["last"])] == []
    assert [each["type"] for each in events(taught, job="another", after=found["last"])][-1] == "done"
    assert not full_job.cancel(taught, "anna")


def test_a_process_that_is_killed_is_said_in_a_sentence(
    taught: Store, bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(full_job, "WORKER", ENDS)
    full_job.start(taught, "anna", bundle)
    last = events(taught)[-1]
    assert last["type"] == "failed"
    assert "no version was stored" in str(last["error"])
    assert full_job.state(taught, "anna")["state"] == "failed"


@pytest.mark.parametrize("worker", [SLEEPS, STUBBORN])
@pytest.mark.slow
def test_a_running_job_is_cancelled_and_only_one_runs(
    taught: Store, bundle: Bundle, monkeypatch: pytest.MonkeyPatch, worker: tuple[str, ...]
) -> None:
    monkeypatch.setattr(full_job, "WORKER", worker)
    taught.add("bob", [lesson(seed) for seed in range(full_job.MIN_LESSONS)])
    full_job.start(taught, "anna", bundle)
    time.sleep(0.3)  # until the worker ignores the signal
    assert full_job.state(taught, "anna")["state"] == "running"
    for name in ("anna", "bob"):
        with pytest.raises(Busy, match="one at a time"):
            full_job.start(taught, name, bundle)
    assert not full_job.cancel(taught, "bob")
    assert full_job.cancel(taught, "anna")
    assert events(taught)[-1] == {"type": "cancelled"}
    full_job.start(taught, "bob", bundle)
    assert full_job.cancel(taught, "bob")


@pytest.mark.slow
def test_a_job_that_failed_first_is_not_cancelled(
    taught: Store, bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(full_job, "WORKER", FAILS_AT_THE_END)
    full_job.start(taught, "anna", bundle)
    while full_job.state(taught, "anna")["done"] == 0:
        time.sleep(0.05)
    assert not full_job.cancel(taught, "anna")
    assert events(taught)[-1] == {"type": "failed", "error": "it took too long"}


def test_the_process_gets_the_store_and_bounded_threads_and_no_password_as_argument(
    taught: Store, bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "environment"
    tell = (
        f"import os; open({str(out)!r}, 'w').write(os.environ['INKLING_STORE'] + ' ' + os.environ['OMP_NUM_THREADS'])"
    )
    monkeypatch.setattr(full_job, "WORKER", (sys.executable, "-c", tell))
    full_job.start(taught, "anna", bundle)
    events(taught)
    assert out.read_text() == f"{taught.url} {full_job.THREADS}"


def test_what_cannot_be_started_says_why(store: Store, bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UnknownName):
        full_job.start(store, "anna", bundle)
    store.add("anna", [lesson(1)])
    with pytest.raises(BadRequest, match="has 1 lessons to learn from; expected at least 100"):
        full_job.start(store, "anna", bundle)
    assert full_job.state(store, "anna")["state"] == "none"
    assert list(full_job.follow(store, "anna")) == []
    monkeypatch.setattr(full_job, "not_here", lambda bundle: "no TensorFlow")
    with pytest.raises(LabClosed, match="no TensorFlow"):
        full_job.start(store, "anna", bundle)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_said(taught: Store, bundle: Bundle, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir(mode=0o500)
    with pytest.raises(CannotWrite, match="nothing was taught"):
        full_job.start(taught, "anna", bundle)


@pytest.mark.slow
def test_a_deleted_hand_leaves_no_job(taught: Store, bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(full_job, "WORKER", REPORTS)
    full_job.start(taught, "anna", bundle)
    events(taught)
    full_job.forget(taught, "anna")
    assert full_job.state(taught, "anna")["state"] == "none"
