"""The Ray engine on three real local nodes: a dying node, images that kill their process, unreachable clusters."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inkling.batch import storage
from inkling.batch.image_ref import ImageRef
from inkling.batch.job import Chunk, ChunkResult, Job
from inkling.batch.progress import Progress
from inkling.batch.ray_engine import RayEngine
from inkling.batch.records import decode
from inkling.batch.run import RunOptions, run
from inkling.batch.worker import Worker
from inkling.errors import BadRequest, InklingError, Unreachable
from inkling.models import registry
from tests.batch import s3
from tests.batch.archives import MODEL, folder_of, manifest_of, rows_in
from tests.batch.test_local_engine import DEADLY, ArmedJob
from tests.pictures import encoded

# Ray emits warnings about its own code, and closes sockets and files only at its end.
pytestmark = [pytest.mark.cluster, pytest.mark.filterwarnings("ignore:::ray", "ignore::ResourceWarning")]

Digits = tuple[np.ndarray, np.ndarray]
STORE_BYTES = 80_000_000


@pytest.fixture(scope="module")
def nodes() -> Iterator[Any]:
    """A cluster of three nodes with one core each; this process is on the first."""
    from inkling.batch.ray_cluster import QUIET_ENVIRONMENT

    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**QUIET_ENVIRONMENT, "RAY_worker_niceness": "0"}.items():
            patch.setenv(name, value)
        from ray.cluster_utils import Cluster

        cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "object_store_memory": STORE_BYTES})
        try:
            for _ in range(2):
                cluster.add_node(num_cpus=1, object_store_memory=STORE_BYTES)
            yield cluster
        finally:
            cluster.shutdown()


@pytest.fixture(scope="module")
def scans(digits: Digits, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """60 pictures, each of a single digit."""
    return folder_of(digits[0][:60], tmp_path_factory.mktemp("scans"))


class With(RayEngine):
    """An engine that gives its workers another job: a changed one, or one with a side effect in the worker."""

    def __init__(self, address: str, other: Any) -> None:
        super().__init__(address)
        self._other = other

    def run(self, job: Job, chunks: Any) -> Iterator[ChunkResult]:
        return super().run(self._other(job), chunks)


def test_three_nodes_write_what_one_process_writes(nodes: Any, scans: Path, tmp_path: Path) -> None:
    with RayEngine(nodes.address) as engine:
        assert engine.cores == 3
        run(RunOptions((str(scans),), str(tmp_path / "ray"), MODEL, "jsonl"), engine, chunk_size=4)
    (tmp_path / "here" / "parts").mkdir(parents=True)
    worker = Worker(Job(str(tmp_path / "here"), MODEL, registry.find(MODEL).version, "jsonl"))
    pictures = [ImageRef(str(path), str(path)) for path in sorted(scans.rglob("*.png"))]
    for n in range(15):
        worker(Chunk(n, tuple(pictures[4 * n : 4 * n + 4])))
    parts = [{path.name: path.read_bytes() for path in (tmp_path / to / "parts").iterdir()} for to in ("ray", "here")]
    assert len(parts[0]) == 15
    assert parts[0] == parts[1]
    assert manifest_of(tmp_path / "ray")["state"] == "complete"


def test_few_chunks_are_in_flight_and_the_stream_may_be_left(nodes: Any, scans: Path, tmp_path: Path) -> None:
    taken = []

    def chunks() -> Iterator[Chunk]:
        for n in range(1000):
            taken.append(n)
            yield Chunk(n, (ImageRef(f"{n}", str(scans / "000" / "00000.png")),))

    job = Job(str(tmp_path), MODEL, registry.find(MODEL).version, "jsonl")
    with RayEngine(nodes.address) as engine:
        results = engine.run(job, chunks())
        done = [next(results).number for _ in range(40)]
        assert len(set(done)) == 40
        assert len(taken) <= 40 + 4 * engine.cores + 1
        results.close()  # type: ignore[attr-defined]


def test_an_error_of_a_worker_ends_the_run(nodes: Any, scans: Path, tmp_path: Path) -> None:
    def wrong(job: Job) -> Job:
        return Job(job.out, job.model, "000000000000", job.format)

    with (
        pytest.raises(InklingError, match="expected 000000000000, the version of the run") as error,
        With(nodes.address, wrong) as engine,
    ):
        run(RunOptions((str(scans),), str(tmp_path / "out"), MODEL, "jsonl"), engine)
    assert error.value.kind == "BadBundle"
    assert manifest_of(tmp_path / "out")["state"] == "running"


@pytest.mark.slow
def test_an_image_that_kills_its_process_is_a_record_with_an_error(nodes: Any, digits: Digits, tmp_path: Path) -> None:
    scans = folder_of(digits[0][:12], tmp_path / "scans")
    hostile = scans / "000" / "00003x.png"
    hostile.write_bytes(DEADLY)

    def arm(job: Job) -> Job:
        return ArmedJob(job.out, job.model, job.version, job.format)

    with With(nodes.address, arm) as engine:
        run(RunOptions((str(scans),), str(tmp_path / "out"), MODEL, "jsonl"), engine, chunk_size=5)
    rows = rows_in(tmp_path / "out")
    assert [row["source"] for row in rows] == sorted(map(str, scans.rglob("*.png")))
    (failed,) = [row for row in rows if row["outcome"] == "failed"]
    assert failed["source"] == str(hostile)
    assert "crashed the processes that read it" in failed["error"]


def slow(fields: tuple[Any, ...], diary: str) -> Job:
    """Called in a worker's process: slow chunks down. The node's log gets the pid; "b" and "e" for each chunk."""
    import ray

    real = Worker.__call__
    path = Path(diary, ray.get_runtime_context().get_node_id())
    path.write_text(f"{os.getpid()} ")

    def slowly(self: Worker, chunk: Chunk, on_image: Any = None) -> ChunkResult:
        with path.open("a") as file:
            print("b", end="", file=file, flush=True)
            time.sleep(0.1)
            done = real(self, chunk, on_image)
            print("e", end="", file=file, flush=True)
        return done

    Worker.__call__ = slowly  # type: ignore[method-assign]
    return Job(*fields)


class SlowJob(Job):
    def __reduce__(self) -> Any:
        return slow, ((self.out, self.model, self.version, self.format), os.environ["DIARY"])


def test_nothing_is_lost_with_a_node_that_dies(
    nodes: Any, scans: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    diary = tmp_path / "diary"
    diary.mkdir()
    monkeypatch.setenv("DIARY", str(diary))
    victim = next(iter(nodes.worker_nodes))
    mine = diary / victim.node_id
    killed = []

    def look(progress: Progress) -> None:
        if killed or len(list(diary.iterdir())) < 3:
            return
        until = time.monotonic() + 10
        while time.monotonic() < until and not mine.read_text().endswith("b"):
            time.sleep(0.001)
        os.kill(int(mine.read_text().split()[0]), signal.SIGKILL)  # otherwise the worker would finish its chunk first
        nodes.remove_node(victim, allow_graceful=False)
        killed.append(progress.done)

    def slowed(job: Job) -> Job:
        return SlowJob(job.out, job.model, job.version, job.format)

    with With(nodes.address, slowed) as engine:
        run(RunOptions((str(scans),), str(tmp_path / "out"), MODEL, "jsonl"), engine, on_progress=look, chunk_size=1)
    nodes.add_node(num_cpus=1, object_store_memory=STORE_BYTES)
    assert killed
    assert killed[0] < 60
    assert mine.read_text().endswith("b")  # the worker died during a chunk, which another node then read
    assert Counter(row["source"] for row in rows_in(tmp_path / "out")) == Counter(map(str, scans.rglob("*.png")))
    assert manifest_of(tmp_path / "out")["state"] == "complete"


def test_the_command_prints_nothing_of_ray(nodes: Any, scans: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "inkling", "read", str(scans), "--model", MODEL, "--out", str(tmp_path / "out")]
    done = subprocess.run(
        [*command, "--cluster", nodes.address], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.stdout == ""
    assert [line for line in done.stderr.splitlines() if "60 pictures" not in line] == []
    assert done.returncode == 0
    assert len(rows_in(tmp_path / "out")) == 60


def test_three_nodes_read_from_and_write_to_a_failing_bucket(bucket: s3.Proxy, nodes: Any, digits: Digits) -> None:
    """The nodes have no settings for the bucket; the job carries the driver's environment."""
    made = [f"s3://pictures/on-ray/{n:03}.png" for n in range(90)]
    for place, image in zip(made, digits[0][:90], strict=True):
        storage.write(place, encoded(image))
    bucket.failing = 0.05
    with RayEngine(nodes.address) as engine:
        run(RunOptions(("s3://pictures/on-ray",), "s3://pictures/from-ray", MODEL, "jsonl"), engine, chunk_size=10)
    bucket.failing = 0.0
    parts = list(storage.walk("s3://pictures/from-ray/parts"))
    rows = [row for part in parts for row in decode(storage.read(part), "jsonl")]
    assert [row["source"] for row in rows] == made
    assert not any(row["error"] for row in rows)
    assert bucket.counts["error"] + bucket.counts["slow down"] + bucket.counts["reset"] > 0


@pytest.mark.parametrize("what", ["nobody", "mute", "a web server"])
def test_a_cluster_that_does_not_answer_is_one_sentence(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inkling.batch.ray_cluster.ANSWER_TIMEOUT_S", 1.0)
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
        if what == "nobody":
            server.close()
        elif what == "a web server":
            threading.Thread(
                target=lambda: server.accept()[0].sendall(b"HTTP/1.1 400 Bad\r\n\r\n"), daemon=True
            ).start()
        with pytest.raises(Unreachable, match=r"no cluster answers at 127\.0\.0\.1") as error:
            RayEngine(address)
    assert "\n" not in str(error.value)


def test_an_address_of_rays_own_client_is_refused() -> None:
    with pytest.raises(BadRequest, match="expected auto or host:port"):
        RayEngine("ray://127.0.0.1:10001")
