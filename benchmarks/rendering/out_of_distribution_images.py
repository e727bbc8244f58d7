"""Non-digits drawn with a fixed seed: letters, scribbles, symbols, overlaid digits; and, separately, look-alikes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from benchmarks.rendering import letters
from benchmarks.rendering.overlaid import crossed_out, two_digits
from benchmarks.rendering.scribbles import SCRIBBLES
from benchmarks.rendering.stroke_rendering import Drawing, draw, on_paper
from benchmarks.rendering.symbols import SYMBOLS
from inkling.training.data.mnist import Mnist

SEED = 23
KINDS = ("letters", "scribbles", "symbols", "overlaid")
LOOK_ALIKES = "look-alikes"  # letters that a person would mistake for digits; reported separately
SIGN_SHARE = 0.35  # fraction of the symbols that come from fonts; the others are drawn


@dataclass(frozen=True)
class Example:
    """One image of a non-digit."""

    image: np.ndarray  # (H, W) uint8, dark on light
    name: str  # the character, or the kind of drawing


def draw_kind(kind: str, n: int, mnist: Mnist, fonts: list[letters.Font]) -> Iterator[Example]:
    """Yield `n` examples of a kind, the same every time with the same fonts; no letters without a font."""
    rng = np.random.default_rng((SEED, (*KINDS, LOOK_ALIKES).index(kind)))
    makers = {
        "letters": lambda: _from_font(letters.LETTERS, fonts, rng),
        LOOK_ALIKES: lambda: _from_font("".join(letters.LOOK_ALIKES), fonts, rng),
        "scribbles": lambda: _one_of(SCRIBBLES, rng),
        "symbols": lambda: _symbol(fonts, rng),
        "overlaid": lambda: _overlaid(mnist, rng),
    }
    if not fonts and kind in ("letters", LOOK_ALIKES):
        return
    for _ in range(n):
        yield makers[kind]()


def _from_font(characters: str, fonts: list[letters.Font], rng: np.random.Generator) -> Example:
    ink, character, _ = letters.letter(fonts, characters, rng)
    return Example(on_paper(ink), character)


def _one_of(drawings: Mapping[str, Callable[[np.random.Generator], Drawing]], rng: np.random.Generator) -> Example:
    name = list(drawings)[int(rng.integers(len(drawings)))]
    return Example(on_paper(draw(drawings[name](rng), rng)), name)


def _symbol(fonts: list[letters.Font], rng: np.random.Generator) -> Example:
    signs = any(font.characters & set(letters.SIGNS) for font in fonts)
    if signs and rng.random() < SIGN_SHARE:
        return _from_font(letters.SIGNS, fonts, rng)
    return _one_of(SYMBOLS, rng)


def _overlaid(mnist: Mnist, rng: np.random.Generator) -> Example:
    if rng.random() < 0.5:
        return Example(two_digits(mnist.x_test, mnist.y_test, rng), "two digits")
    return Example(crossed_out(mnist.x_test, rng), "crossed out")
