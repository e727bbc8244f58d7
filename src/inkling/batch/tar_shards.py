"""Tar shards in WebDataset's layout: the pictures among their members, found by the heads of the members."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from pathlib import PurePosixPath

from inkling.batch import storage
from inkling.batch.image_ref import ImageRef
from inkling.pipeline.decode import SUFFIXES

PACKED = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"(\xb5/\xfd")  # gzip, bzip2, xz, zstandard


def images_in_shard(source: str, place: str) -> Iterator[ImageRef]:
    """The pictures of a tar file, in its order. What is wrong with the file is one picture with a fault.

    A shard in a bucket is read through for this, in pieces; the pictures are then read from within it.
    """
    with storage.open_stream(place) as stream:
        head = stream.read(6)
        stream.seek(0)
        if head.startswith(PACKED):
            fault = f"{source} is compressed; expected a plain tar file, in which each picture has a place. Unpack it."
            yield ImageRef(source, place, fault=fault)
            return
        try:
            with tarfile.open(fileobj=stream, mode="r:") as tar:
                while (member := tar.next()) is not None:
                    vars(tar)["members"].clear()  # else every member stays in memory
                    if member.isfile() and _is_picture(member.name):
                        name = member.name.removeprefix("./")
                        yield ImageRef(f"{source}/{name}", place, member.offset_data, member.size, name)
                stream.seek(tar.offset)
                if stream.read(tarfile.BLOCKSIZE).strip(b"\0") or stream.tell() < tar.offset + tarfile.BLOCKSIZE:
                    raise tarfile.ReadError("its end mark is not where it should be")
        except (tarfile.TarError, EOFError, ValueError) as error:
            fault = f"{source} is damaged ({error}); expected a whole tar file. Copy it again."
            yield ImageRef(source, place, fault=fault)


def _is_picture(name: str) -> bool:
    path = PurePosixPath(name)
    return path.suffix.lower() in SUFFIXES and not path.name.startswith("._")  # macOS's notes beside the files
