"""What a sheet says: its fields, its sums, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import Any, Literal

import numpy as np

from inkling.pipeline.result import Box

FieldOutcome = Literal["read", "unsure", "empty", "missing"]
Status = Literal["read", "unsure", "empty", "part", "several", "again", "other_form", "blank", "failed"]
STATUSES: dict[Status, str] = {
    "read": "every field is sure or empty, and every sum holds",
    "unsure": "a field is to be checked, or a sum does not hold",
    "empty": "the form, and nothing is written on it",
    "part": "a part of the form is not in the picture",
    "several": "more than one sheet of the form is in the picture; the plainest is read",
    "again": "this sheet was read before",
    "other_form": "the form is not in the picture",
    "blank": "nothing is on the page",
    "failed": "the page could not be opened",
}
# A page to photograph again, or to leave out.
FAULTY: tuple[Status, ...] = ("part", "several", "again", "other_form", "blank", "failed")


@dataclass(frozen=True)
class FilledField:
    """One field of a sheet."""

    name: str
    outcome: FieldOutcome  # "missing": not in the picture
    text: str  # "" where there is none
    confidence: float  # probability that the text is right, 0..1; 0 where there is none
    box: Box  # pixels of the upright picture, around the field
    place: Box  # pixels of the sheet's `image`, where it was laid straight
    reason: str = ""  # for a person: why it is not sure
    options: tuple[tuple[str, float], ...] = ()  # the most probable texts, with their probabilities
    listed: Mapping[str, str] = dataclass_field(default_factory=dict)  # what a roster says of the text; {} without one

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

    total: str  # the field that holds it
    of: tuple[str, ...]
    holds: bool | None  # None where the total or a part is not a whole number

    def to_json(self) -> dict[str, Any]:
        return {"total": self.total, "of": list(self.of), "holds": self.holds}


@dataclass(frozen=True, eq=False)
class FilledForm:
    """What was read on one page."""

    form: str  # the template's name
    status: Status
    fields: tuple[FilledField, ...] = ()  # as in the template; () where the form was not found
    sums: tuple[FilledSum, ...] = ()
    reason: str = ""  # for a person: what is wrong, and what to do about it
    agreement: float = 0.0  # share 0..1 of the form's print that was found on the page
    image: np.ndarray | None = None  # (h, w) uint8: the page laid straight; None where the form was not found
    writing: np.ndarray | None = None  # (64, 48) float32: where ink is, to know the sheet again

    def __getitem__(self, name: str) -> FilledField:
        """The field of that name. Raises KeyError."""
        return {field.name: field for field in self.fields}[name]

    @property
    def values(self) -> dict[str, str]:
        """The text of each field."""
        return {field.name: field.text for field in self.fields}

    def picture_of(self, name: str) -> np.ndarray:
        """(h, w) uint8: a field and a little around it, straight. Raises KeyError."""
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
