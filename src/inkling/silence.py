"""Keeps what libraries say beside their errors off the terminal and out of the log."""

from __future__ import annotations

import logging
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quiet_stderr() -> Iterator[None]:
    """Drops what native code writes to file descriptor 2 meanwhile; Python's own errors are exceptions and arrive.

    LiteRT announces its CPU delegate there when the first network is loaded, and offers no way to ask it not to;
    TensorFlow says much more. For programs at their start, not for the library: the descriptor belongs to the process.
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
    """Drops what Pillow remarks on damaged pictures, with numbers out of them; its errors are exceptions and arrive.

    A hostile client could fill a log with them. For programs at their start, not for the library.
    """
    warnings.filterwarnings("ignore", module=r"PIL\.")
    logging.getLogger("PIL").setLevel(logging.CRITICAL)
