"""The web pages: one module and one template per page."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask
    from flask.typing import ResponseReturnValue

# The pages in the page header: path and title.
MASTHEAD = (
    ("/", "Draw"),
    ("/inside", "Inside"),
    ("/learn", "Learn"),
    ("/teach", "Teach"),
    ("/models", "Models"),
    ("/train", "Train"),
    ("/docs", "API"),
)
NEED_SERVER = ("/train", "/docs")  # not part of a static site; behind a menu button on phones


def add_pages(app: Flask) -> None:
    """Register every page, and the values and functions shared by all templates."""
    from flask import request

    from inkling.server.middleware.delivery import CONTENT_POLICY
    from inkling.server.pages import docs, draw, inside, learn, models, stylesheets, teach, train
    from inkling.server.pages.lessons import term
    from inkling.server.pages.preload import script
    from inkling.server.rules import PAGE, rule

    for page in (draw, inside, teach, train, models, learn, docs, stylesheets):
        app.register_blueprint(page.blueprint)
    is_static = app.config["IS_STATIC"]  # the pages are for a static site (inkling.site)
    address = app.config["INKLING"].address.rstrip("/")

    def page_address() -> str:
        """The page's public address; in a static site every page is the index.html of a folder."""
        path = request.path.rstrip("/")
        return f"{address}{path}/" if is_static or not path else f"{address}{path}"

    app.context_processor(
        lambda: {
            "masthead": [page for page in MASTHEAD if page[0] not in NEED_SERVER],
            "masthead_more": [page for page in MASTHEAD if page[0] in NEED_SERVER and not is_static],
            "is_static": is_static,
            "content_policy": CONTENT_POLICY,
            "address": address,
            "page_address": page_address,
        }
    )
    app.jinja_env.globals["script"] = script
    app.jinja_env.globals["stylesheet"] = stylesheets.stylesheet
    app.jinja_env.globals["term"] = term

    @app.get("/favicon.ico")
    @rule(PAGE)
    def favicon() -> ResponseReturnValue:
        """For browsers that request this path by default."""
        return app.send_static_file("favicon.svg")
