"""The result of reading a sheet: its fields, its sums and its status."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import Any, Literal

import numpy as np

from inkling.pipeline.box import Box

FieldOutcome = Literal["read", "unsure", "empty", "missing"]
Status = Literal[
    "read",  # every field is sure or empty, and every sum is correct
    "unsure",  # a field needs a check, or a sum is wrong
    "empty",  # nothing is written on the form
    "part",  # a part of the form is not in the picture
    "several",  # more than one sheet of the form is in the picture; the clearest is read
    "again",  # this sheet was read before
    "other_form",  # the form is not in the picture
    "blank",
    "failed",  # the page could not be opened
]
# In these cases, the page must be photographed again or left out.
FAULTY: tuple[Status, ...] = ("part", "several", "again", "other_form", "blank", "failed")


@dataclass(frozen=True)
class FilledField:
    """One field of a sheet."""

    name: str
    outcome: FieldOutcome  # "missing": not in the picture
    text: str  # "" if there is none
    confidence: float  # probability that the text is correct, 0..1; 0 without a text
    box: Box  # the field in pixels of the upright picture
    place: Box  # the field in pixels of the sheet's straightened `image`
    reason: str = ""  # a message: why the field is not sure
    options: tuple[tuple[str, float], ...] = ()  # the most probable texts, with their probabilities
    listed: Mapping[str, str] = dataclass_field(default_factory=dict)  # the roster's cells for the text; {} if none

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "outcome": self.outcome,
            "text": self.text,
            "confidence": round(self.confidence, 4),
            "box": list(self.box),
            "reason": self.reason,
            "options": [[text, round(prob, 4)] for text, prob in self.options],
            **({"listed": dict(self.listed)} if self.listed else {}),
        }


@dataclass(frozen=True)
class FilledSum:
    """A sum of a sheet."""

    total: str  # the name of the field with the total
    of: tuple[str, ...]
    holds: bool | None  # None if the total or a part is not a whole number

    def to_json(self) -> dict[str, Any]:
        return {"total": self.total, "of": list(self.of), "holds": self.holds}


@dataclass(frozen=True, eq=False)
class FilledForm:
    """The result of reading one page."""

    form: str  # the template's name
    status: Status
    fields: tuple[FilledField, ...] = ()  # as in the template; () if the form was not found
    sums: tuple[FilledSum, ...] = ()
    reason: str = ""  # a message: the problem and the remedy
    agreement: float = 0.0  # fraction of the printed corners in the picture that were found, 0..1
    image: np.ndarray | None = None  # (h, w) uint8: the straightened page; None if the form was not found
    writing: np.ndarray | None = None  # (64, 48) float32: a map of the ink, to recognize duplicates

    def __getitem__(self, name: str) -> FilledField:
        """The field of that name. Raises KeyError."""
        return {field.name: field for field in self.fields}[name]

    @property
    def values(self) -> dict[str, str]:
        """The text of each field."""
        return {field.name: field.text for field in self.fields}

    def picture_of(self, name: str) -> np.ndarray:
        """(h, w) uint8: the straightened picture of a field with a margin. Raises KeyError."""
        if self.image is None:
            raise KeyError(name)
        x, y, w, h = self[name].place
        rim = h // 3
        return self.image[max(y - rim, 0) : y + h + rim, max(x - rim, 0) : x + w + rim]

    def to_json(self) -> dict[str, Any]:
        return {
            "form": self.form,
            "status": self.status,
            "reason": self.reason,
            "agreement": round(self.agreement, 4),
            "fields": [field.to_json() for field in self.fields],
            "sums": [each.to_json() for each in self.sums],
        }
