"""The web app: `create_app` wires everything and is the WSGI factory.

    granian --interface wsgi --factory inkling.server.app:create_app      (or: inkling serve)

Importing this module imports nothing heavy; calling `create_app` does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask import Flask

    from inkling.server.metrics.definitions import Metrics
    from inkling.server.metrics.shared_memory import Memory
    from inkling.server.middleware.request_context import Note
    from inkling.server.service.readers import Readers
    from inkling.server.settings import Settings


def create_app(settings: Settings | None = None) -> Flask:
    """The Flask app, its default model being loaded in the background.

    `settings` defaults to the environment's (`INKLING_*`). /readyz answers 503 until the model is there; a reading
    that comes earlier waits for it.
    """
    import os
    import threading

    from inkling.server import settings as declared
    from inkling.server.metrics import shared_memory
    from inkling.server.metrics.definitions import Metrics
    from inkling.server.middleware import request_log
    from inkling.server.service.readers import Readers
    from inkling.silence import quiet_decoders

    settings = settings or declared.load()
    request_log.set_up(settings.log)
    quiet_decoders()
    shared = shared_memory.attach(os.environ.get(shared_memory.NAME, ""))
    metrics = Metrics(shared.claim())
    readers = Readers(settings, metrics)
    # NumPy, OpenCV and the network load while Flask does: importing native code leaves the other core free.
    threading.Thread(target=readers.warm, name="inkling-warm", daemon=True).start()
    return _wire(settings, readers, shared, metrics)


def _wire(settings: Settings, readers: Readers, shared: Memory, metrics: Metrics) -> Flask:
    import functools

    from flask import Flask
    from flask_smorest import Api

    from inkling import __version__
    from inkling.server import (
        error_handlers,
        lab,
        openapi_security,
        pages,
        request_body,
        schemas,
        security_headers,
        static_files,
    )
    from inkling.server.middleware.gate import Gate
    from inkling.server.middleware.lingering_close import Lingering
    from inkling.server.middleware.plain import Plain
    from inkling.server.middleware.slow_uploads import Hangup
    from inkling.server.routes import compare, filmstrip, health, layers, reports, weights
    from inkling.server.routes import read as api
    from inkling.server.service import reading

    app = Flask(__name__)
    app.request_class = request_body.InMemory
    app.config.update(
        INKLING=settings,
        MAX_CONTENT_LENGTH=settings.max_upload_bytes,
        MAX_FORM_PARTS=max(1000, 2 * settings.max_pictures),
        API_TITLE="inkling",
        API_VERSION=__version__,
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX="/",
        API_SPEC_OPTIONS={
            "info": {
                "summary": "Reads handwritten digits.",
                "description": openapi_security.description(settings),
                "license": {"name": "MIT", "identifier": "MIT"},
            }
        },
    )
    app.json.sort_keys = False  # type: ignore[attr-defined]  # answers in the order of the documentation
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    app.extensions["inkling"] = readers
    app.extensions["inkling-metrics"] = metrics
    app.extensions["inkling-memory"] = shared
    service = type("Service", (Api,), {"ERROR_SCHEMA": schemas.ErrorSchema})(app)
    api.register_schemas(service.spec)
    for routes in (api, filmstrip, compare, weights, layers, reports, health):
        service.register_blueprint(routes.blueprint)
    lab.add_lab(app, service, settings)
    pages.add_pages(app)
    security_headers.add_headers(app)
    static_files.add_delivery(app)
    lingering = Lingering(Hangup())
    request_body.add_draining(app, lingering)
    error_handlers.add_error_handlers(app)
    openapi_security.document(service.spec, settings)
    known = functools.cache(lambda: frozenset(rule.rule for rule in app.url_map.iter_rules() if not rule.arguments))

    def read(content: bytes, query: Mapping[str, Any], note: Note) -> dict[str, Any]:
        return reading.answer(readers, content, query, metrics=metrics, note=note)

    plain = Plain(app.wsgi_app, settings, read)
    app.wsgi_app = Gate(plain, settings, shared, metrics, routes=known, lingering=lingering)  # type: ignore[method-assign]
    return app
