from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from inkling.errors import BadRequest, NotFound, StoreFull, UnknownName
from inkling.hands import queries
from inkling.hands import store as store_module
from inkling.hands.lesson import contradictions, teachable
from inkling.hands.store import Added, Store
from tests.hands.conftest import lesson

WRITERS, EACH = 8, 25


def test_a_new_store_is_empty(store: Store) -> None:
    assert store.hands() == []


def test_a_lesson_comes_back_whole(store: Store) -> None:
    given = lesson(
        1, "1", said="7", confidence=0.9, model_name="cnn", model_version="abc", box=(1, 2, 3, 4), source="a.png"
    )
    assert store.add("anna", [given]) == Added(new=1, known=0)
    [kept] = store.lessons("anna")
    assert kept.id
    assert kept.created
    assert (kept.tile == given.tile).all()
    for name in ("label", "said", "confidence", "model_name", "model_version", "box", "source", "session"):
        assert getattr(kept, name) == getattr(given, name)
    assert store.hand("anna").lessons == {"1": 1}


def test_the_same_picture_twice_counts_once_in_each_hand(store: Store) -> None:
    assert store.add("anna", [lesson(1), lesson(1), lesson(2)]) == Added(new=2, known=1)
    assert store.add("anna", [lesson(1)]) == Added(new=0, known=1)
    assert store.add("bob", [lesson(1)]) == Added(new=1, known=0)


def test_contradicting_labels_are_kept_and_not_taught_until_one_is_deleted(store: Store) -> None:
    store.add("anna", [lesson(1, "1"), lesson(1, "7"), lesson(2, "3")])
    kept = store.lessons("anna")
    [pair] = contradictions(kept)
    assert [each.label for each in pair] == ["1", "7"]
    assert [each.label for each in teachable(kept)] == ["3"]
    store.delete_lesson("anna", pair[0].id)
    kept = store.lessons("anna")
    assert contradictions(kept) == []
    assert [each.label for each in teachable(kept)] == ["7", "3"]


def test_a_bad_lesson_leaves_none_of_its_batch(store: Store) -> None:
    with pytest.raises(BadRequest, match="label"):
        store.add("anna", [lesson(1), lesson(2, "x")])
    assert store.hands() == []


def test_lessons_and_hands_are_bounded(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.add("anna", [lesson(1), lesson(2)])
    with pytest.raises(StoreFull, match="at most 3 are kept, and none of these was"):
        store.add("anna", [lesson(3), lesson(4)], most=3)
    monkeypatch.setattr(store_module, "MAX_ALL_LESSONS", 3)
    with pytest.raises(StoreFull, match="all hands would have 4 lessons"):
        store.add("bob", [lesson(3), lesson(4)])
    assert store.add("anna", [lesson(1)], most=1).known == 1, "lessons that are already stored do not count"
    assert len(store.lessons("anna")) == 2
    monkeypatch.setattr(queries, "MAX_HANDS", 1)
    with pytest.raises(StoreFull, match="hands, the maximum"):
        store.add("bob", [lesson(1)])


def test_an_unknown_hand_gets_the_nearest_name(store: Store) -> None:
    store.add("anna", [lesson(1)])
    with pytest.raises(UnknownName, match="Did you mean 'anna'"):
        store.lessons("ana")
    with pytest.raises(NotFound, match="no lesson 99"):
        store.delete_lesson("anna", 99)


def test_deleting_a_hand_leaves_the_others_and_no_bytes(store: Store, url: str) -> None:
    store.add("anna", [lesson(1, source="a-very-private-file")])
    store.add_version("anna", "light", base=("cnn", "abc"), payload=b"x", report={}, promoted=True)
    store.add("bob", [lesson(2)])
    store.delete_hand("anna")
    assert [hand.name for hand in store.hands()] == ["bob"]
    files = list(Path(url.removeprefix("sqlite:///")).parent.iterdir())
    assert not any(b"a-very-private-file" in file.read_bytes() for file in files)
    assert store.delete_all() == 1
    assert store.hands() == []


def test_versions_are_kept_and_one_is_active(store: Store) -> None:
    store.add("anna", [lesson(1)])
    assert store.active("anna") is None
    first = store.add_version("anna", "light", base=("cnn", "abc"), payload=b"1", report={"n": 1}, promoted=True)
    second = store.add_version("anna", "light", base=("cnn", "abc"), payload=b"2", report={}, promoted=False)
    active = store.active("anna")
    assert active is not None
    assert (active.number, active.payload, active.report) == (first, b"1", {"n": 1})
    assert [each.number for each in store.versions("anna")] == [first, second]
    store.use("anna", second)
    assert store.active("anna").number == second  # type: ignore[union-attr]
    store.use("anna", 0)
    assert store.active("anna") is None
    with pytest.raises(NotFound, match="no version 9; expected one of 0, 1, 2"):
        store.use("anna", 9)


def test_the_oldest_versions_go_but_never_the_active_one(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "MAX_VERSIONS", 2)
    store.add("anna", [lesson(1)])
    for promoted in (True, False, False, False):
        store.add_version("anna", "light", base=("cnn", "abc"), payload=b"", report={}, promoted=promoted)
    assert [each.number for each in store.versions("anna")] == [1, 3, 4]


def write_some(arguments: tuple[str, int]) -> list[str]:
    """Add lessons of one writer and some that all writers add. Returns the SHA-256 of each confirmed lesson."""
    url, writer = arguments
    confirmed = []
    with Store(url) as store:
        for i in range(EACH):
            both = [lesson(1000 * writer + i), lesson(i)]
            store.add("anna", both)
            confirmed += [each.sha256 for each in both]
    return confirmed


def check_eight_writers(url: str) -> None:
    """No confirmed lesson is lost or duplicated, although all processes opened a store without tables concurrently."""
    with ProcessPoolExecutor(WRITERS, mp_context=multiprocessing.get_context("spawn")) as pool:
        confirmed = {sha for part in pool.map(write_some, [(url, n + 1) for n in range(WRITERS)]) for sha in part}
    with Store(url) as store:
        found = [each.sha256 for each in store.lessons("anna")]
    assert len(found) == len(set(found)) == (WRITERS + 1) * EACH
    assert set(found) == confirmed


@pytest.mark.slow
def test_eight_processes_write_at_once(url: str) -> None:
    check_eight_writers(url)


WRITE_UNTIL_KILLED = """
import sys
from inkling.hands.store import Store
from tests.hands.conftest import lesson
store = Store(sys.argv[1])
for i in range(100_000):
    added = [lesson(2 * i), lesson(2 * i + 1)]
    store.add("anna", added)
    print(*[each.sha256 for each in added], flush=True)
"""


@pytest.mark.slow
@pytest.mark.parametrize("after_s", [0.1, 0.23, 0.4])
def test_a_killed_writer_loses_no_confirmed_lesson_and_leaves_no_half(url: str, after_s: float) -> None:
    Store(url).close()
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(["src", os.environ.get("PYTHONPATH", "")])}
    with subprocess.Popen(
        [sys.executable, "-c", WRITE_UNTIL_KILLED, url], stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdout is not None
        first = process.stdout.readline().split()
        time.sleep(after_s)
        process.send_signal(signal.SIGKILL)
        lines = [line.split() for line in process.stdout.read().split("\n")]
    confirmed = {*first, *(sha for line in lines if len(line) == 2 and len(line[1]) == 64 for sha in line)}
    with Store(url) as store:
        found = {each.sha256 for each in store.lessons("anna")}
        assert confirmed <= found
        assert len(found) % 2 == 0  # lessons are added in pairs
        assert store.add("anna", [lesson(2**31)]) == Added(new=1, known=0)  # the store is not locked


WRITE_UNTIL_FULL = """
import resource, sys
from inkling.errors import CannotWrite
from inkling.hands.store import Store
from tests.hands.conftest import lesson
store = Store(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))  # the maximum size of a file
for i in range(1_000):
    added = [lesson(2 * i), lesson(2 * i + 1)]
    try:
        store.add("anna", added)
    except CannotWrite as error:
        print(error)
        break
    print(*[each.sha256 for each in added], flush=True)
"""


@pytest.mark.slow
def test_a_full_disk_is_said_and_loses_nothing(url: str) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(["src", os.environ.get("PYTHONPATH", "")])}
    command = [sys.executable, "-c", WRITE_UNTIL_FULL, url]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=True, timeout=60)
    *confirmed, message = done.stdout.strip().split("\n")
    assert "cannot be used" in message
    assert "nothing was stored" in message
    with Store(url) as store:
        found = {each.sha256 for each in store.lessons("anna")}
    assert found == {sha for line in confirmed for sha in line.split()}
    assert len(found) > 10


@pytest.mark.slow
def test_postgresql_holds_the_same(postgres_url: str) -> None:
    check_eight_writers(postgres_url)
    with Store(postgres_url) as store:
        store.add("bob", [lesson(1, "1"), lesson(1, "7")])
        assert len(contradictions(store.lessons("bob"))) == 1
        number = store.add_version("bob", "light", base=("cnn", "abc"), payload=b"\0x", report={"n": 1}, promoted=True)
        active = store.active("bob")
        assert active is not None
        assert (active.number, active.payload, active.report) == (number, b"\0x", {"n": 1})
        bob = store.hand("bob")
        assert (bob.lessons, bob.contradictions, bob.versions, bob.active_version) == ({"1": 1, "7": 1}, 1, 1, number)
        assert [each.label for each in store.latest("bob", limit=1)] == ["7"]
        assert len(store.of_pictures("bob", [lesson(1).sha256])) == 2
        assert [each.label for each in store.said("bob")] == ["1", "7"]
        before = store.stamp("bob")
        store.use("bob", 0)
        assert store.stamp("bob") != before
        with pytest.raises(StoreFull, match="at most 2 are kept"):
            store.add("bob", [lesson(9)], most=2)
        with pytest.raises(UnknownName, match="Did you mean 'bob'"):
            store.hand("bo")
        store.delete_hand("anna")
        assert [hand.name for hand in store.hands()] == ["bob"]
