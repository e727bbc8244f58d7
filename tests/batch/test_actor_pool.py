"""How the Ray engine assigns chunks to actors and handles their deaths, with actors in this process."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from inkling.batch import ray_engine
from inkling.batch.image_ref import ImageRef
from inkling.batch.job import Chunk, ChunkResult, Job
from inkling.batch.ray_engine import CHUNKS_PER_ACTOR, MAX_DEATHS, _ActorPool, _Task
from inkling.errors import Overloaded, ServiceError

JOB = Job("/out", "ann-tutorial", "000000000000")


class ActorDied(Exception):
    pass


class FakeRay:
    """The parts of Ray that `_ActorPool` uses. `get` runs the call; `wait` returns the oldest references."""

    exceptions = SimpleNamespace(RayActorError=ActorDied)
    util = SimpleNamespace(scheduling_strategies=SimpleNamespace(NodeAffinitySchedulingStrategy=lambda *_, **__: None))

    def __init__(self) -> None:
        self.killed = 0

    def remote(self, actor_class: Any) -> Any:
        def make(*arguments: Any) -> FakeActor:
            return FakeActor(actor_class(*arguments))

        return SimpleNamespace(options=lambda **_: SimpleNamespace(remote=make))

    def wait(self, references: list[Any], *, num_returns: int) -> tuple[list[Any], list[Any]]:
        return references[:num_returns], references[num_returns:]

    def get(self, reference: Any) -> Any:
        return reference()

    def kill(self, _: Any) -> None:
        self.killed += 1

    def get_runtime_context(self) -> Any:
        return SimpleNamespace(get_node_id=lambda: "node")


class FakeActor:
    """An actor whose methods return references; after its death, all of them raise."""

    def __init__(self, instance: Any) -> None:
        self._instance, self._dead = instance, False

    def __getattr__(self, name: str) -> Any:
        def remote(*arguments: Any) -> Any:
            def run() -> Any:
                if self._dead:
                    raise ActorDied
                try:
                    return getattr(self._instance, name)(*arguments)
                except ActorDied:
                    self._dead = True
                    raise

            return run

        return SimpleNamespace(remote=remote)


class FakeReader:
    """Replaces `ReadActor`: a source that starts with "kills" kills the actor, and "fails" returns an error."""

    log: list[tuple[int, bool]] = []  # noqa: RUF012 - the started chunks, and whether each reads one image at a time

    def __init__(self, *_: Any) -> None: ...

    def ready(self) -> None: ...

    def read(self, chunk: Chunk, reporter: Any) -> Any:
        self.log.append((chunk.number, reporter is not None))
        for index, image in enumerate(chunk.images):
            if reporter is not None and not image.source.startswith("kills before"):
                reporter.put.remote(chunk.number, index)()
            if image.source.startswith("kills") and not image.error:
                raise ActorDied
            if image.source == "fails":
                return "BadBundle", "no such model.", 503
        failed = sum(bool(image.error) for image in chunk.images)
        return ChunkResult(chunk.number, 0, "0" * 64, {"failed": failed}, 0, 0.0)


@pytest.fixture(autouse=True)
def log(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, bool]]:
    monkeypatch.setattr(ray_engine, "ReadActor", FakeReader)
    monkeypatch.setattr(FakeReader, "log", [])
    return FakeReader.log


def results_of(*chunks: list[str], actors: int = 2, ray: FakeRay | None = None) -> list[ChunkResult]:
    pool = _ActorPool(ray or FakeRay(), JOB, actors)
    tasks = [_Task(Chunk(i, tuple(ImageRef(name, name) for name in names))) for i, names in enumerate(chunks)]
    try:
        return list(pool.run(iter(tasks)))
    finally:
        pool.close()


def test_no_chunks() -> None:
    assert results_of() == []


def test_every_chunk_has_a_result_and_every_actor_ends() -> None:
    ray = FakeRay()
    assert sorted(result.number for result in results_of(*[["a"]] * 9, actors=3, ray=ray)) == list(range(9))
    assert ray.killed == 3


def test_an_actor_has_few_chunks() -> None:
    taken = []

    def tasks() -> Any:
        for i in range(100):
            taken.append(i)
            yield _Task(Chunk(i, (ImageRef("a", "a"),)))

    results = _ActorPool(FakeRay(), JOB, 2).run(tasks())
    next(results)
    assert len(taken) <= 2 * CHUNKS_PER_ACTOR + 1


def test_an_image_that_kills_twice_is_left_out(log: list[tuple[int, bool]]) -> None:
    results = {result.number: result for result in results_of(["a", "kills", "b", "kills too"], ["c"], ["d"])}
    assert [results[number].outcomes["failed"] for number in range(3)] == [2, 0, 0]
    # Once at full speed, twice for each image that kills, and once without these images.
    assert [one_by_one for number, one_by_one in log if number == 0] == [False, *[True] * 5]
    assert all(not one_by_one for number, one_by_one in log if number)


def test_a_chunk_that_kills_without_a_culprit_ends_the_run(log: list[tuple[int, bool]]) -> None:
    with pytest.raises(Overloaded, match=f"{MAX_DEATHS} workers died in a row"):
        results_of(["kills before it is reported"])
    assert len(log) == MAX_DEATHS + 1


def test_actors_that_die_as_they_start_end_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    def ready(_: Any) -> None:
        raise ActorDied

    monkeypatch.setattr(FakeReader, "ready", ready)
    with pytest.raises(Overloaded, match="workers died"):
        results_of(["a"])


def test_an_error_of_a_worker_ends_the_run() -> None:
    with pytest.raises(ServiceError, match="no such model") as error:
        results_of(["a"], ["fails"])
    assert (error.value.kind, error.value.status) == ("BadBundle", 503)
