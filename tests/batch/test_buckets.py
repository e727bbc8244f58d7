"""Buckets behind a proxy that fails, does not answer, or refuses."""

from __future__ import annotations

import subprocess
import sys
import threading
import time

import pytest

from inkling.batch import retry, storage
from inkling.batch.range_requests import ByteRange
from inkling.errors import NoPermission, NotFound, Unreachable
from tests.batch.s3 import Proxy

pytestmark = pytest.mark.cluster


def fill(folder: str, count: int) -> list[str]:
    """Write files with difficult names and different contents; returns their locations."""
    made = [storage.join(folder, f"{n // 50:02}", f"{n:04} #%20?.png") for n in range(count)]
    for n, place in enumerate(made):
        storage.write(place, content(n))
    return made


def content(n: int) -> bytes:
    return b"%04d" % n * 300


def test_a_file_is_written_read_and_found(bucket: Proxy) -> None:
    place = "s3://pictures/one/a/7 #%20?.png"
    assert storage.kind(place) == "none"
    storage.write(place, b"0123456789")
    assert bucket.counts["PUT"] == 1  # one request, which is atomic
    assert storage.kind(place) == "file"
    assert storage.kind("s3://pictures/one/a") == storage.kind("s3://pictures") == "folder"
    assert storage.read(place) == b"0123456789"
    assert storage.read(place, offset=3, size_bytes=4) == b"3456"
    assert storage.read(place, offset=8, size_bytes=4) == b"89"
    assert storage.read(place, offset=12, size_bytes=4) == b""
    assert list(storage.walk("s3://pictures/one")) == [place]


def test_a_large_file_is_written_in_parts_and_streamed(bucket: Proxy) -> None:
    large = bytes(range(256)) * 50_000  # 12.8 MB
    storage.write("s3://pictures/large.tar", large)
    with storage.open_stream("s3://pictures/large.tar") as file:
        assert file.read(1000) == large[:1000]
        file.seek(12_000_000)
        assert file.read() == large[12_000_000:]
        file.seek(0)
        assert file.read() == large
    assert bucket.counts["GET"] < 10


def test_neighbours_in_a_shard_are_one_request(bucket: Proxy) -> None:
    shard = bytes(range(256)) * 20_000  # 5 MB
    storage.write("s3://pictures/shard.tar", shard)
    bucket.counts.clear()
    spots = [(n * 10_000 + 512, 9_000 - n) for n in range(500)]
    wanted = [ByteRange("s3://pictures/shard.tar", offset, size) for offset, size in spots]
    assert list(storage.read_many(wanted)) == [shard[offset : offset + size] for offset, size in spots]
    assert bucket.counts["GET"] < 10
    mixed = [wanted[3], wanted[1], ByteRange("s3://pictures/shard.tar", 4_000_000), wanted[2], wanted[2]]
    assert [len(one) for one in storage.read_many(mixed) if isinstance(one, bytes)] == [
        8997,
        8999,
        1_120_000,
        8998,
        8998,
    ]
    gone = [ByteRange("s3://pictures/no.tar", offset, size) for offset, size in spots[:3]]
    assert [type(one) for one in storage.read_many(gone)] == [NotFound] * 3


def test_failing_requests_are_retried(bucket: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "MIN_PAUSE_S", 0.01)
    bucket.failing = 0.05  # a high rate, so that few files meet every kind of failure
    made = fill("s3://pictures/many", 300)
    found = list(storage.walk("s3://pictures/many"))
    assert found == made
    got = list(storage.read_many(ByteRange(place) for place in made))
    assert got == [content(n) for n in range(300)]
    assert all(bucket.counts[fate] > 0 for fate in ("error", "slow down", "reset", "reset after", "cut"))


def test_a_bucket_that_does_not_answer_for_a_while_is_retried(bucket: Proxy) -> None:
    made = fill("s3://pictures/away", 40)
    bucket.away = True
    back = threading.Timer(4.0, lambda: setattr(bucket, "away", False))
    back.start()
    got = list(storage.read_many(ByteRange(place) for place in made))
    back.join()
    assert got == [content(n) for n in range(40)]
    assert bucket.counts["away"] > 0


def test_retries_end_with_an_error(bucket: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    storage.write("s3://pictures/x", b"1")
    bucket.away = True
    monkeypatch.setattr(retry, "RETRY_FOR_S", 0.3)
    for act in (
        lambda: storage.read("s3://pictures/x"),
        lambda: storage.write("s3://pictures/x", b"2"),
        lambda: list(storage.walk("s3://pictures")),
        lambda: list(storage.read_many([ByteRange("s3://pictures/x")])),
    ):
        with pytest.raises(Unreachable, match=r"s3://pictures\S* could not be reached for"):
            act()


def test_a_probe_gives_up_soon(monkeypatch: pytest.MonkeyPatch, bucket: Proxy) -> None:
    monkeypatch.setattr(retry, "RETRY_FOR_S", 10_000.0)
    monkeypatch.setattr(storage, "PROBE_FOR_S", 1.0)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")  # no server listens there
    start = time.monotonic()
    with pytest.raises(Unreachable, match="Check its name, the endpoint and the network"):
        storage.probe("s3://pictures/x")
    assert time.monotonic() - start < 30


def test_permanent_errors_are_raised_at_once(bucket: Proxy) -> None:
    with pytest.raises(NotFound, match=r"s3://pictures/nothing\.png does not exist"):
        storage.read("s3://pictures/nothing.png")
    with pytest.raises(NotFound, match="the bucket does not exist"):
        storage.probe("s3://nobodys/scans")
    with pytest.raises(NotFound, match="the bucket does not exist"):
        storage.write("s3://nobodys/x", b"1")
    with pytest.raises(NotFound):
        list(storage.walk("s3://pictures/no/folder"))
    bucket.refusing = True
    for act in (
        storage.read,
        storage.probe,
        lambda place: storage.write(place, b""),
        lambda place: [*storage.walk(place)],
    ):
        with pytest.raises(NoPermission, match="refuses these credentials"):
            act("s3://pictures/x")
    assert bucket.counts["refused"] < 12


def test_a_missing_file_does_not_stop_the_others(bucket: Proxy) -> None:
    made = fill("s3://pictures/few", 3)
    wanted = [ByteRange(place) for place in (made[0], made[0] + "x", made[2])]
    got = list(storage.read_many(wanted))
    assert [one if isinstance(one, bytes) else type(one) for one in got] == [content(0), NotFound, content(2)]


def test_a_missing_bucket_is_one_sentence_of_the_command(bucket: Proxy) -> None:
    for source, out in (("s3://nobodys/scans", "s3://pictures/o"), ("s3://pictures/none", "s3://pictures/o")):
        command = [sys.executable, "-m", "inkling", "read", source, "--out", out, "--format", "jsonl"]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 1
        assert len(done.stderr.splitlines()) == 1, done.stderr
        assert source in done.stderr
    assert storage.kind("s3://pictures/o") == "none"
