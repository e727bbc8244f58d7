"""A file -> its pages, one after another: what the reader takes, with a name for each."""

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
SUFFIXES = {*decode.SUFFIXES, *DOCUMENT_SUFFIXES}  # of all that is read
_SYSTEM_FILES = ("thumbs.db", "desktop.ini")  # in folders of Windows; elsewhere their names begin with a dot
_HEAD_BYTES = 1024  # within which a PDF says that it is one
_BEFORE_PDF = b"\xef\xbb\xbf\0 \t\r\n"  # a mark of UTF-8, or space, that some programs write first
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
        """What `Reader.read` and `decode` take, in full size. Raises a BadPicture where this page alone is none."""
        if isinstance(self.content, BadPicture):
            raise self.content
        return self.content


def pages(
    source: DocumentSource, *, name: str | None = None, first: int = 1, limits: DocumentLimits = DOCUMENT_LIMITS
) -> Iterator[Page]:
    """The pages of a PDF or TIFF, or the one picture of any other file, each made when it is asked for.

    `source`: a path, a file's content, or a file open for reading. `name` is what pages are named by, in place of the
    path; `first` is the number of the page to begin with. A TIFF's thumbnails are left out.

    Raises NotFound for a path that cannot be read, and a BadPicture for a document that is locked, broken or too large
    as a whole; what is wrong with one page its `image` raises.
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
    """Whether a file's content is a PDF, or a TIFF of several pages: what has no picture but pages."""
    if content.startswith(_TIFF):
        return has_several_pages(content)
    return _is_pdf(content[:_HEAD_BYTES])


def is_system_file(name: str) -> bool:
    """Whether a file of a folder is one that people do not see: it is nothing that they want to be read."""
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
    """Pages by their number, whose documents are opened once if they are asked for in order. Close it."""

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
        raise NotFound(f"{name} has no page {number} any more; expected the document as it was. Read it again.")

    def close(self) -> None:
        self._name, self._pages = "", iter(())
