"""Combine neighboring byte ranges of a file, such as a shard, into one request: every bucket request adds latency."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

MAX_REQUEST_BYTES = 1 << 20  # of one combined request
MAX_GAP_BYTES = 64 << 10  # between two combined ranges


@dataclass(frozen=True, slots=True)
class ByteRange:
    """A file, or `size_bytes` of it starting at `offset`."""

    location: str
    offset: int = 0
    size_bytes: int | None = None  # None: to the end of the file


def coalesce(ranges: Iterable[ByteRange]) -> Iterator[list[ByteRange]]:
    """Yield groups of ranges, in order; one request fetches a group, including its gaps."""
    group: list[ByteRange] = []
    end = 0
    for one in ranges:
        near = group and group[0].location == one.location and end <= one.offset <= end + MAX_GAP_BYTES
        if not near or one.size_bytes is None or one.offset + one.size_bytes > group[0].offset + MAX_REQUEST_BYTES:
            if group:
                yield group
            group = []
        group.append(one)
        end = sys.maxsize if one.size_bytes is None else one.offset + one.size_bytes
    if group:
        yield group
