"""Rates of clients: where they are counted, and what is said where they cannot be."""

from __future__ import annotations

import pytest

from inkling.errors import BadRequest, Overloaded, TooManyRequests
from inkling.server.middleware.rates import rate_check
from inkling.server.settings import Settings


def test_no_rate_counts_nothing() -> None:
    check = rate_check(Settings(rate_storage="nonsense://"))
    for _ in range(100):
        check("one")


def test_each_client_has_its_own_rate() -> None:
    check = rate_check(Settings(rate_per_minute=3))
    for _ in range(3):
        check("one")
    with pytest.raises(TooManyRequests, match="more than 3") as refused:
        check("one")
    assert 1 <= refused.value.retry_after_s <= 60
    check("other")


@pytest.mark.parametrize("storage", ["nonsense://", ""])
def test_a_storage_that_cannot_be_used_is_said(storage: str) -> None:
    with pytest.raises(BadRequest, match="INKLING_RATE_STORAGE") as refused:
        rate_check(Settings(rate_per_minute=3, rate_storage=storage))
    assert "redis://HOST" in str(refused.value)


def test_a_silent_storage_refuses_instead_of_letting_all_pass() -> None:
    pytest.importorskip("redis")
    check = rate_check(Settings(rate_per_minute=3, rate_storage="redis://127.0.0.1:1"))
    with pytest.raises(Overloaded, match="does not answer"):
        check("one")
