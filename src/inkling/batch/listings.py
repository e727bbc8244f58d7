"""Listings: CSV or Parquet tables in which each row names an image."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from inkling.batch import storage
from inkling.batch.records import import_pyarrow
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
)  # the first of these that is present
BATCH_ROWS = 4096  # of a Parquet file in memory at once


def names_in(location: str) -> Iterator[str]:
    """The names in a listing, in order, without empty cells. Raises BadRequest if the file is not a listing."""
    return _names_in_parquet(location) if location.lower().endswith(".parquet") else _names_in_csv(location)


def _names_in_csv(location: str) -> Iterator[str]:
    """The column with a known heading, or else the first column of every row."""
    with io.TextIOWrapper(storage.open_stream(location), "utf-8-sig", "surrogateescape", newline="") as text:
        try:
            rows = csv.reader(text)
            first = next(rows, [])
            column = _column([cell.strip().lower() for cell in first])
            if column is None:
                column = 0
                yield from first[:1]
            yield from (row[column] for row in rows if len(row) > column and row[column])
        except csv.Error as error:
            raise _not_readable(location, "CSV", error) from error


def _names_in_parquet(location: str) -> Iterator[str]:
    arrow = import_pyarrow("a Parquet listing")
    with storage.open_stream(location) as stream:
        try:
            file = arrow.parquet.ParquetFile(arrow.PythonFile(stream, mode="r"))
            names = file.schema_arrow.names
            column = _column([name.lower() for name in names])
            texts = [field.name for field in file.schema_arrow if arrow.types.is_string(field.type)]
            if column is None and len(texts) != 1:
                raise BadRequest(
                    f"{location} has the columns {', '.join(names)}; expected one of {', '.join(COLUMNS)} to name the "
                    "pictures. Rename one."
                )
            name = texts[0] if column is None else names[column]
            for batch in file.iter_batches(BATCH_ROWS, columns=[name]):
                yield from (str(cell) for cell in batch.column(0).to_pylist() if cell)
        except arrow.ArrowInvalid as error:
            raise _not_readable(location, "Parquet", error) from error


def _not_readable(location: str, format: str, error: Exception) -> BadRequest:
    return BadRequest(
        f"{location} cannot be read as {format} ({error}); expected a table that names a picture in each row. Check it."
    )


def _column(headings: list[str]) -> int | None:
    return next((headings.index(name) for name in COLUMNS if name in headings), None)
