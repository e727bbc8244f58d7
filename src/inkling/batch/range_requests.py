"""What is wanted of files, neighbours taken together, as in a shard: every request to a bucket takes its time."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

SPAN_BYTES, GAP_BYTES = 1 << 20, 64 << 10  # of neighbours in a file that one request fetches, and between two of them


@dataclass(frozen=True, slots=True)
class ByteRange:
    """A file, or `size_bytes` of it from `offset` on."""

    place: str
    offset: int = 0
    size_bytes: int | None = None  # None: to its end


def coalesce(wanted: Iterable[ByteRange]) -> Iterator[list[ByteRange]]:
    """Neighbours in one file, as in a shard, together: one request fetches them, and the little between them."""
    span: list[ByteRange] = []
    end = 0
    for want in wanted:
        near = span and span[0].place == want.place and end <= want.offset <= end + GAP_BYTES
        if not near or want.size_bytes is None or want.offset + want.size_bytes > span[0].offset + SPAN_BYTES:
            if span:
                yield span
            span = []
        span.append(want)
        end = sys.maxsize if want.size_bytes is None else want.offset + want.size_bytes
    if span:
        yield span
