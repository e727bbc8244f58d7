"""Keep other libraries' chatter off the terminal and out of the log."""

from __future__ import annotations

import logging
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quiet_stderr() -> Iterator[None]:
    """Drop what anything in this process writes to file descriptor 2 meanwhile; exceptions still arrive.

    For TensorFlow's and Ray's chatter in programs that do nothing else at that time: the descriptor belongs to the
    process, and other threads' messages are lost too. LiteRT's one notice is filtered in `inkling.pipeline.litert`.
    """
    sys.stderr.flush()
    kept = os.dup(2)
    sink = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(sink, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(sink)
        os.close(kept)


def quiet_decoders() -> None:
    """Silence Pillow's warnings about damaged images, which quote numbers from them; its errors are exceptions.

    A hostile client could fill a log with such warnings. Call it when a program starts; a library leaves the
    process's logging alone.
    """
    warnings.filterwarnings("ignore", module=r"PIL\.")
    logging.getLogger("PIL").setLevel(logging.CRITICAL)
