"""The training's events as server-sent events.

An event's id is RUN:OFFSET; OFFSET is the position of its end in the run's log, in bytes. A stream begins with the
whole state or, with Last-Event-ID, directly after that event, so no event is lost or sent twice.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

from inkling.lab_protocol.lab_folder import events_after, read_json
from inkling.server.lab.training_manager import TrainingManager
from inkling.server.service.event_streams import HEARTBEAT_S, MAX_STREAM_S, event
from inkling.server.stopping import stopping

POLL_S = 0.2
REFRESH_S = 1.0  # between checks for changes that the log does not contain: a dead process, a kept model


def event_stream(manager: TrainingManager, last_event_id: str, max_s: float = MAX_STREAM_S) -> Iterator[str]:
    """The text of the stream, until the server stops or `max_s` seconds have passed."""
    lab = manager.lab
    run, offset = position(manager, last_event_id)
    state_sent = bool(run)  # with a valid id, the listener knows the state
    shown, kept_ns = "", manager.kept.changed_ns()
    refreshed_s = sent_s = start_s = time.monotonic()
    yield "retry: 1000\n\n"
    if not state_sent:
        state = manager.state()
        run, offset, shown = state["run"], state.get("last", 0), state["state"]
        yield event("all", json.dumps(state), f"{run}:{offset}")
    while not stopping.wait(POLL_S) and time.monotonic() - start_s < max_s:
        now_s = time.monotonic()
        if read_json(lab.facts).get("run", "") != run:
            refreshed_s, shown = 0, "?"  # another training run, or none
        else:
            for end, line in events_after(lab.events, offset):
                yield event(json.loads(line)["type"], line, f"{run}:{end}")
                offset, sent_s = end, now_s
        if now_s - refreshed_s >= REFRESH_S:
            refreshed_s = now_s
            state = manager.state()
            lost = state["state"] == "interrupted" != shown
            if state["run"] != run or lost:
                run, offset, sent_s = state["run"], state.get("last", 0), now_s
                yield event("all", json.dumps(state), f"{run}:{offset}")
            shown = state["state"]
            if manager.kept.changed_ns() != kept_ns:
                kept_ns, sent_s = manager.kept.changed_ns(), now_s
                yield event("models", "{}")
        if now_s - sent_s >= HEARTBEAT_S:
            sent_s = now_s
            yield ": still here\n\n"


def position(manager: TrainingManager, last_event_id: str) -> tuple[str, int]:
    """(run, offset) to continue from; ("", 0) if the id belongs to another run or to no event."""
    run, _, text = last_event_id.partition(":")
    if not run or not text.isdecimal() or read_json(manager.lab.facts).get("run") != run:
        return "", 0
    try:
        offset = int(text)
        with manager.lab.events.open("rb") as file:
            file.seek(max(0, offset - 1))
            return (run, offset) if offset == 0 or file.read(1) == b"\n" else ("", 0)
    except (OSError, OverflowError, ValueError):
        return "", 0
