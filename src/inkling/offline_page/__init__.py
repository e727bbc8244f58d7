"""Self-contained HTML pages, with style sheets and scripts inlined, that open offline.

base.html, base.css    layout, colors, fonts and footer of every such page
macros.html            a table, a list of key figures, and links to sections
report.css             pages of figures and tables: the report of a run, the report of a sweep

Standard library and Jinja only.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jinja2

HERE = Path(__file__).parent
REPORT_CSS = HERE / "report.css"


def render(template: Path, *, styles: tuple[Path, ...] = (), script: Path | None = None, **values: Any) -> str:
    """The HTML of a template that extends `base.html`, with its style sheets (after `base.css`) and script inlined."""
    loader = jinja2.FileSystemLoader([template.parent, HERE])
    environment = jinja2.Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True)
    css = "".join(path.read_text("utf-8") for path in (HERE / "base.css", *styles))
    js = script.read_text("utf-8") if script else ""
    return environment.get_template(template.name).render(css=css, script=js, **values) + "\n"
