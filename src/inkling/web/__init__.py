"""The web app: `create_app` wires everything and is the WSGI factory.

    granian --interface wsgi --factory inkling.web:create_app      (or: inkling serve)

Importing this module imports nothing heavy; calling `create_app` does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask import Flask

    from inkling.web.front.note import Note
    from inkling.web.readers import Readers
    from inkling.web.settings import Settings
    from inkling.web.watch.memory import Memory
    from inkling.web.watch.metrics import Metrics


def create_app(settings: Settings | None = None) -> Flask:
    """The Flask app, its default model being loaded in the background.

    `settings` defaults to the environment's (`INKLING_*`). /readyz answers 503 until the model is there; a reading
    that comes earlier waits for it.
    """
    import os
    import threading

    from inkling.quiet import quiet_decoders
    from inkling.web import settings as declared
    from inkling.web.front import log
    from inkling.web.readers import Readers
    from inkling.web.watch import memory
    from inkling.web.watch.metrics import Metrics

    settings = settings or declared.load()
    log.set_up(settings.log)
    quiet_decoders()
    shared = memory.attach(os.environ.get(memory.NAME, ""))
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
    from inkling.web import (
        answers,
        api,
        body,
        compare,
        delivery,
        errors,
        filmstrip,
        headers,
        health,
        lab,
        layers,
        networks,
        pages,
        report_api,
        schemas,
        security,
    )
    from inkling.web.front.gate import Gate
    from inkling.web.front.hangup import Hangup
    from inkling.web.front.lingering import Lingering
    from inkling.web.front.plain import Plain

    app = Flask(__name__)
    app.request_class = body.InMemory
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
                "description": security.description(settings),
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
    for routes in (api, filmstrip, compare, networks, layers, report_api, health):
        service.register_blueprint(routes.blueprint)
    lab.add_lab(app, service, settings)
    pages.add_pages(app)
    headers.add_headers(app)
    delivery.add_delivery(app)
    lingering = Lingering(Hangup())
    body.add_draining(app, lingering)
    errors.add_error_handlers(app)
    security.document(service.spec, settings)
    known = functools.cache(lambda: frozenset(rule.rule for rule in app.url_map.iter_rules() if not rule.arguments))

    def read(content: bytes, query: Mapping[str, Any], note: Note) -> dict[str, Any]:
        return answers.answer(readers, content, query, metrics=metrics, note=note)

    plain = Plain(app.wsgi_app, settings, read)
    app.wsgi_app = Gate(plain, settings, shared, metrics, routes=known, lingering=lingering)  # type: ignore[method-assign]
    return app
