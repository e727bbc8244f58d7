"""How reading archives grows with cores and nodes, and what a million and a billion pictures take -> docs/scaling.md.

    python -m benchmarks.batch.scaling [--pictures 20000] [--rounds 3] [--no-measure]     (needs the cluster and
    learn extras)

Measures: the steps of a picture on one core; one process and two; Ray on one core and two, and three Ray nodes of a
core each (ray.cluster_utils); chunks of several sizes; how many chunks a second Ray hands out at most; requests to a
bucket, counted by a proxy before a real S3 server. Every way is timed as a whole, and in its middle.
Writes benchmarks/batch/scaling.json; with --no-measure only the page, from that file and prices.toml.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import statistics
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click

from benchmarks.batch import scaling_report as scaling_page
from benchmarks.rendering.archive_images import make

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
STORE_BYTES = 80_000_000  # shared memory of a Ray node
LEAST_CHUNKS = 10
SIZES = (20, 50, 100, 200, 500)
EMPTY = 2000  # chunks of nothing, to see how fast Ray hands them out
SHARD = 500  # pictures in the bucket

Numbers = dict[str, Any]


def steps(source: Path, n: int, out: Path) -> Numbers:
    """Milliseconds of one core for a picture, step by step, in one process."""
    from inkling.batch import batch_reader, records, storage
    from inkling.pipeline import decode as image

    job = _job(out)
    batch = batch_reader.BatchReader(job)
    pictures = _pictures(source, n)
    contents = [Path(one.place).read_bytes() for one in pictures]
    list(batch.rows(pictures[:100])[0])

    def timed(act: Callable[[], Any]) -> float:
        times = []
        for _ in range(3):
            start = time.process_time()
            act()
            times.append(1000 * (time.process_time() - start) / n)
        return min(times)

    fetch = timed(lambda: [storage.read(one.place) for one in pictures])
    decode = timed(lambda: [image.decode(content) for content in contents])
    prepare = timed(lambda: [batch.reader.prepare(content) for content in contents])
    all_rows = timed(lambda: batch.rows(pictures))
    found = batch.rows(pictures)[0]
    write = timed(lambda: [records.encode(found[k : k + 500], "parquet") for k in range(0, n, 500)])
    return {
        "fetch from this disk": round(fetch, 3),
        "decode": round(decode, 3),
        "ink, glyphs, tiles": round(prepare - decode, 3),
        "network, partings, reading": round(all_rows - prepare - fetch, 3),
        "rows to Parquet": round(write, 3),
        "bytes": round(statistics.mean(map(len, contents))),
        "row_bytes": round(len(records.encode(found, "parquet")) / n, 1),
    }


def timed_run(engine: Any, source: Path | str, out: Path | str, n: int, *, size: int = scaling_page.TIMED) -> Numbers:
    """One run by an engine: seconds to the first chunk, pictures a second in the middle, and of the whole."""
    from inkling.batch.progress import Progress
    from inkling.batch.run import RunOptions, run

    shutil.rmtree(str(out), ignore_errors=True)
    seen: list[tuple[float, int]] = []
    start = time.perf_counter()

    def look(progress: Progress) -> None:
        if progress.rows and (not seen or progress.rows > seen[-1][1]):
            seen.append((time.perf_counter() - start, progress.rows))

    run(RunOptions((str(source),), str(out)), engine, watch=look, chunk_size=size)
    took_s = time.perf_counter() - start
    if seen[-1][1] != n or len(seen) < LEAST_CHUNKS:
        raise click.ClickException(
            f"{seen[-1][1]:,} rows came {len(seen)} times; expected {n:,}, {LEAST_CHUNKS} times."
        )
    return {"first_s": round(seen[0][0], 2), "steady_per_s": round(steady(seen), 1), "per_s": round(n / took_s, 1)}


def steady(seen: list[tuple[float, int]]) -> float:
    """Pictures a second between a fifth and nine tenths of (seconds, pictures), when all workers are there and busy."""
    (start_s, before), (end_s, after) = seen[len(seen) // 5], seen[9 * len(seen) // 10]
    return (after - before) / (end_s - start_s)


@contextlib.contextmanager
def ray_nodes(*cores: int) -> Iterator[str]:
    """A cluster of so many nodes on this machine, each with so many cores; its address."""
    from inkling.batch.ray_cluster import QUIET_ENVIRONMENT

    os.environ.update(QUIET_ENVIRONMENT)
    os.environ["RAY_worker_niceness"] = "0"  # noqa: SIM112 - as the processes of this machine's own engine
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": cores[0], "object_store_memory": STORE_BYTES})
    try:
        for count in cores[1:]:
            cluster.add_node(num_cpus=count, object_store_memory=STORE_BYTES)
        yield cluster.address
    finally:
        cluster.shutdown()


def ways(source: Path, out: Path, n: int) -> Numbers:
    """Every way once."""
    from inkling.batch.local_engine import LocalEngine
    from inkling.batch.ray_engine import RayEngine

    found = {f"{name} here": timed_run(LocalEngine(k), source, out, n) for k, name in ((1, "one"), (2, "two"))}
    for name, cores in (
        ("one Ray node, a core", (1,)),
        ("one Ray node, two cores", (2,)),
        ("three Ray nodes", (1, 1, 1)),
    ):
        with ray_nodes(*cores) as address, RayEngine(address) as engine:
            found[name] = timed_run(engine, source, out, n)
    return found


def chunk_sizes(source: Path, out: Path, n: int) -> Numbers:
    """Two cores, here and on Ray, by the size of chunks; and how many chunks of nothing Ray hands out a second."""
    from inkling.batch.chunks import in_chunks
    from inkling.batch.image_ref import ImageRef
    from inkling.batch.local_engine import LocalEngine
    from inkling.batch.ray_engine import RayEngine

    found: Numbers = {"here": {}, "ray": {}}
    sizes = [size for size in SIZES if n // size >= LEAST_CHUNKS]
    for size in sizes:
        found["here"][str(size)] = timed_run(LocalEngine(2), source, out, n, size=size)["steady_per_s"]
    with ray_nodes(2) as address, RayEngine(address) as engine:
        for size in sizes:
            found["ray"][str(size)] = timed_run(engine, source, out, n, size=size)["steady_per_s"]
        nothing = (ImageRef(f"{k}", "", fault="nothing") for k in range(EMPTY))
        (out / "parts").mkdir(parents=True, exist_ok=True)
        ended = [time.perf_counter() for _ in engine.run(_job(out, "jsonl"), in_chunks(nothing, size=1))]
    found["chunks_per_s"] = round((EMPTY - 100) / (ended[-1] - ended[99]), 1)
    return found


def requests(source: Path, out: Path) -> Numbers:
    """Requests to a bucket for a picture: files of their own, and in a shard."""
    import tarfile

    sys.path.insert(0, str(ROOT))
    from inkling.batch import storage
    from inkling.batch.local_engine import LocalEngine
    from tests.batch import s3

    os.environ.update(s3.KEYS)
    found = {}
    pictures = _pictures(source, SHARD)
    with s3.s3_server() as port, s3.proxy(port) as proxy:
        s3.make_bucket(port, "pictures")
        os.environ["AWS_ENDPOINT_URL"] = proxy.url
        for k, one in enumerate(pictures):
            storage.write(f"s3://pictures/files/{k:05}.png", Path(one.place).read_bytes())
        with tarfile.open(out.with_suffix(".tar"), "w") as tar:
            for one in pictures:
                tar.add(one.place, Path(one.place).name)
        storage.write("s3://pictures/shard.tar", out.with_suffix(".tar").read_bytes())
        for name, what in (("files", "s3://pictures/files"), ("shard", "s3://pictures/shard.tar")):
            proxy.seen.clear()
            timed_run(LocalEngine(1), what, f"s3://pictures/out-{name}", SHARD, size=50)
            seen = proxy.seen
            found[name] = {
                "reads": round((seen["GET"] + seen["HEAD"]) / SHARD, 3),
                "writes": round((seen["PUT"] + seen["POST"]) / SHARD / 10, 4),  # of chunks a tenth as large
            }
    del os.environ["AWS_ENDPOINT_URL"]
    return found


def _job(out: Path, format: str = "parquet") -> Any:
    from inkling.batch.worker import Job
    from inkling.models import registry

    found = registry.find(None)
    return Job(str(out), found.name, found.version, format)  # type: ignore[arg-type]


def _pictures(source: Path, n: int) -> list[Any]:
    from inkling.batch.image_ref import ImageRef

    return [ImageRef(str(path), str(path)) for path in sorted(source.rglob("*.png"))[:n]]


def medians(rounds: list[Numbers]) -> Numbers:
    """The median of every figure over the rounds."""
    return {
        way: {key: statistics.median(one[way][key] for one in rounds) for key in rounds[0][way]} for way in rounds[0]
    }


@click.command()
@click.option("--pictures", default=20_000, show_default=True, help="In the archive.")
@click.option("--rounds", default=3, show_default=True, help="Of every way to read it, in turn.")
@click.option("--scratch", type=click.Path(path_type=Path), default=None, help="Where pictures and results lie.")
@click.option("--no-measure", "kept", is_flag=True, help="Only write the page anew.")
def main(*, pictures: int, rounds: int, scratch: Path | None, kept: bool) -> None:
    """Prints the figures as they come, and writes them and the page."""
    if not kept:
        measure(pictures, rounds, scratch or Path(tempfile.gettempdir()) / "inkling-archive")
    found = json.loads((HERE / "scaling.json").read_text("utf-8"))
    prices = tomllib.loads((HERE.parent / "prices.toml").read_text("utf-8"))
    scaling_page.write(ROOT / "docs" / "scaling.md", found, prices)
    click.echo("docs/scaling.md")


def measure(n: int, rounds: int, scratch: Path) -> None:
    from inkling.batch.local_engine import cores
    from inkling.models import registry
    from inkling.training.data.mnist import load_mnist

    source, out = make(scratch / f"scans-{n}", n, load_mnist().x_test), scratch / "out"
    model = registry.find(None)
    content: Numbers = {
        "written_by": "python -m benchmarks.batch.scaling",
        "model": {"name": model.name, "version": model.version},
        "cores": cores(),
        "load_before": round(os.getloadavg()[0], 2),
        "pictures": n,
        "rounds": rounds,
        "steps_ms": steps(source, min(n, 2000), out),
    }
    click.echo(json.dumps(content["steps_ms"]))
    runs = []
    for _ in range(rounds):
        runs.append(ways(source, out, n))
        click.echo(json.dumps(runs[-1]))
    content["ways"] = medians(runs)
    content["chunks"] = chunk_sizes(source, out, n)
    click.echo(json.dumps(content["chunks"]))
    content["requests"] = requests(source, out)
    click.echo(json.dumps(content["requests"]))
    content["load_after"] = round(os.getloadavg()[0], 2)
    (HERE / "scaling.json").write_text(json.dumps(content, indent=1) + "\n")


if __name__ == "__main__":
    main()
