"""The drawing page without JavaScript, and the static files of all pages."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image

import inkling.server
from inkling import Reader
from inkling.server.app import create_app
from inkling.server.pages.draw import EXAMPLES, examples, percent
from inkling.server.settings import Settings
from tests.pictures import png_header

STATIC = Path(inkling.server.__file__).parent / "static"
TEMPLATES = Path(inkling.server.__file__).parent / "templates"


def test_the_page_keeps_its_contract(client: FlaskClient) -> None:
    page = client.get("/").text
    assert '<canvas id="board"' in page
    assert re.search(r'<div id="answer" role="status"[^>]*></div>', page), "empty when nothing is read"
    for digit in range(10):
        assert f'data-digit="{digit}"' in page
    for name in ("undo", "clear", "upload"):
        assert f'id="{name}"' in page


def test_a_picture_is_read_without_javascript(client: FlaskClient, seven: bytes) -> None:
    response = client.post("/", data={"image": (io.BytesIO(seven), "7.png")})
    assert response.status_code == 200
    assert re.search(r'id="answer"[^>]*>7</div>', response.text)
    assert re.search(r'id="sure" data-outcome="read">Read, \d+(\.\d)? %</p>', response.text)
    assert '<p id="written" hidden>' in response.text


@pytest.mark.parametrize(("content", "status"), [(b"", 400), (b"text", 415), (png_header(30_000, 30_000), 413)])
def test_a_wrong_picture_gets_the_sentence_on_the_page(client: FlaskClient, content: bytes, status: int) -> None:
    response = client.post("/", data={"image": (io.BytesIO(content), "7.png")})
    assert (response.status_code, response.mimetype) == (status, "text/html")
    assert re.search(r'id="message" role="alert">[^<]{20,}', response.text)


def test_the_examples_are_read_and_captioned(app: Flask, client: FlaskClient) -> None:
    reader: Reader = app.extensions["inkling"].get()
    page = client.get("/").text
    shown = [example["shows"] for example in examples()]
    right = 0
    for example in examples():
        reading = reader.read(EXAMPLES / example["file"])
        right += reading.text == example["shows"]
        assert f"{reading.text} · {percent(reading.confidence)}" in page
    assert right >= len(shown) - 1, "the examples can be read"


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (1e-9, "under 0.1 %"),
        (0.0012, "0.2 %"),
        (0.5, "50 %"),
        (0.987, "99 %"),
        (0.9987, "99.8 %"),
        (0.99999, "99.9 %"),
        (1.0, "99.9 %"),
    ],
)
def test_percent_never_claims_certainty(share: float, said: str) -> None:
    assert percent(share) == said


# Addresses from which nothing is loaded: a namespace, an example in a text, the prefix of a typed host name.
NOT_LOADED = ("http://www.w3.org/2000/svg", "https://example.org/inkling/", "`https://${typed.trim()}`")


@pytest.mark.parametrize("file", [*STATIC.glob("**/*.*s"), *TEMPLATES.rglob("*.html"), STATIC / "favicon.svg"], ids=str)
def test_nothing_is_loaded_from_another_host(file: Path) -> None:
    text = file.read_text("utf-8")
    for address in NOT_LOADED:
        text = text.replace(address, "")
    assert not re.search(r"https?:|//cdn|@import|<script(?! type=\"module\" src)|\son\w+=|style=\"", text)


def test_static_files_are_served_with_their_types(client: FlaskClient) -> None:
    for path, mimetype in (("js/draw/main.js", "text/javascript"), ("css/base.css", "text/css")):
        with client.get(f"/static/{path}") as response:
            assert response.mimetype == mimetype
    with client.get("/favicon.ico") as response:
        assert response.mimetype == "image/svg+xml"
    assert client.get("/static/../settings.py").status_code == 404


def test_a_page_names_its_address_only_where_it_is_known(client: FlaskClient) -> None:
    assert "canonical" not in client.get("/learn").text
    with_address = create_app(Settings(address="https://inkling.example/")).test_client()
    page = with_address.get("/learn/pictures").text
    assert '<link rel="canonical" href="https://inkling.example/learn/pictures">' in page
    assert '<meta property="og:image" content="https://inkling.example/static/preview.png">' in page
    assert "inkling.example/learn</i>" in with_address.get("/learn/teacher").text, "on the worksheet"


def test_the_manifest_names_icons_of_their_sizes() -> None:
    manifest = json.loads((STATIC / "manifest.json").read_text("utf-8"))
    for icon in manifest["icons"][:3]:
        with Image.open(STATIC / icon["src"]) as image:
            assert icon["sizes"] == f"{image.width}x{image.height}"
    with Image.open(STATIC / "preview.png") as image:
        assert image.size == (1200, 630)


def test_the_fonts_are_small_and_carry_their_licences() -> None:
    fonts = list((STATIC / "fonts").glob("*.woff2"))
    assert sum(font.stat().st_size for font in fonts) < 120_000
    for licence in ("source-serif-4-OFL.txt", "source-sans-3-OFL.txt"):
        text = (STATIC / "fonts" / licence).read_text("utf-8")
        assert "Adobe" in text
        assert "SIL OPEN FONT LICENSE" in text
