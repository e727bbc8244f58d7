"""A reference to one image of an archive: its name in the result, and where its bytes are."""

from __future__ import annotations

from dataclasses import dataclass

WHOLE_FILE = -1  # as `size_bytes`


@dataclass(frozen=True, slots=True)
class ImageRef:
    """An image to read."""

    source: str  # its name in the result, as the user writes it: scans/a.png, s3://bucket/a.png, a.tar/7.png
    location: str  # absolute path or URL of the file that holds it
    offset: int = 0  # bytes from the start of the file
    size_bytes: int = WHOLE_FILE
    member: str = ""  # its name in a tar shard
    error: str = ""  # why it cannot be read, if that is known beforehand: a sentence

    @property
    def identity(self) -> str:
        """A key that differs for all images of a run and does not depend on the working folder."""
        return f"{self.location}/{self.member}" if self.member else self.location
