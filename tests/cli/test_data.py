"""inkling data fetch."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from inkling import cli
from inkling.cli.data import command
from inkling.errors import BadData
from tests.training.data.test_fetch import ARRAYS, _small_sums, npz_bytes

__all__ = ["_small_sums"]  # a fixture that sets the checksums of the small data set


def test_fetch_from_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine.npz").write_bytes(npz_bytes())
    monkeypatch.setenv("INKLING_CACHE", str(tmp_path / "cache"))
    result = CliRunner().invoke(command, ["fetch", "--from", str(tmp_path / "mine.npz")], catch_exceptions=False)
    assert result.exit_code == 0
    assert str(tmp_path / "cache" / "mnist.npz") in result.output
    assert (tmp_path / "cache" / "mnist.npz").stat().st_size > sum(array.nbytes for array in ARRAYS.values())


def test_fetch_from_a_wrong_file_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine.npz").write_bytes(b"holiday.jpg")
    monkeypatch.setenv("INKLING_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("sys.argv", ["inkling", "data", "fetch", "--from", str(tmp_path / "mine.npz")])
    with pytest.raises(SystemExit) as caught:
        cli.main()
    assert caught.value.code == 1
    said = capsys.readouterr().err
    assert "not a readable npz" in said
    assert "Traceback" not in said
    assert not (tmp_path / "cache" / "mnist.npz").exists()


def test_a_cache_that_cannot_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine.npz").write_bytes(npz_bytes())
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("INKLING_CACHE", str(tmp_path / "file" / "cache"))
    result = CliRunner().invoke(command, ["fetch", "--from", str(tmp_path / "mine.npz")])
    assert isinstance(result.exception, BadData)
    assert "cannot be written" in str(result.exception)
