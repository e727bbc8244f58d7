"""The page and the server give the same text and outcome, and probabilities within 1e-4, on 500 pictures."""

from __future__ import annotations

import base64
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import pytest
from playwright.sync_api import Browser, Page

from inkling.pipeline.reader import Reader
from inkling.server.service.reading import reading_json
from tests.browser.engine import run
from tests.browser.engine_pictures import Picture, pictures

pytestmark = pytest.mark.browser

TOLERANCE = 1e-4  # of a probability
AT_ONCE = 25  # pictures per call
SAME = ("outcome", "text", "written", "reason", "warnings", "size")  # fields of an answer
# Symmetric shapes: their center of mass is halfway between two pixels, so the last bit of a float decides their place.
# Texts and outcomes must still be equal, but probabilities are not compared.
SYMMETRIC = ("dot", "frame")
ROUNDED_PX = 1  # an ink pixel exactly at the threshold may or may not belong to a box


class Compared(NamedTuple):
    """One picture, read twice."""

    picture: Picture
    server: dict[str, Any]
    page: dict[str, Any]


@pytest.fixture(scope="module")
def compared(chromium: Browser, address: str, digits: tuple[np.ndarray, np.ndarray]) -> list[Compared]:
    """Each picture with the answers of the server's pipeline and the page's engine."""
    with chromium.new_context() as context:
        page = context.new_page()
        page.goto(address)
        every = list(pictures(digits[0]))
        parts = [every[start : start + AT_ONCE] for start in range(0, len(every), AT_ONCE)]
        answers = [answer for some in parts for answer in read_in_page(page, some)]
    return [Compared(each, read_by_server(each), answer) for each, answer in zip(every, answers, strict=True)]


def read_in_page(page: Page, some: list[Picture]) -> list[dict[str, Any]]:
    """The engine's answers."""
    found: list[dict[str, Any]] = run(
        page,
        """const { openEngine } = await import("/static/js/engine/client.js");
        globalThis.engine ??= await openEngine({ network: "cnn" });
        const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
        const [modes, pictures] = [names.split(","), pngs.split(",")];
        const answers = [];
        for (const [i, picture] of pictures.entries()) {
          answers.push(await engine.read(new Blob([bytes(picture)], { type: "image/png" }), { mode: modes[i] }));
        }
        return answers;""",
        names=",".join(each.mode for each in some),
        pngs=",".join(base64.b64encode(each.png).decode() for each in some),
    )
    return found


def read_by_server(picture: Picture) -> dict[str, Any]:
    """The answer of the server's pipeline."""
    reader = _reader()
    return reading_json(reader, reader.trace(picture.png, mode=picture.mode), explain="tiles")


@cache
def _reader() -> Reader:
    return Reader("cnn")


def test_there_are_500_pictures_of_every_outcome(compared: list[Compared]) -> None:
    assert len(compared) == 500
    assert {each.server["outcome"] for each in compared} == {"read", "unsure", "empty", "not_digit"}


def test_texts_and_outcomes_are_the_servers(compared: list[Compared]) -> None:
    differing = [
        f"{each.picture.name}: {[each.server[name] for name in SAME[:2]]}, {[each.page[name] for name in SAME[:2]]}"
        for each in compared
        if any(each.server[name] != each.page[name] for name in SAME)
    ]
    assert differing == []


def test_probabilities_are_the_servers(compared: list[Compared]) -> None:
    for picture, server, page in compared:
        if not picture.name.endswith(SYMMETRIC):
            ours, theirs = (np.array([glyph["probs"] for glyph in _glyphs(each)]) for each in (page, server))
            assert ours.shape == theirs.shape, picture.name
            assert np.abs(ours - theirs).max(initial=0) <= TOLERANCE, picture.name


def test_boxes_and_tiles_are_the_servers(compared: list[Compared]) -> None:
    for picture, server, page in compared:
        for ours, theirs in zip(_glyphs(page), _glyphs(server), strict=True):
            assert np.abs(np.subtract(ours["box"], theirs["box"])).max() <= ROUNDED_PX, picture.name
            assert np.shape(ours["tile"]) == np.shape(theirs["tile"]), picture.name


def test_the_answer_says_where_it_was_made(compared: list[Compared]) -> None:
    assert {each.page["made"] for each in compared} == {"page"}
    assert all(set(each.server) <= set(each.page) for each in compared)


def _glyphs(answer: dict[str, Any]) -> list[dict[str, Any]]:
    """The digits and the refused glyphs."""
    return [*answer["digits"], *(other for other in answer["others"] if "probs" in other)]
