"""START HERE: the whole road from a picture to a reading, in order.

image -> ink -> glyphs -> tiles -> probs -> reading
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from inkling import bundle
from inkling.errors import BadRequest
from inkling.road import image, ink, reading, tile
from inkling.road.candidates import Candidate
from inkling.road.glyphs import Glyphs, find_glyphs
from inkling.road.image import Picture, Source
from inkling.road.model import Judgement, Model
from inkling.road.reading import Box, Reading

Mode = Literal["auto", "single"]
MODES = ("auto", "single")


@dataclass(frozen=True)
class Prepared:
    """A picture on its way to the network."""

    picture: Picture
    ink: np.ndarray  # (H, W) float32, 1 = ink
    glyphs: Glyphs
    tiles: np.ndarray  # (N, 28, 28) float32, 1 = ink

    @property
    def lines(self) -> list[list[Box]]:
        """The digits' boxes in reading order, pixels of the upright picture."""
        return [[upright_box(glyph.box_xywh, self.picture) for glyph in line] for line in self.glyphs.lines]


@dataclass(frozen=True)
class Trace:
    """Every step of one reading, to show and to explain."""

    image: np.ndarray  # (H, W) uint8, upright, perhaps reduced
    ink: np.ndarray  # (H, W) float32, 1 = ink
    lines: list[list[Box]]  # boxes of the digits in reading order, pixels of the upright picture
    tiles: np.ndarray  # (N, 28, 28) float32, what the network saw
    probs: np.ndarray  # (N, 10) float32, calibrated
    reading: Reading


class Reader:
    """Reads digits with one network.

    >>> from inkling import Reader
    >>> reader = Reader("ann-tutorial")
    >>> import numpy as np
    >>> reader.read(np.full((64, 64), 255, np.uint8)).outcome
    'empty'
    """

    def __init__(self, model: str | Path | None = None, *, max_bytes: int = image.MAX_BYTES) -> None:
        """`model`: a packaged name, a bundle or run folder; the packaged default when it is None.

        `max_bytes` limits an encoded picture. Raises UnknownName or BadBundle.
        """
        self.bundle = bundle.find(model)
        self._max_bytes = max_bytes
        self.model = Model(self.bundle)
        _keep_freed_memory()

    def read(self, source: Source, *, mode: Mode = "auto") -> Reading:
        """Reads one picture: a path, encoded bytes, a PIL image or an (H, W[, C]) uint8 array.

        `mode="single"` treats all ink as one digit; "auto" finds however many there are. Raises a BadPicture
        (see inkling.errors) for what cannot be opened.
        """
        return self.read_many([source], mode=mode)[0]

    def read_many(self, sources: Iterable[Source], *, mode: Mode = "auto") -> list[Reading]:
        """Reads several pictures with one pass through the network; only their tiles are kept meanwhile."""
        found = []
        for source in sources:
            one = self._prepare(source, mode)
            found.append((one.lines, one.picture.size_wh, one.tiles))
        judged = self._judge([tiles for _, _, tiles in found])
        return [self._compose(one, lines, size) for one, (lines, size, _) in zip(judged, found, strict=True)]

    def trace(self, source: Source, *, mode: Mode = "auto") -> Trace:
        """Reads one picture and keeps every step."""
        return self.trace_many([source], mode=mode)[0]

    def trace_many(self, sources: Iterable[Source], *, mode: Mode = "auto") -> list[Trace]:
        """Reads several pictures with one pass through the network and keeps every step of each in memory."""
        found = [self._prepare(source, mode) for source in sources]
        traces = []
        for one, judgement in zip(found, self._judge([one.tiles for one in found]), strict=True):
            lines = one.lines
            answer = self._compose(judgement, lines, one.picture.size_wh)
            traces.append(Trace(one.picture.image, one.ink, lines, one.tiles, judgement.probs, answer))
        return traces

    def candidates(self, source: Source, *, mode: Mode = "auto") -> list[Candidate]:
        """The ways to part one picture into digits, the one that `read` takes first; no ink is one empty candidate."""
        return self.candidates_many([source], mode=mode)[0]

    def candidates_many(self, sources: Iterable[Source], *, mode: Mode = "auto") -> list[list[Candidate]]:
        """The candidates of several pictures with one pass through the network."""
        return [[Candidate(0.0, trace.lines, trace.probs)] for trace in self.trace_many(sources, mode=mode)]

    def _prepare(self, source: Source, mode: Mode) -> Prepared:
        return prepare(source, mode=mode, max_bytes=self._max_bytes)

    def _judge(self, tiles: list[np.ndarray]) -> list[Judgement]:
        """Each picture's (N, 28, 28) tiles -> each picture's calibrated judgement, in one batch."""
        if not tiles:
            return []
        judged = self.model.judge(np.concatenate(tiles))
        probs = reading.calibrate(judged.probs, self.bundle.temperature)
        cuts = np.cumsum([len(one) for one in tiles])[:-1]
        return [Judgement(*both) for both in zip(np.split(probs, cuts), np.split(judged.not_digit, cuts), strict=True)]

    def _compose(self, judgement: Judgement, lines: list[list[Box]], size_wh: tuple[int, int]) -> Reading:
        at = {"sure_at": self.bundle.sure_at, "reject_at": self.bundle.reject_at}
        return reading.compose(judgement, lines, size_wh=size_wh, **at)


def _keep_freed_memory() -> None:
    """Lets glibc keep some MB of freed memory for the next picture, which saves a third of a small picture's time.

    Its allocator returns memory beyond a threshold to the system at once, and fetching it again costs a page fault
    for each 4 KiB. The threshold is twice the largest block that was ever freed, so freeing one block raises it
    (mallopt(3), M_MMAP_THRESHOLD). The block is not touched, so it takes no memory; other allocators ignore this.
    """
    np.empty(16_000_000, np.uint8)


def prepare(source: Source, *, mode: Mode = "auto", max_bytes: int = image.MAX_BYTES) -> Prepared:
    """The road up to the network: picture -> image -> ink -> glyphs -> tiles."""
    if mode not in MODES:
        raise BadRequest(f"mode is {mode!r}; expected {' or '.join(map(repr, MODES))}. Choose one of these.")
    picture = image.load(source, max_bytes=max_bytes)
    found = ink.find_ink(picture.image)  # (H, W) uint8 -> (H, W) float32
    glyphs = find_glyphs(found, single=mode == "single")
    return Prepared(picture, found, glyphs, tile.make_tiles(found, glyphs))


def upright_box(box_xywh: Box, picture: Picture) -> Box:
    """A box in pixels of the (perhaps reduced) image -> pixels of the upright picture, inside it."""
    x, y, w, h = box_xywh
    x_scale = picture.size_wh[0] / picture.image.shape[1]
    y_scale = picture.size_wh[1] / picture.image.shape[0]
    left, top = int(x * x_scale), int(y * y_scale)
    right, bottom = round((x + w) * x_scale), round((y + h) * y_scale)
    return left, top, max(1, right - left), max(1, bottom - top)
