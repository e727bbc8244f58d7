"""Splitting a stream of images into chunks."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count, islice

import pytest

from inkling.batch.image_ref import ImageRef
from inkling.batch.job import in_chunks


def named(n: int) -> list[ImageRef]:
    return [ImageRef(f"{i}.png", f"/{i}.png") for i in range(n)]


@pytest.mark.parametrize(("n", "sizes"), [(0, []), (1, [1]), (3, [3]), (4, [3, 1]), (6, [3, 3])])
def test_every_image_is_in_one_chunk(n: int, sizes: list[int]) -> None:
    chunks = list(in_chunks(named(n), size=3, first=5))
    assert [len(chunk.images) for chunk in chunks] == sizes
    assert [chunk.number for chunk in chunks] == list(range(5, 5 + len(sizes)))
    assert [picture for chunk in chunks for picture in chunk.images] == named(n)


def test_a_document_counts_for_its_pages() -> None:
    """Otherwise, a part of 500 PDFs would have tens of thousands of rows."""
    images = [ImageRef(f"{i}.PDF", f"/{i}.PDF") for i in range(5)]
    assert [len(chunk.images) for chunk in in_chunks(images, size=20)] == [2, 2, 1]


def test_a_stream_without_end_is_not_read_ahead() -> None:
    asked = []

    def endless() -> Iterator[ImageRef]:
        for i in count():
            asked.append(i)
            yield ImageRef(str(i), str(i))

    assert len(list(islice(in_chunks(endless(), size=10), 2))) == 2
    assert len(asked) == 20
