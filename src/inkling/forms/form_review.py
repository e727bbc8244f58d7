"""The review page of `inkling form read`."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import cv2
import numpy as np

from inkling.batch.review import ReviewPage
from inkling.forms.filled import FAULTY
from inkling.forms.filled_pages import FilledPage
from inkling.forms.form import Form

JPEG_QUALITY = 90  # the page compresses the picture again, at 60


class FormReview:
    """The review page of doubtful fields. Its corrections name the sheet and the field, as `inkling merge` expects."""

    def __init__(self, path: Path, form: Form) -> None:
        """Raises NotFound if it cannot be written."""
        bundle = form.reader.bundle
        about = f"Form {form.template.name}, read by {bundle.name} {bundle.version}."
        self._page = ReviewPage(path, about=about)
        self._constraints = {field.name: field.constraints for field in form.template.fields}

    def add(self, page: FilledPage) -> None:
        """Add every visible field of a sheet, and any problem of the sheet as a whole."""
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
            may_be_shown = doubtful or constraints.allowlist  # an allowlisted number is shown if it is on two sheets
            picture = partial(bytes, _jpeg(filled.picture_of(field.name))) if may_be_shown else None
            self._page.add(result, picture, name=field.name, constraints=constraints, doubtful=doubtful)

    def finish(self) -> None:
        """Write the page. Raises NotFound if that fails."""
        self._page.finish()

    def close(self) -> None:
        """Delete an unfinished page."""
        self._page.close()


def _jpeg(picture: np.ndarray) -> bytes:
    """Compress to a twentieth of the bytes, because pictures stay in memory until the page is written."""
    return cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1].tobytes()
