"""The pages that people look at, one module and one template each."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask
    from flask.typing import ResponseReturnValue

# Every page that the masthead names: path, and what it is called there.
MASTHEAD = (
    ("/", "Draw"),
    ("/inside", "Inside"),
    ("/train", "Train"),
    ("/models", "Models"),
    ("/learn", "Learn"),
    ("/docs", "API"),
)


def add_pages(app: Flask) -> None:
    """Registers every page and what their templates share."""
    from inkling.server.pages import docs, draw, inside, learn, models, train

    for page in (draw, inside, train, models, learn, docs):
        app.register_blueprint(page.blueprint)
    app.context_processor(lambda: {"masthead": MASTHEAD})

    @app.get("/favicon.ico")
    def favicon() -> ResponseReturnValue:
        """For browsers that ask without reading the page."""
        return app.send_static_file("favicon.svg")
