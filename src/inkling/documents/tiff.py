"""The pages of a TIFF: each as a file whose first directory is that page's, and its only one."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from PIL import Image

from inkling.documents.limits import DocumentLimits
from inkling.documents.pdf import check_page_count
from inkling.errors import BadPicture
from inkling.pipeline.config.decoding import DECODE
from inkling.pipeline.decode import open_image
from inkling.pipeline.decode_limits import TiffDirectory, tiff_directories


def tiff_pages(
    content: bytes, limits: DocumentLimits, first: int
) -> Iterator[tuple[int, bytes | Image.Image | BadPicture]]:
    """A TIFF -> for each page from `first` the number of pages and the picture, not yet decoded, or why it is none.

    Raises ImageTooLarge for too many pages.
    """
    found: list[TiffDirectory] = []
    for directory in tiff_directories(content):
        if not directory.is_thumbnail:
            found.append(directory)
            check_page_count(len(found), limits)
    if len(found) <= 1:
        yield 1, content
        return
    for directory in found[first - 1 :]:
        try:
            page, _ = open_image(_alone(content, directory), limits.max_bytes, DECODE.max_pixels)
            yield len(found), page
        except BadPicture as error:
            yield len(found), error


def _alone(content: bytes, directory: TiffDirectory) -> bytes:
    """The same file with one directory: the header points to it, and it to none."""
    page = bytearray(content)
    struct.pack_into(directory.offset_format, page, directory.header_at, directory.at)
    struct.pack_into(directory.offset_format, page, directory.next_at, 0)
    return bytes(page)
