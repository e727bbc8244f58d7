"""A real app with the default model, and a client for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from inkling.server.app import create_app
from inkling.server.settings import load

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient


@pytest.fixture(scope="session")
def app() -> Flask:
    return create_app(load())


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()
