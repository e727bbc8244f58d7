"""A reference to one image of an archive: its name in the result, and where its bytes are."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

WHOLE_FILE = -1  # as `size_bytes`
Storage = Literal["plain", "deflate", "gzip", "parquet"]


class ImageRef(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """An image to read."""

    source: str  # its name in the result, as the user writes it: scans/a.png, s3://bucket/a.png, a.tar/7.png
    location: str  # absolute path or URL of the file that holds it
    offset: Annotated[int, Meta(ge=0, lt=1 << 62)] = 0  # bytes from the start: see `stored`; in Parquet, the row
    size_bytes: Annotated[int, Meta(ge=WHOLE_FILE, lt=1 << 62)] = WHOLE_FILE
    member: str = ""  # its name in an archive
    error: str = ""  # why it cannot be read, if that is known beforehand: a sentence
    # How its bytes lie in the file: plain; deflated on their own, as in a zip; at `offset` of what the whole file
    # inflates to, as in a .tar.gz; in a row of Parquet.
    stored: Storage = "plain"

    @property
    def identity(self) -> str:
        """A key that differs for all images of a run and does not depend on the working folder."""
        return f"{self.location}/{self.member}" if self.member else self.location
