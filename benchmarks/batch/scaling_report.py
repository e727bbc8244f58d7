"""The tables of docs/scaling.md, from scaling.json and prices.toml, and the formulas behind them."""

from __future__ import annotations

import math

from benchmarks import markdown
from benchmarks.common import Numbers
from inkling.batch.job import CHUNK_SIZE

MILLION = 10**6
COUNTS = {"a million": MILLION, "a billion": 1000 * MILLION}
CORES = (8, 64, 512)
TIMED = 100  # images in the chunks that are timed: there must be many chunks
AT_ONCE = 16  # concurrent requests of one worker to a bucket (inkling.batch.storage)
LATENCY_MS = (10, 30, 100)  # of a bucket's answer to one request
PREFIX_READS = 5500  # GET or HEAD a second that S3 promises for a prefix
GBIT = 10  # a second, of a node's network


def trial(found: Numbers) -> str:
    """A warning for figures of a short run or a busy machine; "" for others."""
    if found["rounds"] >= 3 and found["pictures"] >= 20_000 and found["load_before"] < 1:
        return ""
    return (
        f"**A trial: {found['rounds']} round of {found['pictures']:,} images, perhaps on a busy machine. What follows "
        "from these figures says little until they are measured on an idle one.**\n\n"
    )


def core_ms(found: Numbers) -> float:
    """Milliseconds of one core for an image, by the steady rate of one process here."""
    return float(1000 / found["engines"]["one here"]["steady_per_s"])


def share_on_ray(found: Numbers) -> float:
    """Ray's rate on two cores as a share of two processes' here, in the largest chunks; at most 1."""
    here, on_ray = found["chunks"]["here"], found["chunks"]["ray"]
    return min(1.0, float(on_ray[_largest(found)] / here[_largest(found)]))


def _largest(found: Numbers) -> str:
    return max(found["chunks"]["ray"], key=int)


def most_per_s(found: Numbers) -> float:
    """The images a second for which Ray's driver can dispatch chunks."""
    return float(found["chunks"]["chunks_per_s"] * CHUNK_SIZE)


def rate(found: Numbers, cores: int) -> float:
    """Images a second on so many cores of a cluster: linear, up to what the driver dispatches."""
    return min(cores * 1000 / core_ms(found) * share_on_ray(found), most_per_s(found))


def cost(found: Numbers, store: Numbers, cloud: Numbers, pictures: int, *, shards: bool) -> Numbers:
    """US dollars for reading so many images from a bucket."""
    asked = found["requests"]["shard" if shards else "files"]
    requests = asked["reads"] * store["million_reads"] + asked["writes"] * store["million_writes"]
    core_s = pictures * core_ms(found) / 1000 / share_on_ray(found)
    parts = {
        "computing": core_s * (cloud["vcpu_second"] + cloud["gib_per_vcpu"] * cloud["gib_second"]),
        "requests": pictures / MILLION * requests,
    }
    return {**parts, "all": sum(parts.values())}


def measured(found: Numbers) -> str:
    """Every engine beside one process."""
    engines, cores = found["engines"], found["cores"]
    one = engines["one here"]["steady_per_s"]
    ray = engines["one Ray node, a core"]["steady_per_s"]
    heads = ["images a second", "first chunk done after", "then", "whole run", "beside one process here", "efficiency"]
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
        f"{found['steps_ms']['bytes'] / 1000:.1f} KB on a disk, median of {found['rounds']}, {cores} cores; the load "
        f"before was {found['load_before']}. Efficiency is beside as many times one process or one Ray node as there "
        f"are cores to use: three Ray nodes share this machine's {cores}. The chunks have {TIMED} images, so "
        f"that there are many; in chunks of {_largest(found)}, below, Ray reaches {share_on_ray(found):.2f} of the "
        f"processes' rate. By default chunks have {CHUNK_SIZE}."
    )
    return f"{trial(found)}{markdown.table(heads, rows)}\n\n{note}"


def sizes(found: Numbers) -> str:
    """By the size of chunks."""
    chunks = found["chunks"]
    rows = [
        [name, *(f"{chunks[key][size]:,.0f}" for size in chunks[key])]
        for key, name in (("here", "two processes"), ("ray", "Ray, two cores"))
    ]
    table = markdown.table(["images a second, by images in a chunk", *chunks["ray"]], rows)
    return (
        f"{table}\n\nRay dispatches {chunks['chunks_per_s']:,.0f} empty chunks a second, so chunks of {CHUNK_SIZE} "
        f"limit a cluster to {most_per_s(found):,.0f} images a second."
    )


def steps(found: Numbers) -> str:
    """The share of each step of a core's time."""
    timed = {name: ms for name, ms in found["steps_ms"].items() if not name.endswith("bytes")}
    total = sum(timed.values())
    rows = [[name, f"{ms:.3f} ms", f"{ms / total:.1%}"] for name, ms in timed.items()]
    return markdown.table(["step", "one core, an image", "share"], rows)


def costs(found: Numbers, prices: Numbers) -> str:
    """Hours by cores, and dollars by clouds."""
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
                f"{store['name']}, {cloud['name']}: {'shards' if shards else 'a file an image'}",
                f"{each['computing']:.3f}", f"{each['requests']:.3f}", f"**{each['all']:.3f}**",
                f"{1000 * each['all']:,.0f}",
            ])  # fmt: skip
    sources = "; ".join(f"{store['name']}: {store['source']}" for store in prices["store"])
    return "\n\n".join(
        (
            markdown.table(["images", "core hours", *(f"on {cores} cores" for cores in CORES)], hours),
            markdown.table(["US dollars", "computing", "requests", "a million", "a billion"], rows),
            f"List prices as noted on {prices['noted']} from pages about them (`benchmarks/prices.toml`); starting the "
            f"cluster, storage and a head node are not in them. Check them at their sources: {sources}.",
        )
    )


def limits(found: Numbers) -> str:
    """The number of cores at which something other than computing is the limit."""
    one = 1000 / core_ms(found)
    asked = found["requests"]
    late = ", ".join(f"{AT_ONCE / (2 * ms / 1000):,.0f} a second at {ms} ms" for ms in LATENCY_MS)
    prefix = PREFIX_READS / asked["files"]["reads"]
    node = GBIT * 1e9 / 8 / found["steps_ms"]["bytes"]
    rows = [
        ["decode", "never: see the steps", "it grows with the image's pixels, as binarization does"],
        ["latency of a bucket", f"one worker fetches {late}; it reads {one:,.0f}",
         f"{AT_ONCE} requests of a worker are concurrent; shards need {asked['shard']['reads']:.2f} reads a "
         f"image instead of {asked['files']['reads']:.2f}"],
        [f"S3's {PREFIX_READS:,} reads a second for a prefix", f"{prefix / one:,.0f} cores, {prefix:,.0f} images/s",
         "spread files over folders, which S3 splits by itself after a while, or use shards"],
        [f"a node's network of {GBIT} Gbit/s", f"{node / one:,.0f} cores a node",
         f"{found['steps_ms']['bytes']:,} bytes an image, {found['steps_ms']['row_bytes']:.0f} bytes a row"],
        ["Ray's driver", f"{most_per_s(found) / one / share_on_ray(found):,.0f} cores",
         "several runs in parallel, one for each folder, each with its own output"],
    ]  # fmt: skip
    return markdown.table(["limit", "reached at", "then"], rows)


def _duration(seconds: float) -> str:
    for unit, length in (("days", 86400.0), ("hours", 3600.0), ("min", 60.0)):
        if seconds >= 1.5 * length:
            return f"{seconds / length:,.1f} {unit}"
    return f"{math.ceil(seconds)} s"


def blocks(found: Numbers, prices: Numbers) -> dict[str, str]:
    """The page's blocks by their names."""
    return {
        "measured": measured(found), "sizes": sizes(found), "steps": steps(found), "costs": costs(found, prices),
        "limits": limits(found),
    }  # fmt: skip
