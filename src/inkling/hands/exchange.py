"""Export and import lessons: a folder or zip of LABEL__x.png files, or a Parquet file, which also records origins."""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from inkling.errors import BadRequest, CannotWrite, MissingExtra, NotFound
from inkling.hands.lesson import LABELS, MAX_TILE_BYTES, Lesson, checked, from_png, label_of, to_png
from inkling.hands.picture_lessons import required_label
from inkling.hands.store import MAX_LESSONS

PARQUET = ".parquet"
MAX_FILE_BYTES = 2 * MAX_LESSONS * MAX_TILE_BYTES
TEXTS = ("label", "said", "model_name", "model_version", "source", "session", "created")
COLUMNS = ("tile", *TEXTS, "confidence", "box")
ROWS_AT_ONCE = 256
END_BYTES, LOCATOR_BYTES = 22, 20  # a zip's end-of-directory record, and the locator before it in a Zip64 file
ENTRY_BYTES = 300  # allowed in the directory for each file: 46 bytes and its name
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # Python unpacks other methods without a memory limit


def export_lessons(lessons: Sequence[Lesson], path: Path) -> None:
    """Write lessons to a new folder, or to a .parquet file. Raises CannotWrite, or MissingExtra without pyarrow."""
    try:
        if path.suffix == PARQUET:
            _write_parquet(lessons, path)
        else:
            path.mkdir(parents=True)
            for lesson in lessons:
                (path / _file_name(lesson)).write_bytes(to_png(lesson.tile))
    except OSError as error:
        raise CannotWrite(
            f"{path} cannot be written ({error.strerror or error}); expected the name of a new folder or of a "
            f"{PARQUET} file. Choose another."
        ) from error


def import_lessons(path: Path) -> list[Lesson]:
    """Read exported lessons. Raises NotFound, BadRequest, or MissingExtra without pyarrow."""
    if path.is_dir():
        return _read_folder(path)
    if path.suffix == PARQUET and path.is_file():
        return [checked(lesson) for lesson in _read_parquet(path)]
    raise NotFound(f"{path} is neither a folder nor a {PARQUET} file; expected exported lessons. Check the path.")


def _file_name(lesson: Lesson) -> str:
    return f"{lesson.label}__{lesson.sha256[:16]}.png"


def to_zip(lessons: Sequence[Lesson]) -> bytes:
    """Lessons -> a zip of LABEL__x.png files."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:  # stored, because PNG is already compressed
        for lesson in lessons:
            archive.writestr(_file_name(lesson), to_png(lesson.tile))
    return content.getvalue()


def from_zip(content: bytes, *, most: int = MAX_LESSONS, session: str = "") -> list[Lesson]:
    """A zip of LABEL__x.png files, with or without folders -> its lessons. Raises BadRequest for anything else.

    This writes no files. The sizes of the directory and of each tile are checked before memory is allocated for them.
    """
    expected = "expected files named LABEL__x.png of 28x28 px, as in an export. Export them again."
    _check_directory(content, most, expected)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            files = [each for each in archive.infolist() if not each.is_dir()]
            if not files or len(files) > most:
                raise BadRequest(f"the zip contains {len(files):,} files; expected 1 to {most:,}. Split it.")
            lessons = []
            for file in files:
                name, shown = file.filename, repr(file.filename[-60:])
                if file.compress_type not in METHODS:
                    raise BadRequest(f"the zip contains {shown}, packed by method {file.compress_type}; {expected}")
                label = label_of(Path(name))
                if label not in LABELS or not name.lower().endswith(".png"):
                    raise BadRequest(f"the zip contains {shown}; {expected}")
                with archive.open(file) as opened:
                    tile = from_png(opened.read(MAX_TILE_BYTES + 1), name=f"{shown} in the zip")
                lessons.append(checked(Lesson(tile, label, session=session)))
            return lessons
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, ValueError, EOFError, OSError) as error:
        raise BadRequest(f"the zip is damaged ({str(error)[:100]}); {expected}") from error


def _check_directory(content: bytes, most: int, expected: str) -> None:
    """Raise BadRequest unless the zip ends with a plain directory that is small enough (APPNOTE.TXT, 4.3.16)."""
    end, before = content[-END_BYTES:], content[-END_BYTES - LOCATOR_BYTES : -END_BYTES]
    if len(end) < END_BYTES or end[:4] != b"PK\5\6" or end[-2:] != b"\0\0" or before[:4] == b"PK\6\7":
        raise BadRequest(f"the body is not a plain zip, without a comment and smaller than 4 GB; {expected}")
    if int.from_bytes(end[12:16], "little") > most * ENTRY_BYTES:
        raise BadRequest(f"the zip's directory is too large for {most:,} files; {expected}")


def _read_folder(path: Path) -> list[Lesson]:
    files = sorted(path.glob("*.png"))
    if not files:
        raise NotFound(f"{path} contains no PNG; expected files named LABEL__x.png. Name another folder.")
    _check_number(path, len(files))
    lessons = []
    for file in files:
        try:
            with file.open("rb") as opened:
                content = opened.read(MAX_TILE_BYTES + 1)
        except OSError as error:
            raise NotFound(f"{file} cannot be read ({error.strerror}); expected a tile. Check the file.") from error
        lessons.append(checked(Lesson(from_png(content, name=str(file)), required_label(file), session=path.name)))
    return lessons


def _check_number(path: Path, n: int) -> None:
    if n > MAX_LESSONS:
        raise BadRequest(f"{path} contains {n:,} lessons; at most {MAX_LESSONS:,} are kept. Split it.")


def _pyarrow() -> tuple[Any, Any]:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise MissingExtra("a Parquet file", "cluster") from error
    return pyarrow, parquet


def _write_parquet(lessons: Sequence[Lesson], path: Path) -> None:
    pyarrow, parquet = _pyarrow()
    fields = [("tile", pyarrow.binary()), *((name, pyarrow.string()) for name in TEXTS)]
    schema = pyarrow.schema([*fields, ("confidence", pyarrow.float64()), ("box", pyarrow.string())])
    rows = [
        {
            "tile": to_png(lesson.tile),
            **{name: getattr(lesson, name) for name in TEXTS},
            "confidence": lesson.confidence,
            "box": json.dumps(lesson.box) if lesson.box else "",
        }
        for lesson in lessons
    ]
    part = path.with_name(f"{path.name}.part")
    parquet.write_table(pyarrow.Table.from_pylist(rows, schema), part)
    part.replace(path)


def _read_parquet(path: Path) -> list[Lesson]:
    pyarrow, parquet = _pyarrow()
    expected = f"expected a Parquet file that inkling exported, with the columns {', '.join(COLUMNS)}. Export it again."
    if path.stat().st_size > MAX_FILE_BYTES:
        raise BadRequest(f"{path} has {path.stat().st_size:,} bytes; at most {MAX_FILE_BYTES:,} are read. Split it.")
    try:
        with parquet.ParquetFile(path) as file:
            if missing := [name for name in COLUMNS if name not in file.schema_arrow.names]:
                raise BadRequest(f"{path} has no column {missing[0]!r}; {expected}")
            _check_number(path, file.metadata.num_rows)
            groups = (file.metadata.row_group(i).total_byte_size for i in range(file.metadata.num_row_groups))
            if max(groups, default=0) > MAX_FILE_BYTES:
                raise BadRequest(f"{path} unpacks to more than {MAX_FILE_BYTES:,} bytes; {expected}")
            batches = file.iter_batches(ROWS_AT_ONCE, columns=list(COLUMNS))
            return [_from_row(row, path) for batch in batches for row in batch.to_pylist()]
    except (pyarrow.ArrowException, OSError, TypeError, ValueError) as error:
        raise BadRequest(f"{path} is damaged ({str(error)[:200]}); {expected}") from error


def _from_row(row: dict[str, Any], path: Path) -> Lesson:
    box = json.loads(row["box"]) if row["box"] else None
    if box is not None and not (len(box) == 4 and all(isinstance(side, int) for side in box)):
        raise ValueError(f"a box is {row['box'][:40]}")
    texts: dict[str, Any] = {name: str(row[name] or "") for name in TEXTS}
    if texts["created"]:
        datetime.fromisoformat(texts["created"])
    confidence = None if row["confidence"] is None else float(row["confidence"])
    tile = from_png(row["tile"] or b"", name=f"a tile of {path}")
    return Lesson(tile, **texts, confidence=confidence, box=tuple(box) if box else None)
