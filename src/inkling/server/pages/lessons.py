"""Content of /learn besides the chapters: questions, the glossary, the teacher's lesson, and reading times."""

from __future__ import annotations

import functools
import json
import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import url_for
from markupsafe import Markup

PAGES = Path(__file__).parent
QUESTIONS = PAGES / "questions.json"
LESSON = PAGES / "lesson.json"
GLOSSARY = PAGES.parent / "static" / "data" / "glossary.json"
CHAPTERS = PAGES.parent / "templates" / "chapters"

WORDS_A_MINUTE = 200  # reading speed of a fifteen-year-old on an unfamiliar subject
MINUTES_A_PIECE = 1.5  # to use an interactive piece
_NOT_WORDS = re.compile(r"{%.*?%}|{{|}}|<[^>]+>", re.DOTALL)


@dataclass(frozen=True)
class Term:
    """An entry of the glossary."""

    slug: str
    term: str
    means: str  # one sentence


@functools.cache
def glossary() -> dict[str, Term]:
    """All terms by slug, in alphabetical order."""
    found = json.loads(GLOSSARY.read_text("utf-8"))
    terms = [Term(slug, entry["term"], entry["means"]) for slug, entry in found.items()]
    return {each.slug: each for each in sorted(terms, key=lambda each: each.term.lower())}


def term(slug: str, text: str = "") -> Markup:
    """`{{ term("relu") }}` in a template: a glossary term, explained on hover, focus or tap.

    Without JavaScript it is a link to the glossary. `text` is the link text if it differs from the term. Raises
    KeyError for an unknown slug.
    """
    entry = glossary()[slug]
    address = f"{url_for('learn.terms')}#{slug}"
    return Markup('<a class="defined" href="{}" data-means="{}">{}</a>').format(
        address, entry.means, text or entry.term
    )


@functools.cache
def questions() -> dict[str, dict[str, Any]]:
    """Chapter -> `guesses`: {piece: {ask, options, right, because}}, `question`: {ask, answers: [{text, right, why}]}.

    Texts may contain {names} of measured numbers; see `filled`.
    """
    found: dict[str, dict[str, Any]] = json.loads(QUESTIONS.read_text("utf-8"))
    return found


def filled(value: Any, numbers: dict[str, str]) -> Any:
    """A text, or a nested structure of texts, with {names} replaced from `numbers`."""
    if isinstance(value, str):
        return value.format(**numbers)
    if isinstance(value, list):
        return [filled(each, numbers) for each in value]
    return {key: filled(each, numbers) for key, each in value.items()} if isinstance(value, dict) else value


@functools.cache
def lesson() -> dict[str, Any]:
    """The 45-minute lesson: `aims`, `needs`, `steps` of {minutes, title, teacher, pupils}, `mistakes`."""
    found: dict[str, Any] = json.loads(LESSON.read_text("utf-8"))
    return found


@functools.cache
def minutes_to_read(slug: str) -> int:
    """Approximately how many minutes a chapter takes, including its interactive pieces."""
    source = (CHAPTERS / f"{slug}.html").read_text("utf-8")
    texts = [_NOT_WORDS.sub(" ", source), json.dumps(questions()[slug], ensure_ascii=False)]
    n_words = sum(len(text.split()) for text in texts)
    n_pieces = source.count("call piece(")
    return math.ceil(n_words / WORDS_A_MINUTE + n_pieces * MINUTES_A_PIECE)
