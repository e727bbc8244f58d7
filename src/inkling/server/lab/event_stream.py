"""What a training says, as server-sent events. An event's id is RUN:OFFSET, the byte behind it in the run's log.

A stream begins with the whole state, or, with Last-Event-ID, right behind that event: nothing is missed or told twice.
Each stream holds one of the worker's threads, so there are few, and each ends after a while; a browser comes back by
itself.
Source: WHATWG, HTML Standard, "Server-sent events".
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator

from inkling.errors import Overloaded
from inkling.lab_protocol.lab_folder import events_after, read_json
from inkling.server.lab.shutdown_signal import stopping
from inkling.server.lab.training_manager import Laboratory

TICK_S = 0.2
LOOK_S = 1.0  # between two looks at what the log does not say: a process that died, a model that was kept
HEARTBEAT_S = 10.0
LIFE_S = 900.0
SHARE = 4  # at most one in so many of a worker's threads is given to streams


class Listeners:
    """Bounds the streams of this worker."""

    def __init__(self, threads: int) -> None:
        self.most = max(1, threads // SHARE)
        self._seats = threading.BoundedSemaphore(self.most)

    def enter(self) -> Seat:
        """A seat. Raises Overloaded when all are taken."""
        if not self._seats.acquire(blocking=False):
            raise Overloaded(
                f"{self.most} listeners follow the training already, as many as this worker takes on. Ask "
                "/api/v1/lab/training from time to time instead, or try again later."
            )
        return Seat(self._seats)


class Seat:
    """One listener's place; left once, however often it is closed."""

    def __init__(self, seats: threading.BoundedSemaphore) -> None:
        self._seats: threading.BoundedSemaphore | None = seats

    def leave(self) -> None:
        seats, self._seats = self._seats, None
        if seats:
            seats.release()


def follow(laboratory: Laboratory, last_event_id: str, life_s: float = LIFE_S) -> Iterator[str]:
    """The text of the stream, until the server stops or `life_s` have passed."""
    lab = laboratory.lab
    run, offset = position(laboratory, last_event_id)
    told = run  # the run whose state the listener knows
    shown, kept_ns = "", laboratory.kept.changed_ns()
    looked_s = spoke_s = began_s = time.monotonic()
    yield "retry: 1000\n\n"
    if not told:
        state = laboratory.state()
        run, offset, shown, told = state["run"], state.get("last", 0), state["state"], state["run"]
        yield event("all", json.dumps(state), f"{run}:{offset}")
    while not stopping.wait(TICK_S) and time.monotonic() - began_s < life_s:
        now = time.monotonic()
        if read_json(lab.facts).get("run", "") != run:
            looked_s, shown = 0, "?"  # another training, or none
        else:
            for behind, line in events_after(lab.events, offset):
                yield event(json.loads(line)["type"], line, f"{run}:{behind}")
                offset, spoke_s = behind, now
        if now - looked_s >= LOOK_S:
            looked_s = now
            state = laboratory.state()
            lost = state["state"] == "interrupted" != shown
            if state["run"] != run or lost:
                run, offset, spoke_s = state["run"], state.get("last", 0), now
                yield event("all", json.dumps(state), f"{run}:{offset}")
            shown = state["state"]
            if laboratory.kept.changed_ns() != kept_ns:
                kept_ns, spoke_s = laboratory.kept.changed_ns(), now
                yield event("models", "{}")
        if now - spoke_s >= HEARTBEAT_S:
            spoke_s = now
            yield ": still here\n\n"


def position(laboratory: Laboratory, last_event_id: str) -> tuple[str, int]:
    """(run, offset) to go on from; ("", 0) when the id is not of this run or of no event."""
    run, _, text = last_event_id.partition(":")
    if not run or not text.isdecimal() or read_json(laboratory.lab.facts).get("run") != run:
        return "", 0
    try:
        offset = int(text)
        with laboratory.lab.events.open("rb") as file:
            file.seek(max(0, offset - 1))
            return (run, offset) if offset == 0 or file.read(1) == b"\n" else ("", 0)
    except (OSError, OverflowError, ValueError):
        return "", 0


def event(kind: str, data: str, number: str = "") -> str:
    """One event as text; `data` has no line break."""
    return (f"id: {number}\n" if number else "") + f"event: {kind}\ndata: {data}\n\n"
