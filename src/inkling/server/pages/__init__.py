"""The pages that people look at: a module and a template each."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask
    from flask.typing import ResponseReturnValue

# The pages in the masthead: path and title.
MASTHEAD = (
    ("/", "Draw"),
    ("/inside", "Inside"),
    ("/learn", "Learn"),
    ("/teach", "Teach"),
    ("/models", "Models"),
    ("/train", "Train"),
    ("/docs", "API"),
)
NEED_SERVER = ("/train", "/docs")  # no part of a folder of files; behind a button on a phone


def add_pages(app: Flask) -> None:
    """Register every page and what the templates share."""
    from flask import request

    from inkling.server.middleware.security_headers import CONTENT_POLICY
    from inkling.server.pages import docs, draw, inside, learn, models, teach, train
    from inkling.server.pages.lessons import term
    from inkling.server.pages.preload import script
    from inkling.server.rules import PAGE, rule

    for page in (draw, inside, teach, train, models, learn, docs):
        app.register_blueprint(page.blueprint)
    is_static = app.config["IS_STATIC"]  # the pages become files, which need no server (inkling.site)
    address = app.config["INKLING"].address.rstrip("/")

    def page_address() -> str:
        """The page's address for others; in a folder of files every page is a folder's index.html."""
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
    app.jinja_env.globals["term"] = term

    @app.get("/favicon.ico")
    @rule(PAGE)
    def favicon() -> ResponseReturnValue:
        """For browsers that ask for it without reading the page."""
        return app.send_static_file("favicon.svg")
