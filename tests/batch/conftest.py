"""Buckets for the tests that need the cluster extra."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.batch import s3


@pytest.fixture(scope="session")
def s3_port() -> Iterator[int]:
    with s3.s3_server() as port:
        yield port


@pytest.fixture
def bucket(s3_port: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[s3.Proxy]:
    """A proxy in front of a bucket `pictures`; the environment points to the proxy, and tests set `failing`."""
    s3.make_bucket(s3_port, "pictures")
    for name, value in s3.KEYS.items():
        monkeypatch.setenv(name, value)
    with s3.proxy(s3_port) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
        yield server
