"""Run the load generator wrk and parse its output. Install it with `apt install wrk`."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LOAD = Path(__file__).parent / "load.lua"


@dataclass(frozen=True)
class Load:
    """One request, sent repeatedly."""

    body: Path
    content_type: str
    right: str  # Lua pattern that right answers contain


@dataclass(frozen=True)
class Figures:
    """The results of a run."""

    per_s: float  # right answers per second
    p50_ms: float
    p99_ms: float
    errors: int  # wrong answers, statuses other than 200, broken connections and timeouts
    answer_bytes: float  # mean size of a response including headers


def run(url: str, load: Load, *, seconds: float, connections: int = 8) -> Figures:
    """Run the load with one thread. Raises SystemExit if wrk is missing or fails."""
    program = shutil.which("wrk")
    if program is None:
        raise SystemExit("wrk is not installed; expected it on the PATH. On Debian and Ubuntu: apt install wrk")
    command = [program, "--threads", "1", "--connections", str(connections), "--duration", f"{round(seconds)}s",
               "--timeout", "10s", "--script", str(LOAD), url, "--", str(load.body), load.content_type,
               load.right]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"wrk failed at {url}: {done.stderr.strip() or done.stdout.strip()}")
    return parsed(done.stdout)


def parsed(output: str) -> Figures:
    """The results that `load.lua` printed among wrk's own lines. Raises SystemExit if there are none."""
    lines = [line for line in output.splitlines() if line.startswith("{")]
    if len(lines) != 1:
        raise SystemExit(f"wrk printed no results; expected a line from {LOAD.name}:\n{output}")
    numbers: dict[str, Any] = json.loads(lines[0])
    answered = numbers["right"] + numbers["wrong"] + numbers["refused"]
    return Figures(
        per_s=round(numbers["right"] / (numbers["duration_us"] / 1e6), 1),
        p50_ms=round(numbers["p50_us"] / 1000, 2),
        p99_ms=round(numbers["p99_us"] / 1000, 2),
        errors=numbers["wrong"] + numbers["refused"] + numbers["broken"],
        answer_bytes=round(numbers["bytes"] / max(answered, 1)),
    )
