"""A reading that does not end ends its worker, and one that does end does not."""

from __future__ import annotations

import threading

import pytest

from inkling.server.service.watchdog import EXIT_STATUS, Watchdog


@pytest.mark.slow
def test_only_a_reading_that_does_not_end_ends_the_worker() -> None:
    ended = threading.Event()
    statuses: list[int] = []

    def end(status: int) -> None:
        statuses.append(status)
        ended.set()

    watchdog = Watchdog(0.2, end)
    for number in range(50):  # each far shorter, all together longer
        watchdog.started(number)
        assert not ended.wait(0.01)
        watchdog.finished(number)
    watchdog.started("for ever")
    assert ended.wait(20)
    assert statuses == [EXIT_STATUS]


def test_none_by_default() -> None:
    before = threading.active_count()
    Watchdog(0)
    assert threading.active_count() == before
