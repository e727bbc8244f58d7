"""Local files, which need no extra. For buckets see test_buckets.py."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from inkling.batch import buckets, storage
from inkling.batch.range_requests import ByteRange
from inkling.errors import BadRequest, CannotWrite, NoPermission, NotFound, Unreachable


def test_a_file_is_written_read_and_found(tmp_path: Path) -> None:
    place = storage.join(str(tmp_path), "a", "b", "7 #%20?.png")
    assert storage.kind(place) == "none"
    storage.write(place, b"0123456789")
    assert storage.kind(place) == "file"
    assert storage.read(place) == b"0123456789"
    assert storage.read(place, offset=3, size_bytes=4) == b"3456"
    assert storage.read(place, offset=8, size_bytes=4) == b"89"
    with storage.open_stream(place) as file:
        file.seek(5)
        assert file.read(2) == b"56"
    assert list(storage.walk(str(tmp_path))) == [place]
    storage.write(place, b"new")
    assert storage.read(place) == b"new"
    assert storage.kind(str(tmp_path)) == "folder"


def test_folders_are_walked_in_one_order_without_loops_and_leftovers(tmp_path: Path) -> None:
    for name in ("b/2.png", "a.png", "b/10.png", "c/d/1.png"):
        storage.write(str(tmp_path / name), b"1")
    (tmp_path / "c" / "again").symlink_to(tmp_path)
    (tmp_path / "gone.png").symlink_to(tmp_path / "nothing")
    (tmp_path / ".a.png.0123.unfinished").write_bytes(b"")
    found = [str(Path(found).relative_to(tmp_path)) for found in storage.walk(str(tmp_path))]
    assert found == ["a.png", "b/10.png", "b/2.png", "c/d/1.png"]


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = str(tmp_path / "part.csv")
    storage.write(place, b"old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(CannotWrite, match="No space left on device"):
        storage.write(place, b"new")
    assert storage.read(place) == b"old"
    assert os.listdir(tmp_path) == ["part.csv"]


def test_many_are_read_in_order_with_errors_in_place(tmp_path: Path) -> None:
    for n in range(5):
        storage.write(str(tmp_path / f"{n}.png"), b"%d" % n)
    wanted = [ByteRange(str(tmp_path / f"{n}.png")) for n in (0, 3, 9, 1)]
    got = list(storage.read_many([*wanted, ByteRange(str(tmp_path / "4.png"), 1, 5)]))
    assert [one if isinstance(one, bytes) else type(one) for one in got] == [b"0", b"3", NotFound, b"1", b""]


def test_no_request_is_left_running_after_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[str] = []
    finished: list[str] = []

    def read(location: str, **_: object) -> bytes:
        if location.endswith("/0"):
            raise Unreachable("the bucket does not answer")
        started.append(location)
        time.sleep(0.1)
        finished.append(location)
        return b""

    monkeypatch.setattr(storage, "read", read)
    with pytest.raises(Unreachable, match="does not answer"):
        list(storage.read_many(ByteRange(f"s3://pictures/{n}") for n in range(100)))
    assert sorted(finished) == sorted(started)
    assert len(started) <= storage.MAX_CONCURRENT_REQUESTS


def test_a_missing_file_is_one_sentence(tmp_path: Path) -> None:
    for act in (storage.read, storage.open_stream, lambda place: list(storage.walk(place))):
        with pytest.raises(NotFound, match="nothing cannot be read") as caught:
            act(str(tmp_path / "nothing"))
        assert "\n" not in str(caught.value)


def test_no_permission_is_an_error_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", denied)  # simulated, because tests may run as root, who is never denied
    with pytest.raises(NoPermission, match="may not be written"):
        storage.write(str(tmp_path / "x" / "y"), b"")


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        ("s3://b", ("s3", "b", "")),
        ("s3://b/", ("s3", "b", "")),
        ("S3://b/a/b c%20#?.png", ("s3", "b", "a/b c%20#?.png")),
        ("gs://b/k", ("gs", "b", "k")),
        ("abfss://c@account.dfs.core.windows.net/k/l", ("abfss", "c@account.dfs.core.windows.net", "k/l")),
    ],
)
def test_urls_are_split(url: str, parts: tuple[str, str, str]) -> None:
    assert buckets.is_url(url)
    assert buckets.split(url) == parts


@pytest.mark.parametrize("url", ["https://b/k", "s3://", "s3:///k", "gs:///", "abfss://c/k", "abfss://c@account/k"])
def test_urls_that_name_no_bucket_are_refused(url: str) -> None:
    with pytest.raises(BadRequest, match="expected"):
        buckets.split(url)


@pytest.mark.parametrize("place", ["scans", "/tmp/a", "C:\\scans", "a:b", "./s3:/x"])
def test_paths_are_not_urls(place: str) -> None:
    assert not buckets.is_url(place)
