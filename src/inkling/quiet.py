"""Suppress other libraries' messages on the terminal and in the log."""

from __future__ import annotations

import logging
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quiet_stderr() -> Iterator[None]:
    """Discard everything that this process writes to file descriptor 2 inside the block. Exceptions still propagate.

    Use it for TensorFlow's and Ray's messages, and only in programs that do nothing else meanwhile: the descriptor
    belongs to the whole process, so other threads' messages are lost too. LiteRT's notice is filtered in
    `inkling.pipeline.litert`.
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
    """Silence Pillow's warnings about damaged images. Errors are still raised as exceptions.

    The warnings quote numbers from the image, so a hostile client could flood a log with them. Call this when a
    program starts; a library must not change the process's logging.
    """
    warnings.filterwarnings("ignore", module=r"PIL\.")
    logging.getLogger("PIL").setLevel(logging.CRITICAL)
