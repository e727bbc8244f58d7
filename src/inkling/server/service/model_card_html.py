"""A model card in Markdown -> HTML that fits into a page: titles one lower, tables that scroll, no raw HTML."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markdown_it.token import Token

TITLES = {"h2": "h3", "h3": "h4", "h4": "h5", "h5": "h6"}


def to_html(markdown: str) -> Markup:
    """The card without its first title, which the page has already."""
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = [_lowered(token) for token in _without_title(parser.parse(markdown))]
    # markdown-it escapes text, drops raw HTML and refuses links to scripts.
    return Markup(parser.renderer.render(_with_scroll(tokens), parser.options, {}))  # noqa: S704


def _without_title(tokens: Sequence[Token]) -> list[Token]:
    if tokens and tokens[0].type == "heading_open" and tokens[0].tag == "h1":
        return list(tokens[3:])  # open, text, close
    return list(tokens)


def _lowered(token: Token) -> Token:
    if token.type in ("heading_open", "heading_close"):
        token.tag = TITLES.get(token.tag, token.tag)
    if token.attrs.pop("style", None) == "text-align:right":  # a style sheet may say so, an attribute may not
        token.attrSet("class", "number")
    return token


def _with_scroll(tokens: Sequence[Token]) -> list[Token]:
    """Each table within a box that scrolls sideways, also by keyboard; named after the title above it."""
    from markdown_it.token import Token

    found: list[Token] = []
    title = "Table"
    for i, token in enumerate(tokens):
        if token.type == "heading_open":
            title = tokens[i + 1].content
        if token.type == "table_open":
            box = {"class": "scroll", "tabindex": "0", "role": "region", "aria-label": title}
            found.append(Token("box_open", "div", 1, attrs=dict(box), block=True))
        found.append(token)
        if token.type == "table_close":
            found.append(Token("box_close", "div", -1, block=True))
    return found
