"""From starting the process `inkling serve` to the first answered reading over HTTP.

    python -m benchmarks.serving.startup

Writes benchmarks/serving/startup.json; times in milliseconds.
"""

from __future__ import annotations

import json
import socket
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

HERE = Path(__file__).parent
REPEATS = 7
LIMIT_S = 30


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def first_answer_ms(content: bytes) -> float:
    """Starts a server, asks until a reading is answered, stops it."""
    url = f"http://127.0.0.1:{(port := free_port())}/api/v1/read"
    start = time.perf_counter()
    server = subprocess.Popen(
        [sys.executable, "-m", "inkling", "serve", "--port", str(port)], stdout=subprocess.DEVNULL
    )
    try:
        while time.perf_counter() - start < LIMIT_S:
            request = urllib.request.Request(url, content, {"Content-Type": "image/png"})
            try:
                with urllib.request.urlopen(request, timeout=LIMIT_S) as answer:
                    answer.read()
                    return 1000 * (time.perf_counter() - start)
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.005)
        raise SystemExit(f"no answer from {url} after {LIMIT_S} s")
    finally:
        server.terminate()
        server.wait(timeout=LIMIT_S)


def main() -> None:
    content = (HERE.parent / "drawing.png").read_bytes()
    times = [round(first_answer_ms(content)) for _ in range(REPEATS)]
    result = {"start_to_first_reading_ms": {"median": statistics.median(times), "all": times}}
    (HERE / "startup.json").write_text(json.dumps(result, indent=2) + "\n")
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
