"""Measure reading the largest accepted image of each format and mode. Linux only, because it uses /proc.

    python -m benchmarks.serving.largest IMAGE        measures one reading in this process and prints JSON

The images show a 7 on uniform paper, so the files are small: the cost of decoding depends on size, format and mode.
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import click
import numpy as np
from PIL import Image, ImageDraw, TiffImagePlugin

from benchmarks.common import ROOT

SIDE, SMALL_SIDE = 7071, 280  # sides, in pixels, of a 50-megapixel image and of a drawing
MOST_STRIP_BYTES = 2**31 - 1
LZW = {"compression": "tiff_lzw"}
LARGEST: dict[str, tuple[str, str, int, dict[str, Any]]] = {  # (format, mode, side in pixels, options for saving)
    "JPEG, RGB": ("JPEG", "RGB", SIDE, {"subsampling": 0}),
    "JPEG, progressive, colours halved": ("JPEG", "RGB", SIDE, {"progressive": True, "subsampling": 2}),
    "JPEG, progressive, colours whole": ("JPEG", "RGB", 5450, {"progressive": True, "subsampling": 0}),
    "JPEG, progressive, CMYK": ("JPEG", "CMYK", 4800, {"progressive": True}),
    "PNG, grey": ("PNG", "L", SIDE, {}),
    "PNG, grey of 16 bits": ("PNG", "I;16", SIDE, {}),
    "PNG, palette with transparency": ("PNG", "P", SIDE, {"transparency": 0}),
    "PNG, RGB": ("PNG", "RGB", SIDE, {}),
    "PNG, RGBA": ("PNG", "RGBA", SIDE, {}),
    "TIFF, RGB": ("TIFF", "RGB", SIDE, LZW),
    "TIFF, CMYK": ("TIFF", "CMYK", SIDE, LZW),
    "TIFF, integers of 32 bits": ("TIFF", "I", SIDE, LZW),
    "TIFF, floats": ("TIFF", "F", SIDE, LZW),
    "TIFF, floats in one strip": ("TIFF", "F", 5120, LZW | {"strip": MOST_STRIP_BYTES}),
    "WebP, RGB": ("WEBP", "RGB", 3622, {}),
    "WebP, lossless RGBA": ("WEBP", "RGBA", 3622, {"lossless": True}),
    "GIF, transparent": ("GIF", "P", SIDE, {"transparency": 0}),
    "BMP, 1 bit": ("BMP", "1", SIDE, {}),
}


def drawing(mode: str, side: int) -> Image.Image:
    """An image of a 7 in a Pillow mode."""
    grey = Image.new("L", (side, side), 235)
    corners = [(side * x, side * y) for x, y in ((0.25, 0.27), (0.73, 0.27), (0.46, 0.82))]
    ImageDraw.Draw(grey).line(corners, fill=30, width=max(2, side // 20))
    if mode == "I;16":
        return Image.fromarray(np.asarray(grey).astype(np.uint16) * 257)
    if mode == "RGBA":
        grey.putalpha(254)  # not fully opaque, so that the reader composites it on paper
    return grey.convert(mode)


def encoded(kind: str, mode: str, side: int, options: dict[str, Any]) -> bytes:
    buffer, given = io.BytesIO(), dict(options)
    TiffImagePlugin.STRIP_SIZE = given.pop("strip", 65_536)
    drawing(mode, side).save(buffer, kind, **given)
    return buffer.getvalue()


def measure_one(content: bytes) -> dict[str, Any]:
    """Read one image in this process; measure the additional memory and the time."""
    from inkling import Reader

    reader = Reader()
    reader.read(encoded("PNG", "L", SMALL_SIDE, {}))
    Path("/proc/self/clear_refs").write_text("5")  # resets the peak to the current memory
    before, began = most_mb(), time.perf_counter()
    reading = reader.read(content)
    ms = 1000 * (time.perf_counter() - began)
    return {
        "side": reading.size_wh[0],
        "kb": round(len(content) / 1000, 1),
        "before_mb": round(before, 1),
        "above_mb": round(most_mb() - before, 1),
        "ms": round(ms),
        "text": reading.text,
    }


def most_mb() -> float:
    """The peak resident memory of this process, in MB."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024 / 1e6


def measure() -> dict[str, dict[str, Any]]:
    """Read each of the largest images in a fresh process."""
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "picture"
        for name, made in LARGEST.items():
            path.write_bytes(encoded(*made))
            done = subprocess.run(
                [sys.executable, "-m", "benchmarks.serving.largest", path],
                cwd=ROOT,
                check=True,
                capture_output=True,
                text=True,
            )
            found[name] = json.loads(done.stdout)
            click.echo(f"{name}: {found[name]}")
    return found


if __name__ == "__main__":
    print(json.dumps(measure_one(Path(sys.argv[1]).read_bytes())))
