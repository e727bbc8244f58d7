"""Parquet files that contain pictures or their names: columns of bytes, of {bytes, path} structs such as Hugging Face
writes, or of text.

Files are not trusted: the footer, the rows and bytes of a row group and the length of a name are bounded.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

from inkling.batch import storage
from inkling.batch.records import import_pyarrow
from inkling.errors import BadRequest

MAX_FOOTER_BYTES = 1 << 26
MAX_GROUP_BYTES = 1 << 30  # of the pictures in one row group; Hugging Face writes about 100 MB
MAX_NAME_BYTES = 1 << 14
NAMES_AT_ONCE, PICTURES_AT_ONCE = 4096, 4  # rows in memory
TAIL = struct.Struct("<I4s")  # length of the footer in bytes, b"PAR1"
PICTURES = ("image", "bytes", "picture", "img", "content")  # the first of these columns that contains bytes is used


class PictureColumn:
    """The pictures of a Parquet file. If rows are read in order, each is decoded only once. Must be closed."""

    def __init__(self, location: str) -> None:
        """Raises BadRequest if the file is damaged, and the errors of `storage`. Check `has_pictures` first."""
        self._stream = storage.open_stream(location)
        self._location, self._batches, self._group = location, iter(()), -1
        self._batch: Any = None
        self._start = 0  # first row of the batch
        try:
            with reported(location):
                self._file = open_file(self._stream)
                self._name = picture_column(self._file.schema_arrow)
                self._ends = _ends_of_groups(self._file.metadata, self._name or "")
        except BadRequest:
            self.close()
            raise
        self.rows = self._ends[-1] if self._ends else 0

    def read(self, row: int) -> bytes | None:
        """The bytes of a picture; None if the row has none. Raises BadRequest if the file is damaged."""
        with reported(self._location):
            group = next(i for i, end in enumerate(self._ends) if row < end)
            if group != self._group or row < self._start:
                self._group, self._batch = group, None
                self._start = self._ends[group - 1] if group else 0
                self._batches = self._file.iter_batches(
                    PICTURES_AT_ONCE, row_groups=[group], columns=[self._name], use_threads=False
                )
            while self._batch is None or row >= self._start + len(self._batch):
                self._start += 0 if self._batch is None else len(self._batch)
                self._batch = next(self._batches)
            cell = self._batch.column(0)[row - self._start].as_py()
        content: bytes | None = cell["bytes"] if isinstance(cell, dict) else cell
        return content

    def close(self) -> None:
        self._stream.close()


def names_in(location: str, columns: tuple[str, ...]) -> Iterator[str]:
    """Yield the cells of the first column in `columns`, or else of the only text column. Raises BadRequest."""
    arrow = import_pyarrow("a Parquet listing")
    import pyarrow.compute

    with storage.open_stream(location) as stream, reported(location):
        schema = open_file(stream).schema_arrow
        texts = {field.name.lower(): field.name for field in schema if _is_text(arrow, field.type)}
        name = next((texts[known] for known in columns if known in texts), None)
        if name is None and len(texts) != 1:
            raise BadRequest(
                f"{location} has the columns {', '.join(schema.names)}; expected one of {', '.join(columns)} to name "
                "the pictures, or one that contains them. Rename one."
            )
        name = name or next(iter(texts.values()))
        file = open_file(stream, read_dictionary=[name])  # stores repeated texts only once
        for batch in file.iter_batches(NAMES_AT_ONCE, columns=[name], use_threads=False):
            cells = batch.column(0)
            longest = pyarrow.compute.max(pyarrow.compute.binary_length(cells.dictionary)).as_py() or 0
            if longest > MAX_NAME_BYTES:
                raise ValueError(f"a name has {longest:,} bytes")
            yield from (cell for cell in cells.to_pylist() if cell)


def has_pictures(location: str) -> bool:
    """Whether a Parquet file contains the pictures themselves."""
    import_pyarrow("a Parquet listing")
    with storage.open_stream(location) as stream, reported(location):
        return picture_column(open_file(stream).schema_arrow) is not None


def open_file(stream: BinaryIO, **options: Any) -> Any:
    """A ParquetFile. Raises ValueError or OSError if its footer cannot be read."""
    arrow = import_pyarrow("reading Parquet")
    n_bytes = stream.seek(0, io.SEEK_END)
    stream.seek(max(0, n_bytes - TAIL.size))
    tail = stream.read(TAIL.size)
    if len(tail) < TAIL.size or (footer := TAIL.unpack(tail))[1] != b"PAR1":
        raise ValueError("it does not end like a Parquet file")
    if footer[0] > min(MAX_FOOTER_BYTES, n_bytes):
        raise ValueError(f"its footer claims {footer[0]:,} bytes")
    stream.seek(0)
    return arrow.parquet.ParquetFile(arrow.PythonFile(stream, mode="r"), **options)


def picture_column(schema: Any) -> str | None:
    """The path of the column that contains pictures: one with a known name, or else the only one with bytes."""
    import pyarrow

    found = {}
    for field in schema:
        kind, path = field.type, field.name
        if pyarrow.types.is_struct(kind) and (at := kind.get_field_index("bytes")) >= 0:
            kind, path = kind.field(at).type, f"{path}.bytes"
        if pyarrow.types.is_binary(kind) or pyarrow.types.is_large_binary(kind):
            found[field.name.lower()] = path
    known = next((found[name] for name in PICTURES if name in found), None)
    return known or (next(iter(found.values())) if len(found) == 1 else None)


def _ends_of_groups(metadata: Any, path: str) -> list[int]:
    """The end row (exclusive) of each row group. Raises ValueError for sizes that are impossible or over a limit."""
    ends, end = [], 0
    for i in range(metadata.num_row_groups):
        group = metadata.row_group(i)
        columns = (group.column(k) for k in range(group.num_columns))
        n_bytes = sum(one.total_uncompressed_size for one in columns if one.path_in_schema == path)
        if not 0 <= n_bytes <= MAX_GROUP_BYTES:
            raise ValueError(f"its row group {i} has {n_bytes:,} bytes of pictures; the limit is {MAX_GROUP_BYTES:,}")
        if not 0 <= group.num_rows <= n_bytes:
            raise ValueError(f"its row group {i} claims {group.num_rows:,} rows in {n_bytes:,} bytes")
        end += group.num_rows
        ends.append(end)
    return ends


@contextmanager
def reported(location: str) -> Iterator[None]:
    """Convert pyarrow's errors on a damaged file to BadRequest."""
    try:
        yield
    except (OSError, ValueError, LookupError, ArithmeticError, TypeError, StopIteration, MemoryError) as error:
        brief = " ".join(str(error).split())[:160]
        raise BadRequest(
            f"{location} cannot be read as Parquet ({brief}); expected a table with a picture, or a picture's name, in "
            "each row. Check it."
        ) from error


def _is_text(arrow: Any, kind: Any) -> bool:
    types = arrow.types
    kind = kind.value_type if types.is_dictionary(kind) else kind
    return bool(types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind))
