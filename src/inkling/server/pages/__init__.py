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
    ("/teach", "Teach"),
    ("/train", "Train"),
    ("/models", "Models"),
    ("/learn", "Learn"),
    ("/docs", "API"),
)


def add_pages(app: Flask) -> None:
    """Register every page and what the templates share."""
    from inkling.server.pages import docs, draw, inside, learn, models, teach, train
    from inkling.server.pages.preload import script
    from inkling.server.rules import PAGE, rule

    for page in (draw, inside, teach, train, models, learn, docs):
        app.register_blueprint(page.blueprint)
    app.context_processor(lambda: {"masthead": MASTHEAD, "is_static": app.config.get("IS_STATIC", False)})
    app.jinja_env.globals["script"] = script

    @app.get("/favicon.ico")
    @rule(PAGE)
    def favicon() -> ResponseReturnValue:
        """For browsers that ask for it without reading the page."""
        return app.send_static_file("favicon.svg")
