"""The pictures of the test of refusing: four kinds of marks that are no digit, by seed, and the look-alikes apart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from benchmarks.rendering import letters
from benchmarks.rendering.overlaid import crossed_out, two_digits
from benchmarks.rendering.scribbles import SCRIBBLES
from benchmarks.rendering.stroke_rendering import drawn, on_paper
from benchmarks.rendering.symbols import SYMBOLS
from inkling.training.data.mnist import Mnist

SEED = 23
KINDS = ("letters", "scribbles", "symbols", "overlaid")
LOOK_ALIKES = "look-alikes"  # letters that a person would take for digits: shown, and not counted
SIGN_SHARE = 0.35  # of the symbols come from fonts, the rest are drawn


@dataclass(frozen=True)
class Shown:
    """One picture of a mark that is no digit."""

    picture: np.ndarray  # (H, W) uint8, dark on light
    name: str  # the letter, or what is drawn


def shown(kind: str, n: int, mnist: Mnist, fonts: list[letters.Font]) -> Iterator[Shown]:
    """`n` marks of a kind, the same ones each time on a machine with the same fonts; none when fonts are missing."""
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


def _from_font(characters: str, fonts: list[letters.Font], rng: np.random.Generator) -> Shown:
    ink, character, _ = letters.letter(fonts, characters, rng)
    return Shown(on_paper(ink), character)


def _one_of(drawings: dict, rng: np.random.Generator) -> Shown:  # type: ignore[type-arg]
    name = list(drawings)[int(rng.integers(len(drawings)))]
    return Shown(on_paper(drawn(drawings[name](rng), rng)), name)


def _symbol(fonts: list[letters.Font], rng: np.random.Generator) -> Shown:
    signs = any(font.characters & set(letters.SIGNS) for font in fonts)
    if signs and rng.random() < SIGN_SHARE:
        return _from_font(letters.SIGNS, fonts, rng)
    return _one_of(SYMBOLS, rng)


def _overlaid(mnist: Mnist, rng: np.random.Generator) -> Shown:
    if rng.random() < 0.5:
        return Shown(two_digits(mnist.x_test, mnist.y_test, rng), "two digits")
    return Shown(crossed_out(mnist.x_test, rng), "crossed out")
