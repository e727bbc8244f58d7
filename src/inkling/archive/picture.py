"""One picture of an archive: what it is called in the result, and where its bytes are."""

from __future__ import annotations

from dataclasses import dataclass

WHOLE = -1  # size: the whole file


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture to read. `source` is its name in the result and, within one run, its identity."""

    source: str  # as the user would name it: scans/a.png, s3://bucket/a.png, shard-000.tar/a.png
    place: str  # absolute path or URL of the file that holds it
    offset: int = 0  # bytes from the file's start to the picture's
    size: int = WHOLE  # bytes
    fault: str = ""  # why it cannot be read, where the listing knows that already: a sentence
