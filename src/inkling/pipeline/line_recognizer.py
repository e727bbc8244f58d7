"""Recognize a row as a whole, without segmentation: the line network's column probabilities and their positions.

recognize = LineRecognizer(registry.line_recognizer())
row = recognize.read(gray, to_picture)       # -> LineRow; decode it with `recognized_row.decode_row`
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from inkling.errors import BadBundle
from inkling.models.bundle import Bundle
from inkling.pipeline.config.line import LINE_RECOGNIZER as CONFIG
from inkling.pipeline.ctc import calibrate_columns
from inkling.pipeline.line_image import HEIGHT, make_line_image, scaled_width
from inkling.pipeline.litert import LiteRTModel
from inkling.pipeline.recognized_row import LineRow
from inkling.pipeline.symbols import CLASSES

Written = Callable[[np.ndarray, tuple[int, int]], np.ndarray]
SOFT_EDGE = np.ones((3, 3), np.uint8)  # kernel that dilates a stroke's mask by its soft edge


class LineRecognizer:
    """The line network, ready to run. Safe to call from several threads."""

    def __init__(self, bundle: Bundle) -> None:
        """Raises BadBundle if the network does not match its manifest, or has an unexpected input or classes."""
        classes = bundle.manifest.get("classes")
        if not isinstance(classes, list) or tuple(classes[:-1]) != CLASSES:
            raise BadBundle(
                f"{bundle.path} has the classes {classes!r}; expected {', '.join(CLASSES)} and a blank. "
                "Export the run again."
            )
        self._network = LiteRTModel(bundle.model_bytes(), bundle.model_path, (HEIGHT, -1))
        self._temperature = float(bundle.manifest.get("temperature", 1.0))

    def __call__(self, line_images: np.ndarray) -> np.ndarray:
        """(N, 32, W) float32, W a multiple of 4 -> (N, W / 4, 22) float64 calibrated column probabilities."""
        return calibrate_columns(self._network(line_images), self._temperature)

    def read(self, row: np.ndarray, to_picture: np.ndarray, written: Written | None = None) -> LineRow:
        """Read an (h, w) uint8 gray row, dark on light, of any size.

        `to_picture`: (3, 3) matrix from pixels of the row to pixels of the picture. `written`: a function of
        a (3, 3) matrix from pixels of an image to those of the row, and the image's width and height. It returns the
        (h, w) uint8 mask of the writing in that image, without ruled lines and cell walls. The result can also read
        the row narrower and wider, if the decoder is in doubt.
        """
        (h, w), image = row.shape, make_line_image(row)
        to_row = np.diag([w / scaled_width(h, w), h / HEIGHT, 1.0])  # from pixels of the line image

        def more_views() -> list[np.ndarray]:
            return [self(make_line_image(row, stretch=stretch)[None])[0] for stretch in CONFIG.stretches]

        def strokes() -> np.ndarray | None:
            return None if written is None else cv2.dilate(written(to_row, image.shape[::-1]), SOFT_EDGE)

        return LineRow(self(image[None])[0], image, to_picture @ to_row, more_views, strokes)
