"""/learn: six chapters that open without JavaScript, name their sources and say what is true of the networks."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient

import inkling.server
from inkling.models import registry
from inkling.server.pages.learn import CHAPTERS, MEASURED, measured
from scripts import make_measured

SCRIPTS = Path(inkling.server.__file__).parent / "static" / "js" / "learn"


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
    (nav,) = re.findall(r'<nav class="onward".*?</nav>', page, re.DOTALL)
    assert set(re.findall(r'href="/learn/(\w+)"', nav)) == onward
    assert set(re.findall(r'href="/learn/(\w+)"', page)) <= {chapter.slug for chapter in CHAPTERS}


def test_every_part_that_a_script_asks_for_is_on_its_page(client: FlaskClient) -> None:
    for chapter in CHAPTERS:
        page = client.get(f"/learn/{chapter.slug}").text
        for piece, content in re.findall(r'data-piece="(\w+)"(.*?)</section>', page, re.DOTALL):
            script = (SCRIPTS / f"{piece}.js").read_text("utf-8")
            (names,) = re.findall(r"const \{ ([\w, ]+) \} = partsOf\(section\)", script)
            assert set(names.split(", ")) == set(re.findall(r'data-part="(\w+)"', content)), piece


def test_what_is_said_of_measurements_is_what_was_measured(client: FlaskClient) -> None:
    results, others = (json.loads(path.read_text("utf-8")) for path in (make_measured.RESULTS, make_measured.OTHERS))
    fresh = make_measured.digest(results, others)
    assert json.loads(MEASURED.read_text("utf-8")) == fresh, "run: python scripts/make_measured.py"
    page = client.get("/learn/convolutions").text
    for key in ("mnist-test", "optdigits", "semeion"):
        (row,) = re.findall(rf"\({fresh['n'][key]:,}\)</th>(.*?)</tr>", page, re.DOTALL)
        shares = [results["models"][name]["scores"][key]["accuracy"] for name in ("ann-tutorial", "ann", "cnn")]
        assert re.findall(r"<td>([\d.]+) %</td>", row) == [f"{100 * share:.1f}" for share in shares]
        assert shares == sorted(shares), "the text says who is ahead"
    ahead = [
        results["models"]["cnn"]["scores"][key]["accuracy"] - results["models"]["ann"]["scores"][key]["accuracy"]
        for key in ("mnist-test", "optdigits", "semeion")
    ]
    assert ahead == sorted(ahead), "the more so the less they look like MNIST's"
    learning = client.get("/learn/learning").text
    for name in ("ann", "ann-dropout"):
        assert f"{100 * results['seeds']['models'][name]['mean']:.2f} %" in learning
    assert results["seeds"]["models"]["ann"]["mean"] >= results["seeds"]["models"]["ann-dropout"]["mean"]
    drawings = client.get("/learn/drawings").text
    for share in (measured()["squeezed"], measured()["road"], measured()["road_cnn"]):
        assert share in drawings


def test_what_is_said_of_the_networks_is_so(client: FlaskClient) -> None:
    """Sizes and recipes that the text names without asking a file."""
    tutorial = registry.find("ann-tutorial").manifest
    assert [layer["parameters"] for layer in tutorial["layers"]] == [0, 100_480, 1_290]
    assert tutorial["recipe"]["epochs"] == 5
    assert tutorial["recipe"]["n_validation"] == 5_000, "55,000 to learn from"
    assert not any(value for key, value in tutorial["recipe"]["augmentation"].items() if key != "elastic_sigma")
    assert 784 * 128 == 100_352
    sizes = {"784 → 10": 784 * 10 + 10, "784 → 16 → 10": 784 * 16 + 16 + 16 * 10 + 10}
    trainer = (SCRIPTS / "trainer.js").read_text("utf-8")
    for shape, n in sizes.items():
        assert f"{shape} ({n:,})" in trainer
    assert f"{784 * 64 + 64 + 64 * 10 + 10:,} numbers" in client.get("/learn/learning").text
    assert 15.5 < 101_770 / json.loads((SCRIPTS.parents[1] / "data/small-conv.json").read_text())["parameters"] < 16.5


def test_an_unknown_chapter_is_told(client: FlaskClient) -> None:
    response = client.get("/learn/neuron", headers={"Accept": "text/html"})
    assert response.status_code == 404
    assert "neurons" in response.text


def test_the_masthead_names_learn_on_every_chapter(client: FlaskClient) -> None:
    assert '<a href="/learn" aria-current="page">' in client.get("/learn").text
    assert '<a href="/learn" aria-current="true">' in client.get("/learn/neurons").text


def test_the_pieces_are_named_and_say_what_they_need(client: FlaskClient) -> None:
    for chapter in CHAPTERS:
        page = client.get(f"/learn/{chapter.slug}").text
        pieces = re.findall(r'<section class="piece".*?</section>', page, re.DOTALL)
        for piece in pieces:
            assert "needs JavaScript" in piece
            for canvas in re.findall(r"<canvas[^>]+>", piece):
                assert 'aria-label="' in canvas
                assert ('role="application"' in canvas) == ('tabindex="0"' in canvas)
