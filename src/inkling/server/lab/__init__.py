"""The lab: networks are trained in a separate process, which this package starts, watches and steers.

It imports nothing of `inkling.training`. The two meet in the lab's folder (`inkling/lab_protocol/README.md`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inkling.server.settings import Settings

if TYPE_CHECKING:
    from flask import Flask


def add_lab(app: Flask, api: Any, settings: Settings) -> None:
    """Register the lab's routes. Where the lab is closed, they say how to open it."""
    from inkling.server.lab import routes
    from inkling.server.lab.training_manager import TrainingManager

    manager = TrainingManager(settings)
    app.extensions["inkling-lab"] = manager
    routes.register_schemas(api.spec)
    api.register_blueprint(routes.blueprint)
    if settings.lab:
        manager.announce_server()
