"""Builds all files of the static site: pages and their assets, networks, the service worker.

    site = build(address="https://example.org/inkling")
    write(site, Path("public"))

The server's app renders the pages with `IS_STATIC`; then their links are made relative. The site therefore works under
any prefix, on any host that serves a folder's index.html for the folder.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path

from inkling.hands.page_replay import page_replay
from inkling.models import registry
from inkling.page_network.binary import page_network
from inkling.server.pages import stylesheets
from inkling.site.pages import LEFT_OUT as NETWORKS_LEFT_OUT
from inkling.site.pages import render

STATIC = Path(__file__).parents[1] / "server" / "static"
# Left out of static/: files that only pages with a server load; documentation; style sheets, which are joined by page.
LEFT_OUT = ("README.md", "js/train/", "js/docs/", "js/model/", "css/")
SERVER_PAGES = ("train", "docs", "model")  # pages whose style sheets are left out
TAUGHT = "cnn"  # the network that the Teach page can teach
# Not cached by the service worker, because the pages never request them.
NOT_KEPT = (".nojekyll", "404.html", "static/preview.png", "static/fonts/source-", "static/icons/", "service-worker.js")
# Comments, indentation and empty lines, which are a quarter of the size. Scripts have no multi-line template
# literals. A comment at the end of a line stays if it contains a quotation mark, because it may be part of a string.
_UNUSED = {
    ".js": re.compile(rb"""^[ ]*//.*\n|[ ]+//[ ][^"'`\n]*$|^[ ]+|^\n""", re.MULTILINE),
    ".css": re.compile(rb"/\*.*?\*/|^[ ]+|^\n", re.MULTILINE | re.DOTALL),
}
WORKER = Path(__file__).with_name("service_worker.js")


@dataclass(frozen=True)
class Site:
    """A site: its version (12 hex digits of a hash over all files), and the files by path."""

    version: str
    files: dict[str, bytes]

    def compressed(self) -> dict[str, int]:
        """The gzip-compressed size of every file in bytes, as hosts send it."""
        return {path: len(gzip.compress(content, 9)) for path, content in self.files.items()}


def build(*, address: str = "") -> Site:
    """Build the site. `address`: its public address, "" if unknown.

    Raises BadRequest for an invalid address, and BadBundle for a damaged network.
    """
    return with_worker({".nojekyll": b"", **render(address), **_static_files(), **_networks()})


def with_worker(files: dict[str, bytes]) -> Site:
    """The site of these files, with a service worker that caches them."""
    hashes = {path: hashlib.sha256(content).hexdigest()[:12] for path, content in sorted(files.items())}
    version = hashlib.sha256(json.dumps(hashes).encode()).hexdigest()[:12]
    kept = {_page_or_file(path): hashed for path, hashed in hashes.items() if not path.startswith(NOT_KEPT)}
    worker = WORKER.read_text("utf-8").replace("VERSION", json.dumps(version)).replace("HASHES", json.dumps(kept))
    return Site(version, {**files, "service-worker.js": worker.encode()})


def _page_or_file(path: str) -> str:
    """The path that a browser requests for a file: for an index.html, its folder."""
    return path.removesuffix("index.html") or "./"


def _static_files() -> dict[str, bytes]:
    names = sorted(path.relative_to(STATIC).as_posix() for path in STATIC.rglob("*") if path.is_file())
    files = {f"static/{name}": _content(STATIC / name) for name in names if not name.startswith(LEFT_OUT)}
    files["static/css/base.css"] = _content(STATIC / "css" / "base.css")
    pages = [page for page in stylesheets.SHEETS if page not in SERVER_PAGES]
    return {
        **files,
        **{f"static/styles/{page}.css": _small(stylesheets.content(page).encode(), ".css") for page in pages},
    }


def _content(path: Path) -> bytes:
    return _small(path.read_bytes(), path.suffix)


def _small(content: bytes, suffix: str) -> bytes:
    """The content of a script or style sheet without comments and indentation; of another file, unchanged."""
    return _UNUSED[suffix].sub(b"", content) if suffix in _UNUSED else content


def _networks() -> dict[str, bytes]:
    """The classifiers and the row network in the page format, and the data for teaching."""
    names = (*(name for name in registry.packaged() if name not in NETWORKS_LEFT_OUT), registry.LINE)
    files = {f"networks/{name}.bin": page_network(registry.find_network(name)) for name in names}
    return {**files, f"networks/{TAUGHT}-replay.bin": page_replay(registry.find(TAUGHT))}
