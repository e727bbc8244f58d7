"""The lab: a separate process trains a network; this package starts, monitors and controls it.

The package does not import `inkling.training`. The two processes communicate through the lab's folder
(`inkling/lab_protocol/README.md`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inkling.server.settings import Settings

if TYPE_CHECKING:
    from flask import Flask


def add_lab(app: Flask, api: Any, settings: Settings) -> None:
    """Register the lab's routes. If the lab is closed, they report how to open it."""
    from inkling.server.lab import routes
    from inkling.server.lab.training_manager import TrainingManager

    manager = TrainingManager(settings)
    app.extensions["inkling-lab"] = manager
    routes.register_schemas(api.spec)
    api.register_blueprint(routes.blueprint)
    if settings.lab:
        manager.announce_server()
