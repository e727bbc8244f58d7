"""A CSV file that is written row by row under a temporary name and moved to its path when it is complete."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from inkling.batch.atomic_file import check_writable, commit, partial_path, write_error

ENCODING: dict[str, Any] = {"newline": "", "encoding": "utf-8", "errors": "surrogateescape"}


class CsvFile:
    """A CSV file that is being written. If it is not finished, its rows stay under the temporary name."""

    def __init__(self, path: Path, heading: Sequence[str]) -> None:
        """Raises NotFound if the file cannot be written."""
        check_writable(path)
        self.path = path
        self._file = partial_path(path).open("w", **ENCODING)
        self._writer = csv_writer(self._file)
        self._writer.writerow(heading)

    def write(self, rows: Iterable[Sequence[Any]]) -> None:
        """Write rows to disk. Raises NotFound if the disk is full."""
        try:
            self._writer.writerows(rows)
            self._file.flush()
        except OSError as error:
            raise write_error(self.path, error) from error

    def finish(self) -> None:
        """Move the complete file to its path. Raises NotFound if that fails."""
        try:
            self._file.close()
        except OSError as error:
            raise write_error(self.path, error) from error
        commit(self.path)

    def close(self) -> None:
        """Leave an unfinished file as it is."""
        with suppress(OSError):  # a failed write fails again on close
            self._file.close()


def csv_writer(file: Any) -> Any:
    """A writer that quotes every cell, because some locales separate columns with semicolons."""
    return csv.writer(file, quoting=csv.QUOTE_ALL)
