"""Everything that the folder holds, by path: pages, what they load, networks, the service worker.

    site = build(address="https://example.org/inkling")
    write(site, Path("public"))

The pages are the server's own, rendered by its app with `IS_STATIC`; only their addresses become relative. So the
folder works under any prefix, and needs nothing but a host that sends a folder's index.html.
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
from inkling.site.pages import LEFT_OUT as NETWORKS_LEFT_OUT
from inkling.site.pages import render

STATIC = Path(__file__).parents[1] / "server" / "static"
# Below static/, what only a server's pages load: /train, /docs and /models/NAME, and what is for people who read code.
LEFT_OUT = (
    *("README.md", "js/train/", "js/docs/", "js/model/", "css/lab.css", "css/docs.css", "css/curves.css"),
    *("css/settings.css", "css/model.css", "css/confusion.css", "css/map.css"),
)
TAUGHT = "cnn"  # the network that the Teach page can teach
# Not kept by the service worker: what the pages themselves never ask for.
NOT_KEPT = (".nojekyll", "404.html", "static/preview.png", "static/fonts/source-", "static/icons/", "service-worker.js")
_COMMENT_LINE = re.compile(rb"^[ ]*//.*\n", re.MULTILINE)
WORKER = Path(__file__).with_name("service_worker.js")


@dataclass(frozen=True)
class Site:
    """A site: its version, 12 hex digits of a hash of all files, and the files by path."""

    version: str
    files: dict[str, bytes]

    def compressed(self) -> dict[str, int]:
        """The size of every file in bytes as hosts send it, by gzip."""
        return {path: len(gzip.compress(content, 9)) for path, content in self.files.items()}


def build(*, address: str = "") -> Site:
    """Render and gather everything. `address`: where the folder will be opened, "" if that is not known.

    Raises BadRequest for an address that is none, BadBundle for a network that is damaged.
    """
    return with_worker({".nojekyll": b"", **render(address), **_static_files(), **_networks()})


def with_worker(files: dict[str, bytes]) -> Site:
    """The site of these files, with a service worker that keeps them."""
    hashes = {path: hashlib.sha256(content).hexdigest()[:12] for path, content in sorted(files.items())}
    version = hashlib.sha256(json.dumps(hashes).encode()).hexdigest()[:12]
    kept = {_page_or_file(path): hashed for path, hashed in hashes.items() if not path.startswith(NOT_KEPT)}
    worker = WORKER.read_text("utf-8").replace("VERSION", json.dumps(version)).replace("HASHES", json.dumps(kept))
    return Site(version, {**files, "service-worker.js": worker.encode()})


def _page_or_file(path: str) -> str:
    """How a browser asks for a file: a folder for its index.html."""
    return path.removesuffix("index.html") or "./"


def _static_files() -> dict[str, bytes]:
    names = sorted(path.relative_to(STATIC).as_posix() for path in STATIC.rglob("*") if path.is_file())
    return {f"static/{name}": _content(STATIC / name) for name in names if not name.startswith(LEFT_OUT)}


def _content(path: Path) -> bytes:
    """A file as it is sent: a script without its lines of comments, a sixth of what it weighs."""
    content = path.read_bytes()
    return _COMMENT_LINE.sub(b"", content) if path.suffix == ".js" else content


def _networks() -> dict[str, bytes]:
    """The classifiers and the network that reads rows, as pages run them, and what teaching needs beside one."""
    names = (*(name for name in registry.packaged() if name not in NETWORKS_LEFT_OUT), registry.LINE)
    files = {f"networks/{name}.bin": page_network(registry.find_network(name)) for name in names}
    return {**files, f"networks/{TAUGHT}-replay.bin": page_replay(registry.find(TAUGHT))}
