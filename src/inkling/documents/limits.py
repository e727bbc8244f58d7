"""Resource limits for documents. Each picture in a document is limited by `inkling.pipeline.decode`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class DocumentLimits:
    """Limits on a document, and the resolution at which its pages are rendered."""

    max_bytes: int = 200_000_000  # of the file: 100 scanned pages at 2 MB each
    max_pages: int = 1000  # a binder; read larger collections as an archive of files
    drawn_dpi: int = 200  # for vector pages: a digit of 4 mm is 32 px high, about the input size of the networks
    scan_dpi: tuple[int, int] = (72, 300)  # within these, a scanned page keeps its resolution: no resampling
    max_page_pixels: int = 9_000_000  # A4 at 300 dpi; larger paper is rendered at a lower resolution
    max_side_px: int = 20_000  # of a rendered page: a narrow strip could satisfy max_page_pixels but not fit in memory
    open_s: float = 5.0  # CPU time to count a PDF's pages; starting the renderer takes about 0.1 s of it
    page_s: float = 5.0  # CPU time to render one page, the same limit as for a reading; a scan takes about 0.1 s
    max_memory_bytes: int = 800_000_000  # of the renderer's address space: a color scan of A4 at 600 dpi needs 300 MB
    max_restarts: int = 2  # of the renderer, after pages that end it; if another one ends it, the rest are skipped


DOCUMENT_LIMITS = DocumentLimits()
