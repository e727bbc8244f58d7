"""A file -> its pages, one after another: what the reader takes, with a name for each."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from inkling.documents.limits import DOCUMENT_LIMITS, DocumentLimits
from inkling.documents.pdf import pdf_pages
from inkling.documents.tiff import tiff_pages
from inkling.errors import BadPicture
from inkling.pipeline.decode import ImageSource, check_bytes, open_file

DocumentSource = str | Path | bytes | IO[bytes]

SUFFIXES = {".pdf"}  # of documents, beside those of pictures: a TIFF is one of them
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
    source: DocumentSource, *, name: str | None = None, limits: DocumentLimits = DOCUMENT_LIMITS
) -> Iterator[Page]:
    """The pages of a PDF or TIFF, or the one picture of any other file, each made when it is asked for.

    `source`: a path, a file's content, or a file open for reading. `name` is what pages are named by, in place of the
    path. A TIFF's thumbnails are left out. Raises NotFound for a path that cannot be read, and a BadPicture for a
    document that is locked, broken or too large as a whole; what is wrong with one page its `image` raises.
    """
    if isinstance(source, str | Path):
        path = Path(source)
        with open_file(path) as file:
            yield from _pages_of(file, path, str(source) if name is None else name, limits)
    elif isinstance(source, bytes | bytearray | memoryview):
        yield from _pages_in(bytes(source), name or "", limits)
    else:
        yield from _pages_in(source.read(limits.max_bytes + 1), name or "", limits)


def _pages_of(file: IO[bytes], path: Path, name: str, limits: DocumentLimits) -> Iterator[Page]:
    head = file.read(_HEAD_BYTES)
    size = file.seek(0, 2)
    file.seek(0)
    if not _is_document(head):
        yield Page(1, 1, name, path)
        return
    check_bytes(size, limits.max_bytes)
    if _is_pdf(head):
        yield from _numbered(pdf_pages(file, limits), name)
    else:
        yield from _pages_in(file.read(), name, limits)


def _pages_in(content: bytes, name: str, limits: DocumentLimits) -> Iterator[Page]:
    if not _is_document(content[:_HEAD_BYTES]):
        yield Page(1, 1, name, content)
        return
    check_bytes(len(content), limits.max_bytes)
    if _is_pdf(content[:_HEAD_BYTES]):
        with tempfile.TemporaryFile() as file:
            file.write(content)
            file.flush()
            yield from _numbered(pdf_pages(file, limits), name)
    else:
        yield from _numbered(tiff_pages(content, limits), name)


def _numbered(contents: Iterable[tuple[int, ImageSource | BadPicture]], name: str) -> Iterator[Page]:
    for number, (n_pages, content) in enumerate(contents, 1):
        yield Page(number, n_pages, f"{name}#{number}" if n_pages > 1 else name, content)


def _is_document(head: bytes) -> bool:
    return _is_pdf(head) or head.startswith(_TIFF)


def _is_pdf(head: bytes) -> bool:
    return head.lstrip(_BEFORE_PDF).startswith(b"%PDF-")
