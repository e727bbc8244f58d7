"""The `--csv -` option: print the table on standard output."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

from inkling.errors import BadRequest

STDOUT = "-"


class WrittenTable(Protocol):
    """A table that is written row by row."""

    @property
    def path(self) -> Path: ...
    def add(self, result: Any) -> None: ...
    def finish(self) -> None: ...
    def close(self) -> None: ...


class PrintedTable:
    """A table that is printed once its columns are known."""

    def __init__(self, open_table: Callable[[Path], WrittenTable]) -> None:
        self._folder = TemporaryDirectory()
        self._table = open_table(Path(self._folder.name) / "table.csv")

    def add(self, result: Any, open_image: object = None) -> None:
        self._table.add(result)

    def finish(self) -> None:
        self._table.finish()
        with self._table.path.open("rb") as file:
            shutil.copyfileobj(file, sys.stdout.buffer)
        sys.stdout.buffer.flush()

    def close(self) -> None:
        self._table.close()
        self._folder.cleanup()


def check_printed(csv_path: str | None, *, as_json: bool) -> None:
    """Raises BadRequest if both a table and JSON would be printed."""
    if csv_path == STDOUT and as_json:
        raise BadRequest("--csv - and --json both print to standard output; expected one of them. Name a CSV file.")
