"""The blank form as a picture."""

from __future__ import annotations

import cv2
import numpy as np

from inkling.errors import BadTemplate, InklingError
from inkling.forms.template import Template
from inkling.pipeline.decode import DecodedImage, ImageSource, decode


def blank_picture(template: Template) -> np.ndarray:
    """(H, W) uint8 grey: the first page of the blank, of the template's size. Raises BadTemplate."""
    from inkling.documents import pages

    path = template.folder / template.blank
    try:
        page = next(iter(pages(path)))
        grey = grey_of(page.image)
    except InklingError as error:
        raise BadTemplate(f"the blank of form {template.name!r} cannot be opened: {error}") from error
    w, h = template.size_wh
    if abs(np.log(grey.shape[1] / grey.shape[0] * h / w)) > 0.02:
        raise BadTemplate(
            f"the blank {path} has {grey.shape[1]}x{grey.shape[0]} pixels and the template's size is {w}x{h}; expected "
            "the same shape. Correct size."
        )
    return cv2.resize(grey, (w, h), interpolation=cv2.INTER_AREA if grey.shape[0] > h else cv2.INTER_CUBIC)


def grey_of(image: DecodedImage | ImageSource) -> np.ndarray:
    """A decoded page, or anything that `decode` takes -> (H, W) uint8 upright grey."""
    return (image if isinstance(image, DecodedImage) else decode(image)).image
