"""The static site: its files, valid links, and the folders that it may replace."""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest
from click.testing import CliRunner

from inkling.cli.site import command
from inkling.errors import BadRequest, CannotWrite
from inkling.site.build import Site, build
from inkling.site.folder import INDEX, write
from inkling.site.pages import check_address, relative

ADDRESS = "https://inkling.example/some/where"
LINK = re.compile(r'\s(?:href|src|action)="([^"]+)"')
ABSOLUTE = re.compile(r"""(?:(?:href|src|location)\s*=\s*|fetch\(|import\()["'`]/(?!api/v1/)[^"'`]*""")
WITH_ADDRESS = re.compile(r'<(?:link rel="canonical"|meta)[^>]*>')


@pytest.fixture(scope="module")
def site() -> Site:
    return build(address=ADDRESS)


def test_it_has_every_page_that_needs_no_server(site: Site) -> None:
    for name in ("", "inside/", "learn/", "learn/pictures/", "teach/", "models/"):
        assert f"{name}index.html" in site.files, name
    assert {"404.html", ".nojekyll", "service-worker.js", "networks/cnn.bin", "networks/line.bin"} <= set(site.files)


def test_every_address_is_relative_and_leads_to_a_file(site: Site) -> None:
    for path in (name for name in site.files if name.endswith("index.html")):
        here = f"http://host/deep/{path.removesuffix('index.html')}"
        for link in LINK.findall(WITH_ADDRESS.sub("", site.files[path].decode())):
            if urlsplit(link).scheme:
                continue
            assert not link.startswith("/"), (path, link)
            target = urlsplit(urljoin(here, link)).path.removeprefix("/deep/")
            assert (target if not target.endswith("/") and target else f"{target}index.html") in site.files, (
                path,
                link,
            )


def test_the_page_for_wrong_addresses_finds_its_files_from_anywhere(site: Site) -> None:
    page = site.files["404.html"].decode()
    assert 'href="/some/where/static/css/base.css"' in page
    assert 'data-root="/some/where/"' in page


def test_previews_of_links_name_the_address(site: Site) -> None:
    page = site.files["learn/pictures/index.html"].decode()
    assert f'<link rel="canonical" href="{ADDRESS}/learn/pictures/">' in page
    assert f'content="{ADDRESS}/static/preview.png"' in page


def test_scripts_ask_site_js_for_addresses(site: Site) -> None:
    """A static site may have any prefix. Only the server's API, which static pages never use, is exempt."""
    scripts = {path: content.decode() for path, content in site.files.items() if path.endswith(".js")}
    for path, text in scripts.items():
        code = re.sub(r"^\s*//.*$|\s// .*$", "", text, flags=re.MULTILINE)
        assert ABSOLUTE.findall(code) == [], path


def test_the_service_worker_keeps_files_that_exist(site: Site) -> None:
    worker = site.files["service-worker.js"].decode()
    kept = json.loads(re.search(r"const FILES = ({.*});", worker)[1])  # type: ignore[index]
    assert {"./", "learn/", "networks/cnn.bin", "static/css/base.css"} <= set(kept)
    assert {path if path in site.files else f"{path.removeprefix('./')}index.html" for path in kept} <= set(site.files)
    assert f'const NAME = PREFIX + "{site.version}";' in worker


@pytest.mark.parametrize(
    ("html", "depth", "expected"),
    [
        ('<a href="/">', 0, '<a href="./">'),
        ('<a href="/">', 2, '<a href="../../">'),
        ('<a href="/learn">', 1, '<a href="../learn/">'),
        ('<a href="/teach?hand=Ada#x">', 0, '<a href="./teach/?hand=Ada#x">'),
        ('<a href="/#m=ann">', 1, '<a href="../#m=ann">'),
        ('<img src="/static/favicon.svg">', 1, '<img src="../static/favicon.svg">'),
        ('<html data-root="/" data-static>', 1, '<html data-root="../" data-static>'),
        ('<a href="https://example.org/learn">', 1, '<a href="https://example.org/learn">'),
        ('<a href="//example.org/">', 1, '<a href="//example.org/">'),
        ('<a href="#main">', 1, '<a href="#main">'),
    ],
)
def test_addresses_become_relative(html: str, depth: int, expected: str) -> None:
    assert relative(html, depth=depth) == expected


@pytest.mark.parametrize("address", ["example.org", "ftp://example.org", "https://", "https://example.org/?a=1"])
def test_a_wrong_address_is_refused(address: str) -> None:
    with pytest.raises(BadRequest, match="expected one such as https"):
        check_address(address)


SMALL = Site("0123456789ab", {"index.html": b"<p>", "learn/index.html": b"<p>"})


def test_a_folder_is_written_again(tmp_path: Path) -> None:
    folder = tmp_path / "public"
    write(SMALL, folder)
    (folder / ".git").mkdir()
    (folder / ".git" / "HEAD").write_text("ref")
    write(Site("ab", {"index.html": b"<h1>"}), folder)
    assert (folder / "index.html").read_bytes() == b"<h1>"
    assert not (folder / "learn").exists()
    index = json.loads((folder / INDEX).read_text())
    assert index["files"] == {"index.html": {"bytes": 4, "gzip_bytes": 24}}
    assert (folder / ".git" / "HEAD").read_text() == "ref"


@pytest.mark.parametrize("name", ["notes.txt", "learn/notes.txt"])
def test_a_folder_with_other_files_is_left_alone(tmp_path: Path, name: str) -> None:
    write(SMALL, tmp_path)
    (tmp_path / name).write_text("mine")
    with pytest.raises(CannotWrite, match=r"notes\.txt, which inkling did not write"):
        write(SMALL, tmp_path)
    assert (tmp_path / name).read_text() == "mine"


def test_an_index_that_was_edited_deletes_nothing_outside(tmp_path: Path) -> None:
    outside = tmp_path / "mine.txt"
    outside.write_text("mine")
    folder = tmp_path / "public"
    write(SMALL, folder)
    index = json.loads((folder / INDEX).read_text())
    index["files"]["../mine.txt"] = {}
    (folder / INDEX).write_text(json.dumps(index))
    write(SMALL, folder)
    assert outside.read_text() == "mine"


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "public").write_text("mine")
    with pytest.raises(CannotWrite, match="is a file"):
        write(SMALL, tmp_path / "public")


def test_the_command_says_how_to_try_it(tmp_path: Path, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inkling.site.build.build", lambda address: site)
    result = CliRunner().invoke(command, [str(tmp_path / "public")])
    assert result.exit_code == 0, result.output
    assert f"python -m http.server -d {tmp_path / 'public'}" in result.output
