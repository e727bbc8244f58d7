"""What a document may cost. A picture in it, as any picture, is limited by `inkling.pipeline.decode`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class DocumentLimits:
    """Limits on a document, and how large its pages are drawn."""

    max_bytes: int = 200_000_000  # of the file: 100 pages of a scanner at 2 MB each
    max_pages: int = 1000  # a binder; more is an archive, whose files are read one by one
    drawn_dpi: int = 200  # of a page of lines and letters: a digit of 4 mm is 32 px high, what the networks see
    scan_dpi: tuple[int, int] = (72, 300)  # a page that is a scan keeps its own resolution within these: not resampled
    max_page_pixels: int = 9_000_000  # A4 at 300 dpi; larger paper is drawn at fewer dpi
    max_side_px: int = 20_000  # of a drawn page: a narrow strip stays within the pixels and not within memory
    open_s: float = 5.0  # of a processor, to count a PDF's pages; starting the renderer takes some 0.1 s of it
    page_s: float = 5.0  # of a processor, to draw one page, as long as a reading may take; a scan takes some 0.1 s
    max_memory_bytes: int = 800_000_000  # of the renderer's address space: a colour scan of A4 at 600 dpi needs 300 MB
    max_restarts: int = 2  # of the renderer, after a page that ends it; then the rest of the document is given up


DOCUMENT_LIMITS = DocumentLimits()
