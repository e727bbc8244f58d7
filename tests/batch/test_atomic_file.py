import os
from pathlib import Path

import pytest

from inkling.batch.atomic_file import check_writable, commit, partial_path
from inkling.errors import NotFound


def test_a_file_appears_complete(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    path.write_text("old")
    check_writable(path)
    partial_path(path).write_text("new")
    assert path.read_text() == "old"
    commit(path)
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_paths_that_cannot_be_written(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "file").write_text("")
    for path, says in (
        (tmp_path / "no" / "such" / "out.csv", "cannot be written (No such file or directory)"),
        (tmp_path / "file" / "out.csv", "cannot be written (Not a directory)"),
        (tmp_path / "scan.PNG", "has a picture's file extension"),
        (tmp_path / "pipe.csv", "is not a file"),
        (tmp_path, "is not a file"),
        (tmp_path / ("x" * 300), "cannot be written (File name too long)"),
    ):
        with pytest.raises(NotFound) as error:
            check_writable(path)
        assert says in str(error.value)
    assert {path.name for path in tmp_path.iterdir()} == {"pipe.csv", "file"}


def test_a_partial_file_that_was_deleted(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    check_writable(path)
    partial_path(path).unlink()
    with pytest.raises(NotFound, match="cannot be written"):
        commit(path)
