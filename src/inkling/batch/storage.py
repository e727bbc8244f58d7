"""Files and folders on this machine or in a bucket (see `buckets`).

A location is a path or a URL, so it can be stored and sent to other machines. Every function retries transient failures
of bucket requests (see `retry`). Other failures raise an error with a short message:

    NotFound      no such file, folder or bucket
    NoPermission  these credentials, or this user, have no access
    CannotWrite   the disk is full or broken
    Unreachable   the bucket does not answer; this is never the error of one image
    BadRequest    the URL is invalid
    MissingExtra  the `cluster` extra is not installed; buckets need it, paths do not
"""

from __future__ import annotations

import io
import os
import secrets
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, Literal

from inkling.batch.buckets import filesystem, is_url
from inkling.batch.range_requests import ByteRange, coalesce
from inkling.batch.retry import NO_BUCKET, PROBE_FOR_S, with_retries
from inkling.errors import CannotWrite, InklingError, NoPermission, NotFound

MAX_CONCURRENT_REQUESTS = 16  # in `read_many`: a bucket has a high latency but serves many requests at a time
STREAM_BYTES = 4 << 20  # fetched by one request of `open_stream`
UNFINISHED = ".unfinished"
Kind = Literal["file", "folder", "none"]


def join(location: str, *names: str) -> str:
    """The location of a name below a folder."""
    return "/".join([location.rstrip("/"), *names]) if is_url(location) else os.path.join(location, *names)


def probe(location: str) -> Kind:
    """`kind` for interactive use: fails after a few seconds if a bucket does not answer."""
    return kind(location, retry_for_s=PROBE_FOR_S)


def kind(location: str, *, retry_for_s: float | None = None) -> Kind:
    """The kind of a location. A bucket's root is a folder; a bucket that does not exist raises NotFound."""
    if not is_url(location):
        return "folder" if os.path.isdir(location) else "file" if os.path.exists(location) else "none"
    fs, path = filesystem(location)

    def ask() -> Kind:
        from pyarrow.fs import FileType

        found = fs.get_file_info(path).type
        if found == FileType.NotFound:
            bucket, _, key = path.partition("/")
            if not key or fs.get_file_info(bucket).type == FileType.NotFound:
                raise FileNotFoundError(NO_BUCKET)
            return "none"
        return "file" if found == FileType.File else "folder"

    return with_retries(ask, location, retry_for_s=retry_for_s)


def walk(location: str) -> Iterator[str]:
    """Yield the locations of all files below a folder, in the same order every time: each folder sorted by name.

    Only the names in the current folder and its parents are in memory, about 300 bytes each. Symbolic links to folders
    are not followed, and files of an unfinished `write` are omitted.
    """
    for file, _ in _walk(location):
        yield file


def walk_sizes(location: str) -> Iterator[tuple[str, int]]:
    """Like `walk`, with the size of each file in bytes."""
    for file, size in _walk(location):
        yield file, size()


def _walk(location: str) -> Iterator[tuple[str, Callable[[], int]]]:
    if is_url(location):
        yield from _walk_bucket(location)
        return
    try:
        with os.scandir(location) as entries:
            listed = sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        raise _local_error(location, error) from error
    for entry in listed:
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(entry.path)
        elif not is_unfinished(entry.name) and entry.is_file():  # a broken link is not a file
            yield entry.path, partial(os.path.getsize, entry.path)


def _walk_bucket(location: str) -> Iterator[tuple[str, Callable[[], int]]]:
    from pyarrow.fs import FileSelector, FileType

    fs, path = filesystem(location)
    infos = with_retries(lambda: fs.get_file_info(FileSelector(path)), location)
    for info in sorted(infos, key=lambda info: str(info.base_name)):
        below = join(location, info.base_name)
        if info.type == FileType.Directory:
            yield from _walk_bucket(below)
        else:
            yield below, partial(int, info.size)


def read(location: str, *, offset: int = 0, size_bytes: int | None = None) -> bytes:
    """A file's bytes, or `size_bytes` of them starting at `offset`; fewer at the end of the file."""
    if not is_url(location):
        try:
            with open(location, "rb") as file:
                file.seek(offset)
                return file.read(-1 if size_bytes is None else size_bytes)
        except OSError as error:
            raise _local_error(location, error) from error
    fs, path = filesystem(location)

    def fetch() -> bytes:
        with fs.open_input_file(path) as file:
            end = file.size() if size_bytes is None else min(offset + size_bytes, file.size())
            content = bytes(file.read_at(max(0, end - offset), offset)) if offset < end else b""
        if len(content) != max(0, end - offset):
            raise OSError(f"received {len(content)} of {end - offset} bytes")
        return content

    return with_retries(fetch, location)


def read_many(ranges: Iterable[ByteRange]) -> Iterator[bytes | InklingError]:
    """Yield the bytes of several files in order, or the error of each; buckets receive concurrent requests.

    Raises Unreachable, which is not the error of one file.
    """
    ranges = list(ranges)
    if not any(is_url(one.location) for one in ranges):
        yield from map(_read_or_error, ranges)
        return
    failures: list[BaseException] = []

    def request(group: list[ByteRange]) -> list[bytes | InklingError]:
        if failures:  # another request would take minutes to fail
            raise failures[0]
        try:
            return _read_group(group)
        except BaseException as error:
            failures.append(error)
            raise

    pool = ThreadPoolExecutor(MAX_CONCURRENT_REQUESTS, "bucket")
    requests: deque[Future[list[bytes | InklingError]]] = deque()
    try:
        for group in coalesce(ranges):
            requests.append(pool.submit(request, group))
            if len(requests) == 2 * MAX_CONCURRENT_REQUESTS:
                yield from requests.popleft().result()
        while requests:
            yield from requests.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


def _read_group(group: list[ByteRange]) -> list[bytes | InklingError]:
    first, last = group[0], group[-1]
    if first is last:
        return [_read_or_error(first)]
    size_bytes = last.offset + (last.size_bytes or 0) - first.offset
    content = _read_or_error(ByteRange(first.location, first.offset, size_bytes))
    if isinstance(content, InklingError):
        return [content] * len(group)
    starts = [(one.offset - first.offset, one.size_bytes or 0) for one in group]
    return [content[start : start + size] for start, size in starts]


def _read_or_error(one: ByteRange) -> bytes | InklingError:
    try:
        return read(one.location, offset=one.offset, size_bytes=one.size_bytes)
    except (NotFound, NoPermission) as error:
        return error


def open_stream(location: str) -> BinaryIO:
    """Open a seekable file for reading; a bucket's file is fetched in pieces of `STREAM_BYTES`."""
    if is_url(location):
        return io.BufferedReader(_BucketFile(location), STREAM_BYTES)
    try:
        return open(location, "rb")
    except OSError as error:
        raise _local_error(location, error) from error


class _BucketFile(io.RawIOBase):
    """A file in a bucket, fetched in pieces, each with retries."""

    def __init__(self, location: str) -> None:
        self._location, self._position = location, 0
        self._fs, self._path = filesystem(location)
        self._file = with_retries(lambda: self._fs.open_input_file(self._path), location)
        self._size = self._file.size()

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._position = max(0, offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence])
        return self._position

    def readinto(self, buffer: Any) -> int:
        length = min(len(buffer), max(0, self._size - self._position))
        if length == 0:
            return 0
        content = with_retries(lambda: self._file.read_at(length, self._position), self._location)
        buffer[: len(content)] = content
        self._position += len(content)
        return len(content)

    def readall(self) -> bytes:
        """The rest in large pieces; the inherited method would fetch 8 KiB at a time."""
        pieces = []
        while piece := self.read(STREAM_BYTES):
            pieces.append(piece)
        return b"".join(pieces)

    def close(self) -> None:
        if not self.closed:
            self._file.close()
        super().close()


def write(location: str, content: bytes) -> None:
    """Write a file atomically, replacing an existing one; missing folders are created.

    A local file is flushed to disk before it is renamed, so a power failure does no harm.
    """
    if not is_url(location):
        try:
            _write_local(Path(location), content)
        except OSError as error:
            raise _local_error(location, error, writing=True) from error
        return
    fs, path = filesystem(location)

    def put() -> None:
        with fs.open_output_stream(path, compression=None) as file:
            file.write(content)

    with_retries(put, location)


def _write_local(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(4)}{UNFINISHED}")
    try:
        with unfinished.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)  # flushes the new name
    finally:
        os.close(folder)


def is_unfinished(name: str) -> bool:
    """Whether a file's name is that of a killed `write`; such a file may be deleted."""
    return name.startswith(".") and name.endswith(UNFINISHED)


def _local_error(location: str, error: OSError, *, writing: bool = False) -> InklingError:
    """The error for an OSError of the local file system."""
    message = error.strerror or str(error)
    if isinstance(error, PermissionError):
        verb = "written" if writing else "read"
        return NoPermission(f"{location} may not be {verb} by this user ({message}); expected access to it. Grant it.")
    if writing:
        return CannotWrite(
            f"{location} cannot be written ({message}); expected free disk space. Free some, or choose another folder."
        )
    return NotFound(f"{location} cannot be read ({message}); expected an existing file or folder. Check the name.")
