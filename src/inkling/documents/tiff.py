"""The pages of a TIFF, each as a file whose only directory is that page's."""

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
from inkling.pipeline.file_parts import TiffDirectory, tiff_directories

COUNT_BYTES = 2  # size of a directory's entry count, at its start; 8 in a BigTIFF


def tiff_pages(
    content: bytes, limits: DocumentLimits, first: int
) -> Iterator[tuple[int, bytes | Image.Image | BadPicture]]:
    """Yield, for each page of a TIFF from `first`, the number of pages and its undecoded picture or error.

    A TIFF stores the position of the next page but not the number of pages. In a truncated file, the first missing page
    is the last one yielded, with an error that reports it. Raises ImageTooLarge for too many pages.
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
                "complete TIFF. Copy or scan it again."
            ),
        )


def has_several_pages(content: bytes) -> bool:
    """Whether a TIFF has a second directory (a page or a thumbnail), or is cut off before it."""
    found = list(islice(tiff_directories(content), 2))
    return len(found) > 1 or (len(found) == 1 and _leads_beyond(content, found[0]))


def _leads_beyond(content: bytes, directory: TiffDirectory) -> bool:
    """Whether the next directory is beyond the end of the file; False if the link to it is already beyond the end."""
    try:
        (following,) = struct.unpack_from(directory.offset_format, content, directory.next_at)
    except (struct.error, OverflowError):
        return False
    return int(following) + COUNT_BYTES > len(content)


def _alone(content: bytes, directory: TiffDirectory) -> bytes:
    """The same file with only one directory: the header points to it, and it has no successor."""
    page = bytearray(content)
    struct.pack_into(directory.offset_format, page, directory.header_at, directory.at)
    with contextlib.suppress(struct.error):  # the file ends before the link to the next directory
        struct.pack_into(directory.offset_format, page, directory.next_at, 0)
    return bytes(page)
