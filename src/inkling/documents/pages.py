"""Split a file into named pages, one at a time, in the form that the reader accepts."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from inkling.documents.limits import DOCUMENT_LIMITS, DocumentLimits
from inkling.documents.pdf import pdf_pages
from inkling.documents.tiff import has_several_pages, tiff_pages
from inkling.errors import BadPicture, NotFound
from inkling.pipeline import decode
from inkling.pipeline.decode import ImageSource, check_bytes, open_file

DocumentSource = str | Path | bytes | IO[bytes]

DOCUMENT_SUFFIXES = (".pdf", ".tif", ".tiff")  # of files that may have several pages
SUFFIXES = {*decode.SUFFIXES, *DOCUMENT_SUFFIXES}  # of all readable files
_SYSTEM_FILES = ("thumbs.db", "desktop.ini")  # on Windows; on other systems their names begin with a dot
_HEAD_BYTES = 1024  # the PDF signature must be within these
_BEFORE_PDF = b"\xef\xbb\xbf\0 \t\r\n"  # a UTF-8 byte order mark or whitespace, which some programs write first
_TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


@dataclass(frozen=True)
class Page:
    """A page of a document, or a picture: a document of one page."""

    number: int  # from 1
    n_pages: int
    name: str  # "scan.pdf#2", "photo.jpg"
    content: ImageSource | BadPicture

    @property
    def image(self) -> ImageSource:
        """The input for `Reader.read` and `decode`, at full size. Raises BadPicture if this page has no picture."""
        if isinstance(self.content, BadPicture):
            raise self.content
        return self.content


def pages(
    source: DocumentSource, *, name: str | None = None, first: int = 1, limits: DocumentLimits = DOCUMENT_LIMITS
) -> Iterator[Page]:
    """Yield the pages of a PDF or TIFF, or the picture of any other file, each produced on demand.

    `source`: a path, a file's content, or a file open for reading. `name` replaces the path in the names of pages;
    `first` is the number of the first page to yield. A TIFF's thumbnails are skipped.

    Raises NotFound for a path that cannot be read, and BadPicture for a document that is locked, broken or too large as
    a whole. Errors of a single page are raised by its `image`.
    """
    with _opened(source, limits) as file:
        head = file.read(_HEAD_BYTES)
        size = file.seek(0, 2)
        file.seek(0)
        name = name if name is not None else str(source) if isinstance(source, str | Path) else ""
        if not (_is_pdf(head) or head.startswith(_TIFF)):
            yield Page(1, 1, name, Path(source) if isinstance(source, str | Path) else file.read())
            return
        check_bytes(size, limits.max_bytes)
        contents: Iterator[tuple[int, ImageSource | BadPicture]]
        contents = pdf_pages(file, limits, first) if _is_pdf(head) else tiff_pages(file.read(), limits, first)
        for number, (n_pages, content) in enumerate(contents, first):
            yield Page(number, n_pages, f"{name}#{number}" if n_pages > 1 else name, content)


def is_document(content: bytes) -> bool:
    """Whether a file's content is a PDF or a multi-page TIFF, that is, has pages instead of one picture."""
    if content.startswith(_TIFF):
        return has_several_pages(content)
    return _is_pdf(content[:_HEAD_BYTES])


def is_system_file(name: str) -> bool:
    """Whether a file is hidden or belongs to the operating system, and is therefore skipped in a folder."""
    return name.startswith(".") or name.lower() in _SYSTEM_FILES


def _opened(source: DocumentSource, limits: DocumentLimits) -> IO[bytes]:
    if isinstance(source, str | Path):
        return open_file(Path(source))
    if isinstance(source, bytes | bytearray | memoryview):
        return io.BytesIO(source)
    return io.BytesIO(source.read(limits.max_bytes + 1))


def _is_pdf(head: bytes) -> bool:
    return head.lstrip(_BEFORE_PDF).startswith(b"%PDF-")


class PagesByNumber:
    """Access to pages by number. Opens each document only once if pages are requested in order. Must be closed."""

    def __init__(self) -> None:
        self._name, self._next = "", 0
        self._pages: Iterator[Page] = iter(())

    def image(self, name: str, number: int, source: Callable[[], DocumentSource]) -> ImageSource:
        """The picture of a page of the document `name`, which `source` opens. Raises as `pages` does, or NotFound."""
        if name != self._name or number < self._next:
            self._pages = pages(source(), first=number)
        self._name = ""  # until the page is found
        for page in self._pages:
            if page.number == number:
                self._name, self._next = name, number + 1
                return page.image
        raise NotFound(f"{name} no longer has page {number}; expected the unchanged document. Read it again.")

    def close(self) -> None:
        self._name, self._pages = "", iter(())
