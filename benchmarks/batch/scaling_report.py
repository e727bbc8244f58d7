"""scaling.json and prices.toml -> the tables of docs/scaling.md, and what they are computed from."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from benchmarks import markdown as tables
from inkling.batch.chunks import SIZE

Numbers = dict[str, Any]

MILLION = 10**6
COUNTS = {"a million": MILLION, "a billion": 1000 * MILLION}
CORES = (8, 64, 512)
TIMED = 100  # pictures in the chunks that are timed: there must be many
AT_ONCE = 16  # requests of one worker to a bucket under way together (inkling.batch.storage)
LATE_MS = (10, 30, 100)  # how late a bucket answers one request
PREFIX_READS = 5500  # GET or HEAD a second that S3 promises for a prefix
GBIT = 10  # of a node's network


def trial(found: Numbers) -> str:
    """What must be said of figures that were taken quickly, or while the machine did something else; "" of others."""
    if found["rounds"] >= 3 and found["pictures"] >= 20_000 and found["load_before"] < 1:
        return ""
    return (
        f"**A trial: {found['rounds']} round of {found['pictures']:,} pictures, perhaps on a machine that was busy "
        "with other work. What follows from these figures says little until they are measured on a quiet one.**\n\n"
    )


def core_ms(found: Numbers) -> float:
    """Milliseconds of one core for a picture, by the steady rate of one process here."""
    return float(1000 / found["ways"]["one here"]["steady_per_s"])


def share_on_ray(found: Numbers) -> float:
    """What of the rate of two processes here is left on Ray, on as many cores, in the largest chunks; at most 1."""
    here, on_ray = found["chunks"]["here"], found["chunks"]["ray"]
    return min(1.0, float(on_ray[_largest(found)] / here[_largest(found)]))


def _largest(found: Numbers) -> str:
    return max(found["chunks"]["ray"], key=int)


def most_per_s(found: Numbers) -> float:
    """Pictures a second beyond which Ray's driver cannot hand out chunks."""
    return float(found["chunks"]["chunks_per_s"] * SIZE)


def rate(found: Numbers, cores: int) -> float:
    """Pictures a second on so many cores of a cluster: linear, up to what the driver hands out."""
    return min(cores * 1000 / core_ms(found) * share_on_ray(found), most_per_s(found))


def cost(found: Numbers, store: Numbers, cloud: Numbers, pictures: int, *, shards: bool) -> Numbers:
    """US dollars for reading so many pictures out of a bucket."""
    asked = found["requests"]["shard" if shards else "files"]
    requests = asked["reads"] * store["million_reads"] + asked["writes"] * store["million_writes"]
    core_s = pictures * core_ms(found) / 1000 / share_on_ray(found)
    parts = {
        "computing": core_s * (cloud["vcpu_second"] + cloud["gib_per_vcpu"] * cloud["gib_second"]),
        "requests": pictures / MILLION * requests,
    }
    return {**parts, "all": sum(parts.values())}


def measured(found: Numbers) -> str:
    """Every way beside one process."""
    ways, cores = found["ways"], found["cores"]
    one = ways["one here"]["steady_per_s"]
    ray = ways["one Ray node, a core"]["steady_per_s"]
    heads = [
        "pictures a second",
        "first chunk done after",
        "then",
        "whole run",
        "beside one process here",
        "efficiency",
    ]
    used = {"one here": (1, one), "two here": (2, one), "one Ray node, a core": (1, ray),
            "one Ray node, two cores": (2, ray), "three Ray nodes": (min(3, cores), ray)}  # fmt: skip
    names = {"one here": "one process", "two here": "two processes", "three Ray nodes": "three Ray nodes, a core each"}
    rows = [
        [names.get(way, way), f"{each['first_s']:.1f} s", f"**{each['steady_per_s']:,.0f}**", f"{each['per_s']:,.0f}",
         f"{each['steady_per_s'] / one:.2f}", f"{each['steady_per_s'] / used[way][1] / used[way][0]:.0%}"]
        for way, each in ways.items()
    ]  # fmt: skip
    said = (
        f"`{found['model']['name']}` {found['model']['version']}, {found['pictures']:,} pictures of "
        f"{found['steps_ms']['bytes'] / 1000:.1f} KB on a disk, median of {found['rounds']}, {cores} cores; the load "
        f"before was {found['load_before']}. Efficiency is beside as many times one process or one Ray node as there "
        f"are cores to use: three Ray nodes share this machine's {cores}. The chunks have {TIMED} pictures, so "
        f"that there are many; in those of {_largest(found)}, below, Ray does {share_on_ray(found):.2f} of what the "
        f"processes do. By default they have {SIZE}."
    )
    return f"{trial(found)}{tables.markdown(heads, rows)}\n\n{said}"


def sizes(found: Numbers) -> str:
    """By the size of chunks."""
    chunks = found["chunks"]
    rows = [
        [name, *(f"{chunks[key][size]:,.0f}" for size in chunks[key])]
        for key, name in (("here", "two processes"), ("ray", "Ray, two cores"))
    ]
    table = tables.markdown(["pictures a second, by pictures in a chunk", *chunks["ray"]], rows)
    return (
        f"{table}\n\nOf chunks with nothing in them Ray hands out {chunks['chunks_per_s']:,.0f} a second, so chunks of "
        f"{SIZE} bound a cluster to {most_per_s(found):,.0f} pictures a second."
    )


def steps(found: Numbers) -> str:
    """Where a core's time goes."""
    timed = {name: ms for name, ms in found["steps_ms"].items() if not name.endswith("bytes")}
    total = sum(timed.values())
    rows = [[name, f"{ms:.3f} ms", f"{ms / total:.1%}"] for name, ms in timed.items()]
    return tables.markdown(["step", "one core, a picture", "share"], rows)


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
                f"{store['name']}, {cloud['name']}: {'shards' if shards else 'a file a picture'}",
                f"{each['computing']:.3f}", f"{each['requests']:.3f}", f"**{each['all']:.3f}**",
                f"{1000 * each['all']:,.0f}",
            ])  # fmt: skip
    sources = "; ".join(f"{store['name']}: {store['source']}" for store in prices["store"])
    return "\n\n".join(
        (
            tables.markdown(["pictures", "core hours", *(f"on {cores} cores" for cores in CORES)], hours),
            tables.markdown(["US dollars", "computing", "requests", "a million", "a billion"], rows),
            f"List prices as noted on {prices['noted']} from pages about them (`benchmarks/prices.toml`); starting the "
            f"cluster, storage and a head node are not in them. Check them at their sources: {sources}.",
        )
    )


def limits(found: Numbers) -> str:
    """At how many cores something else than computing is the bound."""
    one = 1000 / core_ms(found)
    asked = found["requests"]
    late = ", ".join(f"{AT_ONCE / (2 * ms / 1000):,.0f} a second at {ms} ms" for ms in LATE_MS)
    prefix = PREFIX_READS / asked["files"]["reads"]
    node = GBIT * 1e9 / 8 / found["steps_ms"]["bytes"]
    rows = [
        ["decode", "never: see the steps", "it grows with the picture's pixels, as the ink does"],
        ["how late a bucket answers", f"one worker fetches {late}; it reads {one:,.0f}",
         f"{AT_ONCE} requests of a worker are under way at once; shards need {asked['shard']['reads']:.2f} reads a "
         f"picture in place of {asked['files']['reads']:.2f}"],
        [f"S3's {PREFIX_READS:,} reads a second for a prefix", f"{prefix / one:,.0f} cores, {prefix:,.0f} pictures/s",
         "spread files over folders, which S3 parts by itself after a while, or use shards"],
        [f"a node's network of {GBIT} Gbit/s", f"{node / one:,.0f} cores a node",
         f"{found['steps_ms']['bytes']:,} bytes a picture, {found['steps_ms']['row_bytes']:.0f} bytes a row"],
        ["Ray's driver", f"{most_per_s(found) / one / share_on_ray(found):,.0f} cores",
         "several runs beside each other, one a folder, each with its own output"],
    ]  # fmt: skip
    return tables.markdown(["bound", "reached at", "then"], rows)


def _duration(seconds: float) -> str:
    for unit, length in (("days", 86400.0), ("hours", 3600.0), ("min", 60.0)):
        if seconds >= 1.5 * length:
            return f"{seconds / length:,.1f} {unit}"
    return f"{math.ceil(seconds)} s"


def write(path: Path, found: Numbers, prices: Numbers) -> None:
    """The page with every block written anew."""
    text = path.read_text("utf-8")
    for name, block in (
        ("measured", measured(found)), ("sizes", sizes(found)), ("steps", steps(found)),
        ("costs", costs(found, prices)), ("limits", limits(found)),
    ):  # fmt: skip
        text = tables.with_block(text, name, block)
    path.write_text(text, "utf-8")
