"""Render the pages of a PDF. This is a separate program, because only killing the process stops a hostile page.

    python pdf_renderer.py '{"first": 1, ...}' < document.pdf

The argument contains the fields of `DocumentLimits` and the number of the first page. The program writes to standard
output: one line of JSON about the document, then for each page a line of JSON and its pixels, row by row, 3 bytes (RGB)
each. It imports only pypdfium2 and is run by path, so that it starts in a fraction of a second. pypdfium2's build of
PDFium has no JavaScript.
"""

from __future__ import annotations

import ctypes
import json
import math
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

POINTS_PER_INCH = 72
ROUNDED_UP = 0.9999  # PDFium rounds sides up; this factor keeps a scan from gaining a pixel
FULL_PAGE_SHARE = 0.5  # of the page's area: an image that covers more is a scan of the page
MAX_OBJECTS = 2000  # of a page, checked for a scan; the recognized text over a scan has a few hundred


def main() -> None:
    limits = json.loads(sys.argv[1])
    _limit_memory(limits["max_memory_bytes"])
    _limit_time(limits["open_s"])
    import pypdfium2
    from pypdfium2 import raw

    try:
        document = pypdfium2.PdfDocument(sys.stdin.buffer)
        document.init_forms()  # renders text typed into form fields, too
    except pypdfium2.PdfiumError as error:
        locked = error.err_code in (raw.FPDF_ERR_PASSWORD, raw.FPDF_ERR_SECURITY)
        _send({"error": "locked" if locked else "broken"})
        return
    _send({"n_pages": len(document)})
    for index in range(limits["first"] - 1, min(len(document), limits["max_pages"])):
        _limit_time(limits["page_s"])
        try:
            page = document[index]
            scale = _scale(page, limits)
            bitmap = page.render(scale=scale, rev_byteorder=True) if scale else None
        except (pypdfium2.PdfiumError, ctypes.ArgumentError, ArithmeticError, ValueError):
            _send({"error": "broken"})
            continue
        if bitmap is None:
            _send({"error": "size"})
        else:
            _send({"wh": [bitmap.width, bitmap.height], "stride": bitmap.stride})
            sys.stdout.buffer.write(bitmap.buffer)
            sys.stdout.buffer.flush()
            bitmap.close()
        page.close()


def _send(message: dict[str, Any]) -> None:
    sys.stdout.buffer.write(json.dumps(message).encode() + b"\n")
    sys.stdout.buffer.flush()


def _limit_memory(most: int) -> None:
    """Limit the address space, and make this process the first that the kernel kills when memory runs out."""
    with suppress(OSError):  # not on Linux, or not allowed
        Path("/proc/self/oom_score_adj").write_text("1000")
    try:
        import resource
    except ImportError:  # Windows has no such module
        return
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    if hard == resource.RLIM_INFINITY or hard > most:
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _limit_time(cpu_s: float) -> None:
    """End this process after `cpu_s` more seconds of CPU time, at most 0.1 s late. Windows has no such timer."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_PROF, cpu_s)


def _scale(page: Any, limits: dict[str, Any]) -> float:
    """Pixels per point of a page; 0 for a page without a size or with one that cannot be rendered."""
    w, h = page.get_size()
    if not (0 < w < math.inf and 0 < h < math.inf):
        return 0.0
    scale = _dpi(page, w * h, limits) / POINTS_PER_INCH
    scale *= min(1.0, math.sqrt(limits["max_page_pixels"] / (w * h)) / scale)
    scale *= ROUNDED_UP
    return scale if max(w, h) * scale <= limits["max_side_px"] else 0.0


def _dpi(page: Any, area: float, limits: dict[str, Any]) -> float:
    """A scan's resolution, within limits; `drawn_dpi` for other pages. `area`: of the page, in square points."""
    from pypdfium2 import raw

    found = 0.0
    for n, image in enumerate(page.get_objects(max_depth=3)):
        if n == MAX_OBJECTS:
            break
        if image.type != raw.FPDF_PAGEOBJ_IMAGE:
            continue
        left, bottom, right, top = image.get_bounds()
        covered = (right - left) * (top - bottom)
        if covered > FULL_PAGE_SHARE * area:
            w, h = image.get_px_size()
            found = max(found, POINTS_PER_INCH * math.sqrt(w * h / covered))
    lowest, highest = limits["scan_dpi"]
    return float(min(max(found, lowest), highest) if found else limits["drawn_dpi"])


if __name__ == "__main__":
    main()
