"""Reads pages on all cores, and yields the results in order."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

from inkling.cli.cells import tables_json
from inkling.cli.read_work import Work, failed_result
from inkling.cpu import cores
from inkling.errors import InklingError

if TYPE_CHECKING:
    from inkling.batch.csv_table import ResultJson
    from inkling.batch.review_card import OpenImage
    from inkling.constraints.constraints import Constraints
    from inkling.documents import Page
    from inkling.pipeline.reader import Mode, Reader

READ_AHEAD = 2  # opened pictures per thread that may wait to be read


def read_one(
    reader: Reader,
    page: Page,
    *,
    mode: Mode = "auto",
    constraints: Constraints | None = None,
    cells: bool = False,
    hand: ResultJson | None = None,
) -> ResultJson:
    """One page -> its JSON object: `source`, `page`, `ok`, then the reading or its tables, or `kind` and `error`.

    `hand`: fields to add if the reader uses a hand.
    """
    from inkling.constraints import constrained_reading
    from inkling.pipeline.deadline import READING_S, deadline

    start = time.perf_counter()
    try:
        with deadline(READING_S):
            if cells:
                answer = tables_json(reader.read_cells(page.image))
            elif constraints is not None and constraints.stated:
                answer = constrained_reading.read(reader, page.image, constraints, mode=mode).to_json()
                if constraints.roster:
                    answer["listed"] = constraints.listed(answer["text"], satisfied=answer["constraint"]["satisfied"])
            else:
                answer = reader.read(page.image, mode=mode).to_json()
    except InklingError as error:
        return failed_result(page.name, error, page=page.number)
    model = {"name": reader.bundle.name, "version": reader.bundle.version}
    took_ms = round((time.perf_counter() - start) * 1000, 2)
    about = {"model": model, **(hand or {}), "took_ms": took_ms}
    return {"source": page.name, "page": page.number, "ok": True, **answer, **about}


def read_in_order(read: Callable[[Page], ResultJson], work: Work) -> Iterator[tuple[ResultJson, OpenImage | None]]:
    """Read the pages on all cores, and yield the results in page order."""
    import cv2

    from inkling.documents import Page

    workers = cores()
    if len(work.sources) >= workers:
        cv2.setNumThreads(1)  # pages are read in one thread per core
    waiting: deque[tuple[Future[ResultJson] | ResultJson, OpenImage | None]] = deque()
    # Threads suffice, because LiteRT and OpenCV release the GIL: two threads are 1.6 times as fast as one. Two
    # processes are no faster, and take a second to start.
    with ThreadPoolExecutor(workers) as pool:
        try:
            for page, open_image in work.pages():
                waiting.append((pool.submit(read, page) if isinstance(page, Page) else page, open_image))
                if len(waiting) > READ_AHEAD * workers:
                    yield _done(*waiting.popleft())
            while waiting:
                yield _done(*waiting.popleft())
        finally:
            for result, _ in waiting:
                if isinstance(result, Future):
                    result.cancel()


def _done(result: Future[ResultJson] | ResultJson, open_image: OpenImage | None) -> tuple[ResultJson, OpenImage | None]:
    return (result.result() if isinstance(result, Future) else result), open_image
