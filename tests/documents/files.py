"""Documents for tests: PDFs built from objects, and scans as PDF and TIFF."""

from __future__ import annotations

import io
import zlib
from pathlib import Path

import pypdfium2
from PIL import Image

from tests.pictures import drawn_seven

SEVEN = Image.fromarray(drawn_seven())
A4_PT = (595.0, 842.0)


def scans(n: int, kind: str = "PDF", *, size_wh: tuple[int, int] = (300, 400), **options: object) -> bytes:
    """A document with `n` pages, each a picture of a 7."""
    page = Image.new("L", size_wh, 255)
    page.paste(SEVEN.resize((200, 200)), (50, 50))
    buffer = io.BytesIO()
    page.save(buffer, kind, save_all=True, append_images=[page.copy() for _ in range(n - 1)], **options)
    return buffer.getvalue()


def pdf_of(objects: list[str]) -> bytes:
    """A PDF of the given objects, of which the first is the catalog; a stream is `<<..>>stream..`."""
    content = b"%PDF-1.7\n"
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(len(content))
        head, _, stream = body.partition("stream")
        whole = f"{head[:-2]} /Length {len(stream)}>> stream\n{stream}\nendstream" if stream else body
        content += f"{number} 0 obj\n{whole}\nendobj\n".encode("latin-1")  # one byte per character
    at = len(content)
    content += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    content += b"".join(f"{offset:010d} 00000 n \n".encode() for offset in offsets)
    return content + f"trailer <</Size {len(objects) + 1} /Root 1 0 R>>\nstartxref\n{at}\n%%EOF".encode()


def drawn_pdf(
    *pages: str, size_pt: tuple[float, float] = A4_PT, extra: list[str] | None = None, filter: str = ""
) -> bytes:
    """A PDF with one page per content stream. `extra`: more objects, numbered from 3 + 2 * pages."""
    n = len(pages)
    kids = " ".join(f"{3 + 2 * i} 0 R" for i in range(n))
    objects = ["<</Type/Catalog/Pages 2 0 R>>", f"<</Type/Pages/Count {n}/Kids[{kids}]>>"]
    first_extra = 3 + 2 * n
    names = " ".join(f"/X{i} {first_extra + i} 0 R" for i in range(len(extra or [])))
    for i, content in enumerate(pages):
        box = f"/MediaBox[0 0 {size_pt[0]} {size_pt[1]}]"
        objects.append(
            f"<</Type/Page/Parent 2 0 R{box}/Resources<</XObject<<{names}>>>>/Contents {4 + 2 * i} 0 R>>",
        )
        objects.append(f"<<{filter}>>stream{content}")
    return pdf_of(objects + (extra or []))


def packed_pdf(*pages: bytes) -> bytes:
    """A PDF with one page per content stream, deflated."""
    packed = [zlib.compress(content, 1).decode("latin-1") for content in pages]
    return drawn_pdf(*packed, filter="/Filter/FlateDecode")


def nested_forms(n_pages: int, *, levels: int = 9, each: int = 12) -> list[str]:
    """Objects after `n_pages` pages: each form draws the next `each` times, a total of `each` ** `levels` squares."""
    first = 3 + 2 * n_pages
    box = "/Type/XObject/Subtype/Form/BBox[0 0 600 900]"
    draws = "/Y Do " * each
    forms = [f"<<{box}/Resources<</XObject<</Y {first + i + 1} 0 R>>>>>>stream{draws}" for i in range(levels)]
    return [*forms, f"<<{box}>>stream0 0 9 9 re f"]


def saved(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def blank_pdf(*sizes_pt: tuple[float, float]) -> bytes:
    """A PDF of blank pages, written by PDFium."""
    document = pypdfium2.PdfDocument.new()
    for w, h in sizes_pt:
        document.new_page(w, h)
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()
