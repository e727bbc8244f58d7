"""The example forms in the package, drawn by `scripts/make_form_examples.py`."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

from inkling.errors import UnknownName
from inkling.forms.template import Template
from inkling.forms.template_parser import load_template

FOLDER = Path(str(files(__package__)))


def example_names() -> list[str]:
    """The names of the example forms."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def example(name: str, *, among: Mapping[str, str | Path] | None = None) -> Template:
    """An example form. `among`: see `load_template`. Raises UnknownName."""
    if name not in example_names():
        raise UnknownName("form", name, example_names())
    return load_template(FOLDER / f"{name}.toml", among=among)
