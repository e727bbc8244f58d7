"""The bytes of pictures: from files, from members of tar shards, from buckets."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from inkling.archive.picture import WHOLE, Picture
from inkling.archive.storage import is_url
from inkling.errors import BrokenPicture, ImageTooLarge, InklingError, NotFound
from inkling.road.image import MAX_BYTES

Fetched = tuple[Picture, bytes | InklingError]


class Fetcher:
    """Fetches pictures in their order; those of a bucket several at a time."""

    def __init__(self) -> None:
        self._shard: tuple[str, int] | None = None  # the shard read last, and its descriptor

    def fetch(self, pictures: Iterable[Picture]) -> Iterator[Fetched]:
        """Each picture with its bytes, or with the error for which there are none."""
        for picture in pictures:
            try:
                yield picture, self._content(picture)
            except InklingError as error:
                yield picture, error
            except (OSError, ValueError) as error:  # ValueError: a path with a NUL byte
                what = error.strerror if isinstance(error, OSError) else error
                yield (
                    picture,
                    NotFound(f"{picture.source} cannot be read ({what}); expected a picture file. Check the path."),
                )

    def _content(self, picture: Picture) -> bytes:
        if picture.fault:
            raise BrokenPicture(picture.fault)
        if picture.size == WHOLE:
            return _whole(picture.place)
        _check(picture.size)
        content = os.pread(self._descriptor(picture.place), picture.size, picture.offset)
        if len(content) < picture.size:
            raise BrokenPicture(
                f"{picture.source} ends after {len(content)} of {picture.size} bytes; expected a whole shard. "
                "Copy the shard again."
            )
        return content

    def _descriptor(self, place: str) -> int:
        if self._shard is None or self._shard[0] != place:
            if self._shard:
                os.close(self._shard[1])
                self._shard = None
            self._shard = place, os.open(place, os.O_RDONLY)
        return self._shard[1]


def _whole(place: str) -> bytes:
    with Path(place).open("rb", buffering=0) as file:
        content = file.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            _check(os.fstat(file.fileno()).st_size)
    return content


def _check(size: int) -> None:
    if size > MAX_BYTES:
        raise ImageTooLarge(
            f"picture has {size / 1e6:.1f} MB; the limit is {MAX_BYTES / 1e6:.1f} MB. Send a smaller picture."
        )


__all__ = ["Fetched", "Fetcher", "is_url"]
