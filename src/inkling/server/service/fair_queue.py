"""Admission control and fair scheduling of one worker's readings.

- *Places* limit the readings that wait or run. No client can take all of them, so some are left for others.
- A request is refused if its expected wait exceeds MAX_EXPECTED_WAIT_S: the time for the client's earlier requests, and
  about as much again for every other client. The moving average of a client's reading times predicts the next one.
- *Turns* go to the waiting client that has used the least time, so a client with expensive pictures does not delay the
  others. Time that a client does not use while it is idle is lost (start-time fair queuing). A turn that is late comes
  first.
- An expensive reading cannot be interrupted, but it can be *overtaken*: once all running readings have taken
  OVERTAKE_S, one more may run, if its client has none running.
"""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from inkling.errors import Overloaded

MAX_EXPECTED_WAIT_S = 0.25
LATE_READINGS = 2  # a turn is late after MAX_EXPECTED_WAIT_S plus the time of this many of its client's readings
LATEST_WEIGHT = 0.2  # weight of the latest reading in the moving average
KEPT_SHARE = 4  # one place in KEPT_SHARE is reserved for other clients
OVERTAKE_S = 0.05  # several times an ordinary reading
OVERTAKING = 1  # readings that may run beyond the limit
MAX_USAGES = 1000  # clients whose usage is remembered; the one whose latest reading is oldest is forgotten first


@dataclass(eq=False)
class Turn:
    """A reading that waits or runs."""

    client: str
    late_at_s: float
    started_s: float = 0.0
    held_s: float = 0.0  # run time without waiting; set at its end
    given: threading.Event = field(default_factory=threading.Event)


@dataclass(frozen=True)
class Usage:
    """The readings of a client."""

    used_s: float = 0.0  # used time, on the virtual clock (`_virtual_s`)
    mean_s: float = 0.0  # moving average of the time of a reading

    def with_reading(self, took_s: float, since_s: float = 0.0) -> Usage:
        """The usage after another reading, by a client that was idle until `since_s` on the virtual clock."""
        mean_s = self.mean_s + LATEST_WEIGHT * (took_s - self.mean_s) if self.mean_s else took_s
        return Usage(max(since_s, self.used_s) + took_s, mean_s)


class FairQueue:
    """`running`: number of concurrent readings; `waiting`: number of further ones that are accepted."""

    def __init__(self, running: int, waiting: int, *, clock: Callable[[], float] = time.perf_counter) -> None:
        self.limit = running + waiting
        self.in_flight = 0
        self._client_limit = self.limit - self.limit // KEPT_SHARE
        self._permits = running
        self._places: Counter[str] = Counter()
        self._waiting: deque[Turn] = deque()
        self._running: list[Turn] = []
        self._usage: dict[str, Usage] = {}  # by client
        self._usage_of_all = Usage()
        self._virtual_s = 0.0  # the used time of the client that had the latest turn
        self._clock = clock
        self._lock = threading.RLock()

    @property
    def running(self) -> int:
        """Number of readings that run now."""
        return len(self._running)

    def check(self, client: str, places: int) -> None:
        """Raises Overloaded unless the places are free for this client. An idle worker accepts any number of places."""
        with self._lock:
            if self.in_flight and self.in_flight + places > self.limit:
                raise Overloaded(
                    f"{self.in_flight} requests are in progress, the limit of this worker. Try again in a moment."
                )
            own = self._places[client]
            if own and own + places > self._client_limit:
                raise Overloaded(
                    f"{own} requests from this client are in progress, which is the limit per client. Try again in a "
                    "moment."
                )
            wait_s = self._expected_wait_s(client)
            if wait_s > MAX_EXPECTED_WAIT_S:
                raise Overloaded(
                    f"a reading would wait about {wait_s:.2g} s; the limit is {MAX_EXPECTED_WAIT_S:g} s. "
                    "Try again in a moment."
                )

    def enter(self, client: str, places: int) -> None:
        """Take places. Raises Overloaded."""
        with self._lock:
            self.check(client, places)
            self.in_flight += places
            self._places[client] += places

    def leave(self, client: str, places: int) -> None:
        """Release places."""
        with self._lock:
            self.in_flight -= places
            self._places[client] -= places
            if not self._places[client]:
                del self._places[client]

    @contextmanager
    def turn(self, client: str, max_wait_s: float) -> Iterator[Turn]:
        """Wait for a turn, and hold it during the block. Raises Overloaded after `max_wait_s`."""
        until_s = self._clock() + max_wait_s
        mine = self._request(client)
        if not self._wait(mine, until_s):
            raise Overloaded(
                f"waited {max_wait_s:g} s for a turn; the service is reading as many pictures as it can. Try again in "
                "a moment."
            )
        try:
            yield mine
        finally:
            self._end(mine)

    def _request(self, client: str) -> Turn:
        """A new turn, which has started or waits."""
        with self._lock:
            late_at_s = self._clock() + MAX_EXPECTED_WAIT_S + LATE_READINGS * self._mean_s(client)
            turn = Turn(client, late_at_s)
            if len(self._running) < self._permits:
                self._start(turn)
            else:
                self._waiting.append(turn)
        return turn

    def _wait(self, mine: Turn, until_s: float) -> bool:
        """Wait for the turn. Returns whether it came in time."""
        while not mine.given.wait(min(OVERTAKE_S, max(0.0, until_s - self._clock()))):
            with self._lock:
                if mine.given.is_set():
                    return True
                late = self._clock() >= until_s
                if late or self._may_overtake(mine.client):
                    self._waiting.remove(mine)
                    if not late:
                        self._start(mine)
                    return not late
        return True

    def _expected_wait_s(self, client: str) -> float:
        """The expected time until a further request of the client has its turn.

        It assumes that every other client in progress uses as much time as this one, including the new request. A
        client without requests in progress may overtake, so it waits at most OVERTAKE_S for every other client.
        """
        if self.in_flight < self._permits:
            return 0.0
        others, mean_s = len(self._places) - (client in self._places), self._mean_s(client)
        own_s = self._places[client] * mean_s
        other_s = self._used_s(client) - self._virtual_s + own_s + mean_s
        if client not in self._places:
            other_s = min(other_s, OVERTAKE_S)
        return (own_s + others * other_s) / self._permits

    def _mean_s(self, client: str) -> float:
        """The average reading time of the client, or of all clients if it has no readings."""
        return self._usage.get(client, self._usage_of_all).mean_s

    def _may_overtake(self, client: str) -> bool:
        latest_s = self._clock() - OVERTAKE_S
        return len(self._running) < self._permits + OVERTAKING and all(
            other.client != client and other.started_s < latest_s for other in self._running
        )

    def _start(self, turn: Turn) -> None:
        self._virtual_s = self._used_s(turn.client)
        turn.started_s = self._clock()
        self._running.append(turn)
        turn.given.set()

    def _end(self, turn: Turn) -> None:
        with self._lock:
            turn.held_s = self._clock() - turn.started_s
            self._running.remove(turn)
            self._record(turn)
            while self._waiting and len(self._running) < self._permits:
                now_s = self._clock()
                # In a tie, the first one.
                following = min(self._waiting, key=lambda w: self._used_s(w.client) if now_s < w.late_at_s else 0.0)
                self._waiting.remove(following)
                self._start(following)

    def _used_s(self, client: str) -> float:
        return max(self._virtual_s, self._usage.get(client, Usage()).used_s)

    def _record(self, turn: Turn) -> None:
        before = self._usage.pop(turn.client, Usage())
        self._usage[turn.client] = before.with_reading(turn.held_s, self._virtual_s)
        self._usage_of_all = self._usage_of_all.with_reading(turn.held_s)
        if len(self._usage) > MAX_USAGES:
            del self._usage[next(iter(self._usage))]
