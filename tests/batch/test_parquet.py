"""Parquet with pictures as Hugging Face writes them, and listings in Parquet."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inkling.batch import parquet
from inkling.batch.batch_reader import fetch
from inkling.batch.image_ref import ImageRef
from inkling.batch.run import RunOptions, run
from inkling.batch.sequential_archive import FrontToBack
from inkling.batch.sources import list_images
from inkling.errors import BadRequest, BrokenPicture, EmptyPicture
from tests.batch.archives import MODEL, Here, rows_in, shard_of
from tests.pictures import encoded

pytestmark = pytest.mark.cluster
Digits = tuple[np.ndarray, np.ndarray]


def written(path: Path, columns: dict[str, Any], **options: Any) -> Path:
    import pyarrow
    import pyarrow.parquet

    pyarrow.parquet.write_table(pyarrow.table(columns), path, **options)
    return path


def cells(n: int) -> list[dict[str, Any]]:
    return [{"bytes": b"%03d" % i * 99, "path": f"{i}.png"} for i in range(n)]


def contents(images: list[ImageRef]) -> list[Any]:
    archive = FrontToBack()
    try:
        return [one if isinstance(one, bytes) else type(one) for one in fetch(images, archive)]
    finally:
        archive.close()


@pytest.mark.parametrize(
    "columns",
    [
        {"image": cells(25), "label": list(range(25))},
        {"label": list(range(25)), "Image": [one["bytes"] for one in cells(25)], "mask": [b"no"] * 25},
        {"scan": cells(25), "file_name": [f"{i}.png" for i in range(25)]},
    ],
    ids=["struct", "bytes", "another name"],
)
def test_pictures_in_rows(tmp_path: Path, columns: dict[str, Any]) -> None:
    path = written(tmp_path / "train-0.parquet", columns, row_group_size=10)
    expected = [one["bytes"] for one in cells(25)]
    for source in (path, tmp_path / "train-*.parquet", tmp_path / "train-{0..0}.parquet"):
        images = list(list_images([str(source)]))
        assert [image.source for image in images] == [f"{path}/{row}" for row in range(25)]
        assert len({image.identity for image in images}) == 25
        assert contents(images) == expected
    order = [24, 3, 4, 19, 0, 11]
    assert contents([images[i] for i in order]) == [expected[i] for i in order]
    assert list(list_images([str(tmp_path)])) == []  # tables in a folder are ignored


def test_a_run_over_rows_reads_what_a_run_over_files_reads(digits: Digits, tmp_path: Path) -> None:
    files = {f"{i:03d}.png": encoded(digits[0][i]) for i in range(30)}
    path = written(tmp_path / "a.parquet", {"image": [{"bytes": one, "path": None} for one in files.values()]})
    shard = shard_of(files, tmp_path / "a.tar")
    for source, out in ((path, "rows"), (shard, "files")):
        run(RunOptions((str(source),), str(tmp_path / out), MODEL, "parquet"), Here(), chunk_size=7)
    for one, other in zip(rows_in(tmp_path / "rows"), rows_in(tmp_path / "files"), strict=True):
        assert one | {"source": ""} == other | {"source": ""}


def test_a_row_without_a_picture_is_an_error_of_its_own(tmp_path: Path) -> None:
    path = written(tmp_path / "a.parquet", {"image": [{"bytes": b"1"}, None, {"bytes": None}, {"bytes": b"4"}] * 9})
    got = contents(list(list_images([str(path)])))
    assert got == [b"1", EmptyPicture, EmptyPicture, b"4"] * 9


@pytest.mark.parametrize("columns", [{"n": [1, 2], "image": ["a/x.jpg", "c.png"]}, {"what": ["a/x.jpg", "c.png"]}])
def test_a_listing_names_images(tmp_path: Path, columns: dict[str, Any]) -> None:
    path = written(tmp_path / "list.parquet", columns)
    assert [one.source for one in list_images([str(path)])] == [f"{tmp_path}/a/x.jpg", f"{tmp_path}/c.png"]


def test_a_missing_column_is_an_error(tmp_path: Path) -> None:
    path = str(written(tmp_path / "list.parquet", {"a": ["x"], "b": ["y"]}))
    with pytest.raises(BadRequest, match="has the columns a, b; expected one of source"):
        list(list_images([path]))
    written(tmp_path / "list.parquet", {"a": [1]})
    with pytest.raises(BadRequest, match="has the columns a; expected one of source"):
        list(list_images([path]))


def test_a_name_that_is_repeated_and_has_no_end_is_refused(tmp_path: Path) -> None:
    """Decoded, 4,096 rows would take 40 GB."""
    import pyarrow

    repeated = pyarrow.DictionaryArray.from_arrays(pyarrow.array([0] * 4096, pyarrow.int32()), ["x" * 10_000_000])
    path = written(tmp_path / "list.parquet", {"path": repeated}, compression="zstd")
    assert path.stat().st_size < 100_000
    with pytest.raises(BadRequest, match="a name has 10,000,000 bytes"):
        list(list_images([str(path)]))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "does not end like a Parquet file"),
        (b"PAR1 no more", "does not end like a Parquet file"),
        (b"PAR1" + bytes(50) + struct.pack("<I4s", 2_900_000_000, b"PAR1"), "its footer claims 2,900,000,000 bytes"),
        (b"PAR1" + bytes(50) + struct.pack("<I4s", 40, b"PAR1"), "cannot be read as Parquet"),
    ],
)
def test_a_file_that_is_no_parquet_is_one_sentence(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "a.parquet").write_bytes(content)
    with pytest.raises(BadRequest, match=said) as error:
        list(list_images([str(tmp_path / "a.parquet")]))
    assert len(str(error.value).splitlines()) == 1


def test_claims_of_a_row_group_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path / "a.parquet", {"image": cells(25)})
    monkeypatch.setattr(parquet, "MAX_GROUP_BYTES", 1000)
    with pytest.raises(BadRequest, match="its row group 0 has"):
        list(list_images([str(path)]))
    monkeypatch.undo()
    written(path, {"image": [None] * 100_000 + cells(1)})
    with pytest.raises(BadRequest, match="claims 100,001 rows"):
        list(list_images([str(path)]))


def test_damage_after_listing_is_an_error_of_its_images(tmp_path: Path) -> None:
    path = written(tmp_path / "a.parquet", {"image": cells(25)}, compression="none", use_dictionary=False)
    images = list(list_images([str(path)]))
    content = path.read_bytes()
    path.write_bytes(content[:4] + b"\xff" * 200 + content[204:])
    assert contents(images[:2]) == [BrokenPicture] * 2
