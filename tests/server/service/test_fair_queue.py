"""The queue of readings: order of turns, time used per client, expected waits, and overtaking of expensive readings."""

from __future__ import annotations

import contextlib
import heapq
import random
import threading
import time
from itertools import count

import pytest

from inkling.errors import Overloaded
from inkling.server.service.fair_queue import LATEST_WEIGHT, FairQueue, Turn

LOAD_S = 12.0
WARM_UP_S = 2.0  # until the reading times are known


class Readings:
    """A queue on a clock that only readings advance."""

    def __init__(self, *, running: int = 1, waiting: int = 13) -> None:
        self.now_s = 1000.0
        self.queue = FairQueue(running, waiting, clock=lambda: self.now_s)

    def read(self, client: str, seconds: float, times: int = 1) -> None:
        for _ in range(times):
            with self.queue.turn(client, 1):
                self.now_s += seconds

    def accepted(self, client: str, most: int = 20) -> int:
        """How many further requests of the client are accepted."""
        for number in range(most):
            try:
                self.queue.enter(client, 1)
            except Overloaded:
                return number
        return most


def started(
    queue: FairQueue, client: str, order: list[str], hold: threading.Event | None = None, name: str = ""
) -> threading.Thread:
    """A thread that waits for a turn, records `name` or else `client`, and holds the turn until `hold` is set."""
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
        time.sleep(0.01)  # so that the client has used some time
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
    # The modest client does not have to wait for the expensive readings to end.
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


@pytest.mark.parametrize(("reading_s", "accepted"), [(0.003, 11), (0.03, 9), (0.06, 5), (0.24, 2), (3.0, 1)])
def test_a_client_is_accepted_while_it_would_not_wait_long(reading_s: float, accepted: int) -> None:
    readings = Readings()
    readings.read("one", reading_s)
    assert readings.accepted("one") == accepted
    if accepted < 11:
        with pytest.raises(Overloaded, match="would wait about"):
            readings.queue.check("one", 1)


def test_before_the_first_reading_only_the_number_is_limited() -> None:
    assert Readings().accepted("one") == 11


def test_concurrent_readings_shorten_the_wait() -> None:
    readings = Readings(running=2)
    readings.read("one", 0.09)
    assert readings.accepted("one") == 6
    slow = Readings(running=2)
    slow.read("one", 4.0)
    assert slow.accepted("one") == 2, "they do not have to wait"


def test_a_client_with_costly_readings_delays_only_itself() -> None:
    readings = Readings()
    readings.read("costly", 0.12)
    readings.read("modest", 0.003)
    assert readings.accepted("costly") == 3
    assert readings.accepted("modest") == 11


def test_a_slow_client_is_not_refused_for_what_it_may_overtake() -> None:
    readings = Readings()
    readings.read("costly", 5.0)
    readings.read("modest", 0.3)
    assert readings.accepted("costly") == 1
    assert readings.accepted("modest") == 1


def test_the_work_of_all_clients_is_limited() -> None:
    readings = Readings()
    readings.read("one", 0.06)  # other clients may overtake such a reading after OVERTAKE_S
    # Clients without a reading so far are expected to take as long as the others.
    assert [readings.accepted(f"client {number}", most=1) for number in range(8)] == [1] * 6 + [0] * 2
    readings.queue.leave("client 0", 1)
    assert readings.accepted("client 7", most=1) == 1


def test_the_expected_time_follows_the_readings() -> None:
    readings = Readings()
    readings.read("one", 0.003, times=1000)
    readings.read("one", 0.2, times=8)
    assert readings.accepted("one") == 2
    readings.queue.leave("one", 2)
    readings.read("one", 0.003, times=int(4 / LATEST_WEIGHT))
    assert readings.accepted("one") == 11


def test_a_client_is_not_refused_for_a_long_idle_time() -> None:
    readings = Readings()
    readings.read("one", 0.01)
    readings.now_s += 1e9
    readings.read("other", 0.01)
    assert readings.accepted("one") == 11


class Load:
    """Requests that arrive at random times for LOAD_S, on a simulated clock."""

    def __init__(self, **clients: tuple[float, float]) -> None:
        """`clients`: the seconds that a reading takes, and the requests per second."""
        self.now_s = 0.0
        self.queue = FairQueue(running=1, waiting=13, clock=lambda: self.now_s)
        self.waits_s: dict[str, list[float]] = {client: [] for client in clients}
        rng, came_s, order = random.Random(7), dict[Turn, float](), count()
        events = [(rng.expovariate(per_s), next(order), name, None) for name, (_, per_s) in clients.items()]
        while events:
            self.now_s, _, client, ended = heapq.heappop(events)
            before = list(self.queue._running)
            if ended:
                self.queue._end(ended)
                self.queue.leave(client, 1)
            elif self.now_s < LOAD_S:
                next_s = self.now_s + rng.expovariate(clients[client][1])
                heapq.heappush(events, (next_s, next(order), client, None))
                with contextlib.suppress(Overloaded):
                    self.queue.enter(client, 1)
                    came_s[self.queue._request(client)] = self.now_s
            for turn in self.queue._running:
                if turn not in before:
                    if self.now_s > WARM_UP_S:
                        self.waits_s[turn.client].append(self.now_s - came_s[turn])
                    ends_s = self.now_s + clients[turn.client][0]
                    heapq.heappush(events, (ends_s, next(order), turn.client, turn))

    def p99_s(self, client: str) -> float:
        return sorted(self.waits_s[client])[len(self.waits_s[client]) * 99 // 100]


@pytest.mark.parametrize("reading_s", [0.01, 0.024, 0.1])
def test_an_accepted_request_waits_briefly_on_slow_machines_too(reading_s: float) -> None:
    load = Load(one=(reading_s, 3 / reading_s))
    assert load.p99_s("one") <= 0.251
    assert len(load.waits_s["one"]) > 0.9 * (LOAD_S - WARM_UP_S) / reading_s, "the machine is busy"


def test_many_clients_wait_briefly() -> None:
    load = Load(**{f"client{number}": (0.024, 10.0) for number in range(12)})
    assert max(map(load.p99_s, load.waits_s)) <= 0.25 + 3 * 0.024


@pytest.mark.parametrize("costly_s", [0.03, 0.08])
def test_a_client_with_costly_readings_leaves_another_its_readings(costly_s: float) -> None:
    load = Load(costly=(costly_s, 300.0), modest=(0.003, 8.0))
    assert load.p99_s("modest") <= costly_s + 0.01
    assert len(load.waits_s["modest"]) > 50
    assert load.p99_s("costly") <= 0.25 + costly_s
