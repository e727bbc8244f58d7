"""The log: one line per request, errors on one line, and no uploaded content."""

from __future__ import annotations

import json
import logging
import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask

from inkling.client import Client
from inkling.server.app import create_app
from inkling.server.middleware import request_log
from inkling.server.rules import API, rule
from inkling.server.settings import Settings
from tests.cli.test_serve import serving

READ = "/api/v1/read"


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    yield
    request_log.configure("off")


def test_one_line_per_request(app: Flask, seven: bytes, capfd: pytest.CaptureFixture[str]) -> None:
    model = app.config["INKLING"].model
    client = create_app(Settings(model=model, log="json", api_key="secret-key")).test_client()
    name = app.extensions["inkling"].default().name
    key = {"X-API-Key": "secret-key", "X-Request-Id": "mine"}
    client.post(f"{READ}?mode=single", data=seven, content_type="image/png", headers=key)
    client.post(READ, data=b"private words", content_type="image/png", headers=key)
    client.get("/api/v1/private-path?private=query", headers=key)
    client.get("/api/v1/models", headers={"X-API-Key": "private-key"})
    text = capfd.readouterr().err
    lines = [json.loads(line) for line in text.splitlines()]
    assert [line["status"] for line in lines] == [200, 415, 404, 401]
    first = lines[0]
    assert first.pop("time").endswith("+00:00")
    assert first.pop("took_ms") > 0
    assert first.pop("message").startswith(f"request_id=mine method=POST route={READ} status=200 ")
    assert first == {
        "level": "INFO",
        "request_id": "mine",
        "method": "POST",
        "route": READ,
        "status": 200,
        "bytes_in": len(seven),
        "worker": os.getpid(),
        "logger": "inkling.requests",
        "outcome": "read",
        "model": name,
    }
    assert lines[1]["outcome"] == "UnknownFormat"
    assert lines[2]["route"] == "(none)"
    assert lines[3]["refused"] == "key"
    assert "private" not in text
    assert "secret" not in text


def test_an_error_is_one_line_with_its_traceback(app: Flask, capfd: pytest.CaptureFixture[str]) -> None:
    broken = create_app(Settings(model=app.config["INKLING"].model, log="json"))

    @broken.get("/api/v1/broken/<name>")
    @rule(API)
    def fail(name: str) -> str:
        raise RuntimeError("a reason\nof two lines")

    broken.test_client().get("/api/v1/broken/private", headers={"X-Request-Id": "mine"})
    text = capfd.readouterr().err
    error, request = [json.loads(line) for line in text.splitlines()]
    assert error["level"] == request["level"] == "ERROR"
    assert error["request_id"] == request["request_id"] == "mine"
    assert 'raise RuntimeError("a reason' in error["traceback"]
    assert "/private" not in text


@pytest.mark.slow
def test_no_line_is_lost_while_models_are_loaded(seven: bytes) -> None:
    """Native libraries write to stderr while they load a network. Lines of other requests must not get lost."""
    with serving("--model", "ann", INKLING_LOG="json") as (process, url), ThreadPoolExecutor(4) as pool:
        assert process.stderr is not None
        lines = pool.submit(process.stderr.readlines)
        with Client(url, timeout_s=20) as client:
            names = [model.name for model in client.models()]
            done = threading.Event()

            def ask() -> int:
                n = 0
                while not done.is_set():
                    client.read(seven)
                    n += 1
                return n

            asking = [pool.submit(ask) for _ in range(2)]
            for name in names:  # loaded on demand
                client.read(seven, model=name)
            done.set()
            n_read = len(names) + sum(each.result() for each in asking)
        process.send_signal(signal.SIGINT)
        logged = [json.loads(line) for line in lines.result()]
    assert n_read > 2 * len(names)
    assert sum(line["route"] == READ for line in logged) == n_read
    assert {line["model"] for line in logged if line["route"] == READ} == set(names)


def test_text_lines_and_no_log_by_default(app: Flask, capfd: pytest.CaptureFixture[str]) -> None:
    model = app.config["INKLING"].model
    create_app(Settings(model=model, log="text")).test_client().get("/healthz", headers={"X-Request-Id": "mine"})
    line = capfd.readouterr().err
    assert "INFO request_id=mine method=GET route=/healthz status=200" in line
    assert line.endswith(f"bytes_in=0 worker={os.getpid()}\n")
    create_app(Settings(model=model)).test_client().get("/healthz")
    assert capfd.readouterr().err == ""
    assert not logging.getLogger("inkling").handlers
