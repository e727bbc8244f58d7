"""Readings of one worker: how many are accepted, how many run, and whose turn it is.

- *Places* are taken before a body is read, and bound what waits and runs. A part of them is kept from any one client,
  so that the next finds one.
- *Turns* are given to the waiting client that has used the least time lately, so a client with costly pictures waits
  for itself and not the others for it.
- A costly reading cannot be interrupted, but it can be *overtaken*: once every running reading has taken OVERTAKE_S,
  one more runs, if its client has none running.
"""

from __future__ import annotations

import math
import threading
import time
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from inkling.errors import Overloaded

KEPT_SHARE = 4  # one place in so many is kept for other clients
OVERTAKE_S = 0.05  # several ordinary readings
OVERTAKING = 1  # readings that may run beyond the limit
HALF_LIFE_S = 10.0  # after which a client's used time counts half
MIN_USED_S = 0.001  # less is forgotten


@dataclass(eq=False)
class Turn:
    """A reading that waits or runs."""

    client: str
    started_s: float = 0.0  # perf_counter
    held_s: float = 0.0  # how long it ran, without waiting; set at its end
    given: threading.Event = field(default_factory=threading.Event)


class FairQueue:
    """`running`: readings at the same time; `waiting`: further ones that are accepted."""

    def __init__(self, running: int, waiting: int) -> None:
        self.limit = running + waiting
        self.in_flight = 0
        self._client_limit = self.limit - self.limit // KEPT_SHARE
        self._permits = running
        self._places: Counter[str] = Counter()
        self._waiting: deque[Turn] = deque()
        self._running: list[Turn] = []
        self._used: dict[str, tuple[float, float]] = {}  # client -> (seconds, as of when)
        self._lock = threading.Lock()

    @property
    def running(self) -> int:
        """Readings that run now."""
        return len(self._running)

    def check(self, client: str, places: int) -> None:
        """Raises Overloaded unless so many places are free, and free for this client. An empty worker accepts all."""
        if self.in_flight and self.in_flight + places > self.limit:
            raise Overloaded(
                f"{self.in_flight} requests are in progress, as many as this worker accepts. Try again in a moment."
            )
        if self._places[client] and self._places[client] + places > self._client_limit:
            raise Overloaded(
                f"{self._places[client]} requests of this client are in progress, as many as this worker accepts of "
                "one. Try again in a moment."
            )

    def enter(self, client: str, places: int) -> None:
        """Take places. Raises Overloaded."""
        with self._lock:
            self.check(client, places)
            self.in_flight += places
            self._places[client] += places

    def leave(self, client: str, places: int) -> None:
        """Give places back."""
        with self._lock:
            self.in_flight -= places
            self._places[client] -= places
            if not self._places[client]:
                del self._places[client]

    @contextmanager
    def turn(self, client: str, max_wait_s: float) -> Iterator[Turn]:
        """Wait for a turn, and have it for the length of the block. Raises Overloaded after `max_wait_s`."""
        mine = Turn(client)
        if not self._wait(mine, time.monotonic() + max_wait_s):
            raise Overloaded(
                f"waited {max_wait_s:g} s; the service reads as many pictures as it can at once. Try again in a moment."
            )
        try:
            yield mine
        finally:
            self._end(mine)

    def _wait(self, mine: Turn, until_s: float) -> bool:
        """Whether the turn came in time."""
        with self._lock:
            if len(self._running) < self._permits:
                self._start(mine)
                return True
            self._waiting.append(mine)
        while not mine.given.wait(min(OVERTAKE_S, max(0.0, until_s - time.monotonic()))):
            with self._lock:
                if mine.given.is_set():
                    return True
                late = time.monotonic() >= until_s
                if late or self._may_overtake(mine.client):
                    self._waiting.remove(mine)
                    if not late:
                        self._start(mine)
                    return not late
        return True

    def _may_overtake(self, client: str) -> bool:
        latest_s = time.perf_counter() - OVERTAKE_S
        return len(self._running) < self._permits + OVERTAKING and all(
            other.client != client and other.started_s < latest_s for other in self._running
        )

    def _start(self, turn: Turn) -> None:
        turn.started_s = time.perf_counter()
        self._running.append(turn)
        turn.given.set()

    def _end(self, turn: Turn) -> None:
        with self._lock:
            turn.held_s = time.perf_counter() - turn.started_s
            self._running.remove(turn)
            self._charge(turn.client, turn.held_s)
            while self._waiting and len(self._running) < self._permits:
                # Once for each client: used time fades, and the last of one client's turns would seem the cheapest.
                used_s = {client: self._used_s(client) for client in {waiting.client for waiting in self._waiting}}
                following = min(self._waiting, key=lambda waiting: used_s[waiting.client])  # the first of equals
                self._waiting.remove(following)
                self._start(following)

    def _used_s(self, client: str) -> float:
        seconds, as_of_s = self._used.get(client, (0.0, 0.0))
        return seconds * math.exp2((as_of_s - time.monotonic()) / HALF_LIFE_S) if seconds else 0.0

    def _charge(self, client: str, seconds: float) -> None:
        self._used[client] = self._used_s(client) + seconds, time.monotonic()
        if len(self._used) > 1000:
            self._used = {name: used for name, used in self._used.items() if self._used_s(name) > MIN_USED_S}
