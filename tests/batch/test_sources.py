"""Sources: the pictures in a folder, a pattern, a shard, a listing."""

from __future__ import annotations

from pathlib import Path

import pytest

from inkling.batch import storage
from inkling.batch.image_ref import ImageRef
from inkling.batch.sources import check_sources, list_images
from inkling.errors import BadRequest, NoPermission, NotFound
from tests.batch.archives import shard_of


@pytest.fixture
def scans(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder `scans` of empty files in the working directory."""
    monkeypatch.chdir(tmp_path)
    for name in ("b/2.png", "b/1.PNG", "a/x.jpg", "a/notes.txt", "c.png", "a/list.csv", "a/deep/y.webp"):
        path = tmp_path / "scans" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return tmp_path / "scans"


def names(*sources: str | Path) -> list[str]:
    return [picture.source for picture in list_images(map(str, sources))]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("scans", ["scans/a/deep/y.webp", "scans/a/x.jpg", "scans/b/1.PNG", "scans/b/2.png", "scans/c.png"]),
        ("./scans/", ["scans/a/deep/y.webp", "scans/a/x.jpg", "scans/b/1.PNG", "scans/b/2.png", "scans/c.png"]),
        ("scans/*.png", ["scans/c.png"]),
        ("scans/*/*.png", ["scans/b/2.png"]),
        ("scans/**/*.png", ["scans/b/2.png", "scans/c.png"]),
        ("scans/[ab]/?.*", ["scans/a/x.jpg", "scans/b/1.PNG", "scans/b/2.png"]),
        ("scans/[!a]", ["scans/b/1.PNG", "scans/b/2.png"]),
        ("scans/b", ["scans/b/1.PNG", "scans/b/2.png"]),
        ("scans/c.png", ["scans/c.png"]),
        ("scans/b/{1..2}.png", ["scans/b/1.png", "scans/b/2.png"]),
        ("scans/*.tif", []),
    ],
)
def test_the_images_of_a_source(scans: Path, source: str, expected: list[str]) -> None:
    assert names(source) == expected


def test_locations_are_absolute(scans: Path) -> None:
    (picture,) = list_images(["scans/*.png"])
    assert picture == ImageRef("scans/c.png", str(scans / "c.png"))
    assert picture.identity == next(iter(list_images([str(scans / "c.png")]))).identity


def test_the_images_of_a_shard_are_byte_ranges(tmp_path: Path) -> None:
    files = {"000/1.png": b"one", "000/1.cls": b"7", "000/2.jpg": b"second", "._x.png": b"note", "./3.png": b"3"}
    shard = shard_of(files, tmp_path / "a.tar")
    pictures = list(list_images([str(tmp_path)]))
    assert [picture.source for picture in pictures] == [
        f"{shard}/{name}" for name in ("000/1.png", "000/2.jpg", "3.png")
    ]
    contents = [storage.read(one.location, offset=one.offset, size_bytes=one.size_bytes) for one in pictures]
    assert contents == [b"one", b"second", b"3"]
    assert len({picture.identity for picture in pictures}) == 3


@pytest.mark.parametrize("kept", [1.0, 0.9, 0.5, 0.2])
def test_a_truncated_shard_is_an_error(tmp_path: Path, kept: float) -> None:
    shard = shard_of({f"{i}.png": bytes(700) for i in range(20)}, tmp_path / "a.tar")
    content = shard.read_bytes()
    data_end = 20 * (512 + 1024)
    cut = len(content) if kept == 1 else int(data_end * kept)
    shard.write_bytes(content[:cut])
    *pictures, last = list_images([str(shard)])
    assert ("is damaged" in last.error) == (kept < 1)
    assert all(not picture.error for picture in pictures)
    assert len(pictures) >= int(20 * kept) - 1


def test_garbage_in_a_shard_is_an_error(tmp_path: Path) -> None:
    shard = shard_of({f"{i}.png": bytes(512) for i in range(4)}, tmp_path / "a.tar")
    content = bytearray(shard.read_bytes())
    content[2048:2560] = b"\x99" * 512
    shard.write_bytes(content)
    assert [bool(picture.error) for picture in list_images([str(shard)])] == [False, False, True]


@pytest.mark.parametrize(
    "content",
    [
        "source\na/x.jpg\n{here}/c.png\ns3://bucket/d.png\n",
        "label,File\n7,a/x.jpg\n8,{here}/c.png\n9,s3://bucket/d.png\n,\n",
        "\ufeffPATH;\na/x.jpg\n{here}/c.png\ns3://bucket/d.png\n".replace(";", ","),
        "a/x.jpg\r\n\r\n{here}/c.png\r\ns3://bucket/d.png",
    ],
    ids=["source", "second column", "mark at the start", "no heading"],
)
def test_a_listing_names_images(scans: Path, content: str) -> None:
    (scans / "list.csv").write_text(content.format(here=scans), encoding="utf-8")
    found = list(list_images(["scans/list.csv"]))
    assert [one.source for one in found] == ["scans/a/x.jpg", f"{scans}/c.png", "s3://bucket/d.png"]
    assert [one.location for one in found] == [f"{scans}/a/x.jpg", f"{scans}/c.png", "s3://bucket/d.png"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("id,name\n1,a/x.jpg\n", "has the columns id, name; expected one of source"),
        ("label,file\n7,a/x.jpg\n8\n", "line 3 has no column 2"),
        ("x" * (1 << 21), "a line has more than 1,048,576 characters"),
        (f'"{"x" * 200_000}"\n', "cannot be read as CSV"),
    ],
    ids=["no column of names", "a row without it", "a line without end", "a field without end"],
)
def test_a_listing_without_names_is_refused(scans: Path, content: str, said: str) -> None:
    (scans / "list.csv").write_text(content)
    with pytest.raises(BadRequest, match=said) as error:
        names("scans/list.csv")
    assert len(str(error.value).splitlines()) == 1
    assert len(str(error.value)) < 600


@pytest.mark.parametrize("source", ["nowhere", "nowhere/*.png", "shard-{0..1}.tar"])
def test_a_missing_source_is_an_error_at_once(scans: Path, source: str) -> None:
    with pytest.raises(NotFound, match="does not exist; expected a folder"):
        check_sources([source])


@pytest.mark.parametrize("source", [".", "*", "**/*", "./**"])
def test_the_working_folder_is_a_source(scans: Path, source: str) -> None:
    assert names(source) == names("scans")


def test_a_folder_without_permission_is_an_error(scans: Path) -> None:
    import os

    if os.geteuid() == 0:
        pytest.skip("root may read everything")
    (scans / "b").chmod(0)
    with pytest.raises(NoPermission):
        names("scans")
    (scans / "b").chmod(0o755)


def test_images_are_listed_lazily(scans: Path) -> None:
    """The second source is not listed until the first is finished."""
    pictures = list_images(["scans", "nowhere"])
    assert next(pictures).source == "scans/a/deep/y.webp"
