"""Digits in the hands of many fonts, as written and stretched into boxes: forms that MNIST's writers hardly used.

    python -m benchmarks.accuracy.handwriting_fonts [--fonts FOLDER] [--model NAME ...] [--each 20]

Handwriting fonts are drawn after the hands of one person or of one country's schools. Each of their ten digits is
written some times with a pen, slant and wobble of its own, then read on white paper, and once more as a bitmap of
16x16 pixels that it was stretched to fill. Without --fonts and --model, the handwriting fonts of this machine are read
by two networks, and benchmarks/accuracy/handwriting_fonts.json is written.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import click
import numpy as np
from PIL import ImageFont

from benchmarks.accuracy.tight_crops import cut_out
from benchmarks.rendering import letters
from benchmarks.rendering.stroke_rendering import on_paper, trimmed
from inkling import Reader

HERE = Path(__file__).parent
DIGITS = "0123456789"
BOX = 16  # pixels
SEED = 73


def fonts_in(folder: Path) -> dict[str, Path]:
    """Family and style -> file, of each font in a folder."""
    found = {}
    for path in sorted(each for each in folder.rglob("*") if each.suffix.lower() in {".ttf", ".otf"}):
        found[" ".join(map(str, ImageFont.truetype(str(path), 20).getname()))] = path
    return found


def written(path: Path, family: str, each: int) -> list[tuple[str, np.ndarray, np.ndarray]]:
    """A font's digits, each so many times: the digit, (H, W) uint8 on paper, (16, 16) uint8 in a box; dark on light."""
    rng = np.random.default_rng((SEED, *family.encode()))
    found = []
    for digit in DIGITS * each:
        ink = letters.in_hand(digit, path, rng)
        light = np.asarray(np.rint(255 * trimmed(ink)), np.uint8)
        found.append((digit, on_paper(ink), cut_out(light, BOX, "black and white")))
    return found


@click.command()
@click.option("--fonts", type=click.Path(path_type=Path, exists=True, file_okay=False), help="A folder of font files.")
@click.option("--model", "models", multiple=True, help="A packaged model or bundle.  [default: cnn and ann]")
@click.option("--each", default=20, show_default=True, help="How often each digit is written.")
def main(*, fonts: Path | None, models: tuple[str, ...], each: int) -> None:
    """Reads them all and prints the share right."""
    installed = {font.family: font.path for font in letters.installed_fonts() if font.handwritten}
    chosen = fonts_in(fonts) if fonts else installed
    if not chosen:
        raise click.ClickException("no handwriting font was found; expected some. Install one, or name --fonts FOLDER.")
    pictures = [one for family, path in chosen.items() for one in written(path, family, each)]
    found = {}
    for model in models or ("cnn", "ann"):
        reader = Reader(model)
        found[model] = {"version": reader.bundle.version}
        for way, at in (("on paper", 1), ("in boxes", 2)):
            wrong = Counter(one[0] for one in pictures if reader.read(one[at]).text != one[0])
            right = 1 - wrong.total() / len(pictures)
            found[model][way] = {"right": round(right, 4), "wrong": dict(sorted(wrong.items()))}
            click.echo(f"{model:14} {way:10} {right:6.1%} of {len(pictures):,}; wrong: {dict(sorted(wrong.items()))}")
    if fonts is None and not models:
        content = {
            "written_by": "python -m benchmarks.accuracy.handwriting_fonts",
            "fonts": list(chosen),
            "pictures": len(pictures),
            "models": found,
        }
        (HERE / "handwriting_fonts.json").write_text(json.dumps(content, indent=1) + "\n")


if __name__ == "__main__":
    main()
