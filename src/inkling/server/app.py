"""The web app: `create_app` is the WSGI factory and connects all parts.

Importing this module is cheap; calling `create_app` imports the heavy libraries.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flask import Flask

    from inkling.server.metrics.definitions import Metrics
    from inkling.server.service.readers import Readers
    from inkling.server.settings import Settings


def create_app(settings: Settings | None = None, *, left_out: Sequence[str] | None = None) -> Flask:
    """Create the Flask app. A background thread loads the default model.

    `settings` defaults to the `INKLING_*` environment variables. Until the model is loaded, /readyz answers 503
    and readings wait. `left_out`: if given, the pages are for a static site (`inkling.site`), without these packaged
    networks. Raises LookupError if an endpoint declares no rule (`inkling.server.rules`).
    """
    import threading

    from inkling.quiet import quiet_decoders
    from inkling.server.metrics.definitions import Metrics
    from inkling.server.middleware import request_log
    from inkling.server.service.readers import Readers
    from inkling.server.settings import load

    settings = settings or load()
    request_log.configure(settings.log)
    quiet_decoders()
    metrics = Metrics()
    readers = Readers(settings, metrics, left_out or ())
    # Load NumPy, OpenCV and the network while Flask is imported: importing native code leaves the other core free.
    threading.Thread(target=readers.warm, name="inkling-warm", daemon=True).start()
    return _wire(settings, readers, metrics, left_out is not None)


def _wire(settings: Settings, readers: Readers, metrics: Metrics, is_static: bool) -> Flask:
    from functools import cache

    from flask import Flask
    from flask_smorest import Api

    from inkling import __version__
    from inkling.server import lab, pages, schemas
    from inkling.server.middleware import delivery, error_handlers
    from inkling.server.middleware.access import add_access, add_record
    from inkling.server.routes import (
        compare,
        filmstrip,
        forms,
        hand_teaching,
        hand_weights,
        hands,
        health,
        layers,
        network,
        openapi,
        read,
        reports,
        weights,
    )
    from inkling.server.routes.request_body import InMemoryRequest
    from inkling.server.rules import DOCUMENT, PAGE, check_rules, rule
    from inkling.server.service.event_streams import StreamLimiter
    from inkling.server.service.forms import Forms
    from inkling.server.service.hands import Hands

    app = Flask(__name__)
    app.request_class = InMemoryRequest
    app.config.update(
        INKLING=settings,
        IS_STATIC=is_static,
        MAX_CONTENT_LENGTH=settings.max_upload_bytes,
        MAX_FORM_MEMORY_SIZE=settings.max_upload_bytes,
        MAX_FORM_PARTS=max(1000, 2 * settings.max_pictures),
        API_TITLE="inkling",
        API_VERSION=__version__,
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX="/",
        API_SPEC_OPTIONS={"info": openapi.info(settings)},
    )
    app.json.sort_keys = False  # type: ignore[attr-defined]  # keep the documented order
    app.ensure_sync = lambda func: func  # type: ignore[method-assign]  # no view is async, and the check takes time
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    app.extensions["inkling"] = readers
    app.extensions["inkling-forms"] = Forms(settings, readers)
    app.extensions["inkling-hands"] = Hands(settings, readers, metrics)
    app.extensions["inkling-metrics"] = metrics
    app.extensions["inkling-streams"] = StreamLimiter(settings.threads)
    add_access(app, settings, metrics, readers.queue)
    add_record(app, settings, metrics)
    delivery.add_delivery(app)
    api = type("Service", (Api,), {"ERROR_SCHEMA": schemas.ErrorAnswerSchema})(app)
    openapi.register_schemas(api.spec)
    hands.register_schemas(api.spec)
    for route in (
        read,
        forms,
        hands,
        hand_teaching,
        hand_weights,
        filmstrip,
        compare,
        weights,
        network,
        layers,
        reports,
        health,
    ):
        api.register_blueprint(route.blueprint)
    api.register_blueprint(hands.corrections)
    lab.add_lab(app, api, settings)
    pages.add_pages(app)
    error_handlers.add_error_handlers(app)
    openapi.finish_document(api.spec, settings)
    # Libraries add these routes, so their rules cannot be declared with a decorator.
    views: dict[str, Any] = app.view_functions
    send_file, send_document = views["static"], views["api-docs.openapi_json"]
    document = cache(lambda: send_document().get_data())  # generating it takes 10 ms
    views["static"] = rule(PAGE)(lambda filename: send_file(filename=filename))
    views["api-docs.openapi_json"] = rule(DOCUMENT)(lambda: app.response_class(document(), mimetype="application/json"))
    check_rules(app)
    return app
