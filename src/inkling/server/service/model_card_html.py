"""Converts a Markdown model card to HTML for a page: headings one level lower, scrollable tables, no raw HTML."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup

if TYPE_CHECKING:
    from markdown_it.token import Token

LOWER_TITLES = {"h2": "h3", "h3": "h4", "h4": "h5", "h5": "h6"}


def to_html(markdown: str) -> Markup:
    """The card as HTML, without its main heading, which the page already has."""
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = parser.parse(markdown)
    if tokens and tokens[0].type == "heading_open" and tokens[0].tag == "h1":
        tokens = tokens[3:]  # open, text, close
    # markdown-it escapes text, drops raw HTML and refuses links to scripts.
    return Markup(parser.renderer.render(_adapted(tokens), parser.options, {}))  # noqa: S704


def _adapted(tokens: list[Token]) -> list[Token]:
    """Lower each heading by one level, and wrap each table in a box that mouse and keyboard can scroll, labeled with
    the preceding heading."""
    from markdown_it.token import Token

    adapted: list[Token] = []
    title = "Table"
    for token, following in zip(tokens, [*tokens[1:], None], strict=True):
        if token.type == "heading_open" and following:
            title = following.content
        if token.type in ("heading_open", "heading_close"):
            token.tag = LOWER_TITLES.get(token.tag, token.tag)
        if token.attrs.pop("style", None) == "text-align:right":  # the security policy forbids style attributes
            token.attrSet("class", "number")
        if token.type == "table_open":
            box = {"class": "scroll", "tabindex": "0", "role": "region", "aria-label": title}
            adapted.append(Token("box_open", "div", 1, attrs=dict(box), block=True))
        adapted.append(token)
        if token.type == "table_close":
            adapted.append(Token("box_close", "div", -1, block=True))
    return adapted
