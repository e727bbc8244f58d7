"""The line network's door."""

from __future__ import annotations

import pytest

from inkling.errors import BadBundle
from inkling.models import registry
from inkling.models.bundle import Bundle
from inkling.pipeline.line_recognizer import LineRecognizer
from inkling.pipeline.symbols import CLASSES


@pytest.mark.parametrize(
    "classes", [None, [*map(str, range(10)), "blank"], [*CLASSES[1:], "0", "blank"], list(CLASSES)]
)
def test_a_network_with_other_classes_is_refused(classes: list[str] | None) -> None:
    packaged = registry.line_recognizer()
    with pytest.raises(BadBundle, match="has the classes"):
        LineRecognizer(Bundle(packaged.path, {**packaged.manifest, "classes": classes}))
