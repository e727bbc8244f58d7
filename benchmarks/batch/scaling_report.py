"""The tables of docs/scaling.md, from scaling.json and prices.toml, and their formulas."""

from __future__ import annotations

import math

from benchmarks import markdown
from benchmarks.common import Numbers
from inkling.batch.job import CHUNK_SIZE

MILLION = 10**6
COUNTS = {"a million": MILLION, "a billion": 1000 * MILLION}
CORES = (8, 64, 512)
TIMED = 100  # images per timed chunk: small, so that there are many chunks
AT_ONCE = 16  # concurrent requests of one worker to a bucket (inkling.batch.storage)
LATENCY_MS = (10, 30, 100)  # of one bucket request
PREFIX_READS = 5500  # GET or HEAD requests per second that S3 guarantees per prefix
GBIT = 10  # Gbit/s of a node's network


def trial(found: Numbers) -> str:
    """A warning for results of a short run or a busy machine; "" for others."""
    if found["rounds"] >= 3 and found["pictures"] >= 20_000 and found["load_before"] < 1:
        return ""
    return (
        f"**Trial run: {found['rounds']} round of {found['pictures']:,} images, possibly on a busy machine. These "
        "results are not reliable until they are measured on an idle machine.**\n\n"
    )


def core_ms(found: Numbers) -> float:
    """CPU milliseconds per image, from the steady rate of one local process."""
    return float(1000 / found["engines"]["one here"]["steady_per_s"])


def share_on_ray(found: Numbers) -> float:
    """Ray's rate on two cores relative to two local processes, with the largest chunks; at most 1."""
    here, on_ray = found["chunks"]["here"], found["chunks"]["ray"]
    return min(1.0, float(on_ray[_largest(found)] / here[_largest(found)]))


def _largest(found: Numbers) -> str:
    return max(found["chunks"]["ray"], key=int)


def most_per_s(found: Numbers) -> float:
    """The images per second for which Ray's driver can dispatch chunks of the default size."""
    return float(found["chunks"]["chunks_per_s"] * CHUNK_SIZE)


def rate(found: Numbers, cores: int) -> float:
    """Images per second on `cores` cores of a cluster: linear up to the driver's dispatch limit."""
    return min(cores * 1000 / core_ms(found) * share_on_ray(found), most_per_s(found))


def cost(found: Numbers, store: Numbers, cloud: Numbers, pictures: int, *, shards: bool) -> Numbers:
    """The cost of reading `pictures` images from a bucket, in US dollars."""
    asked = found["requests"]["shard" if shards else "files"]
    requests = asked["reads"] * store["million_reads"] + asked["writes"] * store["million_writes"]
    core_s = pictures * core_ms(found) / 1000 / share_on_ray(found)
    parts = {
        "computing": core_s * (cloud["vcpu_second"] + cloud["gib_per_vcpu"] * cloud["gib_second"]),
        "requests": pictures / MILLION * requests,
    }
    return {**parts, "all": sum(parts.values())}


def measured(found: Numbers) -> str:
    """A table that compares every engine with one process."""
    engines, cores = found["engines"], found["cores"]
    one = engines["one here"]["steady_per_s"]
    ray = engines["one Ray node, a core"]["steady_per_s"]
    heads = ["images per second", "first chunk after", "steady", "whole run", "relative to one process", "efficiency"]
    used = {"one here": (1, one), "two here": (2, one), "one Ray node, a core": (1, ray),
            "one Ray node, two cores": (2, ray), "three Ray nodes": (min(3, cores), ray)}  # fmt: skip
    names = {"one here": "one process", "two here": "two processes", "three Ray nodes": "three Ray nodes, a core each"}
    rows = [
        [names.get(name, name), f"{each['first_s']:.1f} s", f"**{each['steady_per_s']:,.0f}**", f"{each['per_s']:,.0f}",
         f"{each['steady_per_s'] / one:.2f}", f"{each['steady_per_s'] / used[name][1] / used[name][0]:.0%}"]
        for name, each in engines.items()
    ]  # fmt: skip
    note = (
        f"`{found['model']['name']}` {found['model']['version']}, {found['pictures']:,} images of "
        f"{found['steps_ms']['bytes'] / 1000:.1f} KB on a disk, median of {found['rounds']} rounds, {cores} cores; the "
        f"load before was {found['load_before']}. Efficiency is the steady rate per usable core, relative to one "
        f"process or to one Ray node with one core; three Ray nodes share this machine's {cores} cores. The chunks "
        f"contain {TIMED} images, so that there are many of them. With chunks of {_largest(found)} (see below), Ray "
        f"reaches {share_on_ray(found):.2f} of the processes' rate. The default is {CHUNK_SIZE} images."
    )
    return f"{trial(found)}{markdown.table(heads, rows)}\n\n{note}"


def sizes(found: Numbers) -> str:
    """The rates by chunk size."""
    chunks = found["chunks"]
    rows = [
        [name, *(f"{chunks[key][size]:,.0f}" for size in chunks[key])]
        for key, name in (("here", "two processes"), ("ray", "Ray, two cores"))
    ]
    table = markdown.table(["images per second, by images per chunk", *chunks["ray"]], rows)
    return (
        f"{table}\n\nRay dispatches {chunks['chunks_per_s']:,.0f} empty chunks per second, so with chunks of "
        f"{CHUNK_SIZE} a cluster is limited to {most_per_s(found):,.0f} images per second."
    )


def steps(found: Numbers) -> str:
    """The CPU time of each step and its share."""
    timed = {name: ms for name, ms in found["steps_ms"].items() if not name.endswith("bytes")}
    total = sum(timed.values())
    rows = [[name, f"{ms:.3f} ms", f"{ms / total:.1%}"] for name, ms in timed.items()]
    return markdown.table(["step", "CPU time per image", "share"], rows)


def costs(found: Numbers, prices: Numbers) -> str:
    """Tables of hours by cores and dollars by cloud."""
    clouds = {cloud["name"]: cloud for cloud in prices["cloud"]}
    hours = [
        [name, f"{count * core_ms(found) / 3.6e6 / share_on_ray(found):,.1f}",
         *(_duration(count / rate(found, cores)) for cores in CORES)]
        for name, count in COUNTS.items()
    ]  # fmt: skip
    rows = []
    for store in prices["store"]:
        cloud = clouds[store["cloud"]]
        for shards in (False, True):
            each = cost(found, store, cloud, MILLION, shards=shards)
            rows.append([
                f"{store['name']}, {cloud['name']}: {'shards' if shards else 'one file per image'}",
                f"{each['computing']:.3f}", f"{each['requests']:.3f}", f"**{each['all']:.3f}**",
                f"{1000 * each['all']:,.0f}",
            ])  # fmt: skip
    sources = "; ".join(f"{store['name']}: {store['source']}" for store in prices["store"])
    return "\n\n".join(
        (
            markdown.table(["images", "core hours", *(f"on {cores} cores" for cores in CORES)], hours),
            markdown.table(["US dollars", "computing", "requests", "a million", "a billion"], rows),
            f"List prices as of {prices['noted']}, from pages about them (`benchmarks/prices.toml`); starting the "
            f"cluster, storage and a head node are not included. Check them at their sources: {sources}.",
        )
    )


def limits(found: Numbers) -> str:
    """A table of the limits other than computing time, and of when each is reached."""
    one = 1000 / core_ms(found)
    asked = found["requests"]
    late = ", ".join(f"{AT_ONCE / (2 * ms / 1000):,.0f} per second at {ms} ms" for ms in LATENCY_MS)
    prefix = PREFIX_READS / asked["files"]["reads"]
    node = GBIT * 1e9 / 8 / found["steps_ms"]["bytes"]
    rows = [
        ["decoding", "never: see the steps", "the time grows with the number of pixels, as for binarization"],
        ["bucket latency", f"one worker fetches {late}; it reads {one:,.0f}",
         f"a worker sends {AT_ONCE} concurrent requests; shards need {asked['shard']['reads']:.2f} reads per "
         f"image instead of {asked['files']['reads']:.2f}"],
        [f"S3's {PREFIX_READS:,} reads per second per prefix", f"{prefix / one:,.0f} cores, {prefix:,.0f} images/s",
         "distribute the files over folders, which S3 partitions automatically after a while, or use shards"],
        [f"a node's network of {GBIT} Gbit/s", f"{node / one:,.0f} cores per node",
         f"{found['steps_ms']['bytes']:,} bytes per image, {found['steps_ms']['row_bytes']:.0f} bytes per row"],
        ["Ray's driver", f"{most_per_s(found) / one / share_on_ray(found):,.0f} cores",
         "several runs in parallel, one per folder, each with its own output"],
    ]  # fmt: skip
    return markdown.table(["limit", "reached at", "remarks"], rows)


def _duration(seconds: float) -> str:
    for unit, length in (("days", 86400.0), ("hours", 3600.0), ("min", 60.0)):
        if seconds >= 1.5 * length:
            return f"{seconds / length:,.1f} {unit}"
    return f"{math.ceil(seconds)} s"


def blocks(found: Numbers, prices: Numbers) -> dict[str, str]:
    """The page's blocks, by name."""
    return {
        "measured": measured(found), "sizes": sizes(found), "steps": steps(found), "costs": costs(found, prices),
        "limits": limits(found),
    }  # fmt: skip
