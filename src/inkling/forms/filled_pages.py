"""Read many pages of a form, from documents to one result per page, in order and in bounded memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from inkling.cpu import cores
from inkling.documents import Page, pages
from inkling.documents.pages import DocumentSource
from inkling.errors import InklingError
from inkling.forms.config import FORM as CONFIG
from inkling.forms.filled import FilledForm
from inkling.forms.form import Form


@dataclass(frozen=True)
class FilledPage:
    """A page and its result."""

    source: str  # "scan.pdf#2", "photo.jpg"
    page: int  # from 1
    filled: FilledForm
    error: InklingError | None = None  # why the page could not be opened; its status is then "failed"

    def to_json(self) -> dict[str, Any]:
        failed = {} if self.error is None else {"kind": self.error.kind, "error": str(self.error)}
        return {"source": self.source, "page": self.page, "ok": self.error is None, **failed, **self.filled.to_json()}


def read_pages(form: Form, sources: Iterable[DocumentSource], *, workers: int | None = None) -> Iterator[FilledPage]:
    """Every page of every source, in order. A sheet that was read before has the status "again"."""
    known = _Known()
    for page in _in_order(lambda page: _read(form, page), _every_page(sources), workers or cores()):
        yield replace(page, filled=known.told(page.source, page.filled))


def _every_page(sources: Iterable[DocumentSource]) -> Iterator[Page | tuple[str, InklingError]]:
    for source in sources:
        try:
            yield from pages(source, name="-") if isinstance(source, bytes) else pages(source)
        except InklingError as error:
            yield "-" if isinstance(source, bytes) else str(source), error


def _read(form: Form, page: Page | tuple[str, InklingError]) -> FilledPage:
    if isinstance(page, tuple):
        return _failed(form, page[0], 1, page[1])
    try:
        return FilledPage(page.name, page.number, form.read(page.image))
    except InklingError as error:
        return _failed(form, page.name, page.number, error)


def _failed(form: Form, source: str, number: int, error: InklingError) -> FilledPage:
    return FilledPage(source, number, FilledForm(form.template.name, "failed", reason=str(error)), error)


def _in_order(
    read: Callable[[Page | tuple[str, InklingError]], FilledPage],
    items: Iterable[Page | tuple[str, InklingError]],
    workers: int,
) -> Iterator[FilledPage]:
    """Like `map`, in threads: OpenCV and the networks release the GIL. Only pages in progress are open."""
    waiting: deque[Future[FilledPage]] = deque()
    with ThreadPoolExecutor(workers) as pool:
        try:
            for item in items:
                waiting.append(pool.submit(read, item))
                if len(waiting) > workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for left in waiting:
                left.cancel()


class _Known:
    """The sheets that were read, to detect duplicates."""

    def __init__(self) -> None:
        self._writing: dict[tuple[str, ...], list[tuple[str, np.ndarray]]] = {}

    def told(self, source: str, filled: FilledForm) -> FilledForm:
        """The result, with the status "again" for a duplicate."""
        values = tuple(field.text for field in filled.fields)
        if filled.writing is None or not any(values):
            return filled
        alike = self._writing.setdefault(values, [])
        writing = filled.writing.astype(np.float16)
        for earlier, other in alike:
            if np.corrcoef(writing.ravel(), other.ravel())[0, 1] >= CONFIG.same_writing:
                reason = f"this is the same sheet as {earlier}; leave one of them out."
                return replace(filled, status="again", reason=reason)
        alike.append((source, writing))
        return filled
