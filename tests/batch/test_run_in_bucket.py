"""A whole run from one failing bucket into another, as Parquet."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inkling.batch import buckets, retry, storage
from inkling.batch.local_engine import LocalEngine
from inkling.batch.records import decode
from inkling.batch.run import RunOptions, run
from inkling.errors import BadRequest, NoPermission, NotFound, Unreachable
from tests.batch.archives import MODEL, Here, folder_of, shard_of
from tests.batch.s3 import Proxy
from tests.pictures import encoded

pytestmark = pytest.mark.cluster
Digits = tuple[np.ndarray, np.ndarray]
OUT = "s3://pictures/out"


@pytest.fixture
def scans(bucket: Proxy, digits: Digits, tmp_path: Path) -> list[str]:
    """Put 40 pictures into a bucket, 20 of them in a shard; returns the names of their rows."""
    shard = shard_of({f"{i:03d}.png": encoded(digits[0][i]) for i in range(20, 40)}, tmp_path / "more.tar")
    storage.write("s3://pictures/scans/more.tar", shard.read_bytes())
    for path in folder_of(digits[0][:20], tmp_path / "scans").rglob("*.png"):
        storage.write(f"s3://pictures/scans/{path.relative_to(tmp_path / 'scans')}", path.read_bytes())
    alone = [f"s3://pictures/scans/{i // 10:03d}/{i:05d}.png" for i in range(20)]
    return alone + [f"s3://pictures/scans/more.tar/{i:03d}.png" for i in range(20, 40)]


def rows_in(out: str) -> list[dict[str, Any]]:
    parts = list(storage.walk(storage.join(out, "parts")))
    return [row for part in parts for row in decode(storage.read(part), "parquet")]


def clear() -> None:
    """Empty the bucket, which the server keeps from test to test."""
    for found in list(storage.walk("s3://pictures")):
        fs, path = buckets.filesystem(found)
        fs.delete_file(path)


@pytest.fixture(autouse=True)
def _emptied(bucket: Proxy, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(retry, "MIN_PAUSE_S", 0.01)
    clear()
    yield
    bucket.failing, bucket.away, bucket.refusing = 0.0, False, False
    clear()


def test_a_run_from_a_failing_bucket_into_it(bucket: Proxy, scans: list[str]) -> None:
    bucket.failing = 0.05
    order = RunOptions(("s3://pictures/scans",), OUT, MODEL)
    progress = run(order, LocalEngine(2), chunk_size=8)
    bucket.failing = 0.0
    assert Counter(row["source"] for row in rows_in(OUT)) == Counter(scans)
    assert progress.outcomes["failed"] == 0
    assert b'"state": "complete"' in storage.read(f"{OUT}/manifest.json")


def test_a_stopped_run_in_a_bucket_resumes_with_new_images(bucket: Proxy, scans: list[str], digits: Digits) -> None:
    order = RunOptions(("s3://pictures/scans/**/*.png", "s3://pictures/scans/more.tar"), OUT, MODEL)
    with pytest.raises(KeyboardInterrupt):
        run(order, Here(stop_after=2), chunk_size=8)
    storage.write("s3://pictures/scans/000/00000b.png", encoded(digits[0][50]))
    with pytest.raises(BadRequest, match="already contains a run"):
        run(order, Here())
    resumed = RunOptions(order.sources, OUT, MODEL, resume=True)
    assert run(resumed, Here(), chunk_size=8).before == 16
    assert Counter(row["source"] for row in rows_in(OUT)) == Counter([*scans, "s3://pictures/scans/000/00000b.png"])


def test_a_run_whose_bucket_stops_answering_can_be_resumed(
    bucket: Proxy, scans: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retry, "RETRY_FOR_S", 0.3)

    class Leaving(Here):
        def run(self, job: Any, chunks: Any) -> Any:
            for done in super().run(job, chunks):
                bucket.away = True
                yield done

    order = RunOptions(("s3://pictures/scans",), OUT, MODEL)
    with pytest.raises(Unreachable, match="could not be reached"):
        run(order, Leaving(), chunk_size=8)
    bucket.away = False
    assert b'"state": "running"' in storage.read(f"{OUT}/manifest.json")
    assert run(RunOptions(order.sources, OUT, MODEL, resume=True), Here(), chunk_size=8).complete
    assert Counter(row["source"] for row in rows_in(OUT)) == Counter(scans)  # failures of the bucket add no rows


def test_errors_of_a_bucket_are_raised_at_once(bucket: Proxy, scans: list[str], tmp_path: Path) -> None:
    for source, said in (("s3://pictures/nowhere", "does not exist"), ("s3://none/scans", "the bucket does not exist")):
        with pytest.raises(NotFound, match=said):
            run(RunOptions((source,), str(tmp_path / "out"), MODEL, "jsonl"), Here())
    with pytest.raises(NotFound, match="the bucket does not exist"):
        run(RunOptions(("s3://pictures/scans",), "s3://none/out", MODEL, "jsonl"), Here())
    bucket.refusing = True
    with pytest.raises(NoPermission, match="refuses these credentials"):
        run(RunOptions(("s3://pictures/scans",), str(tmp_path / "out"), MODEL, "jsonl"), Here())
    assert not (tmp_path / "out").exists()
