"""The pages, rendered by the server's own app, with addresses that work under any prefix."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from inkling.errors import BadRequest, InklingError

if TYPE_CHECKING:
    from flask.testing import FlaskClient

# An attribute with an address on this host. Templates hold no other kind of absolute address.
_ADDRESS = re.compile(r'(?P<before>\s(?:href|src|action|data-[a-z-]+)=")(?P<path>/(?!/)[^"]*)')
_LINK = re.compile(r'<a\b[^>]*\shref="(/(?!/)[^"?#]*)')
# Networks that the folder does without, so that all of it stays below 3 MiB. This one reads as `ann` does.
LEFT_OUT = ("ann-dropout",)
FILES = ("/static/", "/favicon.ico")  # beginnings of addresses that are files
BROWSER = {"Accept": "text/html"}


class CannotRender(InklingError):
    """A page that could not be rendered, or that leads to one that a folder of files cannot hold."""


def render(address: str) -> dict[str, bytes]:
    """Every page that a link leads to from the front page, by the path of its file, 404.html and the list of networks.

    `address`: where the folder will be opened, or "". Only 404.html depends on it, which a host sends for any path:
    without an address it finds its files only from the folder's top.
    """
    check_address(address)
    client = _client(address)
    pages: dict[str, bytes] = {}
    found = ["/"]
    for path in found:  # grows during the loop
        text = _page(client, path)
        pages[_file_of(path)] = relative(text, depth=len([part for part in path.split("/") if part])).encode()
        links = [link for link in _LINK.findall(text) if not link.startswith(FILES)]
        found.extend(dict.fromkeys(link for link in links if link not in found))
    missing = client.get("/no-such-page", headers=BROWSER).text
    top = f"{urlsplit(address).path.rstrip('/')}/" if address else "./"
    return {**pages, "404.html": relative(missing, top=top).encode(), "networks/index.json": _networks(client)}


def check_address(address: str) -> None:
    """Raises BadRequest for an address that others could not open."""
    parts = urlsplit(address)
    if address and (parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment):
        raise BadRequest(
            f"{address!r} is no address of a folder; expected one like https://example.org/inkling. Correct it, or "
            "leave it out."
        )


def relative(text: str, *, depth: int = 0, top: str = "") -> str:
    """A page whose addresses begin at `top`, by default so many folders up. A page's address ends with a slash."""
    top = top or "../" * depth or "./"

    def replaced(match: re.Match[str]) -> str:
        path = match["path"]
        name = re.split(r"[?#]", path, maxsplit=1)[0]
        is_page = name != "/" and not path.startswith(FILES) and not name.endswith("/")
        slash = f"{name}/{path[len(name) :]}" if is_page else path
        return f"{match['before']}{top}{slash[1:]}"

    return _ADDRESS.sub(replaced, text)


def _client(address: str) -> FlaskClient:
    from inkling.server.app import create_app
    from inkling.server.settings import Settings

    app = create_app(Settings(address=address), left_out=LEFT_OUT)
    app.extensions["inkling"].get()  # so that the examples' captions say what is read in them
    return app.test_client()


def _page(client: FlaskClient, path: str) -> str:
    answer = client.get(path, headers=BROWSER)
    if answer.status_code != 200 or answer.mimetype != "text/html":
        raise CannotRender(
            f"{path} is linked from a page, but answers with {answer.status}; a page without a server leads to pages "
            "only. Mend the link, or leave it out where `is_static` is set."
        )
    return answer.text


def _networks(client: FlaskClient) -> bytes:
    """What GET /api/v1/models answers."""
    answer: dict[str, Any] = client.get("/api/v1/models").get_json()
    return json.dumps(answer, ensure_ascii=False).encode()


def _file_of(path: str) -> str:
    return f"{path.strip('/')}/index.html".removeprefix("/")
