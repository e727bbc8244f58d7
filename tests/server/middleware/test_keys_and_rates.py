"""Rate limits per client: their storage, the errors if it cannot be used, and a clock that jumps."""

from __future__ import annotations

import time

import pytest

from inkling.errors import BadRequest, Overloaded, TooManyRequests
from inkling.server.middleware.keys_and_rates import rate_check
from inkling.server.settings import Settings


def test_no_rate_counts_nothing() -> None:
    check = rate_check(Settings(rate_storage="nonsense://"))
    for _ in range(100):
        check("one")


def test_each_client_has_its_own_rate() -> None:
    check = rate_check(Settings(rate_per_minute=3))
    for _ in range(3):
        check("one")
    with pytest.raises(TooManyRequests, match="limit of 3") as refused:
        check("one")
    assert 1 <= refused.value.retry_after_s <= 60
    check("other")


@pytest.mark.parametrize("jump_s", [-86_400, 86_400])
def test_a_clock_that_jumps_locks_no_client_out(monkeypatch: pytest.MonkeyPatch, jump_s: float) -> None:
    check = rate_check(Settings(rate_per_minute=3))
    for _ in range(3):
        check("one")
    now_s = time.time() + jump_s
    monkeypatch.setattr(time, "time", lambda: now_s)
    for _ in range(3):
        check("one")
    with pytest.raises(TooManyRequests) as refused:
        check("one")
    assert 1 <= refused.value.retry_after_s <= 60


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
