"""The rule of each endpoint: who may ask it, how often, with which body, and what it takes of the worker.

A rule stands beside the route that it is for. `middleware/access.py` enforces it before the view runs, by
the endpoint that Werkzeug matched and never by the text of the path. An endpoint without a rule does not start.

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

UPLOAD = -1  # as `max_body_bytes`: what the setting `max_upload_bytes` says
RATES = ("", "api")  # rate classes: not counted; `rate_per_minute` of a client
_ATTRIBUTE = "inkling_rule"


@dataclass(frozen=True)
class Rule:
    """What an endpoint asks of a request before its view runs. The defaults are those of a page."""

    needs_key: bool = False  # where the operator set one
    rate: str = ""  # one of RATES
    max_body_bytes: int = 0  # 0: a body is refused; UPLOAD; or the number
    places: int = 0  # of the worker's places for readings; 0: no reading
    cross_origin: bool = False  # whether pages of the origins in `cors_origins` may ask

    def __post_init__(self) -> None:
        if self.rate not in RATES:
            raise ValueError(f"rate class is {self.rate!r}; expected one of {RATES}. Correct the rule.")


PAGE = Rule()
HEALTH = Rule()
METRICS = Rule(needs_key=True)
DOCUMENT = Rule(cross_origin=True)  # of the API: open, so that a client can learn how to send a key
API = Rule(needs_key=True, rate="api", cross_origin=True)
READING = replace(API, max_body_bytes=UPLOAD, places=1)
COMPARISON = replace(READING, places=2)  # up to eight networks
FORM_PAGE = replace(READING, cross_origin=False)  # the page's form for browsers without JavaScript
LAB = replace(API, cross_origin=False)  # this service's own page alone
LAB_CHANGE = replace(LAB, max_body_bytes=10_000)  # JSON
HANDS = LAB  # for this service's own pages and programs
HANDS_CHANGE = LAB_CHANGE
HANDS_LESSONS = replace(LAB, max_body_bytes=UPLOAD, places=1)  # a picture is prepared, or a hand is taught
HANDS_TEACH = replace(LAB_CHANGE, places=1)
HANDS_IMPORT = replace(LAB, max_body_bytes=6_000_000, places=1)  # 5,000 tiles in a zip


def rule(declared: Rule) -> Callable[[View], View]:
    """Attach a rule to a view function, or to a method of a MethodView."""

    def attach(view: View) -> View:
        setattr(view, _ATTRIBUTE, declared)
        return view

    return attach


def rule_of(app: Flask, endpoint: str | None, method: str) -> Rule | None:
    """The rule of a matched endpoint; None where nothing was matched or nothing is declared.

    HEAD has the rule of GET. OPTIONS asks only what is allowed: it needs no key and takes no body.
    """
    view: Any = app.view_functions.get(endpoint or "")
    methods = getattr(view, "view_class", None)  # of a MethodView
    if method == "OPTIONS":
        found = _declared(view, methods, "get") or _declared(view, methods, "post")
        return Rule(cross_origin=found.cross_origin) if found else None
    return _declared(view, methods, "get" if method == "HEAD" else method.lower())


def check_rules(app: Flask) -> None:
    """Raises LookupError for an endpoint of the URL map without a rule."""
    for route in app.url_map.iter_rules():
        for method in route.methods or ():
            if rule_of(app, route.endpoint, method) is None:
                raise LookupError(
                    f"{method} {route.rule} ({route.endpoint}) has no rule; expected one beside its route. Declare it "
                    "with @rule(...) of inkling.server.rules."
                )


def _declared(view: Any, methods: Any, method: str) -> Rule | None:
    return getattr(getattr(methods, method, None) if methods else view, _ATTRIBUTE, None)
