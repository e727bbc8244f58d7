import base64
import hashlib
import io
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from inkling.batch.review import ReviewPage, is_doubtful
from inkling.batch.review_card import make_card
from inkling.errors import NotFound
from tests.pictures import drawn_seven, encoded

BOXES = [[40, 30, 20, 40], [70, 30, 20, 40], [100, 30, 20, 40]]


def row(
    source: Path | str, text: str = "407", *, confidence: float = 0.5, sure: tuple[bool, ...] = (True, False, True)
) -> dict[str, Any]:
    """A reading of three digits, the second of which is doubtful."""
    digits = []
    for digit, box, is_sure in zip(text, BOXES, sure, strict=False):
        probs = [0.0] * 10
        probs[int(digit)], probs[(int(digit) + 1) % 10] = (0.95, 0.05) if is_sure else (0.6, 0.4)
        digits.append({"digit": int(digit), "confidence": max(probs), "sure": is_sure, "probs": probs, "box": box})
    outcome = "read" if all(sure) else "unsure"
    answer = {"outcome": outcome, "text": text, "written": text, "confidence": confidence, "digits": digits}
    return {"source": str(source), "ok": True, **answer, "others": [], "reason": "look at it.", "size": [160, 100]}


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "three.png"
    page = np.full((100, 160), 255, np.uint8)
    for x, y, w, h in BOXES:
        page[y : y + h, x : x + w] = 255 - drawn_seven(side=280)[::7, ::14][:h, :w]
    path.write_bytes(encoded(page))
    return path


class Tags(HTMLParser):
    """Collects every start tag with its attributes, and the content of style and script."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.content: dict[str, str] = {}
        self._in = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._in = tag

    def handle_data(self, data: str) -> None:
        if self._in in ("style", "script"):
            self.content[self._in] = self.content.get(self._in, "") + data

    def handle_endtag(self, tag: str) -> None:
        self._in = ""

    def all(self, tag: str, name: str = "") -> list[dict[str, str | None]]:
        return [attrs for found, attrs in self.tags if found == tag and name in (attrs.get("class") or "").split(" ")] \
            if name else [attrs for found, attrs in self.tags if found == tag]  # fmt: skip


def page_of(path: Path, *rows: dict[str, Any], **options: Any) -> str:
    review = ReviewPage(path, **options)
    for one in rows:
        review.add(one)
    review.finish()
    assert [file.name for file in path.parent.iterdir() if file.name.startswith(path.name)] == [path.name]
    return path.read_text("utf-8")


def test_nothing_in_doubt(tmp_path: Path, picture: Path) -> None:
    page = page_of(tmp_path / "r.html", row(picture, sure=(True,) * 3))
    assert "0 pictures to check" in page
    assert "No doubtful readings." in page
    assert Tags(page).all("li") == []


@pytest.mark.parametrize(
    ("change", "doubtful"),
    [
        ({}, False),
        ({"outcome": "unsure"}, True),
        ({"outcome": "empty"}, True),
        ({"outcome": "not_digit"}, True),
        ({"constraint": {"satisfied": True}}, False),
        ({"constraint": {"satisfied": False}}, True),
        ({"ok": False}, True),
    ],
)
def test_which_results_are_doubtful(change: dict[str, Any], doubtful: bool) -> None:
    assert is_doubtful({**row("a.png", sure=(True,) * 3), **change}) == doubtful


def test_the_most_doubtful_first(tmp_path: Path, picture: Path) -> None:
    broken = {"satisfied": False, "changed": False, "first": "11", "fits": 0.0}
    rows = [
        row(picture, "111", confidence=0.7),
        row(picture, "222", confidence=0.2),
        {**row(picture, "", sure=()), "outcome": "empty", "confidence": 0.0},
        row(picture, "333", confidence=0.5),
        {**row(picture, "444", confidence=0.99), "constraint": broken},
    ]
    cards = Tags(page_of(tmp_path / "r.html", *rows)).all("li", "card")
    assert [card["data-read"] for card in cards] == ["", "444", "222", "333", "111"]


def test_the_page_is_bounded_and_tells_it(tmp_path: Path, picture: Path) -> None:
    rows = [row(picture, "407", confidence=i / 100) for i in range(30)]
    rows += [{"source": f"{i}.png", "ok": False, "kind": "X", "error": f"{i}.png is broken."} for i in range(30)]
    page = page_of(tmp_path / "r.html", *rows, max_cards=5)
    assert len(Tags(page).all("li", "card")) == 5
    assert "60 pictures to check" in page
    assert "Only the 10 most doubtful are shown here" in page
    assert re.findall(r'class="sure">([^<]+)<', page) == [
        f"not sure {share}" for share in ("&lt;1%", "1%", "2%", "3%", "4%")
    ]
    assert page.count("is broken.") == 5


def test_a_card_shows_the_picture_and_each_doubtful_digit(tmp_path: Path, picture: Path) -> None:
    others = [{"kind": "mark", "box": [130, 40, 9, 9]}, {"kind": "point", "box": [150, 60, 3, 3]}]
    tags = Tags(page_of(tmp_path / "r.html", {**row(picture), "others": others}))
    assert [attrs["class"] for attrs in tags.all("rect") if "class" in attrs] == [
        "sure", "doubtful", "sure", "refused", "sign",
    ]  # fmt: skip
    options = [(attrs["data-place"], attrs["data-digit"]) for attrs in tags.all("button") if "data-place" in attrs]
    assert options == [("1", "0"), ("1", "1")]
    (mark,) = tags.all("img")
    shown = Image.open(io.BytesIO(base64.b64decode((mark["src"] or "").split(",")[1])))
    assert shown.size == (30, 50)
    assert np.asarray(shown)[5:-5, 5:-5].min() < 100


def test_a_view_is_the_part_with_digits_or_all_of_it(tmp_path: Path) -> None:
    path = tmp_path / "large.png"
    path.write_bytes(encoded(np.full((3000, 2000), 240, np.uint8)))
    small = {**row(path), "size": [2000, 3000]}
    card = make_card(small)
    assert card.view_xywh == (7, 0, 146, 103)
    lost = {"satisfied": False, "changed": False, "first": "407", "fits": 0.0}
    assert make_card({**small, "constraint": lost}).view_xywh == (0, 0, 2000, 3000)
    assert make_card({**small, "digits": [], "text": ""}).view_xywh == (0, 0, 2000, 3000)
    assert len(make_card({**small, "constraint": lost}).view) < 30_000


def test_an_image_that_was_deleted(tmp_path: Path) -> None:
    page = page_of(tmp_path / "r.html", row(tmp_path / "gone.png"))
    assert "The picture no longer exists." in page


def test_the_page_loads_nothing_and_escapes_names(tmp_path: Path, picture: Path) -> None:
    evil = tmp_path / '"><script>alert(1)<!--.png'
    evil.write_bytes(picture.read_bytes())
    failed = {"source": "<img src=x>\udcff", "ok": False, "kind": "X", "error": "</table><script>"}
    page = page_of(tmp_path / "r.html", row(evil), failed, about="<b>")
    tags = Tags(page)
    assert len(tags.all("script")) == 1
    assert tags.all("b")[0] == {}
    assert not any("style" in attrs or any(name.startswith("on") for name in attrs) for _, attrs in tags.tags)
    links = [attrs[name] or "" for _, attrs in tags.tags for name in ("src", "href") if name in attrs]
    assert links
    assert all(link.startswith("data:") for link in links)
    (policy,) = [attrs["content"] or "" for attrs in tags.all("meta") if "http-equiv" in attrs]
    assert "default-src 'none'" in policy
    for kind in ("style", "script"):
        digest = base64.b64encode(hashlib.sha256(tags.content[kind].encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy.replace("&#39;", "'")
    assert "url(" not in tags.content["style"]


def test_the_path_is_checked_first_and_left_clean(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="cannot be written"):
        ReviewPage(tmp_path / "no" / "r.html")
    ReviewPage(tmp_path / "r.html").close()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("confidence", "said"), [(0.99, "not sure"), (0.84, "probably 84%"), (0.3, "not sure 30%")])
def test_word_and_number_do_not_contradict_each_other(
    tmp_path: Path, picture: Path, confidence: float, said: str
) -> None:
    assert f'class="sure">{said}</span>' in page_of(tmp_path / "r.html", row(picture, confidence=confidence))


def test_a_number_with_signs_is_shown_as_written(tmp_path: Path, picture: Path) -> None:
    page = page_of(tmp_path / "r.html", {**row(picture), "written": "-4.07"})
    assert "Written: <bdi>-4.07</bdi>" in page
    assert 'value="407"' in page, "the input contains only the digits"
