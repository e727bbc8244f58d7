"""The page's engine reads rows as the server does."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page

from inkling.pipeline.reader import Reader, Trace
from inkling.server.service.reading import reading_json
from tests.browser.row_pictures import row_pictures
from tests.pictures import encoded

pytestmark = pytest.mark.browser

N = 100
AT_ONCE = 20  # pictures per call of the page
TOLERANCE = 1e-4  # of a probability
EXACT = ("outcome", "text", "written", "reason", "size", "warnings")
READ = """async (pictures) => {
  const { openEngine } = await import("/static/js/engine/client.js");
  const engine = await openEngine();
  const answers = [];
  for (const picture of pictures) {
    const bytes = Uint8Array.from(atob(picture), (letter) => letter.charCodeAt(0));
    const { rows, ...answer } = await engine.read(new Blob([bytes], { type: "image/png" }));
    answers.push({ ...answer, aligned: rows && rows.map(({ text, symbols }) => ({ text, symbols: symbols.length })) });
  }
  engine.close();
  return answers;
}"""


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader("cnn")


def differences(found: dict[str, Any], reader: Reader, trace: Trace) -> list[str]:
    """The differences between the page's answer and the server's."""
    expected = reading_json(reader, trace, explain="tiles")
    wrong = [f"{name}: {found[name]!r}, not {expected[name]!r}" for name in EXACT if found[name] != expected[name]]
    for name in ("digits", "others"):
        own, theirs = found[name], expected[name]
        if len(own) != len(theirs):
            wrong.append(f"{len(own)} {name}, not {len(theirs)}")
            continue
        for one, other in zip(own, theirs, strict=True):
            wrong += [f"{key} of {name}" for key in ("kind", "box", "sure", "tile") if one.get(key) != other.get(key)]
            if "probs" in other and np.abs(np.subtract(one["probs"], other["probs"])).max() > TOLERANCE:
                wrong.append(f"probabilities of {name}")
    if abs(found["confidence"] - trace.reading.confidence) > 1.5 * TOLERANCE:  # it is rounded to four decimals
        wrong.append(f"confidence {found['confidence']}, not {trace.reading.confidence}")
    if trace.rows and [row["text"] for row in found["aligned"]] != [row.text for row in trace.rows]:
        wrong.append("the texts of the alignment")
    return wrong


def test_pictures_of_rows(page: Page, reader: Reader) -> None:
    pictures = list(row_pictures(N))
    wrong = {}
    for start in range(0, len(pictures), AT_ONCE):
        some = pictures[start : start + AT_ONCE]
        answers = page.evaluate(READ, [base64.b64encode(encoded(picture.image)).decode() for picture in some])
        for picture, answer in zip(some, answers, strict=True):
            if found := differences(answer, reader, reader.trace(picture.image)):
                wrong[picture.name] = found
    assert wrong == {}


def test_blank_paper(page: Page, reader: Reader) -> None:
    paper = np.full((120, 300), 240, np.uint8)
    [answer] = page.evaluate(READ, [base64.b64encode(encoded(paper)).decode()])
    assert differences(answer, reader, reader.trace(paper)) == []
