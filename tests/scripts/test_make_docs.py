"""scripts.make_docs: the links and reference pages of the documentation site."""

from __future__ import annotations

import pytest

from scripts import make_docs, reference_pages

PLACES = {"docs/a.md": "a.md", "docs/deep/b.md": "deep/b.md", "deploy/README.md": "deploying.md"}


@pytest.mark.parametrize(
    ("text", "turned"),
    [
        ("[x](https://example.org/y)", "[x](https://example.org/y)"),
        ("[x](#part)", "[x](#part)"),
        ("[d](../deploy/README.md#part)", "[d](deploying.md#part)"),
        ("[d](../deploy)", "[d](deploying.md)"),
        ("[code](../src/inkling/errors.py)", "[code](https://host/o/n/blob/main/src/inkling/errors.py)"),
        ("[folder](../benchmarks)", "[folder](https://host/o/n/tree/main/benchmarks)"),
        ("![picture](screenshot-dark.png)", "![picture](screenshot-dark.png)"),
    ],
)
def test_links_lead_into_the_site_or_to_the_repository(text: str, turned: str) -> None:
    assert make_docs.with_links(text, "docs/a.md", PLACES, "https://host/o/n") == turned


def test_without_a_repository_a_link_to_a_file_is_text() -> None:
    assert make_docs.with_links("See [`errors`](../src/inkling/errors.py).", "docs/a.md", PLACES, "") == "See `errors`."


def test_a_link_to_nothing_stops_the_site() -> None:
    with pytest.raises(SystemExit, match=r"docs/a\.md links to gone\.md, which does not exist"):
        make_docs.with_links("[x](gone.md)", "docs/a.md", PLACES, "")


def test_every_command_is_in_the_reference() -> None:
    from inkling.cli import COMMANDS

    page = reference_pages.command_line()
    assert [name for name in COMMANDS if f"## inkling {name}\n" not in page] == []
    assert "`--review FILE`" in page
    assert "### inkling form new\n" in page


def test_every_route_is_in_the_reference() -> None:
    page = reference_pages.http()
    for route in ("POST /api/v1/read", "GET /healthz", "GET /api/v1/models"):
        assert f"`{route}`" in page


def test_every_public_name_is_in_the_reference() -> None:
    import inkling

    page = reference_pages.python()
    assert [name for name in inkling.__all__ if name[0] != "_" and f".{name}\n" not in page + "\n"] == []
