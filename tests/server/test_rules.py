"""Every endpoint declares its rule; otherwise, app creation fails."""

from __future__ import annotations

import pytest
from flask import Flask

from inkling.server import rules
from inkling.server.rules import API, Rule, check_rules, rule, rule_of


def test_every_route_of_the_url_map_has_a_rule(app: Flask) -> None:
    routes = [(route, method) for route in app.url_map.iter_rules() for method in route.methods or ()]
    assert len(routes) > 60
    for route, method in routes:
        found = rule_of(app, route.endpoint, method)
        assert found is not None, route
        if method in ("POST", "DELETE"):
            assert found.needs_key, route
            assert found.rate == "api", route
        else:
            assert not found.max_body_bytes, route
        if route.rule.startswith("/api/") and method == "GET":
            assert found.needs_key, route
        if "/lab" in route.rule:
            assert not found.cross_origin, route


def test_an_endpoint_without_a_rule_does_not_start() -> None:
    app = Flask("app", static_folder=None)
    app.get("/open")(rule(API)(lambda: "open"))
    check_rules(app)
    app.get("/forgotten", endpoint="forgotten")(lambda: "forgotten")
    with pytest.raises(LookupError, match="forgotten"):
        check_rules(app)


def test_a_route_that_is_added_later_without_a_rule_is_not_answered(app: Flask) -> None:
    from inkling.server.app import create_app
    from inkling.server.settings import Settings

    late = create_app(Settings(model=app.config["INKLING"].model))
    late.get("/late")(lambda: "late")
    response = late.test_client().get("/late")
    assert response.status_code == 500
    assert "late" not in response.json["kind"]


def test_head_and_options() -> None:
    app = Flask("app", static_folder=None)
    app.get("/open", endpoint="open")(rule(API)(lambda: "open"))
    assert rule_of(app, "open", "HEAD") == API
    assert rule_of(app, "open", "OPTIONS") == Rule(cross_origin=True)
    assert rule_of(app, None, "GET") is None


def test_a_rate_class_is_one_of_those_known() -> None:
    with pytest.raises(ValueError, match="rate class"):
        rules.Rule(rate="apis")
