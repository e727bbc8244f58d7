"""/learn: six chapters that open without JavaScript, name their sources and say what is true of the networks."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient

import inkling.web
from inkling import bundle
from inkling.web.pages.learn import CHAPTERS

SCRIPTS = Path(inkling.web.__file__).parent / "static" / "js" / "learn"


def test_the_contents_name_six_chapters(client: FlaskClient) -> None:
    page = client.get("/learn").text
    assert len(CHAPTERS) == 6
    for chapter in CHAPTERS:
        assert f'href="/learn/{chapter.slug}"' in page
        assert chapter.title in page


@pytest.mark.parametrize("number", range(6))
def test_a_chapter_has_text_pieces_sources_and_neighbours(client: FlaskClient, number: int) -> None:
    page = client.get(f"/learn/{CHAPTERS[number].slug}").text
    assert f"<h1>{CHAPTERS[number].title}</h1>" in page
    assert len(re.sub(r"<[^>]+>", " ", page).split()) > 150
    assert 'class="sources"' in page
    pieces = re.findall(r'data-piece="(\w+)"', page)
    assert pieces
    for piece in pieces:
        assert (SCRIPTS / f"{piece}.js").is_file()
    onward = {chapter.slug for chapter in CHAPTERS[max(0, number - 1) : number + 2]} - {CHAPTERS[number].slug}
    assert set(re.findall(r'href="/learn/(\w+)"', page)) == onward


def test_every_part_that_a_script_asks_for_is_on_its_page(client: FlaskClient) -> None:
    for chapter in CHAPTERS:
        page = client.get(f"/learn/{chapter.slug}").text
        for piece, content in re.findall(r'data-piece="(\w+)"(.*?)</section>', page, re.DOTALL):
            script = (SCRIPTS / f"{piece}.js").read_text("utf-8")
            (names,) = re.findall(r"const \{ ([\w, ]+) \} = partsOf\(section\)", script)
            assert set(names.split(", ")) == set(re.findall(r'data-part="(\w+)"', content)), piece


def test_the_scores_are_those_of_the_manifests(client: FlaskClient) -> None:
    for slug, names in (("learning", ("ann", "ann-dropout")), ("convolutions", ("ann", "cnn"))):
        page = client.get(f"/learn/{slug}").text
        for name in names:
            accuracy = bundle.find(name).manifest["scores"]["mnist-test"]["accuracy"]
            assert f"{100 * accuracy:.2f} %" in page
    assert f"{bundle.find('cnn').manifest['parameters']:,}" in page


def test_an_unknown_chapter_is_told(client: FlaskClient) -> None:
    response = client.get("/learn/neuron", headers={"Accept": "text/html"})
    assert response.status_code == 404
    assert "neurons" in response.text
