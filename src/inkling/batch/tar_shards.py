"""Tar shards in WebDataset's layout: the images among their members, found by the headers of the members."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from pathlib import PurePosixPath

from inkling.batch import storage
from inkling.batch.image_ref import ImageRef
from inkling.pipeline.decode import SUFFIXES

COMPRESSED = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"(\xb5/\xfd")  # gzip, bzip2, xz, zstandard


def images_in_shard(source: str, location: str) -> Iterator[ImageRef]:
    """The images of a tar file, in its order. An error of the file itself is one image with that error.

    This reads a shard in a bucket from front to back, in pieces. The images are then read by byte range.
    """
    with storage.open_stream(location) as stream:
        head = stream.read(6)
        stream.seek(0)
        if head.startswith(COMPRESSED):
            error = f"{source} is compressed; expected a plain tar file, in which each picture has a place. Unpack it."
            yield ImageRef(source, location, error=error)
            return
        try:
            with tarfile.open(fileobj=stream, mode="r:") as tar:
                while (member := tar.next()) is not None:
                    vars(tar)["members"].clear()  # or every member stays in memory
                    if member.isfile() and _is_image(member.name):
                        name = member.name.removeprefix("./")
                        yield ImageRef(f"{source}/{name}", location, member.offset_data, member.size, name)
                stream.seek(tar.offset)
                if stream.read(tarfile.BLOCKSIZE).strip(b"\0") or stream.tell() < tar.offset + tarfile.BLOCKSIZE:
                    raise tarfile.ReadError("its end mark is not where it should be")
        except (tarfile.TarError, EOFError, ValueError) as damage:
            error = f"{source} is damaged ({damage}); expected a whole tar file. Copy it again."
            yield ImageRef(source, location, error=error)


def _is_image(name: str) -> bool:
    path = PurePosixPath(name)
    return path.suffix.lower() in SUFFIXES and not path.name.startswith("._")  # metadata files of macOS
