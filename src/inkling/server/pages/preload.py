"""`{{ script("PAGE") }}` in a template: a page's script and preload links for all its modules, fetched in parallel."""

from __future__ import annotations

import functools
import re
from pathlib import Path

from flask import url_for
from markupsafe import Markup

STATIC = Path(__file__).parents[1] / "static"
_IMPORT = re.compile(r'^(?:im|ex)port\b[^;"]*"(\.[\w./-]+)";', re.MULTILINE)


def script(page: str) -> Markup:
    """The elements that load `js/PAGE/main.js` and preload every module that it imports."""
    first, *rest = [url_for("static", filename=name) for name in modules(f"js/{page}/main.js")]
    preloads = [f'<link rel="modulepreload" href="{url}" fetchpriority="low">' for url in rest]
    return Markup("\n  ".join([*preloads, f'<script type="module" src="{first}"></script>']))  # noqa: S704


@functools.cache
def modules(name: str) -> tuple[str, ...]:
    """A script below static/, followed by every module that it imports, directly or indirectly."""
    found = [name]
    for one in found:  # grows during the loop
        path = STATIC / one
        for other in _IMPORT.findall(path.read_text("utf-8")):
            module = (path.parent / other).resolve().relative_to(STATIC.resolve()).as_posix()
            if module not in found:
                found.append(module)
    return tuple(found)
