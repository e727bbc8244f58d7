"""The jobs, chunks and results that a run exchanges with its workers, and the interface of an engine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Annotated, Literal, Protocol, get_args

from msgspec import Meta, Struct, structs

from inkling.batch.checked_json import Count, Sha256
from inkling.batch.image_ref import ImageRef
from inkling.pipeline.reader import Mode

CHUNK_SIZE = 500  # images: half a second of work, and parts of about 100 KB
PDF_WEIGHT = 10  # a PDF counts as this many images of a chunk: it may have many pages, each with a row
Format = Literal["parquet", "csv", "jsonl"]
FORMATS: tuple[Format, ...] = get_args(Format)
ChunkNumber = Annotated[int, Meta(ge=0, lt=10**8)]  # eight digits of a part's name


@dataclass(frozen=True)
class Job:
    """A worker's instructions, small and picklable."""

    out: str  # absolute path or URL of the output folder
    model: str  # a packaged name, or the absolute path of a bundle or run folder that every worker can read
    version: str  # of the model; a worker raises an error if its version differs
    format: Format = "parquet"
    mode: Mode = "auto"
    constraints: dict[str, str] = field(default_factory=dict)  # arguments of `parse_constraints`


class Chunk(Struct, frozen=True, forbid_unknown_fields=True):
    """Images that one worker reads together. Within a run, a number always identifies the same images."""

    number: ChunkNumber
    images: tuple[ImageRef, ...]

    def with_error(self, index: int, error: str) -> Chunk:
        """The same chunk with one image marked as unreadable."""
        images = list(self.images)
        images[index] = structs.replace(images[index], error=error)
        return structs.replace(self, images=tuple(images))


class ChunkResult(Struct, frozen=True, forbid_unknown_fields=True):
    """The result of a chunk: the size and hash of its part, and its counts."""

    number: ChunkNumber
    size_bytes: Count  # of the part
    sha256: Sha256  # of the part
    outcomes: dict[Literal["read", "unsure", "empty", "not_digit", "failed"], Count]
    bytes: Count  # of the images that were fetched
    seconds: Annotated[float, Meta(ge=0, le=1e9)]
    more_pages: Count = 0  # pages after the first of each document: rows without an image in the plan


class Engine(Protocol):
    """Runs every chunk through a `Worker(job)`, in any order.

    An engine takes only a few chunks more than its workers are processing, so memory is bounded for a stream of any
    length. A chunk whose worker died is run again. Running a chunk twice is harmless: it writes an identical part.
    """

    def run(self, job: Job, chunks: Iterable[Chunk]) -> Iterator[ChunkResult]:
        """Yields the result of each chunk once its part is written. Raises the InklingError of a worker."""
        ...


def part_name(number: int, format: Format) -> str:
    """The path of a chunk's part in the output folder."""
    return f"parts/part-{number:08d}.{format}"


def in_chunks(images: Iterable[ImageRef], *, first: int = 0, size: int = CHUNK_SIZE) -> Iterator[Chunk]:
    """Split images into chunks of `size`, numbered from `first`; the last one and those with PDFs may be smaller."""
    number, taken, weight = first, list[ImageRef](), 0
    for image in images:
        taken.append(image)
        weight += PDF_WEIGHT if image.source.lower().endswith(".pdf") else 1
        if weight >= size:
            yield Chunk(number, tuple(taken))
            number, taken, weight = number + 1, [], 0
    if taken:
        yield Chunk(number, tuple(taken))
