"""The pages of a TIFF: each as a file whose first directory is that page's, and its only one."""

from __future__ import annotations

import contextlib
import struct
from collections.abc import Iterator
from itertools import islice

from PIL import Image

from inkling.documents.limits import DocumentLimits
from inkling.documents.pdf import check_page_count
from inkling.errors import BadPicture, BrokenPicture
from inkling.pipeline.config.decoding import DECODE
from inkling.pipeline.decode import open_image
from inkling.pipeline.decode_limits import TiffDirectory, tiff_directories

COUNT_BYTES = 2  # of a directory's number of entries, with which it begins; 8 in a BigTIFF


def tiff_pages(
    content: bytes, limits: DocumentLimits, first: int
) -> Iterator[tuple[int, bytes | Image.Image | BadPicture]]:
    """A TIFF -> for each page from `first` the number of pages and the picture, not yet decoded, or why it is none.

    A TIFF tells where its next page is, but not how many there are. In a file that is cut off, the first page that is
    missing is the last one here, with an error that says so. Raises ImageTooLarge for too many pages.
    """
    found: list[TiffDirectory] = []
    is_cut = False
    for directory in tiff_directories(content):
        is_cut = _leads_beyond(content, directory)
        if not directory.is_thumbnail:
            found.append(directory)
            check_page_count(len(found), limits)
    n_pages = len(found) + is_cut
    if n_pages <= 1:
        yield 1, content
        return
    for directory in found[first - 1 :]:
        try:
            page, _ = open_image(_alone(content, directory), limits.max_bytes, DECODE.max_pixels)
            yield n_pages, page
        except BadPicture as error:
            yield n_pages, error
    if is_cut:
        yield (
            n_pages,
            BrokenPicture(
                f"the file is cut off before page {n_pages}, so this page and any after it are missing; expected a "
                "whole TIFF. Copy or scan it again."
            ),
        )


def has_several_pages(content: bytes) -> bool:
    """Whether a TIFF has a second page, or is cut off before it."""
    found = list(islice(tiff_directories(content), 2))
    return len(found) > 1 or (len(found) == 1 and _leads_beyond(content, found[0]))


def _leads_beyond(content: bytes, directory: TiffDirectory) -> bool:
    """Whether the next directory is beyond the end of the file. False where the link to it is: then this one is cut."""
    try:
        (following,) = struct.unpack_from(directory.offset_format, content, directory.next_at)
    except (struct.error, OverflowError):
        return False
    return int(following) + COUNT_BYTES > len(content)


def _alone(content: bytes, directory: TiffDirectory) -> bytes:
    """The same file with one directory: the header points to it, and it to none."""
    page = bytearray(content)
    struct.pack_into(directory.offset_format, page, directory.header_at, directory.at)
    with contextlib.suppress(struct.error):  # the file ends before the link to the next
        struct.pack_into(directory.offset_format, page, directory.next_at, 0)
    return bytes(page)
