"""The two example forms, filled in with MNIST digits, with fixed seeds: flat, scanned and photographed.

python -m benchmarks.rendering.form_sheets FOLDER [--form exam] [--n 3]     # writes a few for inspection
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click
import cv2
import numpy as np

from benchmarks.common import Digits, mnist_digits
from benchmarks.rendering.desk_photos import on_desk
from benchmarks.rendering.printed_sheet import Sheet, flat, scanned
from benchmarks.rendering.surfaces import Image, as_bytes
from benchmarks.rendering.written_numbers import Writer, random_number
from inkling.constraints.checks import find_check
from inkling.forms.blank import blank_picture
from inkling.forms.template import Template

SEED = 22
HEIGHT = 2340  # of a sheet, in pixels: A4 at 200 dpi
CAPTURES = ("flat", "scanned", "photographed")
UPSIDE_DOWN = 0.1  # fraction of scans and photographs that are upside down


@dataclass(frozen=True)
class FilledSheet:
    """An encoded picture of a form, and the value of each field."""

    picture: bytes  # PNG or JPEG
    values: dict[str, str]  # by field; "" for an empty one


def filled_sheets(template: Template, capture: str, digits: Digits, n: int) -> Iterator[FilledSheet]:
    """Yield `n` sheets of an example form. Each has its own seed, so the first ones are the same for every `n`."""
    for i in range(n):
        rng = np.random.default_rng((SEED, zlib.crc32(f"{template.name}/{capture}".encode()), i))
        values = VALUES[template.name](rng)
        page = written_page(template, values, digits, rng)
        if capture != "flat" and rng.random() < UPSIDE_DOWN:
            page = page[::-1, ::-1]
        yield FilledSheet(captured(page, capture, rng), values)


def captured(page: Image, capture: str, rng: np.random.Generator) -> bytes:
    """(h, w, 3) float32 page -> an encoded picture of it."""
    if capture == "photographed":
        return on_desk(as_bytes(page), rng)
    if capture == "scanned":
        return cv2.imencode(".jpg", scanned(page, rng)[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 85])[1].tobytes()
    return cv2.imencode(".png", flat(page, rng)[..., ::-1])[1].tobytes()


def written_page(
    template: Template, values: dict[str, str], digits: Digits, rng: np.random.Generator, *, height: int = HEIGHT
) -> Image:
    """The printed form with values in its fields, (h, w, 3) float32, `height` pixels high."""
    scale = height / template.size_wh[1]
    blank = blank_picture(template)
    blank = cv2.resize(blank, (round(template.size_wh[0] * scale), height), interpolation=cv2.INTER_CUBIC)
    sheet = Sheet(blank.shape[1::-1], rng)
    sheet.print(255 - blank)
    size = rng.uniform(0.5, 0.75)  # of a digit, relative to a box's height
    for field in template.fields:
        text = values[field.name]
        if not text:
            continue
        h = field.box[3] * scale
        writer = Writer(digits, rng, height=size * h * rng.uniform(0.92, 1.08))
        cells = field.cells[len(field.cells) - len(text) :] or (field.box,)  # numbers are right-aligned
        for part, (x, y, w, _) in zip(text if field.cells else [text], cells, strict=True):
            number = writer.write(part)
            middle = x * scale + w * scale / 2 + rng.normal(0, 0.06) * min(w * scale, h)
            base = y * scale + 0.5 * h + 0.5 * writer.height + rng.normal(0, 0.05) * h
            sheet.write(number, middle - number.ink.shape[1] / 2, base)
    if template.name == "exam":
        _name(sheet, scale)
    return sheet.image()


def _name(sheet: Sheet, scale: float) -> None:
    """Scrawl a name, which is not read, on the name line."""
    rng = sheet.rng
    x = np.linspace(0, 1, 60)
    wave = np.sin(np.cumsum(rng.uniform(0.3, 0.9, 60))) * rng.uniform(10, 24)
    sheet.scribble(np.stack([(300 + 420 * x) * scale, (300 + wave) * scale], axis=1), 5)


def _exam(rng: np.random.Generator) -> dict[str, str]:
    marks = [int(mark) for mark in rng.integers(0, 11, 9)]
    values = {"student_number": random_number(rng, 8)}
    values |= {f"mark_{i + 1}": str(mark) for i, mark in enumerate(marks)}
    return values | {"total": str(sum(marks))}


def _tally(rng: np.random.Generator) -> dict[str, str]:
    votes = [int(10 ** rng.uniform(0, 3.6)) for _ in range(9)]
    start, check = random_number(rng, 5), find_check("luhn")
    [last] = [digit for digit in "0123456789" if check.passes(start + digit)]
    values = {"station": start + last, **{f"votes_{i + 1}": str(count) for i, count in enumerate(votes)}}
    return values | {"total": str(sum(votes))}


VALUES = {"exam": _exam, "tally": _tally}


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--form", "name", type=click.Choice(sorted(VALUES)), default="exam", show_default=True)
@click.option("--n", default=3, show_default=True, help="Sheets for each kind of capture.")
def main(folder: Path, name: str, n: int) -> None:
    """Write some sheets and print their values."""
    from inkling.forms.examples import example

    folder.mkdir(parents=True, exist_ok=True)
    digits = mnist_digits("test")
    for capture in CAPTURES:
        for i, sheet in enumerate(filled_sheets(example(name), capture, digits, n)):
            suffix = "png" if capture == "flat" else "jpg"
            (folder / f"{name}_{capture}_{i:02d}.{suffix}").write_bytes(sheet.picture)
            click.echo(f"{name}_{capture}_{i:02d}: {sheet.values}")


if __name__ == "__main__":
    main()
