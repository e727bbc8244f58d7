"""A lesson: the picture of a digit with its label."""

from __future__ import annotations

import hashlib
import io
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from inkling.errors import BadRequest
from inkling.pipeline.box import Box
from inkling.pipeline.normalize import SIDE

NONE = "none"  # the label of ink that is not a digit
LABELS = (*"0123456789", NONE)  # in the order of a classifier's outputs
MAX_TILE_BYTES = 2_000  # of a tile as PNG; noise takes 900
MAX_TEXT = 1_000  # characters of each text of a lesson
NAME = re.compile(r"\w[\w .-]{0,39}")


@dataclass(frozen=True)
class Lesson:
    """One picture and its label. The store sets `id` and `created`."""

    tile: np.ndarray  # (28, 28) uint8 normalized digit, 255 = ink
    label: str  # one of LABELS
    said: str = ""  # the label that was read, or "" if nothing was read before
    confidence: float | None = None  # of `said`, 0..1
    model_name: str = ""  # of the network that read it
    model_version: str = ""
    box: Box | None = None  # in pixels of the picture that contains it
    source: str = ""  # file or page of the picture
    session: str = ""  # groups the lessons of one session: a file, a day, an open page
    id: int = 0
    created: str = ""  # UTC, ISO 8601

    @property
    def is_misread(self) -> bool:
        """Whether the digit was read as something else."""
        return self.said not in ("", self.label)

    @property
    def sha256(self) -> str:
        """The hash of the tile's 784 bytes, which does not depend on the compression of the picture."""
        return hashlib.sha256(np.ascontiguousarray(self.tile).tobytes()).hexdigest()


def checked(lesson: Lesson) -> Lesson:
    """The same lesson. Raises BadRequest for a bad label, tile or text."""
    if lesson.label not in LABELS:
        raise BadRequest(f"the label is {lesson.label[:40]!r}; expected one of {', '.join(LABELS)}. Correct it.")
    tile = lesson.tile
    if tile.shape != (SIDE, SIDE) or tile.dtype != np.uint8:
        raise BadRequest(f"the tile is {tile.dtype} {tile.shape}; expected uint8 (28, 28). Normalize it first.")
    if not tile.any():
        raise BadRequest("the tile is empty; expected ink. Leave it out.")
    if lesson.said not in ("", *LABELS):
        raise BadRequest(f"the label read is {lesson.said[:40]!r}; expected one of {', '.join(LABELS)}. Correct it.")
    for name in ("model_name", "model_version", "source", "session"):
        if (n := len(getattr(lesson, name))) > MAX_TEXT:
            raise BadRequest(f"the {name} of a lesson has {n:,} characters; at most {MAX_TEXT:,} are kept. Shorten it.")
    return lesson


def label_of(path: Path) -> str:
    """The part of a file name before `__`, as in 7__1.png and 407__page-3.jpg; "" for another name."""
    label, separator, _ = path.stem.partition("__")
    return label if separator else ""


def as_tile(normalized: np.ndarray) -> np.ndarray:
    """(28, 28) float32 normalized digit, 0..1 -> the tile of a lesson, uint8."""
    return np.asarray(np.rint(np.clip(normalized, 0, 1) * 255), np.uint8)


def to_png(tile: np.ndarray) -> bytes:
    """(28, 28) uint8 -> PNG."""
    content = io.BytesIO()
    Image.fromarray(tile).save(content, "PNG", optimize=True)
    return content.getvalue()


def from_png(content: bytes, *, name: str) -> np.ndarray:
    """PNG of a tile -> (28, 28) uint8. Raises BadRequest, with `name`, for anything else.

    The size is checked before a pixel is decoded.
    """
    expected = "expected a gray PNG of 28x28 px that inkling exported. Use inkling teach for other pictures."
    if len(content) > MAX_TILE_BYTES:
        raise BadRequest(f"{name} has {len(content):,} bytes; {expected}")
    try:
        with Image.open(io.BytesIO(content), formats=("PNG",)) as image:
            if image.size != (SIDE, SIDE) or image.mode != "L":
                raise BadRequest(f"{name} is {image.width}x{image.height} px of mode {image.mode}; {expected}")
            return np.asarray(image)
    except UnidentifiedImageError as error:
        raise BadRequest(f"{name} is not a PNG; {expected}") from error
    except (OSError, SyntaxError, ValueError) as error:
        raise BadRequest(f"{name} cannot be decoded ({error}); {expected}") from error


def checked_name(name: str) -> str:
    """The name of a hand in its normal form (Unicode NFC, no surrounding spaces). Raises BadRequest."""
    normal = unicodedata.normalize("NFC", name).strip()
    if not NAME.fullmatch(normal):
        raise BadRequest(
            f"the name of the hand is {name[:60]!r}; expected 1 to 40 letters, digits, spaces and _ . - that begin "
            "with a letter or digit. Choose another."
        )
    return normal


def contradictions(lessons: Iterable[Lesson]) -> list[tuple[Lesson, ...]]:
    """Groups of lessons of the same picture with different labels. They are not taught until only one label remains."""
    by_tile: dict[str, list[Lesson]] = {}
    for lesson in lessons:
        by_tile.setdefault(lesson.sha256, []).append(lesson)
    return [tuple(same) for same in by_tile.values() if len(same) > 1]


def teachable(lessons: Sequence[Lesson]) -> list[Lesson]:
    """The lessons without contradictions, in order."""
    times = Counter(lesson.sha256 for lesson in lessons)
    return [lesson for lesson in lessons if times[lesson.sha256] == 1]
