"""Splitting a file into pages, each of which is read or refused separately."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inkling import Reader, errors
from inkling.documents import DOCUMENT_LIMITS, is_document, pages
from inkling.pipeline.decode import decode
from inkling.pipeline.file_parts import tiff_directories
from tests.documents.files import SEVEN, blank_pdf, drawn_pdf, nested_forms, packed_pdf, saved, scans
from tests.pictures import encoded

FIXTURES = Path(__file__).parents[1] / "fixtures"
SQUARE = "100 100 200 200 re f"


@pytest.mark.parametrize("kind", ["PDF", "TIFF"])
def test_every_page_is_read(kind: str, reader: Reader, tmp_path: Path) -> None:
    path = saved(tmp_path, "scan", scans(3, kind))
    found = list(pages(path))
    assert [(page.number, page.n_pages, page.name) for page in found] == [(i, 3, f"{path}#{i}") for i in (1, 2, 3)]
    assert [reader.read(page.image).text for page in found] == ["7", "7", "7"]


@pytest.mark.parametrize("kind", ["PDF", "TIFF"])
def test_content_and_open_files_are_taken(kind: str) -> None:
    content = scans(2, kind)
    for source in (content, io.BytesIO(content)):
        assert [page.name for page in pages(source, name="-")] == ["-#1", "-#2"]


def test_a_picture_is_a_document_of_one_page(reader: Reader, tmp_path: Path) -> None:
    path = saved(tmp_path, "seven.png", encoded(SEVEN))
    for source in (path, path.read_bytes(), io.BytesIO(path.read_bytes())):
        (page,) = pages(source, name="seven.png")
        assert (page.number, page.n_pages, page.name) == (1, 1, "seven.png")
        assert reader.read(page.image).text == "7"


def test_a_document_of_one_page_needs_no_number() -> None:
    for kind in ("PDF", "TIFF"):
        assert [page.name for page in pages(scans(1, kind), name="scan")] == ["scan"]


def test_a_scan_keeps_its_own_pixels() -> None:
    """A scan of 301 x 401 px keeps its size and pixels on paper of any size."""
    for dpi in (75, 150, 290):
        (page,) = pages(scans(1, size_wh=(301, 401), resolution=dpi))
        picture = page.image
        assert isinstance(picture, np.ndarray)
        assert picture.shape == (401, 301, 3)
        assert np.mean(np.abs(picture[50:250, 50:250, 0].astype(int) - np.asarray(SEVEN.resize((200, 200))))) < 4


def test_a_fine_scan_and_large_paper_are_reduced() -> None:
    (fine,) = pages(scans(1, size_wh=(1200, 1600), resolution=600))
    assert decode(fine.image).size_wh == (600, 800)
    (poster,) = pages(blank_pdf((7200, 7200)))
    assert decode(poster.image).size_wh == (3000, 3000)


def test_drawn_pages_have_the_resolution_that_digits_need() -> None:
    (page,) = pages(drawn_pdf(SQUARE))
    assert decode(page.image).size_wh == (1653, 2339)  # A4 at 200 dpi
    assert np.mean(decode(page.image).image < 128) == pytest.approx(200 * 200 / (595 * 842), rel=0.01)


def test_pages_of_a_tiff_have_their_own_sizes_and_modes() -> None:
    buffer = io.BytesIO()
    others = [Image.new("L", (40, 50), 9), Image.new("1", (60, 20), 1), Image.new("RGB", (30, 30), "red")]
    SEVEN.save(buffer, "TIFF", save_all=True, append_images=others)
    assert [decode(page.image).size_wh for page in pages(buffer.getvalue())] == [
        (280, 280),
        (40, 50),
        (60, 20),
        (30, 30),
    ]


def test_a_thumbnail_in_a_tiff_is_no_page() -> None:
    buffer = io.BytesIO()
    small = Image.new("L", (40, 40))
    small.encoderinfo = {"tiffinfo": {254: 1}}
    SEVEN.save(buffer, "TIFF", save_all=True, append_images=[small, SEVEN.copy()])
    assert len(list(pages(buffer.getvalue()))) == 2


@pytest.mark.slow
def test_a_bad_page_leaves_the_others() -> None:
    document = drawn_pdf(SQUARE, "/X0 Do", SQUARE, extra=nested_forms(3))
    found = list(pages(document, limits=replace(DOCUMENT_LIMITS, page_s=1.0)))
    assert [isinstance(page.content, np.ndarray) for page in found] == [True, False, True]
    with pytest.raises(errors.DeadlineExceeded, match="takes more than 1 s to draw"):
        _ = found[1].image


@pytest.mark.slow
def test_a_document_of_hostile_pages_is_given_up() -> None:
    """Otherwise every page could take the maximum time."""
    document = drawn_pdf(*["/X0 Do"] * 6, extra=nested_forms(6))
    found = list(pages(document, limits=replace(DOCUMENT_LIMITS, page_s=0.5, max_restarts=1)))
    assert [type(page.content) for page in found] == [errors.DeadlineExceeded] * 2 + [errors.BrokenPicture] * 4


@pytest.mark.slow
def test_a_page_that_takes_too_much_memory_is_refused() -> None:
    """Its stream decompresses to more than the renderer's memory limit; a new renderer draws the next page."""
    bomb = b"0 0 5 5 re f " * 10_000_000
    document = packed_pdf(bomb, SQUARE.encode())
    assert len(document) < 2_000_000
    first, second = pages(document, limits=replace(DOCUMENT_LIMITS, max_memory_bytes=300_000_000))
    assert isinstance(first.content, errors.BadPicture)
    assert isinstance(second.content, np.ndarray)


@pytest.mark.parametrize(
    ("document", "kind", "says"),
    [
        (b"%PDF-1.7 seven", errors.BrokenPicture, "cannot be opened"),
        (scans(2)[:2000], errors.BrokenPicture, "cannot be opened"),
        (blank_pdf(), errors.BrokenPicture, "cannot be opened"),
        (blank_pdf(*[(9, 9)] * 4), errors.ImageTooLarge, "more than 3 pages"),
        (scans(4, "TIFF", size_wh=(99, 99)), errors.ImageTooLarge, "more than 3 pages"),
        (scans(2, size_wh=(3000, 3000)) + bytes(200_000), errors.ImageTooLarge, "the limit is 0.2 MB"),
    ],
)
def test_a_bad_document_gets_one_sentence(document: bytes, kind: type[errors.InklingError], says: str) -> None:
    with pytest.raises(kind, match=says) as caught:
        list(pages(document, limits=replace(DOCUMENT_LIMITS, max_pages=3, max_bytes=200_000)))
    assert str(caught.value).count(". ") <= 1


@pytest.mark.parametrize("size_pt", [(1, 1_000_000), (1e30, 1e38), (0, 0), (-5, 20)])
def test_no_page_is_larger_than_may_be_drawn(size_pt: tuple[float, float]) -> None:
    (page,) = pages(drawn_pdf(SQUARE, size_pt=size_pt))
    if isinstance(page.content, np.ndarray):
        assert page.content.size <= 3 * DOCUMENT_LIMITS.max_page_pixels
    else:
        assert isinstance(page.content, errors.ImageTooLarge)


def test_pages_are_made_when_they_are_asked_for() -> None:
    """A document of any length takes the memory of one page, and closing the iterator ends the renderer."""
    document = pages(drawn_pdf(SQUARE, *["/X0 Do"] * 50, extra=nested_forms(51)))
    assert isinstance(next(document).content, np.ndarray)
    document.close()  # type: ignore[attr-defined]


def test_a_missing_file_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(errors.NotFound):
        next(pages(tmp_path / "scan.pdf"))


def test_a_locked_pdf_gets_one_sentence() -> None:
    """The PDF is encrypted with AES-256; the password is "secret"."""
    with pytest.raises(errors.BrokenPicture, match="locked with a password; expected one that opens without"):
        list(pages(FIXTURES / "locked.pdf"))


def test_a_pdf_that_may_not_be_changed_is_read(reader: Reader) -> None:
    """This PDF is also encrypted, but it opens without a password."""
    (page,) = pages(FIXTURES / "restricted.pdf")
    assert reader.read(page.image).text == "7"


def test_a_tiff_that_is_cut_off_names_the_pages_that_are_missing() -> None:
    content = scans(4, "TIFF", size_wh=(90, 90))
    starts = [directory.at for directory in tiff_directories(content)]
    for n_left, end in enumerate(starts[1:], 1):
        *whole, missing = pages(content[:end], name="scan.tif")
        assert [decode(page.image).size_wh for page in whole] == [(90, 90)] * n_left
        assert missing.name == f"scan.tif#{n_left + 1}"
        assert missing.n_pages == n_left + 1
        with pytest.raises(errors.BrokenPicture, match=f"cut off before page {n_left + 1}, so this page and any after"):
            _ = missing.image
        assert is_document(content[:end])


@pytest.mark.parametrize("left", range(1, 400, 13))
def test_wherever_a_tiff_is_cut_off_a_page_fails(left: int) -> None:
    content = scans(3, "TIFF", size_wh=(40, 40))
    end = [directory.at for directory in tiff_directories(content)][2] - left
    failed = []
    for page in pages(content[:end]):
        try:
            decode(page.image)
        except errors.BadPicture:
            failed.append(page.number)
    assert failed
