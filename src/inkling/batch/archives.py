"""Find the images in tar shards in WebDataset's layout, plain or gzipped, and in zip files.

Headers are not trusted: the bytes that a header or a zip directory can make this process read and keep are bounded, and
so is the decompressed size of a .tar.gz.
"""

from __future__ import annotations

import gzip
import io
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any, BinaryIO

from inkling.batch import storage
from inkling.batch.image_ref import ImageRef, Storage
from inkling.documents.pages import SUFFIXES

ARCHIVES = (".tar", ".tar.gz", ".tgz", ".zip")
GZIP = b"\x1f\x8b"
COMPRESSED = (b"BZh", b"\xfd7zXZ", b"(\xb5/\xfd")  # bzip2, xz, zstandard
MAX_HEADER_BYTES = 1 << 20  # of one tar member: its names and attributes
MAX_DIRECTORY_BYTES = 1 << 25  # of a zip's directory: about 300,000 members, which take ten times as much memory
MAX_INFLATION = 100  # times the size of a .tar.gz; most pictures hardly compress, but BMP scans compress about 20:1
MIN_INFLATED_BYTES = 1 << 28  # allowed for every .tar.gz: about a second of work
LOCAL_HEADER = struct.Struct("<4s22xHH")  # of a zip member: signature, lengths of the name and of the extra field

# The errors that the libraries raise on damaged archives.
DAMAGE = (
    tarfile.TarError, zipfile.BadZipFile, zlib.error, struct.error, OSError, EOFError, ValueError, ArithmeticError,
    LookupError, NotImplementedError, RecursionError, MemoryError,
)  # fmt: skip


def images_in_archive(source: str, location: str) -> Iterator[ImageRef]:
    """Yield the images of an archive, in order. A damaged archive yields an image with the error.

    An archive in a bucket is read in pieces, a tar file sequentially. The images are read later: by byte range or, in a
    .tar.gz, sequentially by each worker.
    """
    with storage.open_stream(location) as stream:
        head = stream.read(6)
        if head.startswith(COMPRESSED):
            error = f"{source} is compressed; expected .tar, .tar.gz or .zip. Pack it as one of these."
            yield ImageRef(source, location, error=error)
            return
        try:
            yield from (_in_zip if head.startswith(b"PK") else _in_tar)(source, location, stream)
        except DAMAGE as damage:
            error = f"{source} is damaged ({_brief(damage)}); expected a complete archive. Copy it again."
            yield ImageRef(source, location, error=error)


def _in_tar(source: str, location: str, stream: BinaryIO) -> Iterator[ImageRef]:
    n_bytes = stream.seek(0, io.SEEK_END)
    stream.seek(0)
    is_gzip = stream.read(2) == GZIP
    stream.seek(0)
    plain: Any = gzip.GzipFile(fileobj=stream) if is_gzip else stream
    how: Storage = "gzip" if is_gzip else "plain"
    end = max(MAX_INFLATION * n_bytes, MIN_INFLATED_BYTES) if is_gzip else n_bytes
    bounded: Any = _BoundedReads(plain, MAX_HEADER_BYTES)
    with tarfile.open(fileobj=bounded, mode="r:") as tar:
        while (member := tar.next()) is not None:
            bounded.refill()
            vars(tar)["members"].clear()  # otherwise every member stays in memory
            if member.isfile() and _is_image(member.name):
                error = _sparse(f"{source}/{member.name}") if member.issparse() else ""
                name, size = member.name.removeprefix("./"), min(member.size, end)
                yield ImageRef(f"{source}/{name}", location, member.offset_data, size, name, error, how)
            if is_gzip and tar.offset > end:
                raise tarfile.ReadError(f"it decompresses to more than {MAX_INFLATION} times its size")
        plain.seek(tar.offset)
        if plain.read(tarfile.BLOCKSIZE).strip(b"\0") or plain.tell() < tar.offset + tarfile.BLOCKSIZE:
            raise tarfile.ReadError("its end marker is missing or misplaced")


def _in_zip(source: str, location: str, stream: BinaryIO) -> Iterator[ImageRef]:
    bounded: Any = _BoundedReads(stream, MAX_DIRECTORY_BYTES)
    with zipfile.ZipFile(bounded) as archive:
        members = archive.infolist()
    for member in members:
        name = member.filename
        if member.is_dir() or not _is_image(name):
            continue
        stream.seek(member.header_offset)
        signature, *lengths = LOCAL_HEADER.unpack(stream.read(LOCAL_HEADER.size))
        if signature != b"PK\3\4":
            raise zipfile.BadZipFile(f"{name} is not where its directory says")
        offset = member.header_offset + LOCAL_HEADER.size + sum(lengths)
        how: Storage = "deflate" if member.compress_type == zipfile.ZIP_DEFLATED else "plain"
        error = _unread(f"{source}/{name}", member)
        yield ImageRef(f"{source}/{name}", location, offset, member.compress_size, name, error, how)


class _BoundedReads:
    """A stream that allows reading `max_bytes` bytes between two refills; a request for more raises ValueError."""

    def __init__(self, stream: Any, max_bytes: int) -> None:
        self._max_bytes = self._left = max_bytes
        self._stream = stream
        self.seek, self.tell, self.seekable = stream.seek, stream.tell, stream.seekable

    def read(self, size: int = -1) -> bytes:
        if size > self._left:
            raise ValueError(f"a header claims more than {self._max_bytes:,} bytes")
        content: bytes = self._stream.read(size if size >= 0 else self._left)
        self._left -= len(content)
        return content

    def refill(self) -> None:
        self._left = self._max_bytes


def inflated(content: bytes, max_bytes: int) -> bytes:
    """Decompress raw deflate data, to at most `max_bytes` bytes. Raises zlib.error."""
    return zlib.decompressobj(-zlib.MAX_WBITS).decompress(content, max_bytes)


def is_archive(location: str) -> bool:
    return location.lower().endswith(ARCHIVES)


def _is_image(name: str) -> bool:
    path = PurePosixPath(name)
    return path.suffix.lower() in SUFFIXES and not path.name.startswith("._")  # macOS metadata


def _sparse(source: str) -> str:
    return f"{source} is a sparse member; expected a complete picture. Pack it again without --sparse."


def _unread(source: str, member: zipfile.ZipInfo) -> str:
    """Why a member of a zip cannot be read; "" if it can."""
    if member.flag_bits & 1:
        return f"{source} is encrypted; expected a zip without a password. Pack it again."
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return f"{source} is packed by method {member.compress_type}; expected stored or deflated. Pack it again."
    return ""


def _brief(damage: BaseException) -> str:
    return " ".join(str(damage).split())[:160] or type(damage).__name__
