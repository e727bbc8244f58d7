"""The access rule of each endpoint: API key, rate limit, body size, and places for readings.

A rule is declared at its route. `middleware/access.py` enforces it before the view runs, according to the endpoint that
Werkzeug matched, never the text of the path. App creation fails if an endpoint has no rule.

    @blueprint.route("/read", methods=["POST"])
    @rule(READING)
    def read(...): ...
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from flask import Flask

View = TypeVar("View", bound=Callable[..., Any])

UPLOAD = -1  # a value of `max_body_bytes`: use the `max_upload_bytes` setting
RATES = ("", "api")  # rate classes: not limited; `rate_per_minute` per client
_ATTRIBUTE = "inkling_rule"


@dataclass(frozen=True)
class Rule:
    """The requirements that are checked before an endpoint's view runs. The defaults are for a health check."""

    needs_key: bool = False  # if the operator set a key
    rate: str = ""  # one of RATES
    max_body_bytes: int = 0  # 0: no body allowed; UPLOAD; or the limit
    places: int = 0  # how many of the worker's places for readings it takes; 0: it reads nothing
    one_at_a_time: bool = False  # in each worker, so that many such requests do not take the processor from readings
    cross_origin: bool = False  # whether pages of the origins in `cors_origins` may use it

    def __post_init__(self) -> None:
        if self.rate not in RATES:
            raise ValueError(f"rate class is {self.rate!r}; expected one of {RATES}. Correct the rule.")


PAGE = Rule(one_at_a_time=True)
HEALTH = Rule()
METRICS = Rule(needs_key=True)
DOCUMENT = replace(PAGE, cross_origin=True)  # the OpenAPI document, without a key: it tells clients how to send one
API = Rule(needs_key=True, rate="api", cross_origin=True)
READING = replace(API, max_body_bytes=UPLOAD, places=1)
COMPARISON = replace(READING, places=2)  # it runs up to eight networks
FORM_PAGE = replace(READING, cross_origin=False)  # the page's form for browsers without JavaScript
LAB = replace(API, cross_origin=False)  # for this service's own pages and programs
LAB_CHANGE = replace(LAB, max_body_bytes=10_000)  # JSON
HANDS = LAB
HANDS_CHANGE = LAB_CHANGE
HANDS_LESSONS = replace(LAB, max_body_bytes=UPLOAD, places=1)  # it prepares a picture
HANDS_TEACH = replace(LAB_CHANGE, places=1)
HANDS_IMPORT = replace(LAB, max_body_bytes=6_000_000, places=1)  # a zip of 5,000 tiles


def rule(declared: Rule) -> Callable[[View], View]:
    """Attach a rule to a view function, or to a method of a MethodView."""

    def attach(view: View) -> View:
        setattr(view, _ATTRIBUTE, declared)
        return view

    return attach


def rule_of(app: Flask, endpoint: str | None, method: str) -> Rule | None:
    """The rule of a matched endpoint; None if no endpoint matched. Raises LookupError if the endpoint has no rule.

    HEAD has the rule of GET. OPTIONS only lists the allowed methods, so it needs no key and takes no body.
    """
    if endpoint is None:
        return None
    view: Any = app.view_functions[endpoint]
    methods = getattr(view, "view_class", None)  # of a MethodView
    names = {"HEAD": ["get"], "OPTIONS": ["get", "post"]}.get(method, [method.lower()])
    for name in names:
        found: Rule | None = getattr(getattr(methods, name, None) if methods else view, _ATTRIBUTE, None)
        if found:
            return Rule(cross_origin=found.cross_origin) if method == "OPTIONS" else found
    raise LookupError(
        f"{method} of endpoint {endpoint!r} has no rule; expected one at its route. Declare it with @rule(...) from "
        "inkling.server.rules."
    )


def check_rules(app: Flask) -> None:
    """Raises LookupError if an endpoint in the URL map has no rule."""
    for route in app.url_map.iter_rules():
        for method in route.methods or ():
            rule_of(app, route.endpoint, method)
