"""Measure the cost of hands for a worker: memory with none, one and thirty hands, and the time of a reading.

    python -m benchmarks.serving.hands_memory

One process reads a drawing through the app, like a worker. The hands are synthetic odd writers, each taught 40 digits
with the light step in another process. Writes hands_memory.json and the paragraph in docs/hands.md.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from benchmarks.common import DRAWING, ROOT, read_json, write_json
from benchmarks.markdown import write_blocks
from benchmarks.serving.memory import resident_mb

if TYPE_CHECKING:
    from flask.testing import FlaskClient

OUT = Path(__file__).with_suffix(".json")
PAGE = ROOT / "docs" / "hands.md"
HANDS, EACH = 30, 4  # number of hands; lessons per digit and hand
TURNS = 40  # timed readings of each kind, alternating


def teach() -> None:
    """Teach the hands, in the store that INKLING_STORE names."""
    import numpy as np

    from inkling.hands.lesson import Lesson
    from inkling.hands.light_teaching import teach_hand
    from inkling.hands.store import Store
    from inkling.models import registry
    from inkling.training.data.mnist import load_mnist
    from inkling.training.odd_hands import odd_hand, write_digits

    mnist = load_mnist()
    with Store() as store:
        for seed in range(HANDS):
            tiles, labels = write_digits(
                odd_hand(seed), EACH, mnist.x_train, mnist.y_train, np.random.default_rng(seed)
            )
            lessons = [
                Lesson(np.uint8(np.rint(255 * tile)), str(label)) for tile, label in zip(tiles, labels, strict=True)
            ]
            store.add(f"hand {seed}", lessons)
            number, _ = teach_hand(store, f"hand {seed}", registry.find(None))
            store.use(f"hand {seed}", number)


def read_ms(client: FlaskClient, drawing: bytes, query: str = "") -> float:
    start = time.perf_counter()
    answer = client.post(f"/api/v1/read{query}", data=drawing, content_type="image/png")
    took = 1000 * (time.perf_counter() - start)
    assert answer.json["ok"], answer.json
    return took


def measure() -> dict[str, Any]:
    """Memory and times of this process when it reads with the store that INKLING_STORE names."""
    from inkling.server.app import create_app
    from inkling.server.settings import Settings

    client, drawing = create_app(Settings(max_reading=1)).test_client(), DRAWING.read_bytes()

    def resident(hands: int) -> float:
        """Resident MB after reading the drawing many times, in turn with each hand, or without one if `hands` is 0."""
        queries = [f"?hand=hand {seed}" for seed in range(hands)] or [""]
        for _ in range(10 * HANDS // len(queries)):
            for query in queries:
                read_ms(client, drawing, query)
        return round(resident_mb(), 1)

    memory = {n: resident(n) for n in (0, 1, HANDS)}
    times: dict[str, list[float]] = {"": [], "?hand=hand 0": []}
    for _ in range(TURNS):
        for query, found in times.items():
            found.append(read_ms(client, drawing, query))
    store = client.application.extensions["inkling-hands"].store()
    stamps = []
    for _ in range(200):
        start = time.perf_counter()
        store.stamp("hand 0")
        stamps.append(1e6 * (time.perf_counter() - start))
    without, with_hand = (statistics.median(found) for found in times.values())
    return {
        "written_by": "python -m benchmarks.serving.hands_memory",
        "hands": HANDS,
        "resident_mb": {str(n): mb for n, mb in memory.items()},
        "read_ms": {"without": round(without, 2), "with_a_hand": round(with_hand, 2)},
        "stamp_us": round(statistics.median(stamps)),
    }


def paragraph(content: dict[str, Any]) -> str:
    """The paragraph for the page."""
    none, one, thirty = content["resident_mb"].values()
    ratio = content["read_ms"]["with_a_hand"] / content["read_ms"]["without"]
    return (
        f"A worker uses {none:.0f} MB before it reads with a hand, and {one:.0f} MB with one hand; the difference is "
        f"the store's library, the shared network and the guards' features. With {content['hands']} hands it uses "
        f"{thirty:.0f} MB. Each reading asks the store for the active version, which takes {content['stamp_us']} "
        f"microseconds. A reading with a hand takes {ratio:.2f} times as long as one without. `{content['written_by']}`"
    )


@click.command()
@click.argument("part", required=False, type=click.Choice(("teach", "measure")))
def main(part: str | None) -> None:
    """Teach, measure, and update the page."""
    if part == "teach":
        teach()
    elif part == "measure":
        write_json(OUT, measure())
    else:
        with tempfile.TemporaryDirectory() as folder:
            environment = {**os.environ, "INKLING_STORE": f"sqlite:///{folder}/hands.sqlite"}
            for each in ("teach", "measure"):
                command = [sys.executable, "-m", "benchmarks.serving.hands_memory", each]
                subprocess.run(command, cwd=ROOT, env=environment, check=True)
        text = paragraph(read_json(OUT))
        write_blocks(PAGE, {"hands-memory": text})
        click.echo(text)


if __name__ == "__main__":
    main()
