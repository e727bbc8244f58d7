"""Turns: so many at once, in order, and none lost."""

from __future__ import annotations

import threading
import time

from inkling.server.service.fair_semaphore import Turns


def test_in_the_order_in_which_they_were_asked_for() -> None:
    turns, order = Turns(1), []
    assert turns.take(0)
    threads = []
    for number in range(6):

        def wait(number: int = number) -> None:
            assert turns.take(20)
            order.append(number)
            turns.give()

        threads.append(threading.Thread(target=wait))
        threads[-1].start()
        while len(turns._row) <= number:
            time.sleep(0.001)
    turns.give()
    for thread in threads:
        thread.join(20)
    assert order == list(range(6))


def test_whoever_gives_up_leaves_the_row() -> None:
    turns = Turns(2)
    assert turns.take(0)
    assert turns.take(0)
    assert not turns.take(0.01)
    turns.give()
    assert turns.take(0), "the turn is not given to one who has gone"
    turns.give()
    turns.give()
    assert [turns.take(0) for _ in range(3)] == [True, True, False]


def test_never_more_than_allowed_at_once() -> None:
    turns, held, most = Turns(3), 0, 0
    lock = threading.Lock()

    def work() -> None:
        nonlocal held, most
        for _ in range(50):
            assert turns.take(20)
            with lock:
                held += 1
                most = max(most, held)
            time.sleep(0.0002)
            with lock:
                held -= 1
            turns.give()

    threads = [threading.Thread(target=work) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert (held, most) == (0, 3)
