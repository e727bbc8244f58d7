"""Measure digits in handwriting fonts, on paper and stretched into boxes: shapes that are rare in MNIST.

    python -m benchmarks.accuracy.handwriting_fonts [--fonts FOLDER] [--model NAME ...] [--each 20]

A handwriting font imitates a person's hand or a country's school script. Each of its ten digits is drawn several times
with a random pen, slant and distortion. Each drawing is read on white paper, and stretched to fill a bitmap of 16x16
pixels. Writes handwriting_fonts.json if neither --fonts nor --model is given.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import click
import numpy as np
from PIL import ImageFont

from benchmarks.accuracy.tight_crops import crop
from benchmarks.common import MODELS, readers_of, write_json
from benchmarks.rendering import letters
from benchmarks.rendering.stroke_rendering import on_paper, trimmed

OUT = Path(__file__).with_suffix(".json")
DIGITS = "0123456789"
BOX = 16  # pixels
SEED = 73


def fonts_in(folder: Path) -> dict[str, Path]:
    """Family and style -> file, for each font in a folder."""
    found = {}
    for path in sorted(each for each in folder.rglob("*") if each.suffix.lower() in {".ttf", ".otf"}):
        found[" ".join(map(str, ImageFont.truetype(str(path), 20).getname()))] = path
    return found


def written(path: Path, family: str, each: int) -> list[tuple[str, np.ndarray, np.ndarray]]:
    """A font's digits, drawn `each` times: the digit, (H, W) uint8 on paper, (16, 16) uint8 in a box; dark on light."""
    rng = np.random.default_rng((SEED, *family.encode()))
    found = []
    for digit in DIGITS * each:
        ink = letters.handwritten(digit, path, rng)
        light = np.asarray(np.rint(255 * trimmed(ink)), np.uint8)
        found.append((digit, on_paper(ink), crop(light, BOX, "black and white")))
    return found


@click.command()
@click.option("--fonts", type=click.Path(path_type=Path, exists=True, file_okay=False), help="A folder of font files.")
@click.option("--model", "models", multiple=True, help=f"A packaged model or bundle folder.  [default: {MODELS}]")
@click.option("--each", default=20, show_default=True, help="Drawings of each digit per font.")
def main(*, fonts: Path | None, models: tuple[str, ...], each: int) -> None:
    """Print the accuracy of each model."""
    chosen = fonts_in(fonts) if fonts else letters.handwriting_fonts()
    if not chosen:
        raise click.ClickException(
            "no handwriting font was found; expected at least one. Install one, or name --fonts FOLDER."
        )
    images = [one for family, path in chosen.items() for one in written(path, family, each)]
    found: dict[str, dict[str, Any]] = {}
    for name, reader in readers_of(models or MODELS).items():
        found[name] = {"version": reader.bundle.version}
        for shown, at in (("on paper", 1), ("in boxes", 2)):
            wrong = Counter(one[0] for one in images if reader.read(one[at]).text != one[0])
            right = 1 - wrong.total() / len(images)
            found[name][shown] = {"right": round(right, 4), "wrong": dict(sorted(wrong.items()))}
            click.echo(f"{name:14} {shown:10} {right:6.1%} of {len(images):,}; wrong: {dict(sorted(wrong.items()))}")
    if fonts is None and not models:
        written_by = "python -m benchmarks.accuracy.handwriting_fonts"
        content = {"written_by": written_by, "fonts": list(chosen), "pictures": len(images), "models": found}
        write_json(OUT, content)


if __name__ == "__main__":
    main()
