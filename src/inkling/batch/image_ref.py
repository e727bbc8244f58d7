"""A reference to one image of an archive: its name in the result, and the location of its bytes."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

WHOLE_FILE = -1  # the value of `size_bytes` for a whole file
Storage = Literal["plain", "deflate", "gzip", "parquet"]


class ImageRef(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """An image to read."""

    source: str  # its name in the result, as the user writes it: scans/a.png, s3://bucket/a.png, a.tar/7.png
    location: str  # absolute path or URL of the file that contains it
    offset: Annotated[int, Meta(ge=0, lt=1 << 62)] = 0  # in bytes, see `stored`; for Parquet, the row number
    size_bytes: Annotated[int, Meta(ge=WHOLE_FILE, lt=1 << 62)] = WHOLE_FILE
    member: str = ""  # its name in an archive
    error: str = ""  # why it cannot be read, if known in advance: an error message
    # How the bytes are stored: uncompressed; deflated separately, as in a zip file; at `offset` of the decompressed
    # file, as in a .tar.gz; in a Parquet row.
    stored: Storage = "plain"

    @property
    def identity(self) -> str:
        """A key that is unique within a run and does not depend on the working directory."""
        return f"{self.location}/{self.member}" if self.member else self.location
