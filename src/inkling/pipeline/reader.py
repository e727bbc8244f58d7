"""START HERE: the pipeline from an image to a reading, with its stages in order.

    prepare             decode -> binarize, which first crops to the page -> segment -> normalize
    Reader.read_glyphs  classify and calibrate -> test-time augmentation -> compose: isolated digits
    RowReader.read      find the layout -> recognize each row -> decode it -> compose: everything else
    agreed              choose between the two, and report contradictions

`Reader.read` runs all of them; `Reader.trace` also keeps the result of each step.
"""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np

from inkling.cpu import cores
from inkling.errors import BadRequest, InklingError
from inkling.models import registry
from inkling.pipeline import binarize, decode, normalize, result
from inkling.pipeline.agreement import agreed, is_complete, may_be_one_digit, spans_picture
from inkling.pipeline.array_input import to_tiles
from inkling.pipeline.box import Box
from inkling.pipeline.classifier import Classifier, Prediction
from inkling.pipeline.config.decoding import DECODE
from inkling.pipeline.deadline import check_deadline
from inkling.pipeline.decode import DecodedImage, ImageSource
from inkling.pipeline.layout import Layout
from inkling.pipeline.quality import first_of, needs_quality_check, quality_warnings
from inkling.pipeline.recognized_row import DecodedRow
from inkling.pipeline.result import Reading
from inkling.pipeline.row_reader import RowReader
from inkling.pipeline.segmentation import Segmentation, segment
from inkling.pipeline.table_reader import read_tables
from inkling.pipeline.table_result import Table
from inkling.pipeline.test_time_augmentation import with_test_time_augmentation

Mode = Literal["auto", "single"]
MODES = ("auto", "single")
PARALLEL_FROM = 256  # digits per core; fewer take less time than starting a thread


@dataclass(frozen=True)
class PreparedImage:
    """An image that is ready for any network."""

    decoded: DecodedImage
    ink: np.ndarray  # (H, W) float32, 1 = ink
    segmentation: Segmentation  # N glyphs
    tiles: np.ndarray  # (N, 28, 28) float32, 1 = ink
    mode: Mode = "auto"  # "single": all ink is one digit and is not segmented
    whole: DecodedImage | None = None  # the full image, if `decoded` is its preview with one large digit


@dataclass(frozen=True)
class Trace:
    """Every step of one reading, for display and explanation."""

    image: np.ndarray  # (H, W) uint8, upright, downscaled if it is large
    ink: np.ndarray  # (H, W) float32, 1 = ink
    lines: list[list[Box]]  # boxes of the N glyphs that were classified, by line, in pixels of the upright image
    tiles: np.ndarray  # (N, 28, 28) float32, the classifier's input
    probs: np.ndarray  # (N, 10) float32, calibrated
    reading: Reading
    sure_at: float  # lowest probability, 0..1, at which a text is sure; it depends on the network that read the text
    layout: Layout | None = None  # if the rows were read as a whole; None if the image was read digit by digit
    rows: tuple[DecodedRow, ...] = ()  # those rows, in reading order


def prepare(source: ImageSource, *, mode: Mode = "auto", max_bytes: int = DECODE.max_bytes) -> PreparedImage:
    """Run the stages before the network."""
    _check_mode(mode)
    decoded = decode.decode(source, max_bytes=max_bytes)  # -> (H, W) uint8
    check_deadline()
    if (glance := decoded.glance()) is not decoded:
        ink, segmentation = find_glyphs(glance, mode)
        if normalize.is_one_large_glyph(ink, segmentation):
            tiles = normalize.normalize_glyphs(ink, segmentation)
            return PreparedImage(glance, ink, segmentation, tiles, mode, decoded)
    return prepare_decoded(decoded, mode)


def prepare_decoded(decoded: DecodedImage, mode: Mode) -> PreparedImage:
    """Like `prepare`, for a decoded image and without trying a preview first."""
    ink, segmentation = find_glyphs(decoded, mode)
    tiles = normalize.normalize_glyphs(ink, segmentation)  # -> (N, 28, 28) float32
    return PreparedImage(decoded, ink, segmentation, tiles, mode)


def find_glyphs(decoded: DecodedImage, mode: Mode) -> tuple[np.ndarray, Segmentation]:
    """The ink of an image, (H, W) float32, and its N glyphs."""
    ink = binarize.binarize(decoded.image)  # (H, W) uint8 -> (H, W) float32
    check_deadline()
    return ink, segment(ink, single=mode == "single")


def as_one_digit(prepared: PreparedImage) -> PreparedImage:
    """The same image, with all its ink as one digit."""
    segmentation = segment(prepared.ink, single=True)
    tiles = normalize.normalize_glyphs(prepared.ink, segmentation)
    return replace(prepared, segmentation=segmentation, tiles=tiles)


def _check_mode(mode: str) -> None:
    if mode not in MODES:
        raise BadRequest(f"mode is {mode!r}; expected {' or '.join(map(repr, MODES))}. Choose one of these.")


class Reader:
    """Reads digits with one classifier and, if it can detect non-digits, the packaged line network.

    Safe to share between threads, for example with `asyncio.to_thread(reader.read, picture)`; each concurrent thread
    takes additional memory. A reader can be pickled; unpickling opens the same network again.

    Examples:
        >>> from inkling import Reader
        >>> reader = Reader("ann-tutorial")
        >>> import numpy as np
        >>> reader.read(np.full((64, 64), 255, np.uint8)).outcome
        'empty'
    """

    def __init__(
        self, model: str | Path | None = None, *, sure_at: float | None = None, max_bytes: int = DECODE.max_bytes
    ) -> None:
        """`model`: the name of a packaged model, or a bundle or run folder; None is the packaged default.

        `sure_at`: the lowest probability, 0..1, at which a number is "read"; None: the value fitted to each network.
        `max_bytes`: limit for encoded images. Raises UnknownName or BadBundle.
        """
        self.bundle = registry.find(model)
        self.classifier = Classifier(self.bundle)
        self.sure_at = self.bundle.sure_at if sure_at is None else sure_at
        self.row_reader = (
            RowReader(registry.line_recognizer(), self.classify, sure_at=sure_at) if self.bundle.can_refuse else None
        )
        self._sure_at, self._max_bytes = sure_at, max_bytes

    def __reduce__(self) -> tuple[Any, ...]:
        path = self.bundle.path
        model = path.name if path.parent == registry.PACKAGED else path.absolute()
        return partial(Reader, sure_at=self._sure_at, max_bytes=self._max_bytes), (model,)

    def predict(self, images: Any) -> np.ndarray:
        """MNIST images as (N, 28, 28), (N, 28, 28, 1) or (N, 784), of any real type -> (N,) int64 digits.

        Images are not preprocessed, so they must be 28x28 px and centered, 0 = background. Large batches use all cores.
        `array_input` defines how the values of each array type are interpreted. Raises BadRequest for other arrays.
        """
        return np.asarray(self.predict_proba(images).argmax(axis=1))

    def predict_proba(self, images: Any) -> np.ndarray:
        """Images, as for `predict` -> (N, 10) float32 calibrated probabilities of the digits; each row sums to 1."""
        tiles = to_tiles(images)
        parts = np.array_split(tiles, max(1, min(cores(), len(tiles) // PARALLEL_FROM)))
        if len(parts) == 1:
            return self.classify(tiles).probs
        with ThreadPoolExecutor(len(parts)) as pool:  # LiteRT releases Python's global lock
            return np.concatenate([prediction.probs for prediction in pool.map(self.classify, parts)])

    def read(self, source: ImageSource, *, mode: Mode = "auto") -> Reading:
        """Read one image: a path, encoded bytes, an open file, a PIL image, or an array or tensor.

        Arrays are (H, W[, C]) or PyTorch's (C, H, W), of bool, integers or floats; `array_input` defines their values.

        `mode="single"` treats all ink as one digit; "auto" finds any number of digits. Raises a BadPicture (see
        inkling.errors) if the image cannot be decoded, NotFound if a path cannot be read, and BadRequest for a wrong
        mode, type or array.
        """
        return self.trace(source, mode=mode).reading

    def read_many(self, sources: Iterable[ImageSource], *, mode: Mode = "auto") -> list[Reading | InklingError]:
        """Read several images in order. If `read` raises an error for one, the result contains that error instead.

        Images are read one after another, because batching digits from several images is not faster.
        """
        _check_mode(mode)
        results: list[Reading | InklingError] = []
        for source in sources:
            try:
                results.append(self.read(source, mode=mode))
            except InklingError as error:
                results.append(error)
        return results

    def read_cells(self, source: ImageSource) -> list[Table]:
        """Read the cells of each comb, grid or table in one image, from top to bottom; [] if none is found.

        Raises the same errors as `read`.
        """
        return read_tables(decode.decode(source, max_bytes=self._max_bytes), self.read)

    def read_cells_of(self, trace: Trace) -> list[Table]:
        """Like `read_cells`, for an image that has already been read."""
        return read_tables(DecodedImage(trace.image, trace.reading.size_wh), self.read)

    def trace(self, source: ImageSource, *, mode: Mode = "auto") -> Trace:
        """Read one image and keep every step."""
        return self.trace_prepared(self.prepare(source, mode=mode))

    def prepare(self, source: ImageSource, *, mode: Mode = "auto") -> PreparedImage:
        """Run the stages before the network. Any reader's `trace_prepared` accepts the result."""
        return prepare(source, mode=mode, max_bytes=self._max_bytes)

    def trace_prepared(self, prepared: PreparedImage) -> Trace:
        """Run the network and the stages after it."""
        trace = self._trace(prepared)
        if prepared.decoded.n_frames == 1:
            return trace
        first, reading = first_of(prepared.decoded.n_frames), trace.reading
        warnings = (first, *reading.warnings)
        return replace(trace, reading=replace(reading, reason=reading.reason or first.text, warnings=warnings))

    def _trace(self, prepared: PreparedImage) -> Trace:
        glyphs = self.read_glyphs(prepared)
        if self.row_reader is None or prepared.mode == "single":
            return glyphs
        segmentation = prepared.segmentation
        complete = is_complete(segmentation) and not spans_picture(segmentation, prepared.ink.shape)
        if complete and len(segmentation.glyphs) == 1 and glyphs.reading.outcome == "read":
            return glyphs
        if prepared.whole is not None:
            return self._trace(prepare_decoded(prepared.whole, prepared.mode))
        if may_be_one_digit(segmentation):
            whole = self.read_glyphs(as_one_digit(prepared))
            if whole.reading.confidence > glyphs.reading.confidence:
                glyphs = whole
        found = self.row_reader.read(prepared.decoded)
        cells = [box for row in found.rows for box in row.cells]
        complete = complete and not found.layout.is_page and len(cells) < 2
        reading = agreed(found.reading, glyphs.reading, complete=complete, cells=cells)
        if reading is glyphs.reading or (reading.digits and reading.digits is glyphs.reading.digits):
            return replace(glyphs, reading=reading)
        return replace(
            glyphs,
            lines=[],
            tiles=glyphs.tiles[:0],
            probs=glyphs.probs[:0],
            reading=reading,
            sure_at=self.row_reader.sure_at,
            layout=found.layout,
            rows=found.rows,
        )

    def read_glyphs(self, prepared: PreparedImage) -> Trace:
        """Read each glyph as an isolated digit. A network that cannot detect non-digits reads only this way."""
        prediction = self.classify(prepared.tiles)  # (N, 28, 28) -> (N, 10) and (N,)
        image, ink, segmentation = prepared.decoded.image, prepared.ink, prepared.segmentation
        if self.bundle.can_refuse:
            prediction = with_test_time_augmentation(ink, segmentation, prediction, self.classify)
        lines = [[to_original_box(glyph.box_xywh, prepared.decoded) for glyph in line] for line in segmentation.lines]
        reading = result.compose(
            prediction,
            lines,
            sure_at=self.sure_at,
            reject_at=self.bundle.reject_at,
            size_wh=prepared.decoded.size_wh,
        )
        if reading.outcome != "read" or needs_quality_check(ink, segmentation):
            reading = result.with_warnings(reading, quality_warnings(image, ink, segmentation))
        return Trace(image, ink, lines, prepared.tiles, prediction.probs, reading, self.sure_at)

    def classify(self, tiles: np.ndarray) -> Prediction:
        """(N, 28, 28) tiles -> the calibrated prediction, in one batch."""
        prediction = self.classifier.classify(tiles)
        return Prediction(result.calibrate(prediction.probs, self.bundle.temperature), prediction.not_digit)


def to_original_box(box_xywh: Box, decoded: DecodedImage) -> Box:
    """A box in pixels of the possibly downscaled image -> pixels of the upright original image."""
    x, y, w, h = box_xywh
    x_scale = decoded.size_wh[0] / decoded.image.shape[1]
    y_scale = decoded.size_wh[1] / decoded.image.shape[0]
    left, top = int(x * x_scale), int(y * y_scale)
    right, bottom = round((x + w) * x_scale), round((y + h) * y_scale)
    return left, top, max(1, right - left), max(1, bottom - top)
