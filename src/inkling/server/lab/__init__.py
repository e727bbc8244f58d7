"""The lab: networks are trained in a process of its own, which this package starts, watches and steers.

Nothing of `inkling.training` is imported here; the two meet in the lab's folder (`inkling/lab/README.md`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flask import Flask

    from inkling.server.settings import Settings


def add_lab(app: Flask, service: Any, settings: Settings) -> None:
    """Registers the lab's routes, which say how to open it where it is closed."""
    from inkling.server.lab import api
    from inkling.server.lab.event_stream import Listeners
    from inkling.server.lab.shutdown_signal import watch_signals
    from inkling.server.lab.training_manager import Laboratory

    laboratory = Laboratory(settings)
    app.extensions["inkling-lab"] = laboratory
    app.extensions["inkling-listeners"] = Listeners(settings.threads)
    api.register_schemas(service.spec)
    service.register_blueprint(api.blueprint)
    if settings.lab:
        laboratory.greet()
        watch_signals()
