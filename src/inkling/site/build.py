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
from dataclasses import dataclass
from pathlib import Path

from inkling.hands.page_replay import page_replay
from inkling.models import registry
from inkling.page_network.binary import page_network
from inkling.site.pages import render

STATIC = Path(__file__).parents[1] / "server" / "static"
# Below static/, what only a server's pages load: /train, /docs and /models/NAME, and what is for people who read code.
LEFT_OUT = (
    *("README.md", "js/train/", "js/docs/", "js/model/", "css/lab.css", "css/docs.css", "css/curves.css"),
    *("css/settings.css", "css/model.css", "css/confusion.css", "css/map.css"),
)
# Not kept by the service worker: what the pages themselves never ask for.
NOT_KEPT = (".nojekyll", "404.html", "static/preview.png", "static/fonts/source-", "static/icons/", "site.json")
TAUGHT = "cnn"  # the network that the Teach page can teach
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
    files = {".nojekyll": b"", **render(address), **_static_files(), **_networks()}
    version = _hash(files)
    kept = sorted(_page_or_file(path) for path in files if not path.startswith(NOT_KEPT))
    worker = WORKER.read_text("utf-8").replace("VERSION", json.dumps(version)).replace("FILES", json.dumps(kept))
    files["service-worker.js"] = worker.encode()
    return Site(version, dict(sorted(files.items())))


def _page_or_file(path: str) -> str:
    """How a browser asks for a file: a folder for its index.html."""
    return path.removesuffix("index.html") or "./"


def _static_files() -> dict[str, bytes]:
    names = sorted(path.relative_to(STATIC).as_posix() for path in STATIC.rglob("*") if path.is_file())
    return {f"static/{name}": (STATIC / name).read_bytes() for name in names if not name.startswith(LEFT_OUT)}


def _networks() -> dict[str, bytes]:
    """The classifiers and the network that reads rows, as pages run them, and what teaching needs beside one."""
    names = (*registry.packaged(), registry.LINE)
    files = {f"networks/{name}.bin": page_network(registry.find_network(name)) for name in names}
    return {**files, f"networks/{TAUGHT}-replay.bin": page_replay(registry.find(TAUGHT))}


def _hash(files: dict[str, bytes]) -> str:
    total = hashlib.sha256()
    for path, content in sorted(files.items()):
        total.update(path.encode() + b"\0" + hashlib.sha256(content).digest())
    return total.hexdigest()[:12]
