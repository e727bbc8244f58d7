"""The blank form as a picture."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from inkling.documents import pages
from inkling.errors import BadTemplate, InklingError
from inkling.forms.template import Template
from inkling.pipeline.decode import decode

MAX_SHAPE_ERROR = 0.02  # maximum relative error of the aspect ratio


def open_blank(path: Path) -> np.ndarray:
    """(H, W) uint8 gray: the first page of a PDF, or a picture. Raises BadTemplate."""
    try:
        return decode(next(pages(path)).image).image
    except InklingError as error:
        raise BadTemplate(f"the blank form cannot be opened: {error}") from error


def blank_picture(template: Template) -> np.ndarray:
    """The blank form, resized to the template's size. Raises BadTemplate."""
    path = template.folder / template.blank
    grey = open_blank(path)
    w, h = template.size_wh
    if abs(grey.shape[1] / grey.shape[0] * h / w - 1) > MAX_SHAPE_ERROR:
        raise BadTemplate(
            f"the blank {path} has {grey.shape[1]}x{grey.shape[0]} pixels and the template's size is {w}x{h}; expected "
            "the same aspect ratio. Correct size."
        )
    return cv2.resize(grey, (w, h), interpolation=cv2.INTER_AREA if grey.shape[0] > h else cv2.INTER_CUBIC)
