"""Compare servers for the same network under the same load: speed, memory, start time and size.

    make bench            (or: python -m benchmarks.serving.servers [--rounds 5] [--seconds 5] [--only NAME])

wrk sends `drawing.png` over 8 connections and checks each answer. Rounds are interleaved, so that other load on the
machine affects all servers equally. The figures are medians over the rounds; compare their ratios. wrk runs on the same
cores. Writes servers.json.
"""

from __future__ import annotations

import http.client
import importlib.metadata
import re
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import click

from benchmarks.common import DRAWING, ROOT, machine, write_json
from benchmarks.serving import wrk
from benchmarks.serving.baseline_servers import ALL, ENVIRONMENTS, PROGRAMS, BaselineServer, load_of, require
from benchmarks.serving.processes import family, folder_mb, free_port, pss_mb, started, wait_for

OUT = Path(__file__).with_suffix(".json")
START_S = 90  # timeout for a server's first answer
CONNECTIONS = 8


def answers_right(port: int, server: BaselineServer, load: wrk.Load) -> bool:
    """Whether one request gets the right answer; also False while the server is not listening yet."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=START_S)
    try:
        connection.request("POST", server.path, load.body.read_bytes(), {"Content-Type": load.content_type})
        answer = connection.getresponse()
        return answer.status == 200 and re.search(load.right, answer.read().decode()) is not None
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def one_round(server: BaselineServer, load: wrk.Load, *, seconds: float, log: Path) -> dict[str, float]:
    """Start a server, run the load, measure the server's memory, and stop it."""
    port = free_port()
    environ = {"PORT": str(port), **server.environ}
    with started(server.command_for(port), cwd=PROGRAMS, environ=environ, log=log) as process:
        try:
            start_s = wait_for(lambda: answers_right(port, server, load), timeout_s=START_S)
        except TimeoutError as error:
            raise SystemExit(f"{server.name}: no right answer; its log ends: {log.read_text()[-600:]}") from error
        url = f"http://127.0.0.1:{port}{server.path}"
        wrk.run(url, load, seconds=max(1, seconds // 4), connections=CONNECTIONS)  # warm up
        found = wrk.run(url, load, seconds=seconds, connections=CONNECTIONS)
        memory_mb = pss_mb(family(process.pid))
    return {"start_s": start_s, "memory_mb": memory_mb, **vars(found)}


def summary(rounds: list[dict[str, float]]) -> dict[str, Any]:
    """Medians over the rounds, the throughput of every round, and the total number of errors."""
    medians = {key: statistics.median(each[key] for each in rounds) for key in rounds[0] if key != "errors"}
    places = {"start_s": 2, "memory_mb": 0, "per_s": 1, "p50_ms": 2, "p99_ms": 2, "answer_bytes": 0}
    return {
        **{key: round(value, places[key]) for key, value in medians.items()},
        "errors": int(sum(each["errors"] for each in rounds)),
        "per_s_rounds": [each["per_s"] for each in rounds],
    }


def versions(server: BaselineServer) -> dict[str, str]:
    """The installed versions of a server's packages."""
    folders = list((ENVIRONMENTS / server.environment / "lib").glob("python*/site-packages"))
    found = importlib.metadata.distributions(path=[str(folder) for folder in folders])
    known = {each.metadata["Name"].lower(): each.version for each in found}
    return {name: known[name] for name in server.packages if name in known}


def size_mb(server: BaselineServer) -> float:
    """Size of an installation without Python and pip, in MB. inkling is installed editable, so its folder is added."""
    own = (ROOT / "src" / "inkling",) if server.environment == "inkling" else ()
    return round(folder_mb(ENVIRONMENTS / server.environment, *own))


@click.command()
@click.option("--rounds", default=5, show_default=True)
@click.option("--seconds", default=5, show_default=True, help="Seconds of load in each round.")
@click.option(
    "--only", multiple=True, type=click.Choice([each.name for each in ALL]), help="Measure only this; writes no file."
)
@click.option("--quick", is_flag=True, help="A trial with one round of 2 seconds; recorded in the file.")
def main(rounds: int, seconds: int, only: tuple[str, ...], quick: bool) -> None:
    """Print each round and write the medians."""
    rounds, seconds = (1, 2) if quick else (rounds, seconds)
    chosen = [each for each in ALL if not only or each.name in only]
    require(chosen)
    facts, began = machine(), time.monotonic()
    found: dict[str, list[dict[str, float]]] = {each.name: [] for each in chosen}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        loads = {each.name: load_of(each, folder) for each in chosen}
        for number in range(rounds):
            for each in chosen:
                one = one_round(each, loads[each.name], seconds=seconds, log=folder / "log")
                found[each.name].append(one)
                click.echo(
                    f"{number + 1}/{rounds} {each.name:18} {one['per_s']:7.1f}/s  p99 {one['p99_ms']:6.1f} ms  "
                    f"{one['memory_mb']:5.0f} MB  start {one['start_s']:5.2f} s  errors {one['errors']:.0f}"
                )
    content = {
        "written_by": "python -m benchmarks.serving.servers",
        "picture": "280x280 RGBA PNG",
        "picture_bytes": DRAWING.stat().st_size,
        "quick": quick,
        "rounds": rounds,
        "seconds": seconds,
        "connections": CONNECTIONS,
        "machine": facts,
        "took_s": round(time.monotonic() - began),
        "servers": {
            each.name: {"about": each.about, "versions": versions(each), "size_mb": size_mb(each)}
            | summary(found[each.name])
            for each in chosen
        },
    }
    if not only:
        write_json(OUT, content)
    click.echo(f"total time {content['took_s']} s")


if __name__ == "__main__":
    main()
