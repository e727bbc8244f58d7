"""Draw letters and signs from this machine's fonts, with random pen width, slant and distortion.

Matplotlib's fonts and OpenCV's stroke fonts are excluded, because networks may have been trained with them.
"""

from __future__ import annotations

import string
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from benchmarks.rendering.stroke_rendering import FINE, Ink, distort, longest_side

# Each letter that a person would mistake for a digit when it is isolated -> that digit.
LOOK_ALIKES = {
    letter: digit
    for digit, alike in ((0, "OoDQ"), (1, "IilJj"), (2, "Zz"), (5, "Ss"), (6, "bG"), (8, "B"), (9, "gqy"))  # y: also 4
    for letter in alike
}
LETTERS = "".join(each for each in string.ascii_letters if each not in LOOK_ALIKES)
SIGNS = "?!&@#$\N{EURO SIGN}\N{POUND SIGN}\N{YEN SIGN}%*+="

# Font families; most machines have some of them: handwriting from Debian's packages (fonts-breip, fonts-bwht,
# fonts-comic-neue, fonts-dancingscript, fonts-dkg-handwriting, fonts-ecolier-court, fonts-humor-sans,
# fonts-kaushanscript, fonts-klee, fonts-kristi, fonts-rufscript, fonts-seto), then those of macOS and Windows.
HANDWRITTEN = (
    "Breip", "Because We Build", "Because We Connect", "Because We Create", "Because We Learn", "Because We Mentor",
    "Because We Organize", "Comic Neue", "Dancing Script", "DkgHandwriting", "Ecolier_court", "Humor Sans",
    "Kaushan Script", "Klee One", "Kristi", "Rufscript", "SetoFont", "Bradley Hand", "Chalkboard", "Comic Sans MS",
    "Ink Free", "Marker Felt", "Noteworthy", "Segoe Print", "Segoe Script",
)  # fmt: skip
PRINTED = ("Liberation Sans", "Arial", "Helvetica", "Verdana")  # sans-serif, because nobody writes serifs by hand
PRINTED_SHARE = 0.2  # of the letters
FINEST = 0.03  # minimum pen width, relative to a letter's longer side
CAPITALS_ONLY = ("Because We", "Humor Sans")  # their lowercase letters are capitals, too


@dataclass(frozen=True)
class Font:
    """One font file on this machine."""

    family: str
    path: Path
    characters: frozenset[str]  # the characters of LETTERS, LOOK_ALIKES and SIGNS that it contains
    handwritten: bool


def installed_fonts() -> list[Font]:
    """An upright font file for each listed family that is installed, in the order of the lists."""
    from matplotlib import font_manager

    found: dict[str, Font] = {}
    for path in sorted(map(Path, font_manager.findSystemFonts())):
        try:
            family, style = ImageFont.truetype(str(path), 20).getname()
        except OSError:
            continue  # a bitmap font or a broken file
        if family in HANDWRITTEN + PRINTED and family not in found and style in {"Regular", "Roman", "Medium", "Book"}:
            found[family] = Font(str(family), path, _characters(path), family in HANDWRITTEN)
    return [found[family] for family in HANDWRITTEN + PRINTED if family in found]


def handwriting_fonts() -> dict[str, Path]:
    """Family -> file, for the handwriting fonts on this machine."""
    return {font.family: font.path for font in installed_fonts() if font.handwritten}


def _characters(path: Path) -> frozenset[str]:
    from matplotlib.ft2font import FT2Font

    capitals = ImageFont.truetype(str(path), 20).getname()[0].startswith(CAPITALS_ONLY)
    known = FT2Font(str(path)).get_charmap()
    wanted = LETTERS + "".join(LOOK_ALIKES) + SIGNS
    if capitals:
        wanted = wanted.replace("d", "")
    return frozenset(each for each in wanted if ord(each) in known and _printed(each, path, 100).any())


def letter(fonts: list[Font], characters: str, rng: np.random.Generator) -> tuple[Ink, str, str]:
    """Draw a random character in a random font that contains it -> its ink, the character, the family.

    At least one font must contain one of the characters.
    """
    drawable = [each for each in characters if any(each in font.characters for font in fonts)]
    character = drawable[int(rng.integers(len(drawable)))]
    able = [font for font in fonts if character in font.characters]
    written = [font for font in able if font.handwritten] or able
    printed = [font for font in able if not font.handwritten] or able
    chosen = printed if rng.random() < PRINTED_SHARE else written
    font = chosen[int(rng.integers(len(chosen)))]
    return handwritten(character, font.path, rng), character, font.family


def handwritten(character: str, path: Path, rng: np.random.Generator) -> Ink:
    """Draw a character of a font file with a random pen, slant and distortion."""
    fine = _penned(_sized(character, path, FINE * longest_side(rng)), rng)
    return distort(cv2.resize(fine, None, fx=1 / FINE, fy=1 / FINE, interpolation=cv2.INTER_AREA), rng)


def _sized(character: str, path: Path, longest: int) -> Ink:
    """The character with a longer side of about `longest` pixels."""
    reference = _printed(character, path, 100)
    return _printed(character, path, round(100 * longest / max(reference.shape)))


def _printed(character: str, path: Path, size: int) -> Ink:
    font = ImageFont.truetype(str(path), size)
    x0, y0, x1, y1 = font.getbbox(character)
    rim = 3 + size // 10
    canvas = Image.new("L", (max(1, int(x1 - x0)) + 2 * rim, max(1, int(y1 - y0)) + 2 * rim))
    ImageDraw.Draw(canvas).text((rim - x0, rim - y0), character, fill=255, font=font)
    return np.asarray(canvas, np.float32) / 255


def _penned(ink: Ink, rng: np.random.Generator) -> Ink:
    """The same shape with a random pen width; the numbers of pieces and holes stay the same if possible."""
    mask = (ink > 0.5).astype(np.uint8)
    rim = cv2.morphologyEx(mask, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)).sum() / 2
    width = 2 * mask.sum() / max(float(rim), 1.0)  # of a stroke: area divided by half of the outline
    least = (FINEST * max(ink.shape) - width) / 2
    grow = (rng.uniform(0.045, 0.11) * max(ink.shape) - width) / 2
    outside = cv2.distanceTransform(1 - mask, cv2.DIST_L2, 5) - cv2.distanceTransform(mask, cv2.DIST_L2, 5)
    before = _pieces(mask), _pieces(1 - mask)
    for _ in range(6):
        changed = np.clip(0.5 - (outside - grow), 0, 1)
        now = (changed > 0.5).astype(np.uint8)
        if (_pieces(now), _pieces(1 - now)) == before or grow <= least:
            break
        grow = max(0.6 * grow, least)
    return np.asarray(changed, np.float32)


def _pieces(mask: np.ndarray) -> int:
    return int(cv2.connectedComponents(mask, connectivity=4)[0])
