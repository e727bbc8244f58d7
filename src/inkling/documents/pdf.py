"""The pages of a PDF, rendered one by one by `pdf_renderer` in a process that is killed if a page exceeds a limit."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any, cast

import numpy as np

from inkling.documents.limits import DocumentLimits
from inkling.errors import BadPicture, BrokenPicture, DeadlineExceeded, ImageTooLarge
from inkling.pipeline.deadline import MIN_CPU_SHARE

RENDERER = Path(__file__).with_name("pdf_renderer.py")
MAX_LINE_BYTES = 1000  # of the renderer's messages
CHANNELS = 3

Drawn = np.ndarray | BadPicture  # (H, W, 3) uint8 RGB, or the page's error


def pdf_pages(file: IO[bytes], limits: DocumentLimits, first: int) -> Iterator[tuple[int, Drawn]]:
    """Yield, for each page of a PDF from `first`, the number of pages and its picture or error.

    Raises BrokenPicture, ImageTooLarge or DeadlineExceeded for the document as a whole.
    """
    at, restarts = first, 0
    while True:
        with _renderer(file, limits, at) as renderer:
            n_pages = renderer.count_pages()
            while at <= n_pages:
                drawn = renderer.next_page()
                yield n_pages, drawn
                at += 1
                if renderer.ended:
                    break
        if at > n_pages:
            return
        if restarts == limits.max_restarts:
            given_up = BrokenPicture(
                f"this page is skipped because {restarts + 1} earlier pages of the PDF cannot be drawn; expected "
                "intact pages. Send this page as a separate document."
            )
            yield from ((n_pages, given_up) for _ in range(at, n_pages + 1))
            return
        restarts += 1


class _Renderer:
    """The client of a `pdf_renderer` process."""

    def __init__(self, process: subprocess.Popen[bytes], limits: DocumentLimits) -> None:
        self.ended = False  # the process ended while rendering a page
        self._process, self._limits = process, limits
        self._output = cast(IO[bytes], process.stdout)
        self._late = False

    def count_pages(self) -> int:
        limits = self._limits
        message, _ = self._receive(limits.open_s)
        if message is None and self._late:
            raise DeadlineExceeded(
                f"this PDF takes more than {limits.open_s:g} s to open; expected a scan or a print. Print it to a new "
                "PDF and send that."
            )
        if message is not None and message.get("error") == "locked":
            raise BrokenPicture(
                "this PDF is locked with a password; expected one that opens without a password. Print it to a new PDF "
                "and send that."
            )
        if message is None or "n_pages" not in message:
            raise BrokenPicture("this PDF cannot be opened; expected an intact document. Save or send it again.")
        n_pages = int(message["n_pages"])
        check_page_count(n_pages, limits)
        return n_pages

    def next_page(self) -> Drawn:
        message, pixels = self._receive(self._limits.page_s)
        if message is not None and "wh" in message:
            w, h = message["wh"]
            rows = np.frombuffer(pixels, np.uint8).reshape(h, message["stride"])
            return rows[:, : w * CHANNELS].reshape(h, w, CHANNELS)
        if message is not None and message.get("error") == "size":
            return ImageTooLarge(
                "the page has an invalid size, or is many times longer than wide; expected a sheet of paper. Print it "
                "to a new PDF and send that."
            )
        self.ended = message is None
        if self._late:
            return DeadlineExceeded(
                f"the page takes more than {self._limits.page_s:g} s to draw; expected a scan or a print. Send it as a "
                "PNG or JPEG."
            )
        return BrokenPicture(
            "the page is damaged, or takes too much memory to draw; expected a scan or a print. Save the PDF again, or "
            "send the page as a PNG or JPEG."
        )

    def _receive(self, limit_s: float) -> tuple[dict[str, Any] | None, bytes]:
        """A message and the pixels that follow it; None if the process has ended.

        The process ends itself after `limit_s` of CPU time, which takes longer than `limit_s` on a busy machine; after
        `limit_s / MIN_CPU_SHARE`, it is killed.
        """
        timer = threading.Timer(limit_s / MIN_CPU_SHARE, self._stop)
        timer.start()
        try:
            line = self._output.readline(MAX_LINE_BYTES)
            message = json.loads(line) if line else None
            size = 0
            if message is not None and "wh" in message:
                size = message["stride"] * message["wh"][1]
            pixels = self._output.read(size)
        finally:
            timer.cancel()
        if message is not None and len(pixels) == size:
            return message, pixels
        self._late |= hasattr(signal, "SIGPROF") and self._process.wait() == -signal.SIGPROF
        return None, b""

    def _stop(self) -> None:
        self._late = True
        self._process.kill()


def _unnamed_file() -> IO[bytes]:
    """An anonymous file to pass to a process; in memory if possible, because a server may have no writable disk."""
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("document"), "w+b")
    return tempfile.TemporaryFile()


@contextmanager
def _renderer(file: IO[bytes], limits: DocumentLimits, first: int) -> Iterator[_Renderer]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}  # the same import path as in this process
    command = [sys.executable, "-P", str(RENDERER), json.dumps({**asdict(limits), "first": first})]
    with ExitStack() as stack:
        if isinstance(file, io.BytesIO):
            content, file = file, stack.enter_context(_unnamed_file())
            file.write(content.getbuffer())
            file.flush()
        process = stack.enter_context(
            subprocess.Popen(  # noqa: S603 - our program; the document is its input
                command, stdin=file, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment
            )
        )
        stack.callback(process.kill)  # the process blocks until the next page is taken
        yield _Renderer(process, limits)


def check_page_count(n_pages: int, limits: DocumentLimits) -> None:
    """Raise ImageTooLarge for a document with too many pages."""
    if n_pages > limits.max_pages:
        raise ImageTooLarge(
            f"this document has more than {limits.max_pages:,} pages, the limit. Split it and send the parts."
        )
