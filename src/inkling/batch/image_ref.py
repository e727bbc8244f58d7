"""One picture of an archive: what it is called in the result, and where its bytes are."""

from __future__ import annotations

from dataclasses import dataclass

WHOLE_FILE = -1  # size: the whole file


@dataclass(frozen=True, slots=True)
class ImageRef:
    """A picture to read."""

    source: str  # its name in the result, as the user would write it: scans/a.png, s3://bucket/a.png, a.tar/7.png
    place: str  # absolute path or URL of the file that holds it
    offset: int = 0  # bytes from the file's start to the picture's
    size: int = WHOLE_FILE  # bytes
    member: str = ""  # its name in a tar shard
    fault: str = ""  # why it cannot be read, where the listing knows that already: a sentence

    @property
    def identity(self) -> str:
        """What makes it another picture than all others of a run, from whatever folder the run is started."""
        return f"{self.place}/{self.member}" if self.member else self.place
