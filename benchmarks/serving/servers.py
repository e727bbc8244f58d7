"""Servers of the same network side by side: speed, memory, start and size, each in turn under the same load.

    make bench            (or: python -m benchmarks.serving.servers [--rounds 5] [--seconds 5] [--only NAME])

The load is wrk's: the picture `drawing.png`, 8 connections, each answer looked at. The rounds are interleaved, so that
what else the machine does falls on all alike; the figures are medians over the rounds, and what counts is how they
stand to each other. wrk takes its share of the same cores. Writes benchmarks/serving/servers.json.
"""

from __future__ import annotations

import http.client
import importlib.metadata
import json
import os
import platform
import re
import statistics
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import click

from benchmarks.serving import wrk
from benchmarks.serving.baseline_servers import ALL, ENVIRONMENTS, PROGRAMS, ROOT, Contestant, load_of
from benchmarks.serving.processes import family, folder_mb, free_port, pss_mb, started, wait_for

HERE = Path(__file__).parent
START_S = 90  # how long a server may take to its first answer
CONNECTIONS = 8


def answers_right(port: int, contestant: Contestant, load: wrk.Load) -> bool:
    """Whether one request gets the right answer now; the first ones come before anybody listens."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=START_S)
    try:
        line.request("POST", contestant.path, load.body.read_bytes(), {"Content-Type": load.content_type})
        answer = line.getresponse()
        return answer.status == 200 and re.search(load.right, answer.read().decode()) is not None
    except (OSError, http.client.HTTPException):
        return False
    finally:
        line.close()


def one_round(contestant: Contestant, load: wrk.Load, *, seconds: float, log: Path) -> dict[str, float]:
    """Starts it, loads it, weighs it, stops it."""
    port = free_port()
    environ = {"PORT": str(port), **contestant.environ}
    with started(contestant.started_by(port), cwd=PROGRAMS, environ=environ, log=log) as server:
        try:
            start_s = wait_for(lambda: answers_right(port, contestant, load), timeout_s=START_S)
        except TimeoutError as error:
            raise SystemExit(f"{contestant.name}: no right answer; its log ends: {log.read_text()[-600:]}") from error
        url = f"http://127.0.0.1:{port}{contestant.path}"
        wrk.run(url, load, seconds=max(1, seconds // 4), connections=CONNECTIONS)  # until it is warm
        found = wrk.run(url, load, seconds=seconds, connections=CONNECTIONS)
        memory_mb = pss_mb(family(server.pid))
    return {"start_s": start_s, "memory_mb": memory_mb, **vars(found)}


def summary(rounds: list[dict[str, float]]) -> dict[str, Any]:
    """Medians over the rounds; every round's throughput; all errors."""
    medians = {key: statistics.median(each[key] for each in rounds) for key in rounds[0] if key != "errors"}
    places = {"start_s": 2, "memory_mb": 0, "per_s": 1, "p50_ms": 2, "p99_ms": 2, "answer_bytes": 0}
    return {
        **{key: round(value, places[key]) for key, value in medians.items()},
        "errors": int(sum(each["errors"] for each in rounds)),
        "per_s_rounds": [each["per_s"] for each in rounds],
    }


def versions(contestant: Contestant) -> dict[str, str]:
    """What its environment holds of the packages worth telling."""
    folders = list((ENVIRONMENTS / contestant.environment / "lib").glob("python*/site-packages"))
    found = importlib.metadata.distributions(path=[str(folder) for folder in folders])
    known = {each.metadata["Name"].lower(): each.version for each in found}
    return {name: known[name] for name in contestant.packages if name in known}


def size_mb(contestant: Contestant) -> float:
    """What is installed for it, without Python and pip; for inkling, whose code is not copied there, its folder too."""
    own = (ROOT / "src" / "inkling",) if contestant.environment == "inkling" else ()
    return round(folder_mb(ENVIRONMENTS / contestant.environment, *own))


def machine() -> dict[str, Any]:
    """Where this ran."""
    cpu = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    git = ["git", "rev-parse", "--short", "HEAD"]
    commit = subprocess.run(git, cwd=ROOT, capture_output=True, text=True, check=False).stdout
    return {
        "cores": os.cpu_count(),
        "cpu": cpu.group(1) if cpu else platform.machine(),
        "python": platform.python_version(),
        "commit": commit.strip(),
        "load_before": round(os.getloadavg()[0], 2),
    }


@click.command()
@click.option("--rounds", default=5, show_default=True)
@click.option("--seconds", default=5, show_default=True, help="Of load in each round.")
@click.option("--only", multiple=True, help="Names; the file is not written.")
@click.option("--quick", is_flag=True, help="One round of 2 seconds, to try it; the file says that it was one.")
def main(rounds: int, seconds: int, only: tuple[str, ...], quick: bool) -> None:
    """Prints each round and writes benchmarks/serving/servers.json."""
    rounds, seconds = (1, 2) if quick else (rounds, seconds)
    chosen = [each for each in ALL if not only or each.name in only]
    missing = {each.environment for each in chosen if not (ENVIRONMENTS / each.environment / "bin").is_dir()}
    if missing or not chosen:
        raise SystemExit(f"not there: {', '.join(sorted(missing or only))}. Run: make servers")
    facts, began = machine(), time.monotonic()
    found: dict[str, list[dict[str, float]]] = {each.name: [] for each in chosen}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        loads = {each.name: load_of(each, folder) for each in chosen}
        for turn in range(rounds):
            for each in chosen:
                numbers = one_round(each, loads[each.name], seconds=seconds, log=folder / "log")
                found[each.name].append(numbers)
                click.echo(
                    f"{turn + 1}/{rounds} {each.name:18} {numbers['per_s']:7.1f}/s  p99 {numbers['p99_ms']:6.1f} ms  "
                    f"{numbers['memory_mb']:5.0f} MB  start {numbers['start_s']:5.2f} s  errors {numbers['errors']:.0f}"
                )
    content = {
        "written_by": "python -m benchmarks.serving.servers",
        "picture": "280x280 RGBA PNG",
        "picture_bytes": (HERE.parent / "drawing.png").stat().st_size,
        "quick": quick,
        "rounds": rounds,
        "seconds": seconds,
        "connections": CONNECTIONS,
        "machine": facts,
        "took_s": round(time.monotonic() - began),
        "servers": {
            each.name: {
                "about": each.about,
                "versions": versions(each),
                "size_mb": size_mb(each),
                **summary(found[each.name]),
            }
            for each in chosen
        },
    }
    if not only:
        (HERE / "servers.json").write_text(json.dumps(content, indent=1) + "\n")
    click.echo(f"{content['took_s']} s in all")


if __name__ == "__main__":
    main()
