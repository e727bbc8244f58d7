"""The review page of `inkling form read`."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np

from inkling.batch.review import ReviewPage
from inkling.forms.form import Form
from inkling.forms.many import FilledPage


class FormReview:
    """The review page of doubtful fields; its corrections name sheet and field, as `inkling merge` takes them."""

    def __init__(self, path: Path, form: Form) -> None:
        """Raises NotFound if it cannot be written."""
        bundle = form.reader.bundle
        about = f"Form {form.template.name}, read by {bundle.name} {bundle.version}."
        self._page = ReviewPage(path, about=about)
        self._constraints = {field.name: field.constraints for field in form.template.fields}

    def add(self, page: FilledPage) -> None:
        """Take every field of a sheet, or why there is none."""
        filled = page.filled
        if not filled.fields:
            kind = filled.status if page.error is None else page.error.kind
            self._page.add({"source": page.source, "ok": False, "kind": kind, "error": filled.reason})
        for field in filled.fields:
            outcome = "not_digit" if field.outcome == "missing" else field.outcome
            result = {"source": page.source, "ok": True, "outcome": outcome, "text": field.text,
                      "confidence": field.confidence, "reason": field.reason}  # fmt: skip
            doubtful = field.outcome in ("unsure", "missing")
            picture = filled.picture_of(field.name).copy() if doubtful else None
            self._page.add(
                result,
                None if picture is None else partial(_same, picture),
                name=field.name,
                constraints=self._constraints[field.name],
                doubtful=doubtful,
            )

    def finish(self) -> None:
        """Write the page. Raises NotFound if that fails."""
        self._page.finish()

    def close(self) -> None:
        """Delete an unfinished page."""
        self._page.close()


def _same(picture: np.ndarray) -> np.ndarray:
    return picture
