"""START HERE: the whole road from a picture to a reading, in order.

image -> ink -> glyphs -> tiles -> probs -> partings -> reading
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from inkling.errors import BadRequest
from inkling.models import registry
from inkling.pipeline import binarize, decode, normalize, result
from inkling.pipeline.classifier import Classifier, LineRecognizer, Prediction
from inkling.pipeline.config.decoding import DECODE
from inkling.pipeline.decode import DecodedImage, ImageSource
from inkling.pipeline.hypothesis import Hypothesis
from inkling.pipeline.over_segmentation.best_path import best_segmentation
from inkling.pipeline.over_segmentation.ranking import SegmentationHypothesis, rank_segmentations
from inkling.pipeline.quality import is_suspect, quality_warnings
from inkling.pipeline.result import Box, Reading
from inkling.pipeline.segmentation import Segmentation, segment
from inkling.pipeline.test_time_augmentation import with_test_time_augmentation

Mode = Literal["auto", "single"]
MODES = ("auto", "single")


@dataclass(frozen=True)
class PreparedImage:
    """A picture on its way to the network."""

    picture: DecodedImage
    ink: np.ndarray  # (H, W) float32, 1 = ink
    segmentation: Segmentation
    tiles: np.ndarray  # (N, 28, 28) float32, 1 = ink
    mode: Mode = "auto"  # "single": the glyphs are not parted further


@dataclass(frozen=True)
class Trace:
    """Every step of one reading, to show and to explain."""

    image: np.ndarray  # (H, W) uint8, upright, perhaps reduced
    ink: np.ndarray  # (H, W) float32, 1 = ink
    lines: list[list[Box]]  # boxes of the digits in reading order, pixels of the upright picture
    tiles: np.ndarray  # (N, 28, 28) float32, what the network saw
    probs: np.ndarray  # (N, 10) float32, calibrated
    reading: Reading
    hypotheses: tuple[Hypothesis, ...] = ()  # the ways to part the ink into digits; the first is the reading's


class Reader:
    """Reads digits with one network.

    >>> from inkling import Reader
    >>> reader = Reader("ann-tutorial")
    >>> import numpy as np
    >>> reader.read(np.full((64, 64), 255, np.uint8)).outcome
    'empty'
    """

    def __init__(self, model: str | Path | None = None, *, max_bytes: int = DECODE.max_bytes) -> None:
        """`model`: a packaged name, a bundle or run folder; the packaged default when it is None.

        `max_bytes` limits an encoded picture. Raises UnknownName or BadBundle.
        """
        self.bundle = registry.find(model)
        self._max_bytes = max_bytes
        self.model = Classifier(self.bundle)
        # A network that cannot refuse parts nothing, so there are no texts to compare.
        self.recognize_line = LineRecognizer(registry.line_recognizer()) if self.bundle.reject_at < 1 else None
        _keep_freed_memory()

    def read(self, source: ImageSource, *, mode: Mode = "auto") -> Reading:
        """Reads one picture: a path, encoded bytes, a PIL image or an (H, W[, C]) uint8 array.

        `mode="single"` treats all ink as one digit; "auto" finds however many there are. Raises a BadPicture
        (see inkling.errors) for what cannot be opened.
        """
        return self.read_many([source], mode=mode)[0]

    def read_many(self, sources: Iterable[ImageSource], *, mode: Mode = "auto") -> list[Reading]:
        """Reads several pictures, one after another: a network gains nothing from the tiles of several at once."""
        return [self.trace(source, mode=mode).reading for source in sources]

    def trace(self, source: ImageSource, *, mode: Mode = "auto") -> Trace:
        """Reads one picture and keeps every step."""
        return self.trace_prepared(self.prepare(source, mode=mode))

    def trace_many(self, sources: Iterable[ImageSource], *, mode: Mode = "auto") -> list[Trace]:
        """Reads several pictures and keeps every step of each in memory."""
        return [self.trace(source, mode=mode) for source in sources]

    def hypotheses(self, source: ImageSource, *, mode: Mode = "auto") -> list[Hypothesis]:
        """The ways to part one picture into digits, the one that `read` takes first; no ink is one empty candidate."""
        return list(self.trace(source, mode=mode).hypotheses)

    def candidates_many(self, sources: Iterable[ImageSource], *, mode: Mode = "auto") -> list[list[Hypothesis]]:
        """The candidates of several pictures."""
        return [self.hypotheses(source, mode=mode) for source in sources]

    def prepare(self, source: ImageSource, *, mode: Mode = "auto") -> PreparedImage:
        """The road up to the network, which is the same for every network: see `trace_prepared`."""
        return prepare(source, mode=mode, max_bytes=self._max_bytes)

    def trace_prepared(self, one: PreparedImage) -> Trace:
        """Reads a prepared picture and keeps every step; several readers may read the same one."""
        return self.trace_classified(one, self.classify(one.tiles))

    def trace_classified(self, one: PreparedImage, prediction: Prediction, *, alone: bool = False) -> Trace:
        """The same where the network was asked already, for many pictures together.

        `alone`: of the candidates, only the reading's own is looked for, which asks the network for less.
        """
        partings = self.segmentations(one, prediction, alone=alone)
        found = tuple(_candidate(parting, one.picture) for parting in partings)
        first, lines = partings[0], found[0].lines
        answer = self._compose(first.prediction, lines, one.picture.size_wh)
        if answer.outcome != "read" or is_suspect(one.ink, one.segmentation):
            answer = result.with_warnings(answer, quality_warnings(one.picture.image, one.ink, one.segmentation))
        return Trace(one.picture.image, one.ink, lines, first.tiles, first.prediction.probs, answer, found)

    def segmentations(
        self, one: PreparedImage, prediction: Prediction | None = None, *, alone: bool = False
    ) -> list[SegmentationHypothesis]:
        """The ways in which the glyphs of a prepared picture may be digits, the best first, or the best `alone`."""
        if prediction is None:
            prediction = self.classify(one.tiles)  # (N, 28, 28) -> (N, 10) and (N,)
        if self.recognize_line is not None:
            prediction = with_test_time_augmentation(one.ink, one.segmentation, prediction, self.classify)
        if one.mode == "single":
            return [SegmentationHypothesis(0.0, one.segmentation.lines, one.tiles, prediction)]
        if alone:
            return [
                best_segmentation(
                    one.ink, one.segmentation, one.tiles, prediction, self.classify, recognize_line=self.recognize_line
                )
            ]
        return rank_segmentations(
            one.ink, one.segmentation, one.tiles, prediction, self.classify, recognize_line=self.recognize_line
        )

    def classify(self, tiles: np.ndarray) -> Prediction:
        """(N, 28, 28) tiles -> the calibrated prediction, in one batch."""
        judged = self.model.classify(tiles)
        return Prediction(result.calibrate(judged.probs, self.bundle.temperature), judged.not_digit)

    def _compose(self, prediction: Prediction, lines: list[list[Box]], size_wh: tuple[int, int]) -> Reading:
        at = {"sure_at": self.bundle.sure_at, "reject_at": self.bundle.reject_at}
        return result.compose(prediction, lines, size_wh=size_wh, **at)


def _keep_freed_memory() -> None:
    """Lets glibc keep some MB of freed memory for the next picture, which saves a third of a small picture's time.

    Its allocator returns memory beyond a threshold to the system at once, and fetching it again costs a page fault
    for each 4 KiB. The threshold is twice the largest block that was ever freed, so freeing one block raises it
    (mallopt(3), M_MMAP_THRESHOLD). The block is not touched, so it takes no memory; other allocators ignore this.
    """
    np.empty(16_000_000, np.uint8)


def prepare(source: ImageSource, *, mode: Mode = "auto", max_bytes: int = DECODE.max_bytes) -> PreparedImage:
    """The road up to the network: picture -> image -> ink -> glyphs -> tiles."""
    if mode not in MODES:
        raise BadRequest(f"mode is {mode!r}; expected {' or '.join(map(repr, MODES))}. Choose one of these.")
    picture = decode.decode(source, max_bytes=max_bytes)
    found = binarize.binarize(picture.image)  # (H, W) uint8 -> (H, W) float32
    glyphs = segment(found, single=mode == "single")
    return PreparedImage(picture, found, glyphs, normalize.normalize_glyphs(found, glyphs), mode)


def _candidate(parting: SegmentationHypothesis, picture: DecodedImage) -> Hypothesis:
    lines = [[upright_box(glyph.box_xywh, picture) for glyph in line] for line in parting.lines]
    return Hypothesis(parting.log_weight, lines, parting.prediction.probs)


def upright_box(box_xywh: Box, picture: DecodedImage) -> Box:
    """A box in pixels of the (perhaps reduced) image -> pixels of the upright picture, inside it."""
    x, y, w, h = box_xywh
    x_scale = picture.size_wh[0] / picture.image.shape[1]
    y_scale = picture.size_wh[1] / picture.image.shape[0]
    left, top = int(x * x_scale), int(y * y_scale)
    right, bottom = round((x + w) * x_scale), round((y + h) * y_scale)
    return left, top, max(1, right - left), max(1, bottom - top)
