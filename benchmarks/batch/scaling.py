"""Measure how archive reading scales with cores and nodes, and write docs/scaling.md.

    python -m benchmarks.batch.scaling [--pictures 20000] [--rounds 3] [--no-measure]

Needs the cluster and learn extras. Measures the steps of an image on one core; one and two processes; Ray on one and
two cores, and on three nodes with one core each (ray.cluster_utils); several chunk sizes; the maximum rate at which Ray
dispatches chunks; and requests to a bucket, counted by a proxy in front of a local S3 server, moto. Each engine is
timed for the whole run and for its steady phase. Writes scaling.json; --no-measure only writes the page, from that file
and prices.toml.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import statistics
import tempfile
import time
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click

from benchmarks import markdown
from benchmarks.batch import scaling_report
from benchmarks.common import PRICES, ROOT, Numbers, read_json, write_json
from benchmarks.rendering.archive_images import make

OUT = Path(__file__).with_suffix(".json")
PAGE = ROOT / "docs" / "scaling.md"
STORE_BYTES = 80_000_000  # the object store of a Ray node
LEAST_CHUNKS = 10
SIZES = (20, 50, 100, 200, 500)
EMPTY = 2000  # empty chunks, to measure Ray's dispatch rate
SHARD = 500  # images in the shard, and images in separate files


def steps(source: Path, n: int, out: Path) -> Numbers:
    """CPU milliseconds per image for each step, in one process."""
    from inkling.batch import batch_reader, records, storage
    from inkling.pipeline.decode import decode

    job = _job(out)
    batch = batch_reader.BatchReader(job)
    pictures = _pictures(source, n)
    contents = [Path(one.location).read_bytes() for one in pictures]
    list(batch.read(pictures[:100])[0])

    def timed(act: Callable[[], Any]) -> float:
        times = []
        for _ in range(3):
            start = time.process_time()
            act()
            times.append(1000 * (time.process_time() - start) / n)
        return min(times)

    fetch = timed(lambda: [storage.read(one.location) for one in pictures])
    decoding = timed(lambda: [decode(content) for content in contents])
    prepare = timed(lambda: [batch.reader.prepare(content) for content in contents])
    all_rows = timed(lambda: batch.read(pictures))
    found = batch.read(pictures)[0]
    write = timed(lambda: [records.encode(found[k : k + 500], "parquet") for k in range(0, n, 500)])
    return {
        "fetch from this disk": round(fetch, 3),
        "decode": round(decoding, 3),
        "binarize, segment, normalize": round(prepare - decoding, 3),
        "networks, rows, result": round(all_rows - prepare - fetch, 3),
        "rows to Parquet": round(write, 3),
        "bytes": round(statistics.mean(map(len, contents))),
        "row_bytes": round(len(records.encode(found, "parquet")) / n, 1),
    }


def timed_run(engine: Any, source: Path | str, out: Path | str, n: int, *, size: int = scaling_report.TIMED) -> Numbers:
    """Time one run of an engine: seconds to the first chunk, images per second in the steady phase and in total."""
    from inkling.batch.progress import Progress
    from inkling.batch.run import RunOptions, run

    shutil.rmtree(str(out), ignore_errors=True)
    points: list[tuple[float, int]] = []  # (seconds, rows so far)
    start = time.perf_counter()

    def watch(progress: Progress) -> None:
        if progress.done and (not points or progress.done > points[-1][1]):
            points.append((time.perf_counter() - start, progress.done))

    run(RunOptions((str(source),), str(out)), engine, on_progress=watch, chunk_size=size)
    took_s = time.perf_counter() - start
    if points[-1][1] != n or len(points) < LEAST_CHUNKS:
        raise click.ClickException(
            f"{points[-1][1]:,} rows came {len(points)} times; expected {n:,}, {LEAST_CHUNKS} times."
        )
    return {"first_s": round(points[0][0], 2), "steady_per_s": round(steady(points), 1), "per_s": round(n / took_s, 1)}


def steady(points: list[tuple[float, int]]) -> float:
    """Images per second between 20 % and 90 % of the (seconds, images) points, while all workers are busy."""
    (start_s, before), (end_s, after) = points[len(points) // 5], points[9 * len(points) // 10]
    return (after - before) / (end_s - start_s)


@contextlib.contextmanager
def ray_nodes(*cores: int) -> Iterator[str]:
    """Start a cluster on this machine with one node per entry of `cores`, its number of cores; yields the address."""
    from inkling.batch.ray_cluster import QUIET_ENVIRONMENT

    os.environ.update(QUIET_ENVIRONMENT)
    os.environ["RAY_worker_niceness"] = "0"  # noqa: SIM112 - as for the processes of the local engine
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": cores[0], "object_store_memory": STORE_BYTES})
    try:
        for count in cores[1:]:
            cluster.add_node(num_cpus=count, object_store_memory=STORE_BYTES)
        yield cluster.address
    finally:
        cluster.shutdown()


def engines(source: Path, out: Path, n: int) -> Numbers:
    """Time every engine once."""
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
    """Rates on two cores, locally and on Ray, by chunk size; and how many empty chunks Ray dispatches per second."""
    from inkling.batch.image_ref import ImageRef
    from inkling.batch.job import in_chunks
    from inkling.batch.local_engine import LocalEngine
    from inkling.batch.ray_engine import RayEngine

    found: Numbers = {"here": {}, "ray": {}}
    sizes = [size for size in SIZES if n // size >= LEAST_CHUNKS]
    for size in sizes:
        found["here"][str(size)] = timed_run(LocalEngine(2), source, out, n, size=size)["steady_per_s"]
    with ray_nodes(2) as address, RayEngine(address) as engine:
        for size in sizes:
            found["ray"][str(size)] = timed_run(engine, source, out, n, size=size)["steady_per_s"]
        nothing = (ImageRef(f"{k}", "", error="nothing") for k in range(EMPTY))
        (out / "parts").mkdir(parents=True, exist_ok=True)
        ended = [time.perf_counter() for _ in engine.run(_job(out, "jsonl"), in_chunks(nothing, size=1))]
    found["chunks_per_s"] = round((EMPTY - 100) / (ended[-1] - ended[99]), 1)
    return found


def requests(source: Path, out: Path) -> Numbers:
    """Bucket requests per image, for images in separate files and in a shard."""
    import tarfile

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
            storage.write(f"s3://pictures/files/{k:05}.png", Path(one.location).read_bytes())
        with tarfile.open(out.with_suffix(".tar"), "w") as tar:
            for one in pictures:
                tar.add(one.location, Path(one.location).name)
        storage.write("s3://pictures/shard.tar", out.with_suffix(".tar").read_bytes())
        for name, what in (("files", "s3://pictures/files"), ("shard", "s3://pictures/shard.tar")):
            proxy.counts.clear()
            timed_run(LocalEngine(1), what, f"s3://pictures/out-{name}", SHARD, size=50)
            seen = proxy.counts
            found[name] = {
                "reads": round((seen["GET"] + seen["HEAD"]) / SHARD, 3),
                "writes": round(
                    (seen["PUT"] + seen["POST"]) / SHARD / 10, 4
                ),  # the chunks here are a tenth of the default size
            }
    del os.environ["AWS_ENDPOINT_URL"]
    return found


def _job(out: Path, format: str = "parquet") -> Any:
    from inkling.batch.job import Job
    from inkling.models import registry

    found = registry.find(None)
    return Job(str(out), found.name, found.version, format)  # type: ignore[arg-type]


def _pictures(source: Path, n: int) -> list[Any]:
    from inkling.batch.image_ref import ImageRef

    return [ImageRef(str(path), str(path)) for path in sorted(source.rglob("*.png"))[:n]]


def medians(rounds: list[Numbers]) -> Numbers:
    """The median of every measurement over the rounds."""
    first = rounds[0]
    return {name: {key: statistics.median(one[name][key] for one in rounds) for key in first[name]} for name in first}


@click.command()
@click.option("--pictures", default=20_000, show_default=True, help="Number of images in the archive.")
@click.option("--rounds", default=3, show_default=True, help="Rounds; each times every engine in turn.")
@click.option("--scratch", type=click.Path(path_type=Path), default=None, help="The folder of images and results.")
@click.option("--no-measure", "kept", is_flag=True, help="Only write the page.")
def main(*, pictures: int, rounds: int, scratch: Path | None, kept: bool) -> None:
    """Print the results as they are measured, and write them and the page."""
    if not kept:
        measure(pictures, rounds, scratch or Path(tempfile.gettempdir()) / "inkling-archive")
    blocks = scaling_report.blocks(read_json(OUT), tomllib.loads(PRICES.read_text("utf-8")))
    markdown.write_blocks(PAGE, blocks)
    click.echo("docs/scaling.md")


def measure(n: int, rounds: int, scratch: Path) -> None:
    """Measure everything and write scaling.json."""
    from inkling.cpu import cores
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
        runs.append(engines(source, out, n))
        click.echo(json.dumps(runs[-1]))
    content["engines"] = medians(runs)
    content["chunks"] = chunk_sizes(source, out, n)
    click.echo(json.dumps(content["chunks"]))
    content["requests"] = requests(source, out)
    click.echo(json.dumps(content["requests"]))
    content["load_after"] = round(os.getloadavg()[0], 2)
    write_json(OUT, content)


if __name__ == "__main__":
    main()
