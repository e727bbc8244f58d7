"""The fair semaphore: a limit, an order, and no lost permit."""

from __future__ import annotations

import threading
import time

from inkling.server.service.fair_semaphore import FairSemaphore


def test_permits_are_given_in_order() -> None:
    semaphore, order = FairSemaphore(1), []
    assert semaphore.acquire(0)
    threads = []
    for number in range(6):

        def wait(number: int = number) -> None:
            assert semaphore.acquire(20)
            order.append(number)
            semaphore.release()

        threads.append(threading.Thread(target=wait))
        threads[-1].start()
        while len(semaphore._queue) <= number:
            time.sleep(0.001)
    semaphore.release()
    for thread in threads:
        thread.join(20)
    assert order == list(range(6))


def test_a_thread_that_gives_up_leaves_the_queue() -> None:
    semaphore = FairSemaphore(2)
    assert semaphore.acquire(0)
    assert semaphore.acquire(0)
    assert not semaphore.acquire(0.01)
    semaphore.release()
    assert semaphore.acquire(0), "the permit does not go to a thread that has left"
    semaphore.release()
    semaphore.release()
    assert [semaphore.acquire(0) for _ in range(3)] == [True, True, False]


def test_never_more_than_allowed_at_once() -> None:
    semaphore, held, most = FairSemaphore(3), 0, 0
    lock = threading.Lock()

    def work() -> None:
        nonlocal held, most
        for _ in range(50):
            assert semaphore.acquire(20)
            with lock:
                held += 1
                most = max(most, held)
            time.sleep(0.0002)
            with lock:
                held -= 1
            semaphore.release()

    threads = [threading.Thread(target=work) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert (held, most) == (0, 3)
