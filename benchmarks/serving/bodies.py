"""Throughput by request body: inkling, the tutorial's server and FastAPI, each with the same four bodies.

    python -m benchmarks.serving.bodies [--rounds 5] [--seconds 5] [--only "JPEG of 3 megapixels, form"] [--quick]

inkling runs its whole pipeline with `ann`. The others only resize the picture to 28x28, so the digit is checked only in
inkling's answers. Rounds are interleaved, so that other load on the machine affects all servers equally; compare the
ratios. Needs wrk and `make servers`. Writes bodies.json.
"""

from __future__ import annotations

import io
import statistics
import struct
import tempfile
import time
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import click
import numpy as np
from PIL import Image

from benchmarks.common import DRAWING, machine, write_json
from benchmarks.serving.baseline_servers import ALL, BaselineServer, load_of, require
from benchmarks.serving.servers import CONNECTIONS, one_round

OUT = Path(__file__).with_suffix(".json")
PAPER, PHOTO_WH, GRAIN = 235, (2048, 1536), 3.0  # gray level of the paper; pixels; standard deviation of its noise
SERVERS = ("inkling ann", "tutorial", "FastAPI")
FORM_PATHS = {"inkling ann": ("/api/v1/read", "form image"), "tutorial": ("/read", "form file")}
RAW_PATHS = {"inkling ann": ("/api/v1/read", "raw"), "FastAPI": ("/read", "raw")}


def grey() -> np.ndarray:
    """The drawing, (280, 280) uint8, dark on white."""
    drawing = Image.open(DRAWING).convert("RGBA")
    return np.asarray(Image.alpha_composite(Image.new("RGBA", drawing.size, "white"), drawing).convert("L"))


def page_png() -> bytes:
    """The drawing as written by `static/js/common/png.js`: gray, without row filters."""
    pixels = grey()

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    head = struct.pack(">IIBBBBB", pixels.shape[1], pixels.shape[0], 8, 0, 0, 0, 0)
    rows = np.pad(pixels, ((0, 0), (1, 0))).tobytes()
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def pillow_png() -> bytes:
    """The drawing as written by Pillow's `Image.save`."""
    return _saved(Image.fromarray(grey()), "PNG")


def jpeg() -> bytes:
    """A photograph of 3 megapixels: the drawing on grainy paper, at half the height of the picture."""
    wide, high = PHOTO_WH
    small = Image.fromarray(grey()).resize((high // 2, high // 2), Image.Resampling.BICUBIC)
    paper = Image.new("L", PHOTO_WH, 255)
    paper.paste(small, ((wide - small.width) // 2, (high - small.height) // 2))
    pixels = np.asarray(paper, np.float32) * (PAPER / 255)
    pixels += np.random.default_rng(0).normal(0, GRAIN, pixels.shape)
    return _saved(Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).convert("RGB"), "JPEG")


def _saved(image: Image.Image, kind: str) -> bytes:
    content = io.BytesIO()
    image.save(content, kind)
    return content.getvalue()


BODIES: dict[str, tuple[Callable[[], bytes], bool]] = {  # (function that makes it, whether it is sent as a form)
    "the page's PNG, raw": (page_png, False),
    "canvas.toBlob PNG, raw": (DRAWING.read_bytes, False),
    "Pillow PNG, form": (pillow_png, True),
    "JPEG of 3 megapixels, form": (jpeg, True),
}


def contestants(*, form: bool) -> list[BaselineServer]:
    """The servers, with the path and the kind of body for these requests."""
    chosen = [each for each in ALL if each.name in SERVERS]
    ways = [(FORM_PATHS if form else RAW_PATHS).get(each.name, (each.path, each.kind)) for each in chosen]
    right = [each.right if each.name.startswith("inkling") else '"digit"' for each in chosen]
    return [
        replace(each, path=path, kind=kind, right=text)
        for each, (path, kind), text in zip(chosen, ways, right, strict=True)
    ]


@click.command()
@click.option("--rounds", default=5, show_default=True)
@click.option("--seconds", default=5, show_default=True, help="Seconds of load in each round.")
@click.option("--only", multiple=True, type=click.Choice(list(BODIES)), help="Measure only this body; writes no file.")
@click.option("--quick", is_flag=True, help="A trial with one round of 2 seconds; recorded in the file.")
def main(rounds: int, seconds: int, only: tuple[str, ...], quick: bool) -> None:
    """Print each round and write the medians."""
    rounds, seconds = (1, 2) if quick else (rounds, seconds)
    require(contestants(form=False))
    facts, began = machine(), time.monotonic()
    bodies = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for body, (make, form) in BODIES.items():
            if only and body not in only:
                continue
            content, found = make(), {server: [] for server in SERVERS}
            loads = [(each, load_of(each, folder, content)) for each in contestants(form=form)]
            for _ in range(rounds):
                for each, load in loads:
                    one = one_round(each, load, seconds=seconds, log=folder / "log")
                    found[each.name].append(one)
                    click.echo(f"{body:28} {each.name:12} {one['per_s']:7.1f}/s  errors {one['errors']:.0f}")
            per_s = {
                server: round(statistics.median(one["per_s"] for one in each), 1) for server, each in found.items()
            }
            errors = {server: int(sum(one["errors"] for one in each)) for server, each in found.items()}
            bodies[body] = {"bytes": len(content), "per_s": per_s, "errors": errors}
    content_of_file = {
        "written_by": "python -m benchmarks.serving.bodies",
        "quick": quick, "rounds": rounds, "seconds": seconds, "connections": CONNECTIONS, "machine": facts,
        "took_s": round(time.monotonic() - began), "bodies": bodies,
    }  # fmt: skip
    if not only:
        write_json(OUT, content_of_file)
    click.echo(f"total time {content_of_file['took_s']} s")


if __name__ == "__main__":
    main()
