"""The checks before a view: ids, origins, keys, rates, bodies and places."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import EnvironBuilder, run_wsgi_app

from inkling.errors import Overloaded
from inkling.server.app import create_app
from inkling.server.middleware.delivery import HEADERS
from inkling.server.request_context import client_name, current_client, request_id
from inkling.server.rules import API, PAGE, rule
from inkling.server.service.fair_queue import FairQueue
from inkling.server.settings import Settings
from tests.server.middleware.test_error_handlers import check

READ = "/api/v1/read"
PNG = "image/png"


def served(app: Flask, **settings: Any) -> FlaskClient:
    """A client for another app with these settings and the same model."""
    return create_app(Settings(model=app.config["INKLING"].model, **settings)).test_client()


@pytest.mark.parametrize("path", ["/", "/healthz", "/api/v1/nothing", "/static/js/draw/main.js", "/openapi.json"])
def test_every_answer_has_an_id(client: FlaskClient, path: str) -> None:
    with client.get(path) as first, client.get(path) as second:
        ids = {first.headers["X-Request-Id"], second.headers["X-Request-Id"]}
    assert len(ids) == 2
    assert all(len(one) == 32 for one in ids)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("order-7/a.b:c_d+e=f@g", True),
        ("x" * 128, True),
        ("x" * 129, False),
        ("", False),
        ("two words", False),
        ("line\r\nfeed", False),
        ('"quoted"', False),
        ("ziffer-\u0661", False),
        (None, False),
    ],
)
def test_a_clients_own_id_is_kept_if_it_is_harmless(given: str | None, kept: bool) -> None:
    assert (request_id(given) == given) is kept
    assert request_id(given) != request_id(None)


def test_an_error_500_names_the_id_of_the_log(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    broken = create_app(Settings(model=app.config["INKLING"].model))

    @broken.get("/api/v1/broken")
    @rule(API)
    def fail() -> str:
        raise RuntimeError("inside")

    response = broken.test_client().get("/api/v1/broken", headers={"X-Request-Id": "mine-42"})
    assert "mine-42" in check(response, 500, "InternalError")
    assert response.headers["X-Request-Id"] == "mine-42"
    assert "mine-42" in caplog.text


ORIGIN = "https://app.example"
ASK = {"Origin": ORIGIN, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x-api-key"}


def test_no_other_origin_is_allowed_by_default(client: FlaskClient) -> None:
    for response in (client.get("/api/v1/models", headers={"Origin": ORIGIN}), client.options(READ, headers=ASK)):
        assert not [name for name in dict(response.headers) if name.startswith("Access-Control")]


@pytest.mark.parametrize(("setting", "allowed"), [(f"{ORIGIN}, https://b.example", ORIGIN), ("*", "*")])
def test_a_named_origin_may_send_requests_and_read_errors(app: Flask, setting: str, allowed: str) -> None:
    client = served(app, cors_origins=setting, api_key="k")
    preflight = client.options(READ, headers=ASK)
    assert preflight.status_code == 200, "sent without a key"
    assert preflight.headers["Access-Control-Allow-Origin"] == allowed
    assert "POST" in preflight.headers["Access-Control-Allow-Methods"]
    assert preflight.headers["Access-Control-Allow-Headers"].lower() == "x-api-key"
    refused = client.post(READ, headers={"Origin": ORIGIN})
    assert refused.status_code == 401
    assert refused.headers["Access-Control-Allow-Origin"] == allowed
    assert {"X-Request-Id", "Retry-After"} <= set(refused.headers["Access-Control-Expose-Headers"].split(", "))
    assert ("Origin" in refused.headers.getlist("Vary")) is (setting != "*")


@pytest.mark.parametrize("path", ["/", "/api/v1/lab/training"])
def test_pages_and_the_lab_stay_closed_to_other_origins(app: Flask, path: str) -> None:
    response = served(app, cors_origins="*").get(path, headers={"Origin": ORIGIN})
    assert "Access-Control-Allow-Origin" not in response.headers


def test_an_origin_that_is_not_named_is_not_allowed(app: Flask) -> None:
    client = served(app, cors_origins=ORIGIN)
    for origin in ("https://evil.example", f"{ORIGIN}.evil.example", "null"):
        response = client.get("/api/v1/models", headers={"Origin": origin})
        assert "Access-Control-Allow-Origin" not in response.headers
        assert "Access-Control-Allow-Methods" not in client.options(READ, headers={**ASK, "Origin": origin}).headers


def test_a_key_is_required(app: Flask, seven: bytes) -> None:
    client = served(app, api_key="new-one, old-one")
    for key in ({}, {"X-API-Key": "other"}, {"Authorization": "Bearer new-on"}, {"Authorization": "Basic new-one"}):
        for path in ("/api/v1/models", "/metrics"):
            response = client.get(path, headers=key)
            check(response, 401, "BadKey")
            assert response.headers["WWW-Authenticate"].startswith("Bearer")
            assert HEADERS.items() <= dict(response.headers).items()
    for key in ({"X-API-Key": "old-one"}, {"Authorization": "bearer new-one"}):
        assert client.post(READ, data=seven, content_type=PNG, headers=key).json["text"] == "7"
        assert client.get("/metrics", headers=key).status_code == 200
    assert [client.get(path).status_code for path in ("/", "/healthz", "/openapi.json")] == [200, 200, 200]


def test_the_openapi_document_describes_keys(app: Flask, client: FlaskClient) -> None:
    spec = client.get("/openapi.json").json
    read = spec["paths"][READ]["post"]
    assert {"401", "429"} <= set(read["responses"])
    assert read["security"] == [{}, {"bearer": []}, {"apiKey": []}]
    assert set(spec["components"]["securitySchemes"]) == {"bearer", "apiKey"}
    closed = served(app, api_key="k").get("/openapi.json").json
    assert closed["paths"][READ]["post"]["security"] == [{"bearer": []}, {"apiKey": []}]
    assert "security" not in closed["paths"]["/healthz"]["get"]


@pytest.mark.parametrize(
    ("forwarded", "proxies", "client"),
    [
        ("", 0, "10.0.0.1"),
        ("1.1.1.1", 0, "10.0.0.1"),
        ("1.1.1.1", 1, "1.1.1.1"),
        ("1.1.1.1:4444", 1, "1.1.1.1"),
        ("6.6.6.6, 1.1.1.1", 1, "1.1.1.1"),
        ("6.6.6.6, 1.1.1.1, 10.0.0.9", 2, "1.1.1.1"),
        ("1.1.1.1", 2, "10.0.0.1"),
        ("", 1, "10.0.0.1"),
        ("::ffff:1.2.3.4", 1, "1.2.3.4"),
        ("[2001:db8::1]:443", 1, "2001:db8::/64"),
        ("any words", 1, "unknown"),
    ],
)
def test_a_rate_counts_the_client_that_the_proxies_name(app: Flask, forwarded: str, proxies: int, client: str) -> None:
    counted = create_app(Settings(model=app.config["INKLING"].model, trusted_proxies=proxies))
    seen: list[str] = []
    counted.before_request(lambda: seen.append(current_client.get()))
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    counted.test_client().get("/healthz", headers=headers, environ_overrides={"REMOTE_ADDR": "10.0.0.1"})
    assert seen == [client]


def test_an_ipv6_client_is_its_network() -> None:
    assert client_name("2001:db8:0:1::5") == client_name("2001:db8:0:1:a:b:c:d")
    assert client_name("2001:db8:0:1::5") != client_name("2001:db8:0:2::5")


def test_another_port_or_spelling_does_not_pass_the_rate(app: Flask) -> None:
    client = served(app, rate_per_minute=2, trusted_proxies=1)
    asked = [
        client.get("/api/v1/models", headers={"X-Forwarded-For": f"1.1.1.1:{port}"}).status_code
        for port in range(5000, 5008)
    ]
    assert asked == [200, 200] + [429] * 6
    assert client.get("/api/v1/models", headers={"X-Forwarded-For": "2.2.2.2"}).status_code == 200


def test_too_many_requests_get_a_retry_after(app: Flask) -> None:
    client = served(app, rate_per_minute=2)
    assert [client.get("/api/v1/models").status_code for _ in range(2)] == [200, 200]
    response = client.get("/api/v1/models")
    check(response, 429, "TooManyRequests")
    assert 0 < int(response.headers["Retry-After"]) <= 60
    assert client.get("/healthz").status_code == client.get("/").status_code == 200


def test_a_full_worker_refuses_before_it_reads_the_body(app: Flask, seven: bytes) -> None:
    busy = create_app(Settings(model=app.config["INKLING"].model, max_reading=1, max_waiting=1))
    current_client.set("127.0.0.1")  # the same client for all requests, so that none overtakes another
    permit = busy.extensions["inkling"].permit()
    answers: list[int] = []

    def ask() -> None:
        answers.append(busy.test_client().post(READ, data=seven, content_type=PNG).status_code)

    with permit:  # so that the admitted requests wait
        waiting = [threading.Thread(target=ask) for _ in range(2)]
        for thread in waiting:
            thread.start()
        gauge = "inkling_in_hand 2.0"
        while gauge not in busy.test_client().get("/metrics").text:
            pass
        body = Unread()
        response = busy.test_client().post(
            READ, content_type=PNG, environ_overrides={"wsgi.input": body, "CONTENT_LENGTH": "1000"}
        )
        check(response, 503, "Overloaded")
        assert response.headers["Retry-After"] == "1"
        assert HEADERS.items() <= dict(response.headers).items()
        assert busy.test_client().get("/readyz").status_code in (200, 503)
        assert busy.test_client().get("/healthz").status_code == 200
    for thread in waiting:
        thread.join(20)
    assert answers == [200, 200], "admitted requests are served"
    text = busy.test_client().get("/metrics").text
    assert 'inkling_refused_total{reason="overloaded"} 1.0' in text
    assert "inkling_in_hand 0.0" in text


class Unread:
    def read(self, *_: Any) -> bytes:
        raise AssertionError("the body was read")


@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
def test_a_body_is_not_read_where_none_is_taken(client: FlaskClient, method: str) -> None:
    for head in ({"CONTENT_LENGTH": "9000"}, {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True}):
        response = client.open("/healthz", method=method, environ_overrides={"wsgi.input": Unread(), **head})
        check(response, 400, "BadRequest")


@pytest.mark.parametrize(
    ("method", "path", "status"), [("POST", "/api/v1/nothing", 404), ("POST", "/healthz", 405), ("PUT", READ, 405)]
)
def test_a_body_is_not_read_where_nothing_answers(client: FlaskClient, method: str, path: str, status: int) -> None:
    given = {"wsgi.input": Unread(), "CONTENT_LENGTH": "9000"}
    assert client.open(path, method=method, environ_overrides=given).status_code == status


def test_a_lab_takes_no_large_body(client: FlaskClient) -> None:
    given = {"wsgi.input": Unread(), "CONTENT_LENGTH": "19000000"}
    response = client.post("/api/v1/lab/training", content_type="application/json", environ_overrides=given)
    check(response, 413, "ImageTooLarge")


@pytest.mark.parametrize("path", ["//api/v1/models", "///api/v1/models", "/api//v1/models", "//metrics"])
def test_a_key_is_required_however_the_path_is_written(app: Flask, path: str) -> None:
    client = served(app, api_key="k")
    given = {"PATH_INFO": path}
    assert client.get("/", environ_overrides=given).status_code in (308, 401)
    assert client.get("/", environ_overrides=given, headers={"X-API-Key": "k"}).status_code in (308, 200)


def test_http_1_1_needs_a_host(client: FlaskClient) -> None:
    at = client.get("/healthz", environ_overrides={"HTTP_HOST": "x", "SERVER_PROTOCOL": "HTTP/1.1"})
    assert at.status_code == 200
    environ = EnvironBuilder("/healthz").get_environ()
    del environ["HTTP_HOST"]
    content, status, _ = run_wsgi_app(client.application, environ)
    assert status == "400 BAD REQUEST"
    assert b"no Host header" in b"".join(content)


def test_one_client_leaves_places_for_others(app: Flask, seven: bytes) -> None:
    queue = FairQueue(running=2, waiting=6)
    queue.enter("one", 6)
    with pytest.raises(Overloaded, match="this client"):
        queue.enter("one", 1)
    queue.enter("other", 2)
    with pytest.raises(Overloaded, match="this worker"):
        queue.enter("third", 1)


def test_a_worker_renders_one_page_at_a_time_and_answers_others_meanwhile(app: Flask) -> None:
    running, most, first, end = 0, 0, threading.Event(), threading.Event()

    @rule(PAGE)
    def slow_page() -> str:
        nonlocal running, most
        running += 1
        most = max(most, running)
        first.set()
        end.wait(10)
        running -= 1
        return "page"

    served_app = create_app(Settings(model=app.config["INKLING"].model))
    served_app.view_functions["learn.contents"] = slow_page
    statuses: list[int] = []
    readers = [
        threading.Thread(target=lambda: statuses.append(served_app.test_client().get("/learn").status_code))
        for _ in range(3)
    ]
    for each in readers:
        each.start()
    assert first.wait(10)
    assert served_app.test_client().get("/healthz").status_code == 200
    end.set()
    for each in readers:
        each.join()
    assert (most, statuses) == (1, [200] * 3)
