"""The output folder, here or in a bucket: small files that appear whole or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from inkling.errors import CannotWrite, InklingError, NotFound

UNFINISHED = ".tmp-"  # how the name of a file starts until it is whole; tools that read the folder skip such names


class Folder(Protocol):
    """A folder of files by names such as parts/part-00000000.parquet."""

    place: str

    def read(self, name: str) -> bytes:
        """Raises NotFound when it is not there."""
        ...

    def write(self, name: str, content: bytes) -> None:
        """Puts a file in place as a whole, over the one before. Raises CannotWrite."""
        ...

    def names(self, folder: str) -> Iterator[str]:
        """Names of the files in one of its folders, in any order; none where it is not there."""
        ...

    def remove(self, name: str) -> None:
        """Removes a file that may be gone already."""
        ...


def is_url(place: str) -> bool:
    """Whether a place is a URL such as s3://bucket/folder rather than a path."""
    return "://" in place


def absolute(place: str) -> str:
    """A path as it is from every working folder; a URL as it is, without a slash at its end."""
    return place.rstrip("/") if is_url(place) else str(Path(place).absolute())


def open_folder(place: str) -> Folder:
    """A path or URL -> its folder, which need not exist yet."""
    return LocalFolder(place)


class LocalFolder:
    """A folder of this machine's file system."""

    def __init__(self, place: str) -> None:
        self.place = place
        self._root = Path(place)

    def read(self, name: str) -> bytes:
        try:
            return (self._root / name).read_bytes()
        except OSError as error:
            raise NotFound(
                f"{self._root / name} cannot be read ({error.strerror}); expected a file of a run. Check the folder."
            ) from error

    def write(self, name: str, content: bytes) -> None:
        path = self._root / name
        beside = path.with_name(f"{UNFINISHED}{path.name}-{os.getpid()}-{secrets.token_hex(4)}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with beside.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(path)
            _sync(path.parent)
        except OSError as error:
            beside.unlink(missing_ok=True)
            raise _not_written(path, error) from error

    def names(self, folder: str) -> Iterator[str]:
        try:
            with os.scandir(self._root / folder) as entries:
                for entry in entries:
                    yield entry.name
        except FileNotFoundError:
            return
        except OSError as error:
            raise NotFound(
                f"{self._root / folder} cannot be read ({error.strerror}); expected the folder of a run. Check it."
            ) from error

    def remove(self, name: str) -> None:
        (self._root / name).unlink(missing_ok=True)


def _sync(folder: Path) -> None:
    """Brings names to the disk too: after a power cut a plan must be there before its parts are."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _not_written(path: Path, error: OSError) -> InklingError:
    return CannotWrite(
        f"{path} cannot be written ({error.strerror or error}); expected a place with room and the right to write. "
        "Make room or choose another, and go on with --resume."
    )
