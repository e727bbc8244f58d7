"""What becomes known of a request on its way, for the log, the counters and the client. Nothing of an upload."""

from __future__ import annotations

import os
import re
import time
from binascii import hexlify
from typing import Any

IN_ENVIRON = "inkling.note"
_SANE_ID = re.compile(r"[A-Za-z0-9._:/+=@-]{1,128}", re.ASCII)


class Note:
    """One request. Made by the gate; routes add what they learn."""

    __slots__ = (
        "began_s",
        "environ",
        "id",
        "method",
        "model",
        "outcome",
        "path",
        "refused",
        "route",
        "status",
        "streams",
    )

    def __init__(self, environ: dict[str, Any]) -> None:
        self.environ = environ
        self.began_s = time.perf_counter()
        self.id = request_id(environ.get("HTTP_X_REQUEST_ID"))
        self.method: str = environ["REQUEST_METHOD"]
        self.path: str = environ["PATH_INFO"]
        self.route = ""  # as declared, never what the client wrote
        self.status = 0
        self.outcome = ""  # of a reading
        self.model = ""  # that read
        self.refused = ""  # why the gate let it not through
        self.streams = False  # whether the answer comes in pieces, without a length


def request_id(given: str | None) -> str:
    """The client's own id if it is short and harmless, else 32 random hex digits."""
    if given and _SANE_ID.fullmatch(given):
        return given
    return hexlify(os.urandom(16)).decode()


def note_of(environ: dict[str, Any]) -> Note:
    """The note of a request; a new one when no gate has seen it."""
    note = environ.get(IN_ENVIRON)
    return note if isinstance(note, Note) else Note(environ)
