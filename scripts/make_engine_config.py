"""Write static/js/engine/config.js, the thresholds of the page's engine, from `inkling.pipeline.config`.

.venv/bin/python scripts/make_engine_config.py
"""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from types import ModuleType
from typing import Any

from inkling.pipeline.config import binarization, decoding, layout, line, quality, segmentation, shared

FILE = Path(__file__).parents[1] / "src" / "inkling" / "server" / "static" / "js" / "engine" / "config.js"
MODULES = (shared, decoding, binarization, segmentation, quality, layout, line)
LEFT_OUT = ("DECODE_LIMITS", "TABLES")  # of what the page does not do
HEAD = """\
// The pipeline's thresholds; src/inkling/pipeline/config/ gives the unit and the reason of each.
// Written by scripts/make_engine_config.py: change them there, and run it.
"""


def module_text() -> str:
    """The module: an exported object for each dataclass."""
    return HEAD + "".join(_object(name, each) for module in MODULES for name, each in _instances(module))


def _instances(module: ModuleType) -> list[tuple[str, Any]]:
    every = vars(module).items()
    return [(name, value) for name, value in every if dataclasses.is_dataclass(value) and name.isupper()]


def _object(name: str, config: Any) -> str:
    if name in LEFT_OUT:
        return ""
    fields = dataclasses.asdict(config).items()
    lines = "".join(f"  {field}: {json.dumps(value)},\n" for field, value in fields)
    return f"\nexport const {name} = {{\n{lines}}};\n"


if __name__ == "__main__":
    FILE.write_text(module_text(), "utf-8")
