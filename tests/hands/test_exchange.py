from __future__ import annotations

from pathlib import Path

import pytest

from inkling.errors import BadRequest, CannotWrite, NotFound
from inkling.hands.exchange import export_lessons, import_lessons
from tests.hands.conftest import lesson

LESSONS = [
    lesson(1, "7", said="1", confidence=0.5, box=(1, 2, 3, 4), source="a.png"),
    lesson(1, "1"),
    lesson(2, "none"),
]


def test_a_folder_keeps_tiles_and_labels(tmp_path: Path) -> None:
    export_lessons(LESSONS, tmp_path / "anna")
    found = import_lessons(tmp_path / "anna")
    assert {(each.sha256, each.label) for each in found} == {(each.sha256, each.label) for each in LESSONS}


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    with pytest.raises(CannotWrite, match="a new folder"):
        export_lessons(LESSONS, tmp_path)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [("seven.png", b"", "no label in its name"), ("7__x.png", b"broken", "is not a PNG")],
)
def test_a_folder_of_other_files_is_refused(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    export_lessons(LESSONS, tmp_path / "anna")
    (tmp_path / "anna" / name).write_bytes(content or next((tmp_path / "anna").glob("7*")).read_bytes())
    with pytest.raises(BadRequest, match=said):
        import_lessons(tmp_path / "anna")


def test_an_empty_folder_and_a_missing_one_are_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="contains no PNG"):
        import_lessons(tmp_path)
    with pytest.raises(NotFound, match="neither a folder"):
        import_lessons(tmp_path / "none.parquet")


@pytest.mark.cluster
def test_parquet_keeps_everything(tmp_path: Path) -> None:
    path = tmp_path / "anna.parquet"
    export_lessons(LESSONS, path)
    found = import_lessons(path)
    for given, kept in zip(LESSONS, found, strict=True):
        assert (given.tile == kept.tile).all()
        assert (given.label, given.said, given.confidence, given.box, given.source) == (
            kept.label, kept.said, kept.confidence, kept.box, kept.source,
        )  # fmt: skip


@pytest.mark.cluster
def test_parquet_with_a_date_that_is_none_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "anna.parquet"
    export_lessons([lesson(1, created="yesterday")], path)
    with pytest.raises(BadRequest, match="is damaged"):
        import_lessons(path)


@pytest.mark.cluster
def test_other_parquet_is_refused(tmp_path: Path) -> None:
    import pyarrow
    from pyarrow import parquet

    path = tmp_path / "x.parquet"
    parquet.write_table(pyarrow.table({"tile": [b"x"]}), path)
    with pytest.raises(BadRequest, match="no column 'label'"):
        import_lessons(path)
    path.write_bytes(b"no parquet")
    with pytest.raises(BadRequest, match="is damaged"):
        import_lessons(path)
