"""Renders the pages with the server's app, with relative links that work under any prefix."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from inkling.errors import BadRequest, CannotRender

if TYPE_CHECKING:
    from flask.testing import FlaskClient

# An attribute with an absolute path. Templates contain no other absolute paths.
_ADDRESS = re.compile(r'(?P<before>\s(?:href|src|action|data-[a-z-]+)=")(?P<path>/(?!/)[^"]*)')
_LINK = re.compile(r'<a\b[^>]*\shref="(/(?!/)[^"?#]*)')
# Networks that are left out to keep the site below 3 MB. This one performs like `ann`.
LEFT_OUT = ("ann-dropout",)
FILES = ("/static/", "/favicon.ico")  # prefixes of paths that are files, not pages
BROWSER = {"Accept": "text/html"}


def render(address: str) -> dict[str, bytes]:
    """All pages that can be reached from the front page, 404.html, and the list of networks, by file path.

    `address`: the site's public address, or "". 404.html needs it, because a host sends that page for any path: without
    an address, the page finds its files only for paths in the top folder. Raises CannotRender if a page links to a path
    that does not return HTML.
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
    """Raises BadRequest for an invalid public address."""
    parts = urlsplit(address)
    if address and (parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment):
        raise BadRequest(
            f"{address!r} is not a valid site address; expected one such as https://example.org/inkling. Correct it, "
            "or leave it out."
        )


def relative(text: str, *, depth: int = 0, top: str = "") -> str:
    """The page with its absolute paths relative to `top`, by default `depth` folders up. Page paths end in a slash."""
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
    app.extensions["inkling"].get()  # load the model, so that the examples have captions
    return app.test_client()


def _page(client: FlaskClient, path: str) -> str:
    answer = client.get(path, headers=BROWSER)
    if answer.status_code != 200 or answer.mimetype != "text/html":
        raise CannotRender(
            f"{path} is linked from a page but answers {answer.status}; expected a page. Fix the link, or omit it if "
            "`is_static` is set."
        )
    return answer.text


def _networks(client: FlaskClient) -> bytes:
    """The response of GET /api/v1/models."""
    answer: dict[str, Any] = client.get("/api/v1/models").get_json()
    return json.dumps(answer, ensure_ascii=False).encode()


def _file_of(path: str) -> str:
    return f"{path.strip('/')}/index.html".removeprefix("/")
