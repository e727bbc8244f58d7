"""Archives of images: tar, .tar.gz, zip, and false claims in their headers."""

from __future__ import annotations

import gzip
import io
import resource
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from inkling.batch import archives
from inkling.batch.batch_reader import fetch
from inkling.batch.image_ref import ImageRef
from inkling.batch.run import RunOptions, run
from inkling.batch.sequential_archive import FrontToBack
from inkling.batch.sources import list_images
from inkling.errors import BrokenPicture, ImageTooLarge
from inkling.pipeline.config.decoding import DECODE
from tests.batch.archives import MODEL, Here, rows_in, shard_of
from tests.pictures import encoded

Digits = tuple[np.ndarray, np.ndarray]
FILES = {"000/1.png": b"one" * 500, "000/1.cls": b"7", "000/2.jpg": b"second", "._x.png": b"note", "d/3.png": b"3"}
IMAGES = {"000/1.png": b"one" * 500, "000/2.jpg": b"second", "d/3.png": b"3"}


def gzipped(files: dict[str, bytes], path: Path) -> Path:
    plain = shard_of(files, path.with_name("plain.tar"))
    path.write_bytes(gzip.compress(plain.read_bytes()))
    plain.unlink()
    return path


def zipped(files: dict[str, bytes], path: Path, how: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", how) as archive:
        archive.mkdir("d")
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def contents(images: list[ImageRef]) -> list[object]:
    """The bytes of each image, or the class of its error."""
    archive = FrontToBack()
    try:
        return [one if isinstance(one, bytes) else type(one) for one in fetch(images, archive)]
    finally:
        archive.close()


MAKERS = {
    "a.tar": shard_of,
    "a.tar.gz": gzipped,
    "a.tgz": gzipped,
    "named.tar": gzipped,
    "a.zip": zipped,
    "b.ZIP": lambda files, path: zipped(files, path, zipfile.ZIP_STORED),
}


@pytest.mark.parametrize(("name", "make"), MAKERS.items(), ids=MAKERS)
def test_the_images_of_an_archive(tmp_path: Path, name: str, make: Callable[..., Path]) -> None:
    path = make(FILES, tmp_path / name)
    for source in (path, tmp_path):  # by name, and in a folder
        images = list(list_images([str(source)]))
        assert [image.source for image in images] == [f"{path}/{member}" for member in IMAGES]
        assert len({image.identity for image in images}) == 3
        assert contents(images) == list(IMAGES.values())
        assert contents(images[::-1]) == list(IMAGES.values())[::-1]  # as after a retry


@pytest.mark.parametrize("name", ["a.tar.gz", "a.zip"])
def test_a_run_over_an_archive_reads_what_a_run_over_its_files_reads(digits: Digits, tmp_path: Path, name: str) -> None:
    files = {f"{i:03d}.png": encoded(digits[0][i]) for i in range(30)}
    path = MAKERS[name](files, tmp_path / name)
    run(RunOptions((str(path),), str(tmp_path / "out"), MODEL, "jsonl"), Here(), chunk_size=7)
    shard = shard_of(files, tmp_path / "plain.tar")
    run(RunOptions((str(shard),), str(tmp_path / "plain"), MODEL, "jsonl"), Here(), chunk_size=7)
    packed, plain = rows_in(tmp_path / "out"), rows_in(tmp_path / "plain")
    assert [row["source"] for row in packed] == [f"{path}/{member}" for member in files]
    for one, other in zip(packed, plain, strict=True):
        assert one | {"source": ""} == other | {"source": ""}


@pytest.mark.parametrize("name", ["a.tar.gz", "a.zip"])
@pytest.mark.parametrize("kept", [0.95, 0.5, 0.1])
def test_a_truncated_archive_is_an_error(tmp_path: Path, name: str, kept: float) -> None:
    rng = np.random.default_rng(0)
    path = MAKERS[name]({f"{i}.png": rng.bytes(900) for i in range(20)}, tmp_path / name)
    path.write_bytes(path.read_bytes()[: int(kept * path.stat().st_size)])
    *images, last = list_images([str(path)])
    assert "is damaged" in last.error
    assert all(isinstance(one, bytes) for one in contents(images[:-1]))


def test_other_compressions_are_an_error(tmp_path: Path) -> None:
    path = tmp_path / "a.tar"
    with tarfile.open(path, "w:xz") as tar:
        tar.addfile(tarfile.TarInfo("1.png"))
    (image,) = list_images([str(path)])
    assert "is compressed; expected .tar, .tar.gz or .zip" in image.error


def limited(act: Callable[[], list[ImageRef]]) -> list[ImageRef]:
    """The result of `act` with at most 1 GB of additional address space."""
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (used + (1 << 30), before[1]))
    try:
        return act()
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


def sparse_file(path: Path, head: bytes, tail: bytes = b"", size: int = 3_000_000_000) -> Path:
    """A file of 3 GB that takes a few KB on disk."""
    with path.open("wb") as file:
        file.write(head)
        file.truncate(size)
        file.seek(0, io.SEEK_END)
        file.write(tail)
    return path


@pytest.mark.parametrize("kind", [tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK, tarfile.XHDTYPE, tarfile.XGLTYPE])
def test_a_header_that_claims_gigabytes_is_damage(tmp_path: Path, kind: bytes) -> None:
    info = tarfile.TarInfo("././@LongLink")
    info.type, info.size = kind, 2_900_000_000
    path = sparse_file(tmp_path / "a.tar", info.tobuf(tarfile.GNU_FORMAT))
    (image,) = limited(lambda: list(list_images([str(path)])))
    assert "a header claims more than" in image.error


def test_headers_without_end_are_damage(tmp_path: Path) -> None:
    info = tarfile.TarInfo("x")
    info.type, info.size = tarfile.GNUTYPE_LONGNAME, 2
    one = info.tobuf(tarfile.GNU_FORMAT) + b"x\0" + bytes(510)
    (tmp_path / "a.tar").write_bytes(one * 5000)
    (image,) = list_images([str(tmp_path / "a.tar")])
    assert "is damaged" in image.error


def test_a_member_that_claims_gigabytes_is_too_large(tmp_path: Path) -> None:
    info = tarfile.TarInfo("x.png")
    info.size = 2_900_000_000
    path = sparse_file(tmp_path / "a.tar", info.tobuf(tarfile.GNU_FORMAT))
    images = limited(lambda: list(list_images([str(path)])))
    assert contents(images)[0] is ImageTooLarge
    info.size = 1 << 80
    (tmp_path / "b.tar").write_bytes(info.tobuf(tarfile.GNU_FORMAT) + bytes(2048))
    assert "is damaged" in list(list_images([str(tmp_path / "b.tar")]))[-1].error


def test_a_sparse_member_is_an_error(tmp_path: Path) -> None:
    info = tarfile.TarInfo("x.png")
    info.type = tarfile.GNUTYPE_SPARSE
    (tmp_path / "a.tar").write_bytes(info.tobuf(tarfile.GNU_FORMAT) + bytes(2048))
    (image,) = list_images([str(tmp_path / "a.tar")])
    assert "is a sparse member" in image.error


def test_a_gzip_bomb_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MIN_INFLATED_BYTES", 1 << 20)
    gzipped({"a.bin": bytes(20_000_000), "b.png": b"1"}, tmp_path / "a.tar.gz")
    (image,) = list_images([str(tmp_path / "a.tar.gz")])
    assert "it decompresses to more than 100 times its size" in image.error


def test_a_deflated_bomb_is_too_large(tmp_path: Path) -> None:
    path = zipped({"a.png": bytes(DECODE.max_bytes + 5_000_000)}, tmp_path / "a.zip")
    (content,) = contents(list(list_images([str(path)])))
    assert isinstance(content, bytes)
    assert len(content) == DECODE.max_bytes + 1  # which the reader rejects


def test_a_zip_whose_directory_claims_gigabytes_is_damage(tmp_path: Path) -> None:
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 1, 1, 2_900_000_000, 100_000_000, 0)
    path = sparse_file(tmp_path / "a.zip", b"PK\3\4", end)
    (image,) = limited(lambda: list(list_images([str(path)])))
    assert "a header claims more than" in image.error


@pytest.mark.parametrize(("how", "said"), [(zipfile.ZIP_BZIP2, "is packed by method 12"), (None, "is encrypted")])
def test_members_of_a_zip_that_cannot_be_read(tmp_path: Path, how: int | None, said: str) -> None:
    path = zipped({"a.png": b"1"}, tmp_path / "a.zip", how or zipfile.ZIP_STORED)
    if how is None:
        content = bytearray(path.read_bytes())
        content[content.rindex(b"PK\1\2") + 8] |= 1
        path.write_bytes(content)
    (image,) = list_images([str(path)])
    assert said in image.error


def test_damage_within_an_archive_is_an_error_of_its_images(tmp_path: Path) -> None:
    path = zipped({"a.png": b"first" * 99, "b.png": b"second"}, tmp_path / "a.zip")
    images = list(list_images([str(path)]))
    content = bytearray(path.read_bytes())
    content[images[0].offset : images[0].offset + 4] = b"\xff" * 4
    path.write_bytes(content)
    assert contents(images) == [BrokenPicture, b"second"]
    gz = gzipped({"a.png": b"first" * 99, "b.png": b"second"}, tmp_path / "a.tar.gz")
    images = list(list_images([str(gz)]))
    gz.write_bytes(gz.read_bytes()[:10] + zlib.compress(b"other"))
    assert contents(images) == [BrokenPicture, BrokenPicture]
    gz.unlink()
    assert [type(one).__name__ for one in fetch(images, FrontToBack())] == ["NotFound"] * 2
