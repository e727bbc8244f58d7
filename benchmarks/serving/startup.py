"""Measure the time from starting the process `inkling serve` to the first reading over HTTP.

    python -m benchmarks.serving.startup

Writes startup.json; times in milliseconds.
"""

from __future__ import annotations

import statistics
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from benchmarks.common import DRAWING, ROOT, write_json
from benchmarks.serving.processes import free_port, started, wait_for

OUT = Path(__file__).with_suffix(".json")
REPEATS = 7
LIMIT_S = 30


def first_answer_ms(content: bytes) -> float:
    """Start a server, ask until a reading is answered, stop the server."""
    url = f"http://127.0.0.1:{(port := free_port())}/api/v1/read"

    def answers() -> bool:
        request = urllib.request.Request(url, content, {"Content-Type": "image/png"})
        try:
            with urllib.request.urlopen(request, timeout=LIMIT_S) as answer:
                answer.read()
                return True
        except (urllib.error.URLError, ConnectionError):
            return False

    start = time.perf_counter()
    with started([sys.executable, "-m", "inkling", "serve", "--port", str(port)], cwd=ROOT):
        wait_for(answers, timeout_s=LIMIT_S)
        return 1000 * (time.perf_counter() - start)


def main() -> None:
    times = [round(first_answer_ms(DRAWING.read_bytes())) for _ in range(REPEATS)]
    result = {"start_to_first_reading_ms": {"median": statistics.median(times), "all": times}}
    write_json(OUT, result)
    print(result)


if __name__ == "__main__":
    main()
