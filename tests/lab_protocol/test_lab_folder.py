"""The lab's folder: the lock, complete lines, and safe names."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from inkling.lab_protocol.lab_folder import MODEL_NAME, events_after, is_locked, read_json, take_lock, write_json


def test_the_lock_is_held_by_a_child_until_it_dies(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    assert not is_locked(path)
    lock = take_lock(path)
    assert lock is not None
    assert is_locked(path)
    assert take_lock(path) is None
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, pass_fds=(lock,)) as child:
        os.close(lock)
        assert is_locked(path), "inherited"
        child.kill()
    assert not is_locked(path)
    again = take_lock(path)
    assert again is not None
    os.close(again)


def test_events_come_whole_and_from_where_they_were_left(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    assert events_after(path, 0) == []
    path.write_text('{"a":1}\n{"b":2}\n{"half')
    assert events_after(path, 0) == [(8, '{"a":1}'), (16, '{"b":2}')]
    assert events_after(path, 8) == [(16, '{"b":2}')]
    assert events_after(path, 16) == []
    assert events_after(path, 3) == [], "no line ends there"
    assert events_after(path, 999) == []


def test_json_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    assert read_json(path) == {}
    write_json(path, {"n": 1})
    assert read_json(path) == {"n": 1}
    path.write_text("[1]")
    assert read_json(path) == {}
    with pytest.raises(ValueError, match="JSON"):
        write_json(path, {"n": float("nan")})


@pytest.mark.parametrize(
    ("name", "fits"),
    [
        *(("my-first", True), ("a", True), ("7", True), ("a" * 32, True), ("a" * 33, False), ("", False)),
        *(("..", False), ("a/b", False), ("A", False), ("-a", False), ("a-", False), ("a\n", False), (".a", False)),
        *(("\u0661", False), ("a b", False), ("con\x00", False)),
    ],
)
def test_a_kept_models_name_is_one_harmless_part_of_a_path(name: str, fits: bool) -> None:
    assert bool(MODEL_NAME.fullmatch(name)) is fits
