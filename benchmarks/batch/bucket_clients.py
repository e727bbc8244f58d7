"""Compare the CPU time of two S3 clients: `inkling.batch.storage` on pyarrow, and fsspec's s3fs.

    python -m venv /tmp/s3fs && /tmp/s3fs/bin/pip install s3fs    # separate: it needs another botocore than moto
    python -m benchmarks.batch.bucket_clients --s3fs /tmp/s3fs/bin/python

Each client fetches the same pictures, as separate objects and as ranges of a shard, with 16 concurrent requests, from
moto on this machine. Only the client's CPU time counts, because a worker has one core for fetching and reading. Writes
bucket_clients.json.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import click

from benchmarks.common import write_json
from tests.batch import s3

OUT = Path(__file__).with_suffix(".json")
N, SHARD, BYTES = 300, 1200, 4640  # pictures as separate objects; pictures in the shard; bytes per picture
TIMED = f"""
import json, time
def timed(act, n):
    times = []
    for _ in range(3):
        start = time.process_time()
        assert sum(map(len, act())) >= n * {BYTES}
        times.append(1000 * (time.process_time() - start) / n)
    return round(min(times), 3)
files = [f"pictures/{{i:04d}}.png" for i in range({N})]
starts = [i * {BYTES} for i in range({SHARD})]
"""
CLIENTS = {
    "pyarrow": TIMED
    + f"""
from inkling.batch import storage
from inkling.batch.range_requests import ByteRange
one_each = lambda: list(storage.read_many(ByteRange(f"s3://{{name}}") for name in files))
shard = lambda: list(storage.read_many(ByteRange("s3://pictures/shard.tar", start, {BYTES}) for start in starts))
print(json.dumps({{"an object each": timed(one_each, {N}), "a shard": timed(shard, {SHARD})}}))
""",
    "s3fs": TIMED
    + f"""
import os, s3fs
from fsspec.utils import merge_offset_ranges
fs = s3fs.S3FileSystem(endpoint_url=os.environ["AWS_ENDPOINT_URL"], client_kwargs={{"region_name": "us-east-1"}})
one_each = lambda: list(fs.cat(files, batch_size=16).values())
def shard():
    ends = [start + {BYTES} for start in starts]
    near = dict(max_gap=65536, max_block=1 << 20)
    return fs.cat_ranges(*merge_offset_ranges(["pictures/shard.tar"] * {SHARD}, starts, ends, **near), batch_size=16)
print(json.dumps({{"an object each": timed(one_each, {N}), "a shard": timed(shard, {SHARD})}}))
""",
}


@click.command()
@click.option("--s3fs", "python", required=True, help="The Python of an environment with s3fs.")
def main(*, python: str) -> None:
    """Print the results as they are measured, and write them."""
    from inkling.batch import storage

    os.environ.update(s3.KEYS)
    with s3.s3_server() as port:
        os.environ["AWS_ENDPOINT_URL"] = f"http://127.0.0.1:{port}"
        s3.make_bucket(port, "pictures")
        content = os.urandom(BYTES)
        for i in range(N):
            storage.write(f"s3://pictures/{i:04d}.png", content)
        storage.write("s3://pictures/shard.tar", content * SHARD)
        found = {}
        for name, program in CLIENTS.items():
            with_it = python if name == "s3fs" else sys.executable
            done = subprocess.run([with_it, "-c", program], capture_output=True, text=True, check=True)
            found[name] = json.loads(done.stdout)
            click.echo(f"{name}: {found[name]} ms of CPU time per image")
    ratio = {kind: round(found["s3fs"][kind] / ms, 2) for kind, ms in found["pyarrow"].items()}
    content_json = {"written_by": "python -m benchmarks.batch.bucket_clients", "bytes": BYTES, "cpu_ms": found}
    write_json(OUT, content_json | {"s3fs_to_pyarrow": ratio})


if __name__ == "__main__":
    main()
