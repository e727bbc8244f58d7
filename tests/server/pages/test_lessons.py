"""Questions, glossary and lesson of /learn: complete, consistent, and linked from the pages."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient

import inkling.server
from inkling.server.pages import lessons
from inkling.server.pages.learn import CHAPTERS, DROPOUT, MINUS, questions_of

SERVER = Path(inkling.server.__file__).parent
SLUGS = [chapter.slug for chapter in CHAPTERS]
TERMS = lessons.glossary()


def test_every_term_is_one_sentence_and_in_alphabetical_order() -> None:
    names = [each.term.lower() for each in TERMS.values()]
    assert names == sorted(set(names))
    for each in TERMS.values():
        assert re.fullmatch(r"[a-z0-9-]+", each.slug)
        assert re.fullmatch(r"[A-Z][^.]*(\d\.\d[^.]*)*\.", each.means), each.means


def test_every_term_of_a_template_is_defined_and_every_definition_is_used(client: FlaskClient) -> None:
    sources = [path.read_text("utf-8") for path in (SERVER / "templates").rglob("*.html")]
    used = {slug for source in sources for slug in re.findall(r'\bterm\("([\w-]+)"', source)}
    assert used - set(TERMS) == set()
    scripts = " ".join(path.read_text("utf-8") for path in (SERVER / "static/js").rglob("*.js"))
    assert [slug for slug in set(TERMS) - used if TERMS[slug].term not in scripts] == []
    page = client.get("/learn/glossary").text
    assert re.findall(r'<div id="([\w-]+)"><dt>', page) == list(TERMS)


@pytest.mark.parametrize("slug", SLUGS)
def test_a_term_is_explained_once_in_a_chapter(client: FlaskClient, slug: str) -> None:
    page = client.get(f"/learn/{slug}").text
    linked = re.findall(r'class="defined" href="/learn/glossary#([\w-]+)" data-means="([^"]+)"', page)
    assert linked
    assert len({slug for slug, _ in linked}) == len(linked), "only at its first use"


@pytest.mark.parametrize("slug", SLUGS)
def test_guesses_and_questions_are_whole(client: FlaskClient, slug: str) -> None:
    asked = questions_of(slug)
    pieces = re.findall(r'call piece\("(\w+)"', (SERVER / f"templates/chapters/{slug}.html").read_text("utf-8"))
    assert set(asked["guesses"]) <= set(pieces)
    assert asked["guesses"], "first predict, then see"
    for guess in asked["guesses"].values():
        assert 0 <= guess["right"] < len(guess["options"])
        assert len(set(guess["options"])) == len(guess["options"]) >= 3
        assert guess["because"].endswith(".")
    answers = asked["question"]["answers"]
    assert sum(answer["right"] for answer in answers) == 1
    assert all(len(answer["why"].split()) > 12 for answer in answers), "a reason for each, right and wrong"
    assert "{" not in json.dumps(list(asked["question"].values())).replace('{"', "")
    page = client.get(f"/learn/{slug}").text
    assert re.search(r"about \d+ minutes", page)


def test_a_numbers_place_in_a_text_is_filled() -> None:
    filled = lessons.filled({"ask": "{a} of 100", "options": ["{b}", "1"], "right": 1}, {"a": "70", "b": "7"})
    assert filled == {"ask": "70 of 100", "options": ["7", "1"], "right": 1}


def test_time_to_read_grows_with_words_and_pieces() -> None:
    minutes = {slug: lessons.minutes_to_read(slug) for slug in SLUGS}
    assert all(4 <= each <= 15 for each in minutes.values()), minutes


def test_the_lesson_takes_45_minutes_and_names_chapters_that_exist(client: FlaskClient) -> None:
    steps = lessons.lesson()["steps"]
    assert sum(step["minutes"] for step in steps) == 45
    assert {step["chapter"] for step in steps if "chapter" in step} <= set(SLUGS)
    page = client.get("/learn/teacher").text
    assert "39 to 45" in page
    assert "chapters 1, 2, 3 and 6 beforehand" in page, "those of the steps"
    for slug in SLUGS:
        for answer in questions_of(slug)["question"]["answers"]:
            assert answer["why"][:30] in page


def test_what_the_chapter_says_of_dropout_was_measured(client: FlaskClient) -> None:
    found = json.loads(DROPOUT.read_text("utf-8"))
    script = (SERVER / "static/js/learn/overfitting.js").read_text("utf-8")
    assert f"DEFAULTS = {{ n: {found['n']}, wrong: {found['wrong']}, dropout: 0.5 }}" in script, found["written_by"]
    wrong, right = found["gains"]["wrong_labels"], found["gains"]["right_labels"]
    assert min(wrong) > 0, "it helps in every run"
    assert abs(sum(right) / len(right)) < 1, "hardly any difference"
    page = client.get("/learn/learning").text
    for value in (min(wrong), max(wrong), min(right), max(right)):
        assert f"{value:.1f}".replace("-", MINUS) in page


def test_unknown_pages_below_learn_are_404(client: FlaskClient) -> None:
    assert client.get("/learn/teachers").status_code == 404
