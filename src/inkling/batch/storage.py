"""Files and folders wherever they lie: a path of this machine, or a bucket's URL (see `buckets`).

A place is a text, so it can be written down and sent to other machines. Every function here waits out a bucket that
fails for a moment (`patience`), and raises for the rest, one sentence each:

    NotFound      no such file, folder or bucket
    NoPermission  these credentials, or this user, may not
    CannotWrite   a disk that is full or broken
    Unreachable   the bucket does not answer: says nothing of one picture, so it is no picture's error
    BadRequest    a URL that is none; MissingExtra: buckets need the `cluster` extra, paths do not
"""

from __future__ import annotations

import contextlib
import io
import os
import secrets
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Literal

from inkling.batch.buckets import filesystem, is_url
from inkling.batch.range_requests import ByteRange, coalesce
from inkling.batch.retry import NO_BUCKET, PROBE_FOR_S, with_retries
from inkling.errors import CannotWrite, InklingError, NoPermission, NotFound

__all__ = [
    "ByteRange",
    "FileInfo",
    "delete",
    "is_unfinished",
    "is_url",
    "join",
    "kind",
    "open_stream",
    "probe",
    "read",
    "read_many",
    "walk",
    "write",
]  # fmt: skip

AT_ONCE = 16  # requests in flight in `read_many`: a bucket answers each late, but many at once
STREAM_BYTES = 4 << 20  # what one request of `open_stream` fetches
UNFINISHED = ".unfinished"
Kind = Literal["file", "folder", "none"]


@dataclass(frozen=True, slots=True)
class FileInfo:
    """A file that `walk` found."""

    place: str
    size_bytes: int


def join(place: str, *names: str) -> str:
    """A name below a folder, in either world."""
    return "/".join([place.rstrip("/"), *names]) if is_url(place) else os.path.join(place, *names)


def probe(place: str) -> Kind:
    """`kind`, for the door: a bucket that does not answer is said after some seconds, while a person waits."""
    return kind(place, patience_s=PROBE_FOR_S)


def kind(place: str, *, patience_s: float | None = None) -> Kind:
    """What lies at a place. A bucket's root is a folder; a bucket that does not exist raises NotFound."""
    if not is_url(place):
        return "folder" if os.path.isdir(place) else "file" if os.path.exists(place) else "none"
    fs, path = filesystem(place)

    def look() -> Kind:
        from pyarrow.fs import FileType

        found = fs.get_file_info(path).type
        if found == FileType.NotFound:
            bucket, _, key = path.partition("/")
            if not key or fs.get_file_info(bucket).type == FileType.NotFound:
                raise FileNotFoundError(NO_BUCKET)
            return "none"
        return "file" if found == FileType.File else "folder"

    return with_retries(look, place, patience_s=patience_s)


def walk(place: str) -> Iterator[FileInfo]:
    """Every file below a folder, folder by folder, each folder by name, which is the same order every time.

    One folder's names are in memory at a time: some 300 bytes each. Links to folders are not followed, and what comes
    of an unfinished `write` is left out.
    """
    if is_url(place):
        yield from _walk_bucket(place)
        return
    try:
        with os.scandir(place) as entries:
            listed = sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        raise _local(place, error) from error
    for entry in listed:
        if entry.is_dir(follow_symlinks=False):
            yield from walk(entry.path)
        elif not is_unfinished(entry.name):
            with contextlib.suppress(FileNotFoundError):  # gone since, or a link to nothing
                if entry.is_file():
                    yield FileInfo(entry.path, entry.stat().st_size)


def _walk_bucket(place: str) -> Iterator[FileInfo]:
    from pyarrow.fs import FileSelector, FileType

    fs, path = filesystem(place)
    root = place.rstrip("/")
    for info in sorted(
        with_retries(lambda: fs.get_file_info(FileSelector(path)), place), key=lambda info: str(info.base_name)
    ):
        below = f"{root}/{info.base_name}"
        if info.type == FileType.Directory:
            yield from _walk_bucket(below)
        else:
            yield FileInfo(below, info.size)


def read(place: str, *, offset: int = 0, size_bytes: int | None = None) -> bytes:
    """A file's bytes, or `size_bytes` of them from `offset` on; fewer where the file ends."""
    if not is_url(place):
        try:
            with open(place, "rb") as file:
                file.seek(offset)
                return file.read() if size_bytes is None else file.read(size_bytes)
        except OSError as error:
            raise _local(place, error) from error
    fs, path = filesystem(place)

    def fetch() -> bytes:
        with fs.open_input_file(path) as file:
            end = file.size() if size_bytes is None else min(offset + size_bytes, file.size())
            content = bytes(file.read_at(max(0, end - offset), offset)) if offset < end else b""
        if len(content) != max(0, end - offset):
            raise OSError(f"{len(content)} of {end - offset} bytes came")
        return content

    return with_retries(fetch, place)


def read_many(wanted: Iterable[ByteRange]) -> Iterator[bytes | InklingError]:
    """Several files' bytes in order, each or what is wrong with it; from buckets, `AT_ONCE` are under way together.

    Raises Unreachable: the bucket's failure is no picture's.
    """
    wanted = list(wanted)
    if not any(is_url(want.place) for want in wanted):
        yield from map(_read_or_say, wanted)
        return
    pool = ThreadPoolExecutor(AT_ONCE, "bucket")
    ahead: deque[Future[list[bytes | InklingError]]] = deque()
    try:
        for span in coalesce(wanted):
            ahead.append(pool.submit(_read_span, span))
            if len(ahead) == 2 * AT_ONCE:
                yield from ahead.popleft().result()
        while ahead:
            yield from ahead.popleft().result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _read_span(span: list[ByteRange]) -> list[bytes | InklingError]:
    first, last = span[0], span[-1]
    if first is last:
        return [_read_or_say(first)]
    content = _read_or_say(ByteRange(first.place, first.offset, last.offset + (last.size_bytes or 0) - first.offset))
    if isinstance(content, InklingError):
        return [content] * len(span)
    starts = [(want.offset - first.offset, want.size_bytes or 0) for want in span]
    return [content[start : start + size] for start, size in starts]


def _read_or_say(want: ByteRange) -> bytes | InklingError:
    try:
        return read(want.place, offset=want.offset, size_bytes=want.size_bytes)
    except (NotFound, NoPermission) as error:
        return error


def open_stream(place: str) -> BinaryIO:
    """A file to read from front to back, or about in; from a bucket in pieces of `STREAM_BYTES`."""
    if is_url(place):
        return io.BufferedReader(_Remote(place), STREAM_BYTES)
    try:
        return open(place, "rb")
    except OSError as error:
        raise _local(place, error) from error


class _Remote(io.RawIOBase):
    """A bucket's file, each piece fetched with patience."""

    def __init__(self, place: str) -> None:
        self._place, self._at = place, 0
        self._fs, self._path = filesystem(place)
        self._file = with_retries(lambda: self._fs.open_input_file(self._path), place)
        self._size = self._file.size()

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = max(0, offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence])
        return self._at

    def readinto(self, buffer: Any) -> int:
        length = min(len(buffer), max(0, self._size - self._at))
        if length == 0:
            return 0
        content = with_retries(lambda: self._file.read_at(length, self._at), self._place)
        buffer[: len(content)] = content
        self._at += len(content)
        return len(content)

    def readall(self) -> bytes:
        """The rest in large pieces; inherited, it would fetch 8 KiB at a time."""
        pieces = []
        while piece := self.read(STREAM_BYTES):
            pieces.append(piece)
        return b"".join(pieces)

    def close(self) -> None:
        if not self.closed:
            self._file.close()
        super().close()


def write(place: str, content: bytes) -> None:
    """Puts a file there whole or not at all, over one of that name; folders on the way are made.

    On this machine it is on the disk before it has its name, so that a cut of power does no harm.
    """
    if not is_url(place):
        try:
            _write_local(Path(place), content)
        except OSError as error:
            raise _local(place, error, writing=True) from error
        return
    fs, path = filesystem(place)

    def put() -> None:
        with fs.open_output_stream(path, compression=None) as file:
            file.write(content)

    with_retries(put, place)


def _write_local(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}{UNFINISHED}")
    try:
        with beside.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)  # its new name
    finally:
        os.close(folder)


def is_unfinished(name: str) -> bool:
    """Whether a file's name is that of a `write` which was killed: nobody reads it, and it may be deleted."""
    return name.startswith(".") and name.endswith(UNFINISHED)


def delete(place: str) -> None:
    """Removes a file, if it is there."""
    if not is_url(place):
        try:
            Path(place).unlink(missing_ok=True)
        except OSError as error:
            raise _local(place, error, writing=True) from error
        return
    fs, path = filesystem(place)
    with contextlib.suppress(NotFound):
        with_retries(lambda: fs.delete_file(path), place)


def _local(place: str, error: OSError, *, writing: bool = False) -> InklingError:
    """One sentence for what this machine's file system says."""
    said = error.strerror or str(error)
    if isinstance(error, PermissionError):
        right = "written" if writing else "read"
        return NoPermission(f"{place} may not be {right} by this user ({said}); expected the right to it. Grant it.")
    if writing:
        return CannotWrite(
            f"{place} cannot be written ({said}); expected a folder with room. Make room or choose another."
        )
    return NotFound(f"{place} cannot be read ({said}); expected a file or folder that is there. Check the name.")
