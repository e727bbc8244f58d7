"""Metrics of the images of each reading. Changes in them show drift.

The images are not kept. Large images are sampled, so that recording takes microseconds.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from inkling.pipeline.measure_stroke_width import stroke_width
from inkling.pipeline.reader import Reader
from inkling.server.metrics.definitions import Metrics

if TYPE_CHECKING:
    import numpy as np

    from inkling.pipeline.classifier import Prediction
    from inkling.pipeline.reader import Trace

SAMPLE_SIDE = 64  # minimum number of evenly spaced samples along the longer side of a large image


class InstrumentedReader(Reader):
    """A reader that records the number of tiles per network call; `name` is the model's name on this server."""

    def __init__(self, model: str | Path, metrics: Metrics, *, name: str, max_bytes: int) -> None:
        self._metrics = metrics
        super().__init__(model, max_bytes=max_bytes)
        self.bundle = replace(self.bundle, manifest={**self.bundle.manifest, "name": name})

    def classify(self, tiles: np.ndarray) -> Prediction:
        self._metrics.observe("inkling_tiles_per_call", len(tiles), self.bundle.name)
        return super().classify(tiles)


def record_reading(metrics: Metrics, model: str, trace: Trace, took_s: float) -> None:
    """Record the metrics of one reading and its image."""
    reading = trace.reading
    digits = reading.digits
    counts = [
        ("inkling_readings_total", model, reading.outcome),
        *(("inkling_digits_total", model, str(d.digit), "yes" if d.sure else "no") for d in digits),
        *(("inkling_refused_marks_total", model) for other in reading.others if not other.is_explained),
    ]
    step = max(1, max(trace.image.shape) // SAMPLE_SIDE)
    image, ink = trace.image[::step, ::step], trace.ink[::step, ::step]
    observations = [
        (("inkling_reading_seconds", model), took_s),
        (("inkling_digits_per_picture", model), float(len(digits))),
        (("inkling_ink_coverage",), float(ink.sum()) / ink.size),
        (("inkling_ink_contrast",), (int(image.max()) - int(image.min())) / 255),
    ]
    if digits:
        observations.append((("inkling_confidence", model), reading.confidence))
        tallest = max(digit.box[3] for digit in digits)
        observations.append((("inkling_glyph_height",), tallest / max(reading.size_wh[1], 1)))
    if len(trace.tiles):
        width = stroke_width((trace.tiles[0] > 0.5).astype("uint8"))
        observations.append((("inkling_stroke_width",), width))
    metrics.record(counts, observations)
