"""inkling reads handwritten digits.

    from inkling import Form, Reader
    reading = Reader().read("photo.jpg")
    reading.text, reading.confidence, reading.outcome
    sheet = Form.load("exam.toml").read("scan.jpg")
    sheet["student_number"].text

Importing the package is cheap: each name is loaded when it is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from inkling.errors import InklingError
    from inkling.forms.filled import FilledField, FilledForm
    from inkling.forms.form import Form
    from inkling.models.bundle import Bundle
    from inkling.pipeline.estimator import Classifier
    from inkling.pipeline.reader import Reader
    from inkling.pipeline.result import Digit, Reading
    from inkling.pipeline.table_result import Table, TableCell

__version__ = "0.1.0"
__all__ = [
    "Bundle", "Classifier", "Digit", "FilledField", "FilledForm", "Form", "InklingError", "Reader", "Reading", "Table",
    "TableCell", "__version__",
]  # fmt: skip

_HOME = {
    "Bundle": "inkling.models.bundle",
    "Classifier": "inkling.pipeline.estimator",
    "Digit": "inkling.pipeline.result",
    "FilledField": "inkling.forms.filled",
    "FilledForm": "inkling.forms.filled",
    "Form": "inkling.forms.form",
    "InklingError": "inkling.errors",
    "Reader": "inkling.pipeline.reader",
    "Reading": "inkling.pipeline.result",
    "Table": "inkling.pipeline.table_result",
    "TableCell": "inkling.pipeline.table_result",
}


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(importlib.import_module(_HOME[name]), name)
    raise AttributeError(f"module 'inkling' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
