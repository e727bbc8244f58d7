"""Time and memory for large photographs: 12 megapixels each, one after another in one process.

    python benchmarks/photos.py [--model ann] [--photos 1000]

Ten different JPEG files are read in turn. Times are of one core's work (process time); memory is what the process
holds resident, asked of Linux. Writes benchmarks/photos.json.
"""

from __future__ import annotations

import io
import json
import resource
import statistics
import time
from pathlib import Path

import click
import cv2
import numpy as np
from difficult import digits_of, rendered
from PIL import Image

from inkling import Reader

HERE = Path(__file__).parent
DIFFERENT = 10


def resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return round(pages * resource.getpagesize() / 1e6, 1)


def photographs() -> list[tuple[bytes, str]]:
    images, labels = digits_of("validation")
    found = []
    for picture, text in rendered("small_in_large", DIFFERENT, images, labels):
        buffer = io.BytesIO()
        Image.fromarray(np.asarray(picture)).save(buffer, "JPEG", quality=90)
        found.append((buffer.getvalue(), text))
    return found


@click.command()
@click.option("--model", default="ann", show_default=True, help="A packaged model or bundle.")
@click.option("--photos", default=1000, show_default=True, help="How many are read.")
def main(model: str, photos: int) -> None:
    """Prints the result and writes it."""
    cv2.setNumThreads(1)
    files = photographs()
    reader = Reader(model)
    at: dict[int, float] = {}
    times, right = [], 0
    for n in range(1, photos + 1):
        content, text = files[n % DIFFERENT]
        start = time.process_time()
        right += reader.read(content).text == text
        times.append(time.process_time() - start)
        if n in (10, 100, photos):
            at[n] = resident_mb()
    result = {
        "model": model,
        "photograph": "4000x3000 JPEG, about 2 MB",
        "read_ms": round(1e3 * statistics.median(times), 1),
        "slowest_ms": round(1e3 * max(times), 1),
        "resident_mb_after": at,
        "right": right / photos,
    }
    (HERE / "photos.json").write_text(json.dumps(result, indent=2) + "\n")
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
