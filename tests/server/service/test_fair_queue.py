"""The queue of readings: turns in order, by the time a client has used, and past a costly reading."""

from __future__ import annotations

import threading
import time

import pytest

from inkling.errors import Overloaded
from inkling.server.service.fair_queue import FairQueue


def started(
    queue: FairQueue, client: str, order: list[str], hold: threading.Event | None = None, name: str = ""
) -> threading.Thread:
    """A thread that waits for a turn, notes its name or client, and holds the turn until the event."""
    waiting = len(queue._waiting) + queue.running

    def read() -> None:
        with queue.turn(client, 20):
            order.append(name or client)
            if hold:
                hold.wait(20)

    thread = threading.Thread(target=read)
    thread.start()
    while len(queue._waiting) + queue.running == waiting:
        time.sleep(0.001)
    return thread


def test_turns_of_one_client_come_in_order() -> None:
    queue = FairQueue(running=1, waiting=8)
    order: list[str] = []
    with queue.turn("one", 1):
        time.sleep(0.01)  # which it is charged for
    hold = threading.Event()
    threads = [started(queue, "one", [], hold)]
    threads += [started(queue, "one", order, name=str(n)) for n in range(6)]
    hold.set()
    for thread in threads:
        thread.join(20)
    assert order == list("012345")
    assert queue.running == 0


def test_the_client_that_has_used_less_time_is_next() -> None:
    queue = FairQueue(running=2, waiting=8)
    order: list[str] = []
    with queue.turn("costly", 1):
        time.sleep(0.05)
    hold = threading.Event()
    running = [started(queue, "costly", [], hold) for _ in range(2)]
    waiting = [started(queue, client, order) for client in ("costly", "costly", "modest")]
    # It need not even wait for the costly readings to end.
    until_s = time.monotonic() + 20
    while not order and time.monotonic() < until_s:
        time.sleep(0.01)
    assert order == ["modest"]
    assert queue.running == 2
    hold.set()
    for thread in (*running, *waiting):
        thread.join(20)
    assert order == ["modest", "costly", "costly"]


def test_a_client_does_not_overtake_itself() -> None:
    queue = FairQueue(running=1, waiting=8)
    with queue.turn("one", 1), pytest.raises(Overloaded, match="waited"), queue.turn("one", 0.3):
        pass
    with queue.turn("one", 1), queue.turn("other", 5):
        assert queue.running == 2
        with pytest.raises(Overloaded), queue.turn("third", 0.3):
            pass


def test_a_turn_measures_how_long_it_is_held() -> None:
    queue = FairQueue(running=1, waiting=1)
    with queue.turn("", 1) as turn:
        time.sleep(0.02)
    assert 0.02 <= turn.held_s < 5


def test_nothing_is_lost_under_contention() -> None:
    queue = FairQueue(running=2, waiting=100)
    done: list[int] = []
    most = 0

    def work(number: int) -> None:
        nonlocal most
        for _ in range(50):
            with queue.turn(str(number % 3), 20):
                most = max(most, queue.running)
            done.append(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(done) == 400
    assert most <= 3
    assert queue.running == 0
