"""The review page of `inkling form read`."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import cv2
import numpy as np

from inkling.batch.review import ReviewPage
from inkling.forms.filled import FAULTY
from inkling.forms.form import Form
from inkling.forms.many import FilledPage

JPEG_QUALITY = 90  # the page has them at 60


class FormReview:
    """The review page of doubtful fields; its corrections name sheet and field, as `inkling merge` takes them."""

    def __init__(self, path: Path, form: Form) -> None:
        """Raises NotFound if it cannot be written."""
        bundle = form.reader.bundle
        about = f"Form {form.template.name}, read by {bundle.name} {bundle.version}."
        self._page = ReviewPage(path, about=about)
        self._constraints = {field.name: field.constraints for field in form.template.fields}

    def add(self, page: FilledPage) -> None:
        """Take every field of a sheet that is in the picture, and what is wrong with the sheet as a whole."""
        filled = page.filled
        if filled.status in FAULTY:
            self._page.tell(page.source, filled.reason)
        for field in filled.fields:
            if field.outcome == "missing":
                continue
            constraints = self._constraints[field.name]
            result = {"source": page.source, "ok": True, "outcome": field.outcome, "text": field.text,
                      "confidence": field.confidence, "reason": field.reason}  # fmt: skip
            doubtful = field.outcome == "unsure"
            may_be_shown = doubtful or constraints.allowlist  # a number of a list is, if it is on another sheet too
            picture = partial(_same, _jpeg(filled.picture_of(field.name))) if may_be_shown else None
            self._page.add(result, picture, name=field.name, constraints=constraints, doubtful=doubtful)

    def finish(self) -> None:
        """Write the page. Raises NotFound if that fails."""
        self._page.finish()

    def close(self) -> None:
        """Delete an unfinished page."""
        self._page.close()


def _jpeg(picture: np.ndarray) -> bytes:
    """A twentieth of the pixels' bytes: the pictures of all sheets are kept until the page is written."""
    return cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1].tobytes()


def _same(picture: bytes) -> bytes:
    return picture
