"""Worker processes on this machine: killed processes, images that kill, full disks."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inkling.batch.job import Job
from inkling.batch.local_engine import LocalEngine
from inkling.batch.run import RunOptions, run
from inkling.errors import InklingError
from tests.batch.archives import MODEL, folder_of, manifest_of, rows_in

Digits = tuple[np.ndarray, np.ndarray]
DEADLY = b"ends the process that reads it"


@pytest.fixture(scope="module")
def scans(digits: Digits, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """60 pictures, each of a single digit."""
    return folder_of(digits[0][:60], tmp_path_factory.mktemp("scans"))


def armed(*fields: Any) -> Job:
    """Called in a worker process when it receives its job: afterward, a picture with DEADLY kills the process."""
    from inkling.pipeline.reader import Reader

    real = Reader.prepare

    def deadly(self: Reader, source: Any, **more: Any) -> Any:
        if DEADLY in source:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(self, source, **more)

    Reader.prepare = deadly  # type: ignore[method-assign]
    return Job(*fields)


class ArmedJob(Job):
    def __reduce__(self) -> Any:
        return armed, (self.out, self.model, self.version, self.format, self.mode, self.constraints)


class ArmedEngine(LocalEngine):
    def run(self, job: Job, chunks: Any) -> Any:
        return super().run(ArmedJob(job.out, job.model, job.version, job.format, job.mode, job.constraints), chunks)


@pytest.mark.slow
def test_an_image_that_kills_its_process_is_a_record_with_an_error(digits: Digits, tmp_path: Path) -> None:
    scans = folder_of(digits[0][:24], tmp_path / "scans")
    hostile = [scans / "000" / "00003x.png", scans / "001" / "00017x.png", scans / "001" / "00018x.png"]
    for path in hostile:
        path.write_bytes(DEADLY)
    order = RunOptions((str(scans),), str(tmp_path / "out"), MODEL, "jsonl")
    progress = run(order, ArmedEngine(2), chunk_size=5)
    rows = rows_in(tmp_path / "out")
    assert [row["source"] for row in rows] == sorted(map(str, scans.rglob("*.png")))
    failed = {row["source"]: row["error"] for row in rows if row["outcome"] == "failed"}
    assert sorted(failed) == sorted(map(str, hostile))
    assert all("crashed the process that read it (SIGKILL)" in error for error in failed.values())
    assert progress.outcomes["failed"] == 3


def test_an_error_of_a_worker_ends_the_run(scans: Path, tmp_path: Path) -> None:
    job = Job(str(tmp_path), MODEL, "000000000000", "jsonl")

    class Other(LocalEngine):
        def run(self, _: Job, chunks: Any) -> Any:
            return super().run(job, chunks)

    with pytest.raises(InklingError, match="expected 000000000000, the version of the run") as error:
        run(RunOptions((str(scans),), str(tmp_path / "out"), MODEL, "jsonl"), Other(1), chunk_size=20)
    assert error.value.kind == "BadBundle"


RUN = """
import sys
from inkling.batch.local_engine import LocalEngine
from inkling.batch.run import RunOptions, run
if __name__ == "__main__":
    source, out = sys.argv[1:]
    run(RunOptions((source,), out, "ann-tutorial", "jsonl", resume=True), LocalEngine(2), chunk_size=2)
"""


@pytest.mark.slow
def test_a_run_that_is_killed_repeatedly_ends_with_one_record_per_image(scans: Path, tmp_path: Path) -> None:
    script, out = tmp_path / "run.py", tmp_path / "out"
    script.write_text(RUN)
    command = [sys.executable, str(script), str(scans), str(out)]
    for parts in (1, 6, 12):
        with subprocess.Popen(command) as process:
            until = time.monotonic() + 60
            while len(list(out.glob("parts/part-*"))) < parts and process.poll() is None:
                assert time.monotonic() < until
                time.sleep(0.002)
            process.kill()
        assert manifest_of(out)["state"] == "running"
    subprocess.run(command, check=True, timeout=60)
    found = Counter(row["source"] for row in rows_in(out))
    assert found == Counter(map(str, scans.rglob("*.png")))
    assert manifest_of(out)["state"] == "complete"
    assert not [path for path in out.rglob("*") if path.name.endswith(".unfinished")]


@pytest.mark.slow
def test_a_full_disk_is_one_sentence_and_an_incomplete_result(scans: Path, tmp_path: Path) -> None:
    """A limit on file sizes simulates a full disk: the same write fails, with EFBIG instead of ENOSPC."""
    command = f"{sys.executable} -m inkling read {scans} --out {tmp_path / 'out'} --model {MODEL} --format jsonl"
    limited = subprocess.run(
        ["bash", "-c", f"ulimit -f 8; {command}"], capture_output=True, text=True, check=False, timeout=60
    )
    assert limited.returncode == 1
    assert len(limited.stderr.splitlines()) == 1, limited.stderr
    assert "part-00000000.jsonl cannot be written (File too large); expected free disk space" in limited.stderr
    assert manifest_of(tmp_path / "out")["state"] == "running"
    assert list((tmp_path / "out").glob("parts/*")) == []
    whole = subprocess.run([*command.split(), "--resume"], capture_output=True, text=True, check=True, timeout=60)
    assert "60 pictures in" in whole.stderr
    assert len(rows_in(tmp_path / "out")) == 60
