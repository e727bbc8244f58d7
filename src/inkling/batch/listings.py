"""Listings: CSV or Parquet tables in which each row names an image."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from inkling.batch import parquet, storage
from inkling.errors import BadRequest

COLUMNS = (
    "source",
    "path",
    "file",
    "filename",
    "file_name",
    "url",
    "uri",
    "image",
    "key",
)  # the first one present is used
MAX_LINE = 1 << 20  # characters


def names_in(location: str) -> Iterator[str]:
    """Yield the names in a listing, in order, without empty cells. Raises BadRequest if the file is not a listing."""
    return parquet.names_in(location, COLUMNS) if location.lower().endswith(".parquet") else _names_in_csv(location)


def _names_in_csv(location: str) -> Iterator[str]:
    """Yield the cells of the column with a known heading, or of the only column."""
    with io.TextIOWrapper(storage.open_stream(location), "utf-8-sig", "surrogateescape", newline="") as text:
        try:
            rows = csv.reader(_lines(text))
            first = next(rows, [])
            headings = [cell.strip().lower() for cell in first]
            column = next((headings.index(name) for name in COLUMNS if name in headings), None)
            if column is None and len(first) > 1:
                raise BadRequest(
                    f"{location} has the columns {', '.join(first)[:160]}; expected one of {', '.join(COLUMNS)} to "
                    "name the pictures, or no other column. Rename one."
                )
            if column is None:
                column = 0
                yield from (cell for cell in first if cell)
            for row in rows:
                if row and len(row) <= column:
                    raise csv.Error(f"line {rows.line_num} has no column {column + 1}")
                if row and row[column]:
                    yield row[column]
        except csv.Error as error:
            raise BadRequest(
                f"{location} cannot be read as CSV ({error}); expected a table that names a picture in each row. Check "
                "it."
            ) from error


def _lines(text: io.TextIOBase) -> Iterator[str]:
    """Yield lines. Raises csv.Error for a line of `MAX_LINE` characters or more."""
    while line := text.readline(MAX_LINE):
        if len(line) == MAX_LINE:
            raise csv.Error(f"a line has more than {MAX_LINE:,} characters")
        yield line
