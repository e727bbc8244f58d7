"""/learn: six chapters that work without JavaScript, with correct statements about measurements and networks."""

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


def test_the_contents_link_to_every_chapter(client: FlaskClient) -> None:
    page = client.get("/learn").text
    for chapter in CHAPTERS:
        assert f'href="/learn/{chapter.slug}"' in page
        assert chapter.title in page


@pytest.mark.parametrize("number", range(len(CHAPTERS)))
def test_a_chapter_links_to_its_neighbours_and_to_chapters_that_exist(client: FlaskClient, number: int) -> None:
    page = client.get(f"/learn/{CHAPTERS[number].slug}").text
    assert f"<h1>{CHAPTERS[number].title}</h1>" in page
    assert 'class="sources"' in page
    onward = {chapter.slug for chapter in CHAPTERS[max(0, number - 1) : number + 2]} - {CHAPTERS[number].slug}
    (nav,) = re.findall(r'<nav class="onward".*?</nav>', page, re.DOTALL)
    assert set(re.findall(r'href="/learn/(\w+)"', nav)) == onward
    assert set(re.findall(r'href="/learn/(\w+)"', page)) <= {chapter.slug for chapter in CHAPTERS}


@pytest.mark.parametrize("slug", [chapter.slug for chapter in CHAPTERS])
def test_an_interactive_section_has_a_script_labels_and_a_notice_without_javascript(
    client: FlaskClient, slug: str
) -> None:
    page = client.get(f"/learn/{slug}").text
    sections = re.findall(r'(<section class="piece boxed" data-piece="(\w+)".*?</section>)', page, re.DOTALL)
    assert sections
    for section, name in sections:
        assert (SCRIPTS / f"{name}.js").is_file()
        assert "needs JavaScript" in section
        for canvas in re.findall(r"<canvas[^>]+>", section):
            assert 'aria-label="' in canvas
            assert ('role="application"' in canvas) == ('tabindex="0"' in canvas)


def test_the_measurements_are_those_of_the_result_files(client: FlaskClient) -> None:
    results, baselines = (
        json.loads(path.read_text("utf-8")) for path in (make_measured.RESULTS, make_measured.BASELINES)
    )
    fresh = make_measured.digest(results, baselines)
    assert json.loads(MEASURED.read_text("utf-8")) == fresh, "run: python scripts/make_measured.py"
    page = client.get("/learn/convolutions").text
    for key in ("mnist-test", "optdigits", "semeion"):
        (row,) = re.findall(rf"\({fresh['n'][key]:,}\)</th>(.*?)</tr>", page, re.DOTALL)
        shares = [results["models"][name]["scores"][key]["accuracy"] for name in ("ann-tutorial", "ann", "cnn")]
        assert re.findall(r"<td>([\d.]+) %</td>", row) == [f"{100 * share:.1f}" for share in shares]
        assert shares == sorted(shares), "the text says that the cnn is ahead"
    ahead = [
        results["models"]["cnn"]["scores"][key]["accuracy"] - results["models"]["ann"]["scores"][key]["accuracy"]
        for key in ("mnist-test", "optdigits", "semeion")
    ]
    assert ahead == sorted(ahead), "the text says that the difference grows as the digits look less like MNIST's"
    learning = client.get("/learn/learning").text
    for name in ("ann", "ann-dropout"):
        assert f"{100 * results['seeds']['models'][name]['mean']:.2f} %" in learning
    assert results["seeds"]["models"]["ann"]["mean"] >= results["seeds"]["models"]["ann-dropout"]["mean"]
    drawings = client.get("/learn/drawings").text
    for share in (measured()["resized"], measured()["pipeline"], measured()["pipeline_cnn"]):
        assert share in drawings


def test_the_chapters_describe_the_networks_as_they_are() -> None:
    """Checks the sizes and recipes that the text states as constants."""
    tutorial = registry.find("ann-tutorial").manifest
    assert [layer["parameters"] for layer in tutorial["layers"]] == [0, 100_480, 1_290]
    assert tutorial["recipe"]["epochs"] == 5
    assert tutorial["recipe"]["n_validation"] == 5_000, "55,000 for training"
    assert not any(value for key, value in tutorial["recipe"]["augmentation"].items() if key != "elastic_sigma")
    assert 15.5 < 101_770 / json.loads((SCRIPTS.parents[1] / "data/small-conv.json").read_text())["parameters"] < 16.5


def test_an_unknown_chapter_is_a_404_with_a_suggestion(client: FlaskClient) -> None:
    response = client.get("/learn/neuron", headers={"Accept": "text/html"})
    assert response.status_code == 404
    assert "neurons" in response.text


def test_the_masthead_marks_learn_on_every_chapter(client: FlaskClient) -> None:
    assert '<a href="/learn" aria-current="page">' in client.get("/learn").text
    assert '<a href="/learn" aria-current="true">' in client.get("/learn/neurons").text
