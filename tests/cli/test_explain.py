from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from inkling import Reader, cli
from inkling.cli.explain import Pages
from inkling.errors import NotFound
from tests.pictures import drawn_seven, encoded, row_of


class Read(HTMLParser):
    """Collects the resources that a page loads, and checks that its tags are properly nested."""

    VOID = ("meta", "img", "source", "link", "br")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.alts: list[str] = []
        self.links: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        had = dict(attrs)
        self.loaded += [value for name, value in attrs if name in ("src", "srcset") and value]
        if tag == "img":
            self.alts.append(had["alt"] or "")
        if tag == "a":
            self.links.append(had["href"] or "")
        assert tag != "script"
        assert tag != "link" or had["href"] == "data:,"
        if tag not in self.VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag


@pytest.fixture
def picture(tmp_path: Path, digits: tuple[np.ndarray, np.ndarray]) -> Path:
    """A row of two digits, 7 and 0."""
    path = tmp_path / "row & <two>.png"
    path.write_bytes(encoded(row_of([digits[0][0], digits[0][3]])))
    return path


def row(path: Path, text: str = "70") -> dict[str, object]:
    return {"ok": True, "source": str(path), "text": text}


def test_a_page_and_its_figures(reader: Reader, picture: Path, tmp_path: Path) -> None:
    out = tmp_path / "deep" / "why"
    pages = Pages(reader, out)
    pages.add(row(picture))
    pages.finish()
    text = (out / "row & <two>.html").read_text("utf-8")
    read = Read(text)
    assert "<two>" not in text, "a file name is escaped"
    assert "row &amp; &lt;two&gt;.png" in text
    assert len(read.loaded) > 20
    assert all(one.startswith("data:image/png;base64,") for one in read.loaded), "it opens offline"
    assert all(read.alts)
    assert "url(" not in text
    assert "@import" not in text
    for number, digit in enumerate("70", 1):
        assert re.search(rf'id="digit-{number}".*Why {digit}\? Why not \d\?', text)
    figures = {path.name for path in (out / "row & <two>").iterdir()}
    steps = {f"{n}-{name}.png" for n, name in enumerate(("image", "ink", "glyphs", "tiles", "probs", "answer"), 1)}
    assert steps < figures
    for name in ("digit-1-tile", "digit-1-for-7", "digit-2-tile", "digit-2-for-0"):
        with Image.open(out / "row & <two>" / f"{name}.png") as image:
            assert image.size == (560, 560)
    assert len(figures) == 6 + 2 * 4
    assert not (out / "index.html").exists(), "one page needs no index"


@pytest.mark.parametrize(("name", "adds_up"), [("ann-tutorial", True), ("cnn", False)])
@pytest.mark.slow
def test_the_sum_is_shown_where_there_is_one(picture: Path, tmp_path: Path, name: str, adds_up: bool) -> None:
    pages = Pages(Reader(name), tmp_path)
    pages.add(row(picture))
    text = (tmp_path / "row & <two>.html").read_text("utf-8")
    assert ("<h3>The sum</h3>" in text) == adds_up
    assert ("Zeiler" in text) != adds_up


@pytest.mark.slow
def test_several_pictures_of_one_name_and_a_blank_one(reader: Reader, tmp_path: Path) -> None:
    sources = []
    for folder, ink in (("a", 0), ("b", 0), ("c", 255)):
        (tmp_path / folder).mkdir()
        sources.append(tmp_path / folder / ("Index.png" if folder == "c" else "seven.png"))
        sources[-1].write_bytes(encoded(drawn_seven(ink=ink)))
    pages = Pages(reader, tmp_path / "out")
    for source in sources:
        pages.add(row(source, "7" if source.name == "seven.png" else ""))
    pages.add({"ok": False, "source": "missing.png"})
    pages.finish()
    listed = Read((tmp_path / "out" / "index.html").read_text("utf-8"))
    assert listed.links == ["seven.html", "seven-2.html", "Index-2.html"]
    for link in listed.links:
        page = (tmp_path / "out" / unquote(link)).read_text("utf-8")
        assert ("Why 7?" in page) == link.startswith("seven")
    assert "No ink found" in (tmp_path / "out" / "Index-2.html").read_text("utf-8")


def test_a_text_that_the_constraints_changed(reader: Reader, picture: Path, tmp_path: Path) -> None:
    pages = Pages(reader, tmp_path)
    pages.add(row(picture, "76"))
    text = (tmp_path / "row & <two>.html").read_text("utf-8")
    assert '<span class="figures">76</span>' in text
    assert "The picture alone reads 70" in text


def test_a_folder_that_cannot_be_made_is_named(reader: Reader, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(NotFound, match="file cannot be written"):
        Pages(reader, tmp_path / "file")


def test_the_option_leaves_the_output_as_it_was(picture: Path, tmp_path: Path) -> None:
    out = tmp_path / "why"
    arguments = ["read", str(picture), "--model", "ann-tutorial", "--json"]
    plain = CliRunner().invoke(cli.group, arguments)
    explained = CliRunner().invoke(cli.group, [*arguments, "--explain", str(out)])
    assert explained.exit_code == 0, explained.exception
    took = re.compile(r'"took_ms": [\d.]+')
    assert took.sub("", explained.stdout) == took.sub("", plain.stdout)
    assert explained.stderr.strip() == f"why: {out / 'row & <two>.html'}"
    assert (out / "row & <two>.html").is_file()
