"""pictures -> chunks: what one worker reads at a time, and one part file holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from inkling.batch.image_ref import ImageRef

SIZE = 500  # pictures: half a second of work, and parts of some 100 kB


@dataclass(frozen=True, slots=True)
class Chunk:
    """Pictures that are read together. The same number always stands for the same pictures of a run."""

    number: int  # from 0
    pictures: tuple[ImageRef, ...]


def in_chunks(pictures: Iterable[ImageRef], *, first: int = 0, size: int = SIZE) -> Iterator[Chunk]:
    """A stream of pictures -> a stream of chunks of `size`, numbered from `first`; the last may be smaller."""
    rest = iter(pictures)
    number = first
    while taken := tuple(islice(rest, size)):
        yield Chunk(number, taken)
        number += 1
